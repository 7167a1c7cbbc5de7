"""Filters on the fields of documents, applied before a search."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

MOST_CHOICES = 30
LONGEST_CHOICE = 80
GREATEST = 1e15  # beyond it whole numbers are not distinguished


@dataclass(frozen=True)
class Choices:
    """A field with few values.

    Attributes
    ----------
    field : str
    counts : dict of str to int
        How many documents have each value, the most frequent first.
    """

    field: str
    counts: dict[str, int]


@dataclass(frozen=True)
class Span:
    """A field of numbers, with the lowest and the highest."""

    field: str
    low: float
    high: float

    @property
    def is_whole(self) -> bool:
        """Whether both ends are whole numbers."""
        return self.low.is_integer() and self.high.is_integer()


Filter = Choices | Span
Condition = Sequence[str] | tuple[float, float]


def filters(fields: Mapping[str, Sequence[str]]) -> list[Filter]:
    """The filters for documents: fields with few values, and fields of numbers.

    A field with one value everywhere is useless as a filter, as is one with a different value for each document.
    """
    filters_of_fields = [_filter(name, cells) for name, cells in fields.items()]
    return [each for each in filters_of_fields if each is not None]


def matching(
    fields: Mapping[str, Sequence[str]], choices: Mapping[str, Sequence[str]], spans: Mapping[str, tuple[float, float]]
) -> npt.NDArray[np.int64]:
    """Rows that meet every condition: a value among those chosen, a number within the span, ends included.

    A field with nothing chosen filters nothing; a cell that is not a number is in no span.
    """
    size = len(next(iter(fields.values()), ()))
    matches = np.ones(size, bool)
    for name, chosen in choices.items():
        if chosen:
            matches &= np.isin(np.array(fields[name], object), list(chosen))
    for name, (low, high) in spans.items():
        numbers = np.array([number_of(cell) for cell in fields[name]])
        matches &= (numbers >= low) & (numbers <= high)
    return np.flatnonzero(matches).astype(np.int64)


def _filter(name: str, cells: Sequence[str]) -> Filter | None:
    counts = Counter(cells)
    if not len(counts) > 1:
        return None
    given = {cell for cell in counts if cell}
    numbers = [number_of(cell) for cell in given]
    if len(given) > MOST_CHOICES // 5 and all(map(math.isfinite, numbers)):
        return Span(name, min(numbers), max(numbers))
    are_few = len(counts) <= MOST_CHOICES and len(counts) < max(3, len(cells))
    are_short = all(len(cell) <= LONGEST_CHOICE for cell in counts)
    return Choices(name, dict(counts.most_common())) if are_few and are_short else None


def number_of(cell: str) -> float:
    """The cell's number; NaN if it is not one."""
    try:
        number = float(cell)
    except ValueError:
        return math.nan
    return number if abs(number) <= GREATEST and "_" not in cell else math.nan
