"""Columns of numbers in a collection, filled part by part: a part's column is there in full or not at all."""

import uuid
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from core.collections.dataset import Collection, Facts, commit, remove_file

if TYPE_CHECKING:
    from lance.fragment import DataFile


def write_part(collection: Collection, column: str, blocks: Iterable[npt.NDArray[np.float32]]) -> "DataFile":
    """Write a part's rows of a column, some at a time, into a file of data that is in no commit yet."""
    import pyarrow as pa
    from lance.file import LanceFileWriter
    from lance.fragment import DataFile

    data = collection.data
    schema = pa.schema([data.schema.field(column)])
    path = f"{uuid.uuid4().hex}.lance"
    try:
        with LanceFileWriter(f"{data.uri}/data/{path}", schema, version=data.data_storage_version) as writer:
            for rows in blocks:
                numbers = pa.FixedSizeListArray.from_arrays(rows.ravel(), rows.shape[1])
                writer.write_batch(pa.record_batch([numbers], schema=schema))
    except BaseException:
        remove_file(collection, path)
        raise
    field = collection.number_of(column)
    assert field is not None
    major, minor = map(int, data.data_storage_version.split("."))
    return DataFile(path, [field], [0], major, minor)


def add_file(
    collection: Collection, number: int, column: str, file: "DataFile", facts_of: Callable[[Collection], Facts]
) -> Collection:
    """Add a column's file to a part, and note new facts, unless others have added theirs meanwhile."""

    def change(current: Collection) -> tuple[list[Any], Facts] | None:
        if number not in {part.id for part in current.without(column)}:
            return None
        for part in current.fragments:
            if part.id == number:
                part.files.append(file)
        return current.fragments, facts_of(current)

    changed = commit(collection, change)
    if all(each.path != file.path for part in changed.fragments for each in part.files):
        remove_file(collection, file.path)
    return changed
