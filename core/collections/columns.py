"""Columns of numbers in a collection, filled part by part: a part's column is there in full or not at all."""

import random
import uuid
from collections.abc import Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import numpy.typing as npt

from core.collections.cluster import Made, Workers
from core.collections.dataset import Collection, Facts, commit, remove_file
from core.progress import Progress

if TYPE_CHECKING:
    from lance.fragment import DataFile

Source = TypeVar("Source")


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


def fill(
    collection: Collection,
    column: str,
    workers: Workers[Made],
    work: "Callable[[Made, int, Progress], tuple[DataFile, Source]]",
    facts_of: Callable[[Source, Collection], Facts],
    report: Callable[[Collection], None],
) -> Collection:
    """Have workers write what parts lack of a column, and add each part as it comes.

    Parameters
    ----------
    work : callable
        Given the number of a part, writes its file by `write_part`; also returns what is new in the facts.
    facts_of : callable
        The facts with that.
    report : callable
        Called with the collection as it is now and then; it may raise to cancel.
    """
    begun: set[int] = set()

    def take() -> int | None:
        """A part that nobody has added yet; any, so that several processes seldom compute the same."""
        missing = [part.id for part in collection.without(column) if part.id not in begun]
        if not missing:
            return None
        begun.add(part := random.choice(missing))  # noqa: S311
        return part

    def wait() -> None:
        report(collection)

    def discard(written: "tuple[DataFile, Source]") -> None:
        remove_file(collection, written[0].path)

    for number, (file, source) in workers.run(work, take, wait, discard):
        collection = add_file(collection, number, column, file, partial(facts_of, source))
    return collection
