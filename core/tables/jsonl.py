"""JSONL: one JSON object per line."""

import json
from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Any

import numpy as np

from core import settings
from core.errors import InputError
from core.tables.decoding import decode, lines_with_ends
from core.tables.skips import Tally
from core.tables.table import Lists, Row, Table, check_cells, note_beyond

LONGEST_LINE = 2**25  # characters
NOT_OBJECTS = "lines that are not JSON objects"
TOO_LONG = f"lines of more than {LONGEST_LINE:,} characters"
NUMBERS = "[…]"  # replaces a list of numbers if lists are not requested


def read_json_lines(name: str, content: bytes, with_lists: bool) -> Table:
    """The objects of a JSONL; nested values stay JSON."""
    most, tally, beyond, first_beyond = settings.most_rows(), Tally(), 0, (0, "")
    rows: list[Row] = []
    places: list[int] = []
    columns: dict[str, None] = {}
    for place, line in _lines(decode(content)):
        if len(rows) == most:
            first_beyond = first_beyond if beyond else (place, line)
            beyond += 1
        elif len(line) > LONGEST_LINE:
            tally.note(TOO_LONG, place, line)
        elif (row := _json_object(line, with_lists)) is None:
            tally.note(NOT_OBJECTS, place, line)
        else:
            rows.append(row)
            places.append(place)
            columns |= dict.fromkeys(row)
            check_cells(name, len(columns), len(rows))
    if not rows:
        raise InputError(f'{name} contains no JSON objects: each line should look like {{"text": "…"}}.')
    note_beyond(tally, beyond, *first_beyond)
    cells: dict[str, list[Any]] = {column: [row.get(column) for row in rows] for column in columns}
    plain = {column: list(map(_as_text, column_cells)) for column, column_cells in cells.items()
             if not _holds_lists(column_cells)}  # fmt: skip
    of_lists = [column for column in cells if column not in plain]
    lists = {column: _lists_of_json(cells[column]) for column in of_lists if with_lists}
    unread = () if with_lists else tuple(of_lists)
    return Table(len(rows), plain, lists, tally.counts, tuple(tally.listed), places, unread)


def _lines(text: str) -> Iterator[tuple[int, str]]:
    """The non-blank lines with their numbers, one at a time."""
    lines = enumerate(lines_with_ends(text), start=1)
    return ((place, line.rstrip("\r\n")) for place, line in lines if not line.isspace())


def _json_object(line: str, with_lists: bool) -> Row | None:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(value, dict):
        return None
    return value if with_lists else {key: _without_lists(cell) for key, cell in value.items()}


def _without_lists(cell: object) -> object:
    """The cell, in compact form if it is a list of numbers."""
    if isinstance(cell, list) and _numbers_only(cell):
        return (NUMBERS,)
    return _as_text(cell)


def _as_text(cell: object) -> object:
    """Nested values as JSON, others unchanged."""
    if isinstance(cell, tuple):
        return NUMBERS
    return json.dumps(cell, ensure_ascii=False) if isinstance(cell, dict | list) else cell


def _holds_lists(cells: Sequence[object]) -> bool:
    """Whether a column of a JSONL has only lists of numbers, and gaps."""
    there = [cell for cell in cells if cell is not None]
    return bool(there) and all(
        isinstance(cell, tuple) or (isinstance(cell, list) and _numbers_only(cell)) for cell in there
    )


def _numbers_only(values: list[object]) -> bool:
    return {type(value) for value in values} <= {int, float, type(None)}


def _lists_of_json(cells: list[list[float | None] | None]) -> Lists:
    filled = [cell or [] for cell in cells]
    numbers = np.array([_finite_or_nan(number) for number in chain.from_iterable(filled)], np.float64)
    lengths = np.array([len(cell) for cell in filled], np.int64)
    are_vectors = any(type(number) is float for cell in filled for number in cell)
    with np.errstate(over="ignore"):  # values beyond float32 become infinite, which is checked later
        return Lists(numbers.astype(np.float32), lengths, are_vectors)


def _finite_or_nan(number: float | None) -> float:
    """The number as a float; JSON's integers are unbounded."""
    try:
        return float("nan") if number is None else float(number)
    except OverflowError:
        return float("inf")
