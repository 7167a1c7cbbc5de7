"""Columns to colour by: categories, numbers or dates."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

Kind = Literal["category", "number", "date"]
Values = npt.NDArray[np.float64]

MOST_CATEGORIES = 50
OTHER = "other"
BLANK = "(blank)"
TRIED_FIRST = 200  # cells: most columns other than numbers or dates show it in the first ones
DECIMAL_COMMA = re.compile(r"[+-]?\d*,\d+(?:[eE][+-]?\d+)?")
THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2},\d{3}")
MISSING = frozenset({"", "nan", "na", "n/a", "null", "none", "<na>", "nat", "-"})  # in a column of numbers or dates
DATE_FORMATS = (
    "ISO8601",
    "%Y/%m/%d",
    "%d.%m.%Y",
    "%m/%d/%Y",
    "%d/%m/%Y",
    "%d %B %Y",
    "%d %b %Y",
    "%B %d, %Y",
    "%b %d, %Y",
    "%a, %d %b %Y %H:%M:%S %z",
    "%a %b %d %H:%M:%S %z %Y",
)


@dataclass(frozen=True, eq=False)
class Column:
    """One value for each of n rows, ready to be coloured.

    Attributes
    ----------
    name : str
    kind : "category", "number" or "date"
    values : (n,) float64 array, or None for categories
        The numbers, or seconds since 1970 (UTC); NaN where a cell is missing.
    codes : (n,) uint8 array, or None for numbers and dates
        Each row's index in the categories.
    categories : tuple of str
        The MOST_CATEGORIES most frequent, the most frequent first; then OTHER for the rest and BLANK for
        missing cells, if any.
    missing : int
        How many cells are missing.
    """

    name: str
    kind: Kind
    values: Values | None
    codes: npt.NDArray[np.uint8] | None
    categories: tuple[str, ...]
    missing: int


def column_kind(cells: Sequence[str]) -> Kind:
    """The kind of a column: numbers (years too) or dates if every non-missing cell is one, else categories."""
    there = [cell for cell in cells if not _is_missing(cell)]
    if _all_are(numbers, there):
        return "number"
    return "date" if _all_are(dates, there) else "category"


def column(name: str, cells: Sequence[str], kind: Kind | None = None) -> Column:
    """The cells as a column of their own kind, or of the kind asked for.

    If a column of words is asked for as numbers or dates, all its cells are missing.
    """
    kind = kind or column_kind(cells)
    if kind == "category":
        return _categories(name, cells)
    parsed = numbers(cells) if kind == "number" else dates(cells)
    values = np.full(len(cells), np.nan) if parsed is None else np.where(np.isfinite(parsed), parsed, np.nan)
    return Column(name, kind, values, None, (), int(np.isnan(values).sum()))


def numbers(cells: Sequence[object]) -> Values | None:
    """The cells as numbers, with points or with commas, NaN where missing; None if any cell is not a number."""
    if not cells:
        return None
    if not any(isinstance(cell, str) for cell in cells):
        try:
            return np.array(cells, np.float64)
        except (ValueError, TypeError, OverflowError):
            return None
    parsed, strays = _parse(cells)
    if strays and _have_decimal_commas(cells, strays):
        parsed, strays = _parse(list(map(_with_point, cells)))
    return None if strays else parsed


def find_stray(cells: Sequence[object]) -> int | None:
    """The place of the first cell that is neither a number nor missing, where at least as many others are numbers.

    If all are numbers, some with a comma that may be decimal or not, it is the first of these.
    """
    parsed, strays = _parse(list(map(_with_point, cells)))
    if not strays:
        return next((place for place, cell in enumerate(cells) if _with_point(cell) != cell), None)
    return strays[0] if len(strays) <= np.isfinite(parsed).sum() else None


def _have_decimal_commas(cells: Sequence[object], places: Sequence[int]) -> bool:
    """Whether the cells at these places have a decimal comma, which does not just separate thousands."""
    texts = [str(cells[place]).strip() for place in places]
    has_points = any(isinstance(cell, str) and "." in cell for cell in cells)
    are_decimals = all(map(DECIMAL_COMMA.fullmatch, texts)) and not all(map(THOUSANDS.fullmatch, texts))
    return are_decimals and not has_points


def _with_point(cell: object) -> object:
    """The cell, with a point in the place of a decimal comma."""
    return cell.replace(",", ".") if isinstance(cell, str) and DECIMAL_COMMA.fullmatch(cell.strip()) else cell


def _parse(cells: Sequence[object]) -> tuple[Values, list[int]]:
    """The cells as numbers, NaN where they are not, and the places of those that are neither numbers nor missing."""
    import pandas as pd

    parsed = pd.to_numeric(pd.Series(list(cells), dtype=object), errors="coerce").to_numpy(np.float64)
    return parsed, [place for place in np.flatnonzero(np.isnan(parsed)).tolist() if not _is_missing(cells[place])]


def dates(cells: Sequence[str]) -> Values | None:
    """The cells as seconds since 1970, NaN where missing; None if any cell is not a date.

    ISO 8601, or one of the usual forms for the whole column. If no cell shows which is day and which month,
    the month comes first. A time without a zone is taken as UTC.
    """
    import pandas as pd

    series = pd.Series(list(cells), dtype=object)
    for form in DATE_FORMATS:
        parsed = pd.to_datetime(series, format=form, errors="coerce", utc=True)
        there = parsed.notna().to_numpy()
        if there.any() and all(map(_is_missing, _where(cells, ~there))):
            moments = parsed.dt.tz_localize(None).to_numpy("datetime64[us]")
            return (moments - np.datetime64(0, "us")) / np.timedelta64(1, "s")
    return None


def _all_are(parse: Callable[[Sequence[str]], Values | None], cells: Sequence[str]) -> bool:
    return parse(cells[:TRIED_FIRST]) is not None and parse(cells) is not None


def _where(cells: Sequence[object], chosen: npt.NDArray[np.bool_]) -> list[object]:
    return [cells[row] for row in np.flatnonzero(chosen).tolist()]


def _is_missing(cell: object) -> bool:
    return cell is None or (isinstance(cell, str) and cell.strip().lower() in MISSING)


def _categories(name: str, cells: Sequence[str]) -> Column:
    import pandas as pd

    places, names = pd.factorize(np.array(cells, object))
    counts = np.bincount(places, minlength=len(names))
    frequent = [names[place] for place in np.argsort(-counts, kind="stable") if names[place]]
    code_of = {category: code for code, category in enumerate(frequent[:MOST_CATEGORIES])}
    other = code_of.setdefault(OTHER, len(code_of)) if len(frequent) > MOST_CATEGORIES else 0
    missing = int(counts[names == ""].sum())
    if missing:
        code_of[""] = code_of.setdefault(BLANK, len(code_of))
    codes = np.array([code_of.get(category, other) for category in names], np.uint8)[places]
    shown = tuple(category for category in code_of if category)
    return Column(name, "category", None, codes, shown, missing)
