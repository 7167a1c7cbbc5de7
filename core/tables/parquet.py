"""Parquet; its size in memory is read from its metadata before anything is unpacked."""

import io
import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from core import settings, wording
from core.errors import InputError, TooLargeError
from core.tables.skips import Tally
from core.tables.table import Lists, Table, check_cells, note_beyond, unique_names

if TYPE_CHECKING:
    import pyarrow
    import pyarrow.parquet

MOST_BYTES = 2_000_000_000  # that a file may unpack to: a few compressed kilobytes can expand to any size
ROWS_AT_ONCE = 2**18
BYTES_OF = {"BOOLEAN": 1, "INT32": 4, "FLOAT": 4, "BYTE_ARRAY": 4, "INT96": 12}  # in memory; texts by their count


def read_parquet(name: str, content: bytes, with_lists: bool) -> Table:
    """The columns, nested values as JSON; lists of numbers apart, if requested."""
    import pyarrow
    import pyarrow.parquet

    try:
        schema = pyarrow.parquet.read_schema(io.BytesIO(content))
        plain = [column.name for column in schema if not pyarrow.types.is_nested(column.type)]
        of_lists = [column.name for column in schema if _is_list_of_numbers(column.type)]
        read = [column.name for column in schema if with_lists or not _is_list_of_numbers(column.type)]
        # as a dictionary, a long text repeated in a million rows is in memory once
        file = pyarrow.parquet.ParquetFile(io.BytesIO(content), read_dictionary=plain)
        _check_size(name, file.metadata, set(read))
        lists = of_lists if with_lists else []
        return replace(_unpack(name, file, read, lists), unread_lists=() if with_lists else tuple(of_lists))
    except (pyarrow.ArrowException, OSError, ValueError, OverflowError) as error:
        raise InputError(f"Cannot read {name} as Parquet: {str(error).splitlines()[0]}") from None


def _is_list_of_numbers(kind: "pyarrow.DataType") -> bool:
    from pyarrow import types

    is_list = types.is_list(kind) or types.is_large_list(kind) or types.is_fixed_size_list(kind)
    return is_list and (types.is_floating(kind.value_type) or types.is_integer(kind.value_type))


def _check_size(name: str, metadata: "pyarrow.parquet.FileMetaData", columns: set[str]) -> None:
    """Refuse a file whose columns take too much memory by its metadata, before anything is unpacked."""
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
    """Memory that a column's chunk needs: repeated values are stored once, so the stored size can be far smaller."""
    return max(chunk.total_uncompressed_size, chunk.num_values * BYTES_OF.get(chunk.physical_type, 8))


def _too_large(name: str, needed: float) -> TooLargeError:
    takes = f"{wording.size(needed)} of memory, and the limit is {wording.size(MOST_BYTES)}"
    return TooLargeError(f"{name} is too large: it would need {takes}. Use fewer rows or columns.")


def _unpack(name: str, file: "pyarrow.parquet.ParquetFile", columns: list[str], of_lists: list[str]) -> Table:
    """The first rows, up to the host's limit."""
    most, total, length, characters = settings.most_rows(), file.metadata.num_rows, 0, 0
    cells: dict[str, list[Any]] = {} if total else {column: [] for column in columns if column not in of_lists}
    parts: dict[str, list[Lists]] = {} if total else {column: [] for column in of_lists}
    check_cells(name, len(columns) - len(of_lists), min(most, total))
    for whole in file.iter_batches(batch_size=min(most, ROWS_AT_ONCE), columns=columns):
        batch = whole.slice(0, most - length)
        length += len(batch)
        for column, array in zip(unique_names(batch.schema.names), batch.columns, strict=True):
            if _is_list_of_numbers(array.type):
                parts.setdefault(column, []).append(_lists_of_arrow(array))
                continue
            characters += _characters(array)
            if characters > MOST_BYTES:
                raise _too_large(name, characters)
            cells.setdefault(column, []).extend(_cells_of_arrow(array))
        if length == most:
            break
    if length < min(total, most):
        raise InputError(f"{name} is cut off: it should have {total:,} rows, but has {length:,}.")
    tally = Tally()
    note_beyond(tally, total - length, length + 1)
    lists = {column: _join(lists) for column, lists in parts.items()}
    return Table(length, cells, lists, tally.counts, tuple(tally.listed))


def _characters(array: "pyarrow.Array") -> int:
    """Total length of all texts of a column, before they are read from their dictionary; of nested values, bytes."""
    import pyarrow.compute as pc
    from pyarrow import types

    if not types.is_dictionary(array.type):
        return array.nbytes if types.is_nested(array.type) else 0
    return pc.sum(pc.take(pc.binary_length(array.dictionary), array.indices).cast("int64")).as_py() or 0


def _cells_of_arrow(array: "pyarrow.Array") -> list[Any]:
    from pyarrow import types

    if types.is_dictionary(array.type):
        values = np.array([*array.dictionary.to_pylist(), None], object)
        return values[array.indices.fill_null(len(values) - 1).to_numpy(zero_copy_only=False)].tolist()
    if array.null_count == 0 and (types.is_integer(array.type) or types.is_floating(array.type)):
        return array.to_numpy().tolist()
    if types.is_nested(array.type):
        return [None if value is None else _as_json(value) for value in array.to_pylist()]
    return array.to_pylist()


def _as_json(value: object) -> str:
    """A nested value as a JSONL has it; dates and the like as text, bytes by their number."""
    return json.dumps(value, ensure_ascii=False, default=_as_text)


def _as_text(value: object) -> str:
    return f"{len(value):,} bytes" if isinstance(value, bytes) else str(value)


def _lists_of_arrow(array: "pyarrow.Array") -> Lists:
    import pyarrow.compute as pc
    from pyarrow import types

    lengths = pc.list_value_length(array).fill_null(0).to_numpy(zero_copy_only=False).astype(np.int64)
    numbers = array.flatten().cast("float32", safe=False).to_numpy(zero_copy_only=False)
    are_vectors = types.is_fixed_size_list(array.type) or types.is_floating(array.type.value_type)
    return Lists(numbers, lengths, are_vectors)


def _join(parts: list[Lists]) -> Lists:
    if not parts:
        return Lists(np.empty(0, np.float32), np.empty(0, np.int64), True)
    numbers = np.concatenate([part.numbers for part in parts])
    return Lists(numbers, np.concatenate([part.lengths for part in parts]), parts[0].are_vectors)
