"""Reads spaces: one file of texts, vectors or both, or a file of vectors with one of metadata."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from core import corpus, settings, tables
from core.errors import InputError
from core.map_files import npy, tensorflow
from core.map_files.columns import numbers
from core.map_files.coordinates import coordinate_columns
from core.map_files.space import Floats, Space
from core.map_files.vectors import with_vectors
from core.map_files.word_vectors import count_missing_vectors, read_word_vectors, word_vectors_width
from core.tables import Lists, Table

FORMATS = (*tables.FORMATS, "npy")
LABELS = ("label", "word", "name", "title")
DIFFERENT = 0.9  # share of the cells of a column that may serve as labels
NOT_FINITE = "rows whose vector is missing or not finite"
NOT_PLACED = "rows whose coordinates are missing or not finite"
ZEROS = "all-zero rows, kept although they have no direction"

File = tuple[str, bytes]


def from_files(files: Sequence[File], *, text_column: str | None = None, vector_column: str | None = None) -> Space:
    """Read the space of one file, or of two that belong together, in any order.

    One file: texts (TXT, CSV, TSV, JSONL, Parquet); texts with coordinates in columns called x, y and optionally z, or
    projection_x and the like; a table with vectors (`core.map_files.vectors`); vectors alone (NPY, a TSV of numbers
    without a header, with a label in each line's first or last cell or without, or lines of numbers after a word or
    without, separated by blanks). Two files: vectors alone, and metadata with as many rows. Vectors are recognised by
    the content.

    Parameters
    ----------
    files : sequence of (name, content)
    text_column : str, optional
        The column that holds the texts; by default the first named like one of `corpus.TEXT_COLUMNS`. With vectors
        or coordinates it may also be one whose cells nearly all differ, of LABELS or else the first; "row 17" stands
        in for a missing text.
    vector_column : str, optional
        The column that holds the vectors, if there are several.

    Raises
    ------
    InputError
        Something in the files cannot be used; the sentence says what and where.
    """
    for name, content in files:
        _check(name, content)
    if len(files) == 1:
        return _from_one(*files[0], text_column, vector_column)
    if len(files) != 2:
        raise InputError(f"You chose {len(files)} files: choose one, or vectors and their metadata.")
    (name, content), (metadata_name, metadata) = _identify_files(files)
    vectors, labels = _read_vectors(name, content)
    table = _metadata(metadata_name, metadata, name, len(vectors))
    if labels is not None:
        *_, label = tables.unique_names([*table.columns, "label"])
        table = replace(table, cells=table.cells | {label: labels[: len(table)]})
    return _space(f"{name} with {metadata_name}", table, vectors, text_column)


def _check(name: str, content: bytes) -> None:
    if not content:
        raise InputError(f"{name} is empty.")
    if Path(name).suffix.lower() in {".bytes", ".bin"}:
        raise InputError(f"{name} contains bare numbers without the length of a row: use an NPY or TSV file instead.")
    ending = Path(name).suffix.lower().lstrip(".")
    if not holds_vectors_alone(content) and ending not in {*FORMATS, *tables.ENDINGS}:
        raise InputError(f"{name} has an unknown format: use a file ending in {', '.join(FORMATS)}.")


def from_table(name: str, table: Table, *, text_column: str | None = None, vector_column: str | None = None) -> Space:
    """The space of one table read with its lists; columns and errors as in `from_files`."""
    table = with_vectors(name, table, vector_column)
    column = _vector_column(name, table, vector_column)
    table = replace(table, unread_lists=tuple(other for other in table.lists if other != column))
    return _space(name, table, None if column is None else _stack(name, table.lists[column]), text_column)


def holds_vectors_alone(content: bytes) -> bool:
    """Whether a file is NPY, or lines of numbers with at most a label in each: a TSV, or separated by blanks."""
    return _width(content) > 1


def _from_one(name: str, content: bytes, text_column: str | None, vector_column: str | None) -> Space:
    if holds_vectors_alone(content):
        vectors, labels = _read_vectors(name, content)
        table = tables.bound({} if labels is None else {"text": labels})
        skipped = tables.beyond(len(vectors)) + count_missing_vectors(content, len(vectors))
        table = replace(table, length=min(len(vectors), settings.most_rows()), skipped=skipped)
        return _space(name, table, vectors, text_column)
    table = tables.read_table(name, content, with_lists=True)
    return from_table(name, table, text_column=text_column, vector_column=vector_column)


def _identify_files(files: Sequence[File]) -> tuple[File, File]:
    """The file of vectors, then the other one; if both hold only numbers, the one with more per line is vectors."""
    widths = [_width(content) for _, content in files]
    first, second = files
    if max(widths) < 2:
        raise InputError(f"Neither {first[0]} nor {second[0]} contains only vectors: use NPY, or a TSV of numbers.")
    if widths[0] == widths[1]:
        raise InputError(f"Both {first[0]} and {second[0]} contain vectors: choose one of them with its metadata.")
    return (first, second) if widths[0] > widths[1] else (second, first)


def _width(content: bytes) -> float:
    if content.startswith(npy.MAGIC):
        return np.inf
    return tensorflow.tensors_width(content) or word_vectors_width(content)


def _read_vectors(name: str, content: bytes) -> tuple[npt.NDArray[np.generic], list[str] | None]:
    """The vectors of a file that holds nothing else, or only a label for each of them besides."""
    vectors, labels = _rows_of_numbers(name, content)
    if not vectors.size:
        raise InputError(f"{name} contains no vectors: it needs at least one row of numbers.")
    return vectors, labels


def _rows_of_numbers(name: str, content: bytes) -> tuple[npt.NDArray[np.generic], list[str] | None]:
    if content.startswith(npy.MAGIC):
        return npy.read_npy(name, content), None
    if tensorflow.tensors_width(content):
        return tensorflow.read_tensors(name, content)
    return read_word_vectors(name, content)


def _metadata(name: str, content: bytes, vectors_name: str, rows: int) -> Table:
    """The metadata of a number of vectors: a TSV by the Projector's rules, else like any table."""
    is_table = Path(name).suffix.lower() in {".csv", ".jsonl", ".ndjson", ".parquet"}
    table = tables.read_table(name, content) if is_table else tensorflow.read_metadata(name, content, rows)
    count = len(table) + table.skipped.total()
    if count != rows:
        hint = "" if is_table else " Metadata of one column has no header; metadata of several columns has one."
        raise InputError(
            f"{vectors_name} has {rows:,} vectors, but {name} has {count:,} rows: the numbers must match.{hint}"
        )
    if table.skipped != tables.beyond(rows):
        raise InputError(
            f"{name} is incomplete: {', '.join(table.skipped)}. Fix the file: each row must match a vector."
        )
    return table


