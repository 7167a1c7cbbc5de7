"""Collections of files, against a corpus of the same files."""

import json
import shutil
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core import collections, corpus
from core.collections import Collection
from core.corpus import Corpus, Splitting, from_path, from_tables, read_bytes, usual_columns
from core.errors import InputError
from core.tables import parts, read_table
from tests.core.collections.conftest import stop_after

COMMON = ("title", "kind", "year")
ROWS = st.lists(
    st.fixed_dictionaries(
        {"text": st.sampled_from(["one", "two", "  ", "a\x00b", "x" * 25_000])},
        optional={
            "id": st.sampled_from(["a", "b", "c", "d7", " a "]),
            "title": st.sampled_from(["", "T"]),
            "kind": st.sampled_from(["k", "o'k", "1.5"]),
            "year": st.integers(1990, 1992),
        },
    ),
    min_size=1,
    max_size=25,
)
slowly = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def as_corpus(collection: Collection) -> Corpus:
    """All of a collection, in memory."""
    rows = collection.data.to_table().to_pydict()
    fields = {
        name: tuple(cell or "" for cell in rows[f"f{place}"]) for place, name in enumerate(collection.facts.fields)
    }
    parents = tuple(rows["parent"]) if any(rows["parent"]) else ()
    return Corpus("", tuple(rows["id"]), tuple(rows["text"]), fields, collection.facts.left_out, parents=parents)


def assert_same(collection: Collection, expected: Corpus) -> None:
    made = as_corpus(collection)
    assert (made.ids, made.texts, made.parents) == (expected.ids, expected.texts, expected.parents)
    assert made.fields == expected.fields
    assert made.left_out == expected.left_out


