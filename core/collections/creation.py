"""Creates collections from files, by the reading rules of a corpus, part by part; an interrupted one is resumed.

What differs from a corpus: an id is numbered as soon as an earlier row has it, whatever ids come later.
"""

import sys
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core import corpus
from core.collections.dataset import Collection, Facts, add_columns, commit, open_collection, open_or_begin, remove_file
from core.collections.register import KEY_BYTES, Register, key_of
from core.corpus import Columns, Corpus, Splitter, Splitting, columns_beside, file_name, named_column
from core.corpus.columns import columns_of, text_column
from core.corpus.documents import FILE, NUMBERED, Documents
from core.errors import InputError
from core.progress import Progress, silent
from core.search.filters import number_of
from core.tables import Table, unique_names
from core.tables.parts import read_parts

if TYPE_CHECKING:
    import pyarrow

READING = "Reading the files"


class _OvertakenError(Exception):
    """Another process has added the part."""


def create(
    name: str,
    paths: Sequence[Path],
    *,
    text: str | None = None,
    own_id: str | None = None,
    passages: int | None = None,
    on_progress: Progress = silent,
) -> Collection:
    """A collection of the texts of several files, each part of them added in one step.

    If it was begun before, from the same files, it is completed.

    Parameters
    ----------
    text, own_id : str, optional
        The columns of texts and of ids; by default the usual ones.
    passages : int, optional
        Most tokens of the passages that the texts are split into; by default they are not split.

    Raises
    ------
    InputError
        The files can't be read, there is another collection of that name, or the library is missing.
    """
    files = _files(paths)
    facts = Facts({"text": text, "id": own_id, "passages": passages})
    splitter = None if passages is None else corpus.splitter(Splitting.of(passages))
    collection = open_or_begin(name, facts)
    while not collection.facts.is_complete or not _is_made_of(collection, files, facts):
        _check_same(collection, files, facts)
        try:
            collection = _complete(collection, paths, files, splitter, on_progress)
        except _OvertakenError:
            collection = open_collection(name)
    return collection


def _files(paths: Sequence[Path]) -> tuple[tuple[str, int], ...]:
    """The name and the size of each file."""
    for path in paths:
        if not path.is_file():
            raise InputError(f"Cannot read {path}: there is no such file.")
    names = unique_names(file_name(path.name) for path in paths)
    return tuple((name, path.stat().st_size) for name, path in zip(names, paths, strict=True))


def _is_made_of(collection: Collection, files: tuple[tuple[str, int], ...], asked: Facts) -> bool:
    return collection.facts.files == files and collection.facts.options == asked.options


def _check_same(collection: Collection, files: tuple[tuple[str, int], ...], asked: Facts) -> None:
    """Refuse to complete a collection from other files, or read in another way, than it was begun."""
    facts = collection.facts
    if facts.is_complete:
        raise InputError(f"There is a collection {collection.name} already: delete it, or use another name.")
    if facts.files != files[: len(facts.files)] or facts.options != asked.options:
        raise InputError(
            f"{collection.name} was begun from other files or with other options: give the same to complete it, or "
            "delete it."
        )


def _complete(
    collection: Collection,
    paths: Sequence[Path],
    files: tuple[tuple[str, int], ...],
    splitter: Splitter | None,
    on_progress: Progress,
) -> Collection:
    """Add all parts of the files that are missing."""
    register = _register_of(collection)
    before = collection.facts
    for number in range(max(0, len(before.files) - 1), len(files)):
        on_progress(READING, number, len(files))
        skip = before.parts if number == len(before.files) - 1 else 0
        for table in read_parts(paths[number], skip):
            place = files[: number + 1]
            collection = _add(collection, place, table, register, splitter, is_only=len(files) == 1)
            on_progress(READING, number, len(files))
    if not len(collection):
        raise InputError(f"No text found in {corpus.together([name for name, _ in files])}: nothing is added.")
    return _commit_part(collection, None, replace(collection.facts, is_complete=True))


def _register_of(collection: Collection) -> Register:
    """The ids and documents of the rows that are there."""
    register = Register()
    for batch in collection.data.to_batches(columns=["id", "parent", "key"]):
        ids, parents, keys = (column.to_pylist() for column in batch.columns)
        register.note([parent or name for name, parent in zip(ids, parents, strict=True)], keys)
    return register


