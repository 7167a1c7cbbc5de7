"""Vectors in the cells of a table: lists written as text, or a column for each dimension."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from core.errors import InputError
from core.map_files.columns import Values, find_stray, numbers
from core.map_files.space import Floats
from core.tables import Lists, Table
from core.wording import shorten

CLOSING = {"[": "]", "(": ")", "{": "}"}
ABBREVIATION = "..."  # of numpy's print
GAPS = {"null": "nan", "None": "nan"}
WITH_A_POINT = re.compile(r"[.eE]")
WITH_A_COMMA = r"[+-]?(?:\d+(?:,\d+)?|,\d+)(?:[eE][+-]?\d+)?"
WITH_COMMAS = re.compile(rf"[\[({{\s]*{WITH_A_COMMA}(?:(?:\s*;\s*|\s+){WITH_A_COMMA})+[\])}}\s]*")
NUMBERED = re.compile(r"(.*?)[ _-]?(\d{1,6})", re.DOTALL)
PREFIXES = frozenset({"", "d", "v", "dim", "dimension", "emb", "embedding", "embeddings", "vec", "vector", "feature"})
FEWEST_COLUMNS = 3
FEWEST_BARE = 8  # fewer numbers may be a place, a colour or a box
NEARLY_ALL = 0.9
LONGEST_SHOWN = 40  # characters
SEPARATORS = re.compile("[,;]")
ARRAY = re.compile(r"(?:\w+\.)?(?:array|tensor)\((.*?)(?:,\s*\w+=[\w.:']+)*\)", re.DOTALL)
QUOTED = re.compile(r"[\"']([^\"']*)[\"']")


def with_vectors(name: str, table: Table, asked: str | None = None) -> Table:
    """The table with its vectors among its lists, unless it has some there or the column that is asked for.

    Vectors written as text are [0.1, 0.2], with any brackets and with commas, semicolons or blanks in between, or many
    numbers without brackets; whole numbers may be something else, and are vectors where they are asked for. Else
    columns are looked for that hold one dimension each: d0, d1, ... as the Embed page writes them, or dim_1,
    embedding_0, 0 and the like. Numbers may have decimal commas.

    Raises
    ------
    InputError
        Vectors written as text are abbreviated, or a few cells among vectors are something else.
    """
    if asked in table.lists or any(lists.are_vectors for lists in table.lists.values()):
        return table
    written = {column: lists for column, cells in table.cells.items() if (lists := _lists_of_text(name, column, cells))}
    found = {column: lists for column, lists in written.items() if lists.are_vectors or column == asked}
    if found:
        return _move(table, tuple(found), found)
    columns = _dimensions(name, table) if asked is None else {}
    if not columns:
        return table
    stacked = np.column_stack(list(columns.values()))
    lists = Lists(stacked.ravel(), np.full(len(table), len(columns), np.int64), True)
    first, *_, last = columns
    return _move(table, tuple(columns), {f"{first} to {last}": lists})


def _move(table: Table, columns: Sequence[str], lists: dict[str, Lists]) -> Table:
    """The table with these lists in the place of the columns."""
    cells = {column: values for column, values in table.cells.items() if column not in columns}
    return replace(table, cells=cells, lists=table.lists | lists)


def _lists_of_text(name: str, column: str, cells: Sequence[object]) -> Lists | None:
    """The cells as lists of numbers; None if one of them is something else, or all are missing."""
    rows, has_point = [], False
    for row, cell in enumerate(cells, start=1):
        if cell is not None and not isinstance(cell, str):
            return None
        text = with_points((cell or "").strip())
        if (parsed := _parse(text)) is None:
            if has_point and _are_nearly_all(cells):
                raise InputError(
                    f"Row {row:,} of {name} has {shorten(text, LONGEST_SHOWN)!r} in the column {column!r}, whose other "
                    "cells are vectors: write a vector, or leave the cell empty."
                )
            return None
        if parsed and ABBREVIATION in text:
            raise InputError(
                f"The vectors in the column {column!r} of {name} are abbreviated with {ABBREVIATION} (row {row:,}): "
                "write all their numbers, such as with tolist()."
            )
        rows.append(np.array(parsed, np.float64))
        has_point = has_point or WITH_A_POINT.search(text) is not None
    lengths = np.array([len(parsed) for parsed in rows], np.int64)
    if not lengths.any():
        return None
    with np.errstate(over="ignore"):  # values beyond float32 become infinite, which is checked later
        return Lists(np.concatenate(rows, dtype=np.float32, casting="unsafe"), lengths, has_point)


def with_points(text: str) -> str:
    """A list of numbers, with points in the place of decimal commas where semicolons or blanks separate the numbers."""
    if "," in text and "." not in text and WITH_COMMAS.fullmatch(text):
        return text.replace(",", ".").replace(";", " ")
    return text


def _are_nearly_all(cells: Sequence[object]) -> bool:
    """Whether nearly all cells are vectors of the same length."""
    texts = (with_points(cell.strip()) for cell in cells if isinstance(cell, str))
    lengths = Counter(len(parsed) for text in texts if (parsed := _parse(text)))
    return max(lengths.values(), default=0) > NEARLY_ALL * len(cells)


def _parse(text: str) -> list[float] | None:
    """The numbers of a list in brackets, besides any abbreviation; no numbers for a blank text, None for others.

    Without brackets, FEWEST_BARE numbers or more are a list.
    """
    if not text:
        return []
    inner = _without_brackets(text)
    parts = SEPARATORS.sub(" ", text if inner is None else inner).split()
    if inner is None and len(parts) < FEWEST_BARE:
        return None
    try:
        return [float(GAPS.get(part, part)) for part in parts if part != ABBREVIATION]
    except ValueError:
        return None


def _without_brackets(text: str) -> str | None:
    """What stands in one or two pairs of brackets, as numpy and JSON write it; None without any."""
    if match := ARRAY.fullmatch(text):
        text = match[1]
    if CLOSING.get(text[0]) != text[-1]:
        return None
    inner = text[1:-1].strip()
    if inner and CLOSING.get(inner[0]) == inner[-1] and inner.count(inner[0]) == 1:
        inner = inner[1:-1]
    return QUOTED.sub(r"\1", inner)


def _dimensions(name: str, table: Table) -> dict[str, Floats]:
    """The columns that hold one dimension each, in order, with their numbers; none if there are fewer than three.

    Raises
    ------
    InputError
        Some cells of such columns are no numbers.
    """
    groups: dict[str, dict[int, str]] = {}
    for column in table.columns:
        match = NUMBERED.fullmatch(column.strip().lower())
        if match and match[1] in PREFIXES:
            groups.setdefault(match[1], {})[int(match[2])] = column
    for group in sorted(groups.values(), key=len, reverse=True):
        first, size = min(group), len(group)
        if first > 1 or size < FEWEST_COLUMNS or max(group) != first + size - 1:
            continue
        parsed = {group[number]: numbers(table.cells[group[number]]) for number in sorted(group)}
        columns = {column: values for column, values in parsed.items() if values is not None}
        columns = columns if len(columns) == size else _numbers_together(table, tuple(parsed)) or columns
        if len(columns) == size:
            with np.errstate(over="ignore"):
                return {column: values.astype(np.float32) for column, values in columns.items()}
        _refuse_stray_cells(name, table, [column for column in parsed if column not in columns])
    return {}


def _numbers_together(table: Table, columns: Sequence[str]) -> dict[str, Values]:
    """The columns as numbers if all cells together show that their commas are decimal; else empty."""
    joint = numbers([cell for column in columns for cell in table.cells[column]])
    return {} if joint is None else dict(zip(columns, joint.reshape(len(columns), -1), strict=True))


def _refuse_stray_cells(name: str, table: Table, columns: Sequence[str]) -> None:
    """Refuse columns of dimensions in which most cells are numbers, but not all; others hold something else."""
    found = [(column, row) for column in columns if (row := find_stray(table.cells[column])) is not None]
    if len(found) == len(columns):
        raise stray_cell(name, table, *found[0], "vectors")


def stray_cell(name: str, table: Table, column: str, row: int, what: str) -> InputError:
    """That a cell is no number, in a column of vectors or coordinates."""
    cell = shorten(str(table.cells[column][row]), LONGEST_SHOWN)
    return InputError(
        f"{name} has {cell!r} in {table.where(row)}, in the column {column!r}, whose other cells are the numbers of "
        f"{what}: write a number, such as 0.5, or leave the cell empty."
    )
