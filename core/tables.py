"""Columns of a file: TXT, CSV, TSV, JSONL and Parquet, in whatever encoding, become one Table.

What cannot be read is skipped and counted; a cell is never turned into a missing value because of what it says.
"""

import csv
import io
import json
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from core import settings
from core.errors import InputError

if TYPE_CHECKING:
    import pyarrow
    import pyarrow.parquet

MOST_BYTES = 2 * 2**30  # that a Parquet may unpack to: a few compressed kilobytes can claim any size
FORMATS = ("txt", "csv", "tsv", "jsonl", "parquet")

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
SURROGATES = re.compile(r"[\udc80-\udcff]")
NOT_ASCII = re.compile(r"[^\x00-\x7f]")
QUOTED = re.compile(r'"[^"]*"')
HEAD = 100_000  # characters within which a header ends
ROWS_AT_ONCE = 2**18
BYTES_OF = {"BOOLEAN": 1, "INT32": 4, "FLOAT": 4, "BYTE_ARRAY": 4, "INT96": 12}  # in memory; texts by their number

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
    """

    length: int
    cells: dict[str, list[Any]]
    lists: dict[str, Lists] = field(default_factory=dict)
    skipped: Counter[str] = field(default_factory=Counter)

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


def read_table(name: str, content: bytes, *, with_lists: bool = False) -> Table:
    """The columns of a file, by its ending; a TXT has one row a line, in the column "text".

    Parameters
    ----------
    with_lists : bool
        Whether columns of lists of numbers are wanted too, as JSONL and Parquet have them.

    Raises
    ------
    InputError
        The format is not known, or the file is empty, cannot be read or would take too much memory.
    """
    ending = Path(name).suffix.lower().lstrip(".")
    if ending not in _READERS:
        raise InputError(f"{name} is not of a known format: give a file that ends in {', '.join(FORMATS)}.")
    if not content:
        raise InputError(f"{name} is empty.")
    return _READERS[ending](name, content, with_lists)


def lines(text: str) -> Table:
    """One row a line."""
    return bounded({"text": text.splitlines()})


def decode(content: bytes) -> str:
    """Text of a file: UTF-8, UTF-16 (with its mark, or recognised by its zeros), else Windows-1252 or Latin-1.

    A file that is UTF-8 but for a few damaged bytes stays UTF-8; those bytes come out as lone surrogates.
    """
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", "replace")
    head = content[:4000]
    if head.count(0) > len(head) / 4:
        return content.decode("utf-16-be" if head[0] == 0 else "utf-16-le", "replace")
    text = content.decode("utf-8-sig", "surrogateescape")
    damaged = len(SURROGATES.findall(text))
    if damaged < 1 + len(NOT_ASCII.findall(text)) - damaged:
        return text
    try:
        return content.decode("cp1252")
    except UnicodeDecodeError:
        return content.decode("latin-1")


def harmless(cell: str) -> str:
    """The cell for a CSV: one that a spreadsheet would run as a formula gets an apostrophe in front; numbers stay."""
    return f"'{cell}" if cell.startswith(FORMULA_STARTS) and not NUMBER.fullmatch(cell) else cell


def bounded(cells: dict[str, list[Any]], skipped: Counter[str] | None = None) -> Table:
    """A table of at most as many rows as the host allows."""
    most, total = settings.most_rows(), max(map(len, cells.values()), default=0)
    first = {name: column[:most] for name, column in cells.items()}
    return Table(min(most, total), first, {}, (skipped or Counter()) + beyond(total))


def beyond(total: int) -> Counter[str]:
    """How many of that many rows are more than the host allows, with the reason."""
    most = settings.most_rows()
    return Counter({f"rows beyond the first {most:,}": total - most}) if total > most else Counter()


def _read_txt(_name: str, content: bytes, _with_lists: bool) -> Table:
    return lines(decode(content))


def _read_csv(name: str, content: bytes, _with_lists: bool, separators: str = ",;\t|") -> Table:
    csv.field_size_limit(2**30)
    text = decode(content).lstrip("\r\n")
    separator = max(separators, key=QUOTED.sub("", text[:HEAD]).partition("\n")[0].count)
    _check_quotes(name, text, separator)
    read = [row for row in csv.reader(io.StringIO(text, newline=""), delimiter=separator) if row]
    header, rows = (read[0], read[1:]) if read else ([], [])
    whole = [row for row in rows if len(row) <= len(header)]  # more cells than columns: torn by an unquoted separator
    skipped = Counter({"rows with more cells than columns": len(rows) - len(whole)} if len(whole) < len(rows) else {})
    filled = (row + [None] * (len(header) - len(row)) for row in whole)
    columns = list(zip(*filled, strict=True)) or [()] * len(header)
    return bounded(dict(zip(header, map(list, columns), strict=True)), skipped)


def _check_quotes(name: str, text: str, separator: str) -> None:
    """Refuse a file in which a quote that is never closed would swallow all that follows."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    line = 1
    try:
        for _ in reader:
            line = reader.line_num + 1
    except csv.Error as error:
        if "unexpected end" in str(error):
            raise InputError(f"In {name}, a quote is opened at line {line} and never closed: close it.") from None