def fresh(folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    return folder


@given(rows=ROWS)
@slowly
def test_a_collection_is_the_corpus_of_its_file(tmp_path: Path, folder: Path, rows: list[dict[str, Any]]) -> None:
    fresh(folder)
    path = tmp_path / "rows.jsonl"
    path.write_text("\n".join([json.dumps({"id": "first", "text": "first"}), "no JSON", *map(json.dumps, rows)]))
    assert_same(collections.create("rows", [path]), from_path(path))


@given(rows=ROWS, others=ROWS)
@slowly
def test_files_of_several_formats_are_one_collection(
    tmp_path: Path, folder: Path, rows: list[dict[str, Any]], others: list[dict[str, Any]]
) -> None:
    fresh(folder)
    paths = [tmp_path / "rows.csv", tmp_path / "others.parquet"]
    for some in (rows, others):
        some[0] |= {"text": "first", "title": "T"}
    names = ("id", "text", *COMMON)
    lines = [",".join(str(row.get(name, "")) for name in names) for row in rows]
    paths[0].write_text("\n".join([",".join(names), *lines]))
    columns = {name: [None if name not in row else str(row[name]) for row in others] for name in names}
    pq.write_table(pa.table({name: pa.array(cells, pa.string()) for name, cells in columns.items()}), paths[1])
    tables = [(path.name, read_table(path.name, read_bytes(path))) for path in paths]
    assert_same(collections.create("rows", paths), from_tables(tables, usual_columns(names)))


def test_an_id_belongs_to_the_first_row_that_has_it_even_if_it_is_a_rows_number(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    rows: list[dict[str, Any]] = [{"text": f"t{row}"} for row in range(12)]
    rows[9] |= {"id": "2"}
    path.write_text("\n".join(map(json.dumps, rows)))
    made = as_corpus(collections.create("rows", [path]))
    assert made.ids == ("1", "2", *map(str, range(3, 10)), "2-2", "11", "12")
    assert sum(made.left_out.values()) == 1


def test_the_columns_of_texts_and_ids_can_be_named(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_text("key,body,id\na,one,1\nb,two,2\n")
    made = as_corpus(collections.create("rows", [path], text="body", own_id="key"))
    assert (made.ids, made.texts, made.fields) == (("a", "b"), ("one", "two"), {"id": ("1", "2")})


def test_long_texts_become_passages_with_their_documents(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    rows = [
        {"id": f"d{row % 9}", "text": " ".join(f"word{row} says {place}." for place in range(30))} for row in range(12)
    ]
    path.write_text("\n".join(map(json.dumps, rows)))
    made = collections.create("rows", [path], passages=64)
    assert_same(made, from_path(path, splitter=corpus.splitter(Splitting.of(64))))
    assert len(set(as_corpus(made).parents)) == 12


def test_a_field_that_later_parts_have_is_empty_before(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text(
        "\n".join(json.dumps({"text": f"t{row}"} | ({"late": "x"} if row > 9 else {})) for row in range(12))
    )
    assert_same(collections.create("rows", [path]), from_path(path))


def test_what_is_interrupted_anywhere_is_completed_without_loss_or_repetition(texts: Path, folder: Path) -> None:
    expected, last = from_path(texts), 0
    for stop in range(1, 9):
        try:
            made = collections.create("texts", [texts], on_progress=stop_after(stop))
        except StopIteration:
            so_far = len(collections.open_collection("texts"))
            assert so_far >= last
            last = so_far
    assert_same(made, expected)
    assert made.facts.is_complete


def test_a_collection_can_be_embedded_while_it_is_created(texts: Path, fake_encoder: Any) -> None:
    def embed(*_: object) -> None:
        if so_far := collections.open_collection("texts"):
            collections.embed_with(so_far, fake_encoder)

    made = collections.create("texts", [texts], on_progress=embed)
    assert_same(made, from_path(texts))
    (model,) = collections.models_of(made)
    assert (model.missing, model.provenance.texts) == (0, 25)
    assert sorted(fake_encoder.computed) == sorted(from_path(texts).texts)


def test_a_file_that_cannot_be_read_is_mended_and_the_rest_goes_on(texts: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.csv"
    other.write_text('id,text\nx,"open\n')
    with pytest.raises(InputError, match="never closed"):
        collections.create("both", [texts, other])
    other.write_text('id,text\nx,"closed"\n')
    assert len(collections.create("both", [texts, other])) == 26


def test_only_the_same_files_and_options_complete_a_collection(texts: Path, tmp_path: Path) -> None:
    with pytest.raises(StopIteration):
        collections.create("texts", [texts], on_progress=stop_after(2))
    other = tmp_path / "other.csv"
    other.write_text("id,text\nx,other\n")
    with pytest.raises(InputError, match="texts was begun from other files or with other options"):
        collections.create("texts", [other])
    with pytest.raises(InputError, match="with other options"):
        collections.create("texts", [texts], own_id="kind")
    collections.create("texts", [texts])
    assert len(collections.create("texts", [texts])) == 25  # nothing is left to do
    with pytest.raises(InputError, match="There is a collection texts already"):
        collections.create("texts", [other])


def test_what_cannot_be_a_collection_is_refused(tmp_path: Path, texts: Path) -> None:
    empty = tmp_path / "empty.csv"
    empty.write_text("id,text\na,\n")
    for name, path, message in [
        ("../up", texts, "cannot be called"),
        ("missing", tmp_path / "missing.csv", "no such file"),
        ("empty", empty, r"No text found in empty\.csv"),
    ]:
        with pytest.raises(InputError, match=message):
            collections.create(name, [path])


def test_collections_are_listed_measured_and_deleted(texts: Path, folder: Path) -> None:
    assert collections.names() == []
    collections.create("b", [texts])
    collections.create("a", [texts])
    assert collections.names() == ["a", "b"]
    assert collections.size("a") == sum(
        file.stat().st_size for file in (folder / "a.lance").rglob("*") if file.is_file()
    )
    collections.delete("a")
    assert collections.names() == ["b"]
    with pytest.raises(InputError, match=r"no collection 'a'\. There are: b"):
        collections.open_collection("a")


def test_old_versions_are_removed_and_readers_keep_theirs(
    texts: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parts, "MOST_ROWS", 2)
    monkeypatch.setattr("core.collections.dataset.CLEAN_EVERY", 5)
    monkeypatch.setattr("core.collections.dataset.VERSIONS_STAY", timedelta(0))
    assert len(collections.create("texts", [texts])) == 25
    assert len(list((folder / "texts.lance" / "_versions").iterdir())) < 10


def test_a_folder_that_cannot_be_read_is_named(texts: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMBEDSCOPE_COLLECTIONS", str(texts))
    with pytest.raises(InputError, match=r"Cannot list the collections in .*texts\.csv: "):
        collections.names()
