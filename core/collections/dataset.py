"""A collection as a Lance dataset: a folder `NAME.lance` on disk or in a bucket.

Its columns are `id`, `text`, `parent` (a passage's document), `key` (what makes a document), for each field a column of
its texts and one of its numbers, and one of vectors for each model. A row's number is its place; rows are only added.

Each change is one commit of data and facts together. It is refused if another came first, and then made anew from what
is there: so writers at the same time are safe, and whatever ends a process, all or nothing of a change is there.
"""

import importlib.util
import json
import os
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from core import settings
from core.errors import InputError
from core.storage import digests
from core.wording import join

if TYPE_CHECKING:
    import lance
    import pyarrow
    import pyarrow.fs
    from lance.fragment import FragmentMetadata

ENDING = ".lance"
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
FACTS = b"embedscope"
ATTEMPTS = 20  # to add a column that others add too
CLEAN_EVERY = 100  # commits
VERSIONS_STAY = timedelta(hours=1)  # for whoever still reads them


@dataclass(frozen=True)
class Facts:
    """What is known of a collection besides its rows.

    Attributes
    ----------
    options : dict
        How its files are read: the columns of texts and ids that were asked for, the tokens of a passage.
    files : tuple of (name, bytes)
        The files read so far, the last one perhaps in part.
    parts, rows : int
        How many parts and rows of the last file are read.
    roles : dict
        The roles of the columns, as in `Columns`; empty before anything is read.
    fields : tuple of str
        The texts of the i-th are in the column `f{i}`, its numbers in `n{i}`.
    left_out : dict of str to int
        What was skipped or changed, and how often.
    models : dict of str to dict
        For each column of vectors what `Model` tells of it.
    maps : dict of str to dict
        For each column of coordinates what `Map` tells of it.
    words : dict, optional
        What counts as a word in its full-text index, as `Words`; None if there is none.
    is_complete : bool
        Whether all files are read.
    """

    options: dict[str, Any]
    files: tuple[tuple[str, int], ...] = ()
    parts: int = 0
    rows: int = 0
    roles: dict[str, Any] = field(default_factory=dict)
    fields: tuple[str, ...] = ()
    left_out: dict[str, int] = field(default_factory=dict)
    models: dict[str, dict[str, Any]] = field(default_factory=dict)
    maps: dict[str, dict[str, Any]] = field(default_factory=dict)
    words: dict[str, Any] | None = None
    is_complete: bool = False

    @property
    def place(self) -> tuple[Any, ...]:
        """How far the files are read."""
        return (self.files, self.parts, self.is_complete)


@dataclass(frozen=True, eq=False)
class Collection:
    """A collection as it was when it was opened."""

    name: str
    data: "lance.LanceDataset"

    def __len__(self) -> int:
        return int(self.starts[-1])

    @cached_property
    def fingerprint(self) -> str:
        """What tells it from any other, also from a later one of its name, whatever is added to it."""
        return digests.of(self.fragments[0].files[0].path.encode()) if self.fragments else ""

    @cached_property
    def facts(self) -> Facts:
        """What is known of it besides its rows."""
        read = json.loads(self.data.schema.metadata[FACTS])
        files = tuple((name, size) for name, size in read.pop("files"))
        return Facts(files=files, fields=tuple(read.pop("fields")), **read)

    @cached_property
    def fragments(self) -> "list[FragmentMetadata]":
        """Its parts, in the order of their rows."""
        return [fragment.metadata for fragment in self.data.get_fragments()]

    @cached_property
    def starts(self) -> npt.NDArray[np.int64]:
        """The first row of each part, and at last the number of all rows."""
        return np.cumsum([0, *(fragment.physical_rows for fragment in self.fragments)], dtype=np.int64)

    def column(self, name: str) -> str:
        """The column that holds the texts of a field.

        Raises
        ------
        InputError
            There is no such field.
        """
        if name not in self.facts.fields:
            raise InputError(f"{self.name} has no field {name!r}. Its fields are: {join(self.facts.fields, most=30)}.")
        return f"f{self.facts.fields.index(name)}"

    def number_of(self, column: str) -> int | None:
        """The number by which Lance knows a column; None if there is none."""
        return {each.name(): each.id() for each in self.data.lance_schema.fields()}.get(column)

    def rows_at(self, addresses: npt.NDArray[np.uint64]) -> npt.NDArray[np.int64]:
        """The rows at Lance's addresses: the number of a part, and the place in it."""
        numbers = np.array([part.id for part in self.fragments], np.uint64)
        parts = np.searchsorted(numbers, addresses >> np.uint64(32))
        return self.starts[parts] + (addresses & np.uint64(2**32 - 1)).astype(np.int64)

    def without(self, column: str) -> "list[FragmentMetadata]":
        """The parts that have no data in a column."""
        number = self.number_of(column)
        return [part for part in self.fragments if all(number not in file.fields for file in part.files)]


def locate() -> str:
    """Where the collections lie: the path of a folder, or a bucket."""
    root = settings.collections().rstrip("/")
    return root if "://" in root else str(Path(root).absolute())


def names() -> list[str]:
    """The names of all collections.

    Raises
    ------
    InputError
        They can't be listed.
    """
    from pyarrow.fs import FileSelector

    _require_lance()
    system, root = _file_system()
    try:
        entries = system.get_file_info(FileSelector(root, allow_not_found=True))
    except OSError as error:
        raise InputError(f"Cannot list the collections in {locate()}: {_first_line(error)}") from None
    return sorted(entry.base_name.removesuffix(ENDING) for entry in entries if entry.base_name.endswith(ENDING))


