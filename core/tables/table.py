"""The columns of a file, in one shape whatever the format, and what one may hold."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from core import settings
from core.errors import InputError
from core.tables.skips import LeftOut, Tally

MOST_CELLS = 20_000_000  # in memory about 1.5 GB; 200 columns of 100,000 rows

Row = dict[str, Any]


@dataclass(frozen=True)
class Lists:
    """A column of lists of numbers.

    Attributes
    ----------
    numbers : (m,) float32 array
        All lists, one behind the other.
    lengths : (n,) int64 array
        How many of them each row has; 0 where its list is missing.
    are_vectors : bool
        Whether the column is one of floats, or of lists of one fixed length; else it may be token ids.
    """

    numbers: npt.NDArray[np.float32]
    lengths: npt.NDArray[np.int64]
    are_vectors: bool


@dataclass(frozen=True)
class Table:
    """A file's columns.

    Attributes
    ----------
    length : int
        Number of rows.
    cells : dict of str to list, each of that length
        The columns that hold one thing a row; None where a cell is missing.
    lists : dict of str to Lists
        The columns of lists of numbers, where they were asked for.
    skipped : Counter
        How many rows were skipped for which reason.
    left_out : tuple of LeftOut
        The first of those rows.
    places : sequence of int, of that length or empty
        The line of the file at which each row begins; empty where the rows are the file's, one after the other.
    unread_lists : tuple of str
        The columns of lists of numbers, where they were not asked for.
    """

    length: int
    cells: dict[str, list[Any]]
    lists: dict[str, Lists] = field(default_factory=dict)
    skipped: Counter[str] = field(default_factory=Counter)
    left_out: tuple[LeftOut, ...] = ()
    places: Sequence[int] = ()
    unread_lists: tuple[str, ...] = ()

    def __len__(self) -> int:
        return self.length

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of the columns that hold one thing a row."""
        return tuple(self.cells)

    @property
    def rows(self) -> list[Row]:
        """The cells, row by row."""
        return [dict(zip(self.cells, row, strict=True)) for row in zip(*self.cells.values(), strict=True)]

    def place(self, row: int) -> int:
        """Where in the file a row is, counted from 1."""
        return self.places[row] if self.places else row + 1


def bound(cells: dict[str, list[Any]], skipped: Counter[str] | None = None) -> Table:
    """A table of at most as many rows as the host allows."""
    most, total = settings.most_rows(), max(map(len, cells.values()), default=0)
    first = {name: column[:most] for name, column in cells.items()}
    return Table(min(most, total), first, {}, (skipped or Counter()) + beyond(total))


def beyond(total: int) -> Counter[str]:
    """How many of that many rows are more than the host allows, with the reason."""
    most = settings.most_rows()
    return Counter({beyond_reason(): total - most}) if total > most else Counter()


def beyond_reason() -> str:
    """Why rows are left out that are more than the host allows."""
    return f"rows beyond the first {settings.most_rows():,}"


def note_beyond(tally: Tally, rows: int, place: int, beginning: str = "") -> None:
    """Count rows that are more than the host allows, if there are any."""
    if rows > 0:
        tally.note(beyond_reason(), place, beginning, rows)


def check_cells(name: str, columns: int, rows: int) -> None:
    """Refuse a table of so many columns and rows that it would fill the memory.

    Raises
    ------
    InputError
        It has more than MOST_CELLS cells.
    """
    if columns * rows > MOST_CELLS:
        raise InputError(
            f"{name} is too large: it has {columns:,} columns, and a table can have {MOST_CELLS:,} cells at most. "
            "Use fewer rows or columns."
        )


def unique_names(names: Iterable[str]) -> list[str]:
    """The names with "-2", "-3" ... behind those that are already taken."""
    listed = list(names)
    if len(set(listed)) == len(listed):
        return listed
    taken: dict[str, None] = {}
    numbers: Counter[str] = Counter()
    for name in listed:
        unique = name
        while unique in taken:
            numbers[name] += 1
            unique = f"{name}-{numbers[name] + 1}"
        taken[unique] = None
    return list(taken)