def _add(
    collection: Collection,
    files: tuple[tuple[str, int], ...],
    table: Table,
    register: Register,
    splitter: Splitter | None,
    *,
    is_only: bool,
) -> Collection:
    """Add the texts of a part of the last of these files."""
    before = collection.facts
    is_new = before.files != files
    parts, rows = (0, 0) if is_new else (before.parts, before.rows)
    file, _ = files[-1]
    roles = _roles(file, table, before)
    documents, keys = _documents(file, table, roles, register, rows)
    texts = documents.corpus(file, splitter)
    fields = texts.fields if is_only else texts.fields | {FILE: (file,) * len(texts)}
    left_out = {reason: before.left_out.get(reason, 0) + count for reason, count in texts.left_out.items()}
    facts = replace(
        before,
        files=files,
        parts=parts + 1,
        rows=rows + len(table),
        roles=asdict(roles),
        fields=tuple(dict.fromkeys([*before.fields, *fields])),
        left_out=before.left_out | left_out,
    )
    return _commit_part(collection, replace(texts, fields=fields), facts, keys)


def _roles(file: str, table: Table, facts: Facts) -> Columns:
    """The columns of texts, titles and ids, by the first part that has them; all others are fields."""
    if not facts.roles:
        texts: tuple[str, ...] = (text_column(file, table.columns, facts.options["text"]),)
        own_id = facts.options["id"] and named_column(file, table.columns, facts.options["id"])
        known = Columns(texts, None, own_id)
    else:
        known = Columns(**{**facts.roles, "texts": tuple(facts.roles["texts"])})
    usual = columns_beside(known.texts, [column for column in table.columns if column != known.id])
    return Columns(known.texts, known.title or usual.title, known.id or usual.id)


def _documents(
    file: str, table: Table, roles: Columns, register: Register, rows: int
) -> tuple[Documents, dict[str, bytes | None]]:
    """The new documents of a part, with ids that none before it has, and what makes each, by its id.

    Parameters
    ----------
    rows : int
        How many rows of the file stand before the part.
    """
    documents = Documents(most_rows=sys.maxsize)
    documents.add(file, table, columns_of(file, table.columns, replace(roles, metadata=table.columns)))
    documents.merge_copies(register)
    titles = documents.fields.get("title", [""] * len(documents))
    keys = [
        key_of((one.id, title, one.text)) if one.has_own_id else None
        for one, title in zip(documents.documents, titles, strict=True)
    ]
    ids = register.take(
        [one.id if one.has_own_id else str(int(one.id) + rows) for one in documents.documents],
        [one.has_own_id for one in documents.documents],
    )
    for own, one in zip(ids, documents.documents, strict=True):
        if one.has_own_id and own != one.id:
            documents.left_out.note(NUMBERED, one.place, one.text, file=file)
    documents.documents = [replace(one, id=own) for own, one in zip(ids, documents.documents, strict=True)]
    return documents, dict(zip(ids, keys, strict=True))


def _commit_part(
    collection: Collection, texts: Corpus | None, facts: Facts, keys: dict[str, bytes | None] | None = None
) -> Collection:
    """Add texts, if there are any, and note how far the files are read, in one step."""
    before = collection.facts.place
    collection = _with_columns(collection, facts.fields)
    added = _write(collection, texts, facts.fields, keys or {}) if texts else []

    def change(current: Collection) -> tuple[list[Any], Facts]:
        if current.facts.place != before:
            raise _OvertakenError
        now = current.facts
        return [*current.fragments, *added], replace(facts, models=now.models, maps=now.maps, words=now.words)

    try:
        return commit(collection, change)
    except _OvertakenError:
        for file in (file for part in added for file in part.files):
            remove_file(collection, file.path)
        raise


def _with_columns(collection: Collection, fields: Sequence[str]) -> Collection:
    import pyarrow as pa

    kinds = {"f": pa.string(), "n": pa.float64()}
    columns = [pa.field(f"{kind}{place}", kinds[kind]) for place in range(len(fields)) for kind in kinds]
    return add_columns(collection, columns)


def _write(collection: Collection, texts: Corpus, fields: Sequence[str], keys: dict[str, bytes | None]) -> "list[Any]":
    """Write texts into files of data that are in no commit yet."""
    from lance.fragment import write_fragments

    return list(write_fragments(_columns(texts, fields, keys), collection.data, mode="append"))


def _columns(texts: Corpus, fields: Sequence[str], keys: dict[str, bytes | None]) -> "pyarrow.Table":
    import pyarrow as pa

    columns = {
        "id": pa.array(texts.ids, pa.string()),
        "text": pa.array(texts.texts, pa.string()),
        "parent": pa.array(texts.parents or [None] * len(texts), pa.string()),
        "key": pa.array([keys[name] for name in texts.document_ids], pa.binary(KEY_BYTES)),
    }
    for name, cells in texts.fields.items():
        place = fields.index(name)
        columns[f"f{place}"] = pa.array(cells, pa.string())
        columns[f"n{place}"] = pa.array(map(number_of, cells), pa.float64(), from_pandas=True)  # NaN is missing
    return pa.table(columns)
