"""Spaces out: what is written is read back, and is what others expect."""

import csv
import io
import json
import re
import zipfile

import numpy as np
import pandas as pd
import pyarrow.parquet
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core import map_files
from core.errors import InputError
from core.map_files import Space
from core.tables import FORMULA_STARTS, harmless

STARTS_AS_A_FORMULA = re.compile(r"[\W_]*?[=+@-]")
TEXTS = st.text(st.characters(codec="utf-8") | st.sampled_from("\t\n\r\"',;|\u2028\x85\u00a0")).filter(
    lambda text: not STARTS_AS_A_FORMULA.match(text)
)
FLOATS = st.floats(width=32, allow_nan=False, allow_infinity=False)
FORMULAS = ["=cmd|'/c calc'!A0", "+cmd()", "-2+3", "@SUM(A1)"]


@st.composite
def any_space(draw):
    """A space of texts, a field called "note", vectors and coordinates, with ids of its own or numbered."""
    texts = draw(st.lists(TEXTS, min_size=1, max_size=6))
    rows = [{"text": text} for text in texts]
    for key, cells in {"_id": TEXTS, "note": TEXTS, "Sub ject": TEXTS}.items():
        if draw(st.booleans()):
            rows = [{**row, key: draw(cells)} for row in rows]
    width, axes = draw(st.integers(2, 4)), draw(st.sampled_from([2, 3]))
    for row in rows:
        row["vector"] = [float(number) for number in draw(st.lists(FLOATS, min_size=width, max_size=width))]
        row |= dict(zip("xyz", draw(st.lists(FLOATS, min_size=axes, max_size=axes)), strict=False))
    return map_files.from_files([("a.jsonl", "\n".join(map(json.dumps, rows)).encode())])


def as_tsv(text):
    """What TSV can hold of a text."""
    return text.replace("\t", " ").replace("\r", " ").replace("\n", " ")


def simple(rows=3, **columns):
    """A small space with vectors and coordinates."""
    columns = {"text": ["owl", "snow", "river"][:rows], **columns}
    frame = pd.DataFrame({**columns, "x": np.arange(rows) / 3, "y": np.arange(rows) / 7})
    frame["vector"] = (np.arange(rows * 4).reshape(rows, 4) / 9).tolist()
    return map_files.from_files(
        [("a.jsonl", frame.to_json(orient="records", lines=True, double_precision=15).encode())]
    )


def projector_files(space):
    return [("t.tsv", map_files.projector_tensors(space)), ("m.tsv", map_files.projector_metadata(space))]


# Round trips


@settings(max_examples=100, deadline=None)
@given(any_space())
def test_parquet_is_read_back_as_the_same_space(space):
    assert map_files.from_files([("a.parquet", map_files.space_parquet(space))]).fingerprint == space.fingerprint


@settings(max_examples=100, deadline=None)
@given(any_space())
def test_npy_with_a_table_is_read_back_as_the_same_space(space):
    files = [("m.csv", map_files.coordinates_csv(space)), ("v.npy", map_files.write_npy(space.vectors))]
    assert map_files.from_files(files).fingerprint == space.fingerprint


@settings(max_examples=100, deadline=None)
@given(any_space())
def test_coordinates_are_read_back_as_the_same_space(space):
    back = map_files.from_files([("a.csv", map_files.coordinates_csv(space))])
    assert back.fingerprint == Space(space.corpus, coordinates=space.coordinates).fingerprint


@settings(max_examples=100, deadline=None)
@given(any_space())
def test_the_projectors_pair_is_read_back_with_spaces_for_tabs_and_newlines(space):
    back = map_files.from_files(projector_files(space))
    np.testing.assert_array_equal(back.vectors, space.vectors)
    assert back.corpus.texts == tuple(map(as_tsv, space.corpus.texts))
    assert back.corpus.fields == {name: tuple(map(as_tsv, cells)) for name, cells in space.corpus.fields.items()}
    assert len(back.corpus.ids) == len(space.corpus.ids)


@pytest.mark.parametrize("columns", [{}, {"note": ["a", "", "b"]}, {"_id": ["p", "q", "r"]}])
def test_the_projectors_pair_is_read_back_as_the_same_space_where_there_is_no_tab(columns):
    space = simple(**columns)
    back = map_files.from_files(projector_files(space)[::-1])
    assert back.fingerprint == Space(space.corpus, space.vectors).fingerprint


def test_cells_in_quotation_marks_keep_them_in_the_projectors_pair():
    space = simple(note=["", '""', '"b"'])
    back = map_files.from_files(projector_files(space))
    assert back.corpus.fields["note"] == ("", '""', '"b"')


def test_rows_without_texts_stay_without():
    space = map_files.from_files([("a.csv", b"x,y,kind\n1,2,a\n3,4,a\n")])
    back = map_files.from_files([("b.csv", map_files.coordinates_csv(space))])
    assert back.fingerprint == space.fingerprint
    assert not back.has_texts


def test_a_field_with_the_name_of_a_written_column_keeps_its_cells_under_another():
    rows = b'{"t": "a", "text": "field", "X": "east", "vector": "long"}\n'
    corpus = map_files.from_files([("a.jsonl", rows)], text_column="t").corpus
    space = Space(corpus, np.ones((1, 2), np.float32), np.zeros((1, 2), np.float32))
    back = map_files.from_files([("a.parquet", map_files.space_parquet(space))])
    assert back.corpus.texts == ("a",)
    assert back.corpus.fields == {"text_": ("field",), "X_": ("east",), "vector_": ("long",)}
    np.testing.assert_array_equal(back.coordinates, space.coordinates)