def is_installed() -> bool:
    """Whether the library of collections is here, without importing it."""
    return importlib.util.find_spec("lance") is not None


def are_any() -> bool:
    """Whether there may be collections, without importing a library: those in a bucket are not looked for."""
    if not is_installed():
        return False
    root = locate()
    return "://" in root or any(Path(root).glob(f"*{ENDING}"))


def open_collection(name: str, version: int | None = None) -> Collection:
    """The collection of that name, as it is now or, by `Collection.data.version`, as it was.

    Raises
    ------
    InputError
        There is none.
    """
    lance = _require_lance()
    try:
        collection = Collection(name, lance.dataset(_address(name), version=version))
    except ValueError:
        raise InputError(f"There is no collection {name!r}. There are: {join(names(), most=30)}.") from None
    except OSError as error:
        raise InputError(f"Cannot read {_address(name)}: {_first_line(error)}") from None
    if FACTS not in (collection.data.schema.metadata or {}):
        raise InputError(f"{_address(name)} is a Lance dataset, but no collection of Embedscope's.")
    return collection


def open_or_begin(name: str, facts: Facts) -> Collection:
    """The collection of that name; an empty one with these facts if there is none."""
    import pyarrow as pa

    lance = _require_lance()
    columns = [pa.field(column, pa.string()) for column in ("id", "text", "parent")]
    schema = pa.schema([*columns, pa.field("key", pa.binary(16))], {FACTS: _as_json(facts)})
    try:
        return Collection(name, lance.write_dataset(schema.empty_table(), _address(name)))
    except OSError as error:
        if name in names():
            return open_collection(name)
        raise InputError(f"Cannot write {_address(name)}: {_first_line(error)}") from None


def delete(name: str) -> None:
    """Delete a collection with all its vectors; errors as in `open_collection`."""
    open_collection(name)
    system, root = _file_system()
    system.delete_dir(f"{root}/{name}{ENDING}")


def size(name: str) -> int:
    """The bytes of a collection's files."""
    from pyarrow.fs import FileSelector

    system, root = _file_system()
    return sum(
        entry.size or 0 for entry in system.get_file_info(FileSelector(f"{root}/{name}{ENDING}", recursive=True))
    )


def remove_file(collection: Collection, path: str) -> None:
    """Remove a file of data that is in no commit."""
    system, root = _file_system()
    with suppress(FileNotFoundError):
        system.delete_file(f"{root}/{collection.name}{ENDING}/data/{path}")


def add_columns(collection: Collection, columns: "Sequence[pyarrow.Field]") -> Collection:
    """The collection with these columns too, which hold nothing yet; those that others have added are taken over."""
    for _ in range(ATTEMPTS):
        missing = [column for column in columns if collection.number_of(column.name) is None]
        if not missing:
            return collection
        with suppress(OSError, ValueError, RuntimeError):  # if others have changed the collection meanwhile
            collection.data.add_columns(missing)
        collection = open_collection(collection.name)
    raise InputError(
        f"Columns cannot be added to {collection.name}, as others change it all the time: try again later."
    )


@contextmanager
def indexing(collection: Collection) -> Iterator[None]:
    """What Lance commits by itself: if another process builds the same index at the same time, only one is kept.

    Raises
    ------
    InputError
        It is not this one.
    """
    from lance.commit import CommitConflictError

    try:
        yield
    except CommitConflictError:
        raise InputError(f"Another process has indexed {collection.name} meanwhile: run the command again.") from None


def commit(
    collection: Collection, change: "Callable[[Collection], tuple[Sequence[FragmentMetadata], Facts] | None]"
) -> Collection:
    """The collection after a change, which is made anew each time that another one comes first.

    Parameters
    ----------
    change : callable
        Given the collection as it is, returns all its parts and its facts as they will be; None if there is nothing
        left to change. It may raise.
    """
    from lance import LanceDataset, LanceOperation
    from lance.commit import CommitConflictError

    while (changed := change(collection)) is not None:
        parts, facts = changed
        schema = collection.data.schema.with_metadata({FACTS: _as_json(facts)})
        merge = LanceOperation.Merge(parts, schema)
        try:
            data = LanceDataset.commit(collection.data, merge, read_version=collection.data.version)
        except CommitConflictError:
            collection = open_collection(collection.name)
            continue
        if data.version % CLEAN_EVERY == 0:
            data.cleanup_old_versions(older_than=VERSIONS_STAY)
        return Collection(collection.name, data)
    return collection


def _first_line(error: OSError) -> str:
    return str(error).splitlines()[0]


def _as_json(facts: Facts) -> bytes:
    return json.dumps(asdict(facts)).encode()


def check_name(name: str) -> None:
    """Refuse what a collection cannot be called.

    Raises
    ------
    InputError
        It has other characters than letters, digits, - and _, or too many.
    """
    if not NAME.fullmatch(name):
        raise InputError(f"A collection cannot be called {name!r}: use up to 64 letters, digits, - and _.")


def _address(name: str) -> str:
    """Where a collection lies; errors as in `check_name`."""
    check_name(name)
    return f"{locate()}/{name}{ENDING}"


def _file_system() -> "tuple[pyarrow.fs.FileSystem, str]":
    from pyarrow.fs import FileSystem

    return FileSystem.from_uri(locate())


def _require_lance() -> Any:
    """The library that reads and writes collections.

    Raises
    ------
    InputError
        It is not installed.
    """
    os.environ.setdefault("LANCE_LOG", "error")  # its warnings are for whoever calls it
    try:
        import lance
    except ModuleNotFoundError:
        raise InputError("Collections need one more library: pip install -r requirements-scale.txt") from None
    return lance