def _read_tsv(name: str, content: bytes, with_lists: bool) -> Table:
    return _read_csv(name, content, with_lists, separators="\t")


def _read_jsonl(name: str, content: bytes, with_lists: bool) -> Table:
    parsed = [_json_object(line) for line in decode(content).split("\n") if line.strip()]
    rows = [row for row in parsed if row is not None]
    if not rows:
        raise InputError(f'{name} holds no JSON objects: each line should read like {{"text": "…"}}.')
    skipped = Counter({"lines that are not JSON objects": len(parsed) - len(rows)} if len(rows) < len(parsed) else {})
    columns = dict.fromkeys(column for row in rows for column in row)
    table = bounded({column: [row.get(column) for row in rows] for column in columns}, skipped)
    nested = {column: cells for column, cells in table.cells.items() if _holds_lists(cells)}
    plain = {column: cells for column, cells in table.cells.items() if column not in nested}
    read = {column: _lists_of_json(cells) for column, cells in nested.items()} if with_lists else {}
    return Table(table.length, plain, read, table.skipped)


def _json_object(line: str) -> Row | None:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _holds_lists(cells: Sequence[object]) -> bool:
    """Whether a column of a JSONL has nothing but lists of numbers, and gaps."""
    there = [cell for cell in cells if cell is not None]
    return bool(there) and all(isinstance(cell, list) and _numbers_only(cell) for cell in there)


def _numbers_only(values: list[object]) -> bool:
    return {type(value) for value in values} <= {int, float, type(None)}


def _lists_of_json(cells: list[list[float | None] | None]) -> Lists:
    filled = [cell or [] for cell in cells]
    numbers = np.array([_finite_or_nan(number) for number in chain.from_iterable(filled)], np.float64)
    lengths = np.array([len(cell) for cell in filled], np.int64)
    are_vectors = any(type(number) is float for cell in filled for number in cell)
    with np.errstate(over="ignore"):  # what is beyond float32 becomes infinite, and is seen as such
        return Lists(numbers.astype(np.float32), lengths, are_vectors)


def _finite_or_nan(number: float | None) -> float:
    """The number as a float; JSON's whole numbers know no limit."""
    try:
        return float("nan") if number is None else float(number)
    except OverflowError:
        return float("inf")


def _read_parquet(name: str, content: bytes, with_lists: bool) -> Table:
    import pyarrow
    import pyarrow.parquet

    try:
        schema = pyarrow.parquet.read_schema(io.BytesIO(content))
        plain = [column.name for column in schema if not pyarrow.types.is_nested(column.type)]
        nested = [column.name for column in schema if with_lists and _is_list_of_numbers(column.type)]
        # kept as a dictionary, a long text that stands in a million rows is in memory once
        file = pyarrow.parquet.ParquetFile(io.BytesIO(content), read_dictionary=plain)
        _check_size(name, file.metadata, {*plain, *nested})
        return _unpack(name, file, plain, nested)
    except (pyarrow.ArrowException, OSError, ValueError, OverflowError) as error:
        raise InputError(f"{name} cannot be read as Parquet: {str(error).splitlines()[0]}") from None


def _is_list_of_numbers(kind: "pyarrow.DataType") -> bool:
    from pyarrow import types

    is_list = types.is_list(kind) or types.is_large_list(kind) or types.is_fixed_size_list(kind)
    return is_list and (types.is_floating(kind.value_type) or types.is_integer(kind.value_type))