def _vector_column(name: str, table: Table, asked: str | None) -> str | None:
    """The column of vectors, if there is one."""
    if asked is not None:
        return corpus.named_column(name, tuple(table.lists), asked)
    candidates = [column for column, lists in table.lists.items() if lists.are_vectors]
    if len(candidates) > 1:
        raise InputError(f"{name} has several columns of vectors: {', '.join(candidates)}. Name the one to use.")
    return candidates[0] if candidates else None


def _stack(name: str, lists: Lists) -> Floats:
    """The lists as an array, (n, d), with NaN where one is missing."""
    there = np.flatnonzero(lists.lengths)
    if not there.size:
        raise InputError(f"{name} contains no vectors: its vector column is empty.")
    width = lists.lengths[there[0]]
    others = there[lists.lengths[there] != width]
    for row in others[:1]:
        raise InputError(
            f"Row {row + 1:,} of {name} has a vector of {lists.lengths[row]:,} numbers, but row {there[0] + 1:,} "
            f"has {width:,}: all must have the same length. Name another vector column, or remove this one."
        )
    stacked = lists.numbers.reshape(len(there), width)
    if len(there) == len(lists.lengths):
        return stacked
    vectors = np.full((len(lists.lengths), width), np.nan, np.float32)
    vectors[there] = stacked
    return vectors


def _space(name: str, table: Table, vectors: npt.NDArray[np.generic] | None, text_column: str | None) -> Space:
    """The rows that can be drawn, with their fields aligned."""
    axes = coordinate_columns(name, table)
    table = replace(table, cells={column: cells for column, cells in table.cells.items() if column not in axes})
    if vectors is None and not axes:
        return Space(corpus.from_table(name, table, text_column))
    usable, left_out = np.ones(len(table), bool), Counter[str]()
    own = None if vectors is None else _float32(name, vectors[: len(table)])
    placed = np.column_stack(list(axes.values())) if axes else None
    for numbers_of_rows, reason in ((own, NOT_FINITE), (placed, NOT_PLACED)):
        if numbers_of_rows is not None:
            finite = np.isfinite(numbers_of_rows).all(axis=1)
            left_out[reason] = int((usable & ~finite).sum())
            usable &= finite
    if not usable.any():
        raise InputError(f"{name} has no row of finite numbers: there is nothing to draw.")
    if own is not None:
        own = own[usable]
        left_out[ZEROS] = int((~own.any(axis=1)).sum())
    texts = corpus.one_a_row(name, table, _label_column(name, table, text_column), np.flatnonzero(usable).tolist())
    counted = {**texts.left_out, **{reason: count for reason, count in left_out.items() if count}}
    return Space(replace(texts, left_out=counted), own, None if placed is None else placed[usable])


def _float32(name: str, vectors: npt.NDArray[np.generic]) -> Floats:
    if vectors.shape[1] < 2:
        raise InputError(f"The vectors of {name} have {vectors.shape[1]} number each: vectors need at least 2.")
    with np.errstate(over="ignore"):  # values beyond float32 become infinite and are skipped
        return np.ascontiguousarray(vectors, np.float32)


def _label_column(name: str, table: Table, asked: str | None) -> str | None:
    """The column of texts: the one asked for, one with a usual name, or the first with distinct cells."""
    if asked is not None:
        return corpus.named_column(name, table.columns, asked)
    usual = corpus.usual_text_column(table.columns)
    named_first = sorted(table.columns, key=lambda column: column.lower() not in LABELS)
    others = (column for column in named_first if column not in corpus.ID_COLUMNS)
    return usual or next((column for column in others if _are_distinct(table.cells[column])), None)


def _are_distinct(cells: Sequence[object]) -> bool:
    """Whether nearly all cells differ and they are not numbers."""
    return len(set(map(str, cells))) > DIFFERENT * len(cells) and numbers(cells) is None