# CSV


def test_coordinates_are_what_pandas_reads():
    space = simple(note=["a", "b", "c"])
    frame = pd.read_csv(io.BytesIO(map_files.coordinates_csv(space)))
    assert list(frame) == ["id", "text", "note", "x", "y"]
    np.testing.assert_array_equal(frame[["x", "y"]].to_numpy(np.float32), space.coordinates)


def test_no_cell_and_no_name_of_a_csv_is_a_formula():
    rows = [{"id": formula, "text": formula, "=1+1": formula, "x": -1.5, "y": 2} for formula in FORMULAS]
    space = map_files.from_files([("a.jsonl", "\n".join(map(json.dumps, rows)).encode())])
    nearest = np.zeros((4, 1), np.int64)
    for content in (
        map_files.coordinates_csv(space),
        map_files.neighbours_csv(space.corpus.ids, nearest, nearest.astype(np.float32)),
    ):
        cells = [cell for row in csv.reader(io.StringIO(content.decode("utf-8-sig"))) for cell in row]
        assert [cell for cell in cells if cell.startswith(FORMULA_STARTS) and cell != "-1.5"] == []
        assert f"'{FORMULAS[0]}" in cells
    back = map_files.from_files([("a.csv", map_files.coordinates_csv(space))])
    assert back.corpus.texts == tuple(f"'{formula}" for formula in FORMULAS)


@pytest.mark.parametrize("cell", ["-1.5", "+2", "-3e-5", "-.5", "owl", "", "'=1", "2-1"])
def test_numbers_and_words_are_no_formulas(cell):
    assert harmless(cell) == cell


@pytest.mark.parametrize("cell", [*FORMULAS, "-", "+1-1", "-1e", "\t=1", "=1"])
def test_a_formula_becomes_text(cell):
    assert harmless(cell) == f"'{cell}"


def test_neighbours_are_listed_by_rank_with_their_distance():
    rows, distances = np.array([[1, 2], [0, 2], [1, 0]]), np.array([[0.1, 0.2], [0.1, 0.5], [0.5, 0.2]], np.float32)
    frame = pd.read_csv(io.BytesIO(map_files.neighbours_csv(("a", "b, c", "d"), rows, distances)))
    assert list(frame) == ["id", "rank", "neighbour_id", "distance"]
    assert frame["id"].tolist() == ["a", "a", "b, c", "b, c", "d", "d"]
    assert frame["rank"].tolist() == [1, 2] * 3
    assert frame["neighbour_id"].tolist() == ["b, c", "d", "a", "d", "b, c", "a"]
    assert frame["distance"].tolist() == [0.1, 0.2, 0.1, 0.5, 0.5, 0.2]


# Other formats, read by others


def test_parquet_and_npy_are_what_pyarrow_and_numpy_read():
    space = simple(note=["a", "b", "c"])
    table = pyarrow.parquet.read_table(io.BytesIO(map_files.space_parquet(space)))
    assert table.column_names == ["id", "text", "note", "x", "y", "vector"]
    np.testing.assert_array_equal(np.array(table["vector"].to_pylist(), np.float32), space.vectors)
    np.testing.assert_array_equal(np.load(io.BytesIO(map_files.write_npy(space.vectors))), space.vectors)


def test_tensors_are_lines_of_numbers_without_a_header():
    space = simple()
    lines = map_files.projector_tensors(space).decode().split("\n")
    assert lines.pop() == ""
    np.testing.assert_array_equal(np.array([line.split("\t") for line in lines], np.float32), space.vectors)


def test_metadata_of_one_column_has_no_header_and_of_several_has_one():
    assert map_files.projector_metadata(simple()) == b"owl\nsnow\nriver\n"
    assert map_files.projector_metadata(simple(note=["a", "", "b\tc"])) == b"text\tnote\nowl\ta\nsnow\t\nriver\tb c\n"
    assert map_files.projector_metadata(simple(_id=["p", "q", "r"])) == b"text\tid\nowl\tp\nsnow\tq\nriver\tr\n"


def test_the_configuration_is_what_the_projector_opens():
    written = json.loads(map_files.projector_config("Käuze", 3, 4, "https://a.example/t.tsv", "m.tsv"))
    assert written == {
        "embeddings": [
            {
                "tensorName": "Käuze",
                "tensorShape": [3, 4],
                "tensorPath": "https://a.example/t.tsv",
                "metadataPath": "m.tsv",
            }
        ]
    }
    assert "metadataPath" not in json.loads(map_files.projector_config("a", 3, 4, "t.tsv"))["embeddings"][0]


def test_the_archive_holds_the_three_files_and_names_them():
    space = simple(note=["a", "b", "c"])
    with zipfile.ZipFile(io.BytesIO(map_files.projector_archive(space))) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    (embedding,) = json.loads(files.pop("projector_config.json"))["embeddings"]
    assert embedding["tensorShape"] == [3, 4]
    assert {embedding["tensorPath"], embedding["metadataPath"]} == set(files)
    assert map_files.from_files(list(files.items())).fingerprint == Space(space.corpus, space.vectors).fingerprint


def test_what_a_space_lacks_cannot_be_written():
    texts = map_files.from_files([("a.txt", b"one")])
    for write in (map_files.projector_tensors, map_files.projector_archive):
        with pytest.raises(InputError, match=r"^a\.txt has no vectors: embed its texts first"):
            write(texts)
    with pytest.raises(InputError, match=r"^a\.txt has no coordinates: compute a map first"):
        map_files.coordinates_csv(texts)