def _check_size(name: str, metadata: "pyarrow.parquet.FileMetaData", columns: set[str]) -> None:
    """Refuse a file that says of itself that its columns take too much memory, before any of it is unpacked."""
    most, needed, rows = settings.most_rows(), 0.0, 0
    for group in map(metadata.row_group, range(metadata.num_row_groups)):
        if rows >= most:
            break
        chunks = [group.column(place) for place in range(group.num_columns)]
        share = min(1.0, (most - rows) / max(group.num_rows, 1))
        needed += share * sum(_bytes_of(chunk) for chunk in chunks if chunk.path_in_schema.split(".")[0] in columns)
        rows += group.num_rows
    if needed > MOST_BYTES:
        raise _too_large(name, needed)


def _bytes_of(chunk: "pyarrow.parquet.ColumnChunkMetaData") -> int:
    """Memory that a column's chunk needs: repeated values are stored once, so that what is stored can be far less."""
    return max(chunk.total_uncompressed_size, chunk.num_values * BYTES_OF.get(chunk.physical_type, 8))


def _too_large(name: str, needed: float) -> InputError:
    gigabytes = f"{needed / 2**30:,.1f} GiB in memory, {MOST_BYTES / 2**30:.0f} are allowed"
    return InputError(f"{name} is too large: it would take {gigabytes}. Give fewer rows or columns.")


def _unpack(name: str, file: "pyarrow.parquet.ParquetFile", plain: list[str], nested: list[str]) -> Table:
    """The first rows, as many as the host allows."""
    most, length, characters = settings.most_rows(), 0, 0
    cells: dict[str, list[Any]] = {column: [] for column in plain}
    parts: dict[str, list[Lists]] = {column: [] for column in nested}
    for whole in file.iter_batches(batch_size=min(most, ROWS_AT_ONCE), columns=plain + nested):
        batch = whole.slice(0, most - length)
        length += len(batch)
        for column, array in zip(batch.schema.names, batch.columns, strict=True):
            if column in parts:
                parts[column].append(_lists_of_arrow(array))
            else:
                characters += _characters(array)
                if characters > MOST_BYTES:
                    raise _too_large(name, characters)
                cells[column] += _cells_of_arrow(array)
        if length == most:
            break
    total = file.metadata.num_rows
    if length < min(total, most):
        raise InputError(f"{name} is cut off: it says that it has {total:,} rows, and {length:,} are there.")
    return Table(length, cells, {column: _joined(lists) for column, lists in parts.items()}, beyond(total))


def _characters(array: "pyarrow.Array") -> int:
    """Length of all texts of a column together, before they are taken out of their dictionary."""
    import pyarrow.compute as pc
    from pyarrow import types

    if not types.is_dictionary(array.type):
        return 0
    return pc.sum(pc.take(pc.binary_length(array.dictionary), array.indices).cast("int64")).as_py() or 0


def _cells_of_arrow(array: "pyarrow.Array") -> list[Any]:
    from pyarrow import types

    if types.is_dictionary(array.type):
        values = np.array([*array.dictionary.to_pylist(), None], object)
        return values[array.indices.fill_null(len(values) - 1).to_numpy(zero_copy_only=False)].tolist()
    if array.null_count == 0 and (types.is_integer(array.type) or types.is_floating(array.type)):
        return array.to_numpy().tolist()
    return array.to_pylist()


def _lists_of_arrow(array: "pyarrow.Array") -> Lists:
    import pyarrow.compute as pc
    from pyarrow import types

    lengths = pc.list_value_length(array).fill_null(0).to_numpy(zero_copy_only=False).astype(np.int64)
    numbers = array.flatten().cast("float32", safe=False).to_numpy(zero_copy_only=False)
    are_vectors = types.is_fixed_size_list(array.type) or types.is_floating(array.type.value_type)
    return Lists(numbers, lengths, are_vectors)


def _joined(parts: list[Lists]) -> Lists:
    if not parts:
        return Lists(np.empty(0, np.float32), np.empty(0, np.int64), True)
    numbers = np.concatenate([part.numbers for part in parts])
    return Lists(numbers, np.concatenate([part.lengths for part in parts]), parts[0].are_vectors)


_READERS: dict[str, Callable[[str, bytes, bool], Table]] = {
    "txt": _read_txt,
    "csv": _read_csv,
    "tsv": _read_tsv,
    "jsonl": _read_jsonl,
    "parquet": _read_parquet,
}
