"""The columns of a file in one shape for all formats, and their limits."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from core import settings
from core.errors import TooLargeError
from core.tables.skips import LeftOut, Tally
from core.wording import join

MOST_CELLS = 20_000_000  # in memory about 1.5 GB; 200 columns of 100,000 rows

Row = dict[str, Any]


@dataclass(frozen=True)
class Lists:
    """A column of lists of numbers.

    Attributes
    ----------
    numbers : (m,) float32 array
        All lists, concatenated.
    lengths : (n,) int64 array
        The length of each row's list; 0 if it is missing.
    are_vectors : bool
        Whether the column is one of floats, or of lists of one fixed length; otherwise it may hold token ids.
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
        The columns with one value per row; None where a cell is missing.
    lists : dict of str to Lists
        The columns of lists of numbers, if requested.
    skipped : Counter
        The number of rows skipped for each reason.
    left_out : tuple of LeftOut
        The first of those rows.
    places : sequence of int, of that length or empty
        The line of the file where each row starts; empty if the rows are the file's rows in order.
    unread_lists : tuple of str
        The columns of lists of numbers, if not requested or of no use.
    header : tuple of str
        The cells of a CSV's first line, which name the columns; empty where no line does.
    header_place : int
        The number of that line.
    is_bare : bool
        Whether a CSV has no line of names, so that its columns are named by their places.
    is_guessed : bool
        Whether the file's encoding is a guess, since it is no Unicode.
    """

    length: int
    cells: dict[str, list[Any]]
    lists: dict[str, Lists] = field(default_factory=dict)
    skipped: Counter[str] = field(default_factory=Counter)
    left_out: tuple[LeftOut, ...] = ()
    places: Sequence[int] = ()
    unread_lists: tuple[str, ...] = ()
    header: tuple[str, ...] = ()
    header_place: int = 0
    is_bare: bool = False
    is_guessed: bool = False

    def __len__(self) -> int:
        return self.length

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of the columns with one value per row."""
        return tuple(self.cells)

    @property
    def bare_reason(self) -> str:
        """That a CSV has no line of names, as one of the reasons for which something is skipped or changed."""
        return f"files without column names, read as {join(self.columns)}"

    @property
    def rows(self) -> list[Row]:
        """The cells, row by row."""
        return [dict(zip(self.cells, row, strict=True)) for row in zip(*self.cells.values(), strict=True)]

    def place(self, row: int) -> int:
        """The place of a row in the file, counted from 1."""
        return self.places[row] if self.places else row + 1

    def where(self, row: int) -> str:
        """The place of a row in words: a line of a text file, or a row of others."""
        return f"{'line' if self.places else 'row'} {self.place(row):,}"


def without_header(table: Table, names: Sequence[str]) -> Table:
    """A CSV without a line of names, whose columns get these; what was read as names is its first row."""
    cells = dict(zip(names, table.cells.values(), strict=True))
    if table.is_bare:
        return replace(table, cells=cells)
    cells = {name: [first, *cells[name]] for name, first in zip(names, table.header, strict=True)}
    places = [table.header_place, *table.places]
    return replace(table, length=len(places), cells=cells, places=places, header=(), is_bare=True)


def bound(cells: dict[str, list[Any]], skipped: Counter[str] | None = None) -> Table:
    """The table, limited to the host's number of rows."""
    most, total = settings.most_rows(), max(map(len, cells.values()), default=0)
    first = {name: column[:most] for name, column in cells.items()}
    return Table(min(most, total), first, {}, (skipped or Counter()) + beyond(total))


def beyond(total: int) -> Counter[str]:
    """How many of a number of rows exceed the host's limit, with the reason."""
    most = settings.most_rows()
    return Counter({beyond_reason(): total - most}) if total > most else Counter()


def beyond_reason() -> str:
    """The reason for skipping rows beyond the host's limit."""
    return f"rows beyond the first {settings.most_rows():,}"


def note_beyond(tally: Tally, rows: int, place: int, beginning: str = "") -> None:
    """Count rows beyond the host's limit, if any."""
    if rows > 0:
        tally.note(beyond_reason(), place, beginning, rows)


def check_cells(name: str, columns: int, rows: int) -> None:
    """Refuse a table with so many columns and rows that it would fill the memory.

    Raises
    ------
    TooLargeError
        It has more than MOST_CELLS cells.
    """
    if columns * rows > MOST_CELLS:
        raise TooLargeError(
            f"{name} is too large: it has {columns:,} columns, and a table can have {MOST_CELLS:,} cells at most. "
            "Use fewer rows or columns."
        )


def unique_names(names: Iterable[str], own: Sequence[bool] = ()) -> list[str]:
    """The names, with "-2", "-3" ... appended to those already taken; a name that stands once keeps its own.

    Parameters
    ----------
    own : sequence of bool, optional
        Which names come from a file: they are taken before the others, such as the numbers of rows.
    """
    unique = list(names)
    known, taken, numbers = set(unique), set[str](), dict[str, int]()
    if len(known) == len(unique):
        return unique
    order: Sequence[int] = range(len(unique))
    if own:
        order = sorted(order, key=lambda place: not own[place])
    for place in order:
        name = unique[place]
        if name in taken:
            number = numbers.get(name, 1) + 1
            while f"{name}-{number}" in known:
                number += 1
            numbers[name] = number
            unique[place] = f"{name}-{number}"
            known.add(unique[place])
        taken.add(name)
    return unique
