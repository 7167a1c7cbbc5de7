"""Spaces in: texts, vectors and coordinates from files, whole ones and hostile ones."""

import contextlib
import io
import json
import os
import pickle
import resource
import struct

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core import map_files, tables
from core.errors import InputError
from core.map_files.reader import NOT_FINITE, NOT_PLACED, ZEROS

VECTORS = np.arange(12, dtype=np.float32).reshape(4, 3) / 8
WORDS = ["owl", "snow", "river", "night"]
TENSORS = b"0.0\t0.125\t0.25\n0.375\t0.5\t0.625\n0.75\t0.875\t1.0\n1.125\t1.25\t1.375\n"


def npy(array, **options):
    buffer = io.BytesIO()
    np.save(buffer, array, **options)
    return buffer.getvalue()


def npy_that_claims(shape, kind="<f4", follows=b"\0" * 400):
    """An NPY whose header says what it likes."""
    buffer = io.BytesIO()
    np.lib.format.write_array_header_1_0(buffer, {"descr": kind, "fortran_order": False, "shape": shape})
    return buffer.getvalue() + follows


def parquet(columns, **options):
    buffer = io.BytesIO()
    pyarrow.parquet.write_table(pa.table(columns), buffer, **options)
    return buffer.getvalue()


def jsonl(*rows):
    return "\n".join(json.dumps(row, ensure_ascii=False) for row in rows).encode()


def read(*files, **options):
    return map_files.from_files(files, **options)


def metadata_file(ending):
    """The words and a number for each, as pandas writes them."""
    frame = pd.DataFrame({"word": WORDS, "count": [1, 2, 3, 4]})
    if ending == "parquet":
        return frame.to_parquet(index=False)
    if ending == "jsonl":
        return frame.to_json(orient="records", lines=True).encode()
    return frame.to_csv(index=False, sep="\t" if ending == "tsv" else ",").encode()


# Texts


def test_texts_alone_are_a_space_that_models_are_to_embed():
    space = read(("a.txt", b"one\n\ntwo\n"))
    assert space.corpus.texts == ("one", "two")
    assert space.vectors is None
    assert space.coordinates is None
    assert space.has_texts
    assert space.left_out == {"blank texts": 1}
    assert space.name == "a.txt"


def test_the_text_column_can_be_named():
    assert read(("a.csv", b"text,note\na,b\n"), text_column="note").corpus.texts == ("b",)


@pytest.mark.parametrize("files", [[], [("a.txt", b"a"), ("b.txt", b"b"), ("c.txt", b"c")]])
def test_no_file_and_three_files_are_refused(files):
    with pytest.raises(InputError, match=rf"^You chose {len(files)} files: choose one"):
        map_files.from_files(files)


# Coordinates


@pytest.mark.parametrize("ending", ["csv", "tsv", "jsonl", "parquet"])
@pytest.mark.parametrize("axes", [("x", "y"), ("X", "Y", "Z"), ("projection_x", "projection_y"), ("umap_x", "umap_y")])
def test_columns_of_coordinates_become_coordinates_and_no_metadata(ending, axes):
    frame = pd.DataFrame({"text": WORDS, "kind": list("aabb")} | {axis: VECTORS[:, n] for n, axis in enumerate(axes)})
    content = {
        "csv": frame.to_csv(index=False).encode(),
        "tsv": frame.to_csv(index=False, sep="\t").encode(),
        "jsonl": frame.to_json(orient="records", lines=True).encode(),
        "parquet": frame.to_parquet(index=False),
    }[ending]
    space = read((f"a.{ending}", content))
    np.testing.assert_array_equal(space.coordinates, VECTORS[:, : len(axes)])
    assert space.coordinates.dtype == np.float32
    assert space.corpus.texts == tuple(WORDS)
    assert space.corpus.fields == {"kind": tuple("aabb")}
    assert space.vectors is None


def test_coordinates_without_a_text_column_have_numbered_rows():
    space = read(("a.csv", b"x,y,kind\n1,2,a\n3,4,a\n5,6,b\n"))
    assert space.corpus.texts == ("row 1", "row 2", "row 3")
    assert space.corpus.fields == {"kind": ("a", "a", "b")}
    assert not space.has_texts


def test_rows_without_a_place_are_left_out_with_their_text_and_counted():
    space = read(("a.csv", b"text,x,y\none,1,2\ntwo,,3\nthree,nan,4\nfour,inf,5\n,6,7\n"))
    assert space.corpus.texts == ("one", "row 5")
    assert space.coordinates.tolist() == [[1, 2], [6, 7]]
    assert space.left_out == {NOT_PLACED: 3}


@pytest.mark.parametrize(
    "content", [b"text,x,y\na,left,1\n", b"text,x,y\na,,\n", b"text,x\na,1\n", b"text,x,y\na,2024_01,1\n"]
)
def test_columns_that_hold_something_else_than_places_stay_metadata(content):
    space = read(("a.csv", content))
    assert space.coordinates is None
    assert "x" in space.corpus.fields


def test_separators_in_a_quoted_name_do_not_mislead_about_the_separator():
    space = read(("a.csv", b'text,"a;b;c;\nd;e",x,y\none,two,1,2\n'))
    assert space.corpus.fields == {"a;b;c;\nd;e": ("two",)}


# TensorFlow's pair


@pytest.mark.parametrize("turned", [False, True])
def test_the_projectors_pair_is_read_in_any_order_and_under_any_name(turned):
    files = [("one.tsv", TENSORS), ("other.tsv", b"word\tkind\nowl\ta\nsnow\ta\nriver\tb\nnight\tb\n")]
    space = map_files.from_files(files[::-1] if turned else files)
    np.testing.assert_array_equal(space.vectors, VECTORS)
    assert space.corpus.texts == tuple(WORDS)
    assert space.corpus.fields == {"kind": ("a", "a", "b", "b")}
    assert space.name == "one.tsv with other.tsv"


def test_metadata_of_one_column_has_no_header():
    assert read(("t.tsv", TENSORS), ("m.tsv", "\n".join(WORDS).encode())).corpus.texts == tuple(WORDS)


def test_metadata_of_numbers_only_is_told_from_tensors_by_its_width():
    space = read(("m.tsv", b"7\n8\n9\n7\n"), ("t.tsv", TENSORS))
    np.testing.assert_array_equal(space.vectors, VECTORS)
    assert space.corpus.texts == ("7", "8", "9", "7")


def test_quotes_in_the_projectors_metadata_are_characters_like_others():
    space = read(("t.tsv", TENSORS), ("m.tsv", b'"owl\n"snow"\nri"ver\n""\n'))
    assert space.corpus.texts == ('"owl', '"snow"', 'ri"ver', '""')


def test_metadata_that_quotes_whole_cells_is_read_without_the_marks_and_columns_of_one_name_are_kept():
    metadata = b'"word"\t"note"\tnote\nowl\t"say ""hi"""\ta\nsnow\t"two\nlines"\tb\nriver\tx\tc\nnight\ty\td\n'
    space = read(("t.tsv", TENSORS), ("m.tsv", metadata))
    assert space.corpus.texts == tuple(WORDS)
    assert space.corpus.fields == {"note": ('say "hi"', "two\nlines", "x", "y"), "note-2": tuple("abcd")}


def test_blank_labels_are_numbered_so_that_rows_stay_in_line():
    assert read(("t.tsv", TENSORS), ("m.tsv", b"owl\n\nriver\n\n\n\n")).corpus.texts == (
        "owl",
        "row 2",
        "river",
        "row 4",
    )


def test_tensors_alone_have_numbered_rows():
    space = read(("t.tsv", b"\xef\xbb\xbf" + TENSORS.replace(b"\n", b"\r\n")))
    np.testing.assert_array_equal(space.vectors, VECTORS)
    assert space.corpus.texts == ("row 1", "row 2", "row 3", "row 4")
    assert space.corpus.ids == ("1", "2", "3", "4")
    assert not space.has_texts


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"1\t2\t3\n\n4\t5\n", r"^Line 3 of t\.tsv has 2 numbers, but line 1 has 3"),
        (b"1\t2\n3\towl\n", r"^Line 2 of t\.tsv contains 'owl', which is not a number"),
        (b"1\t2\n3\t\n5\t6\n", r"^Line 2 of t\.tsv has 1 numbers, but line 1 has 2"),
        (b"1\t2\n3\t4_0\n", r"t\.tsv"),
    ],
)
def test_a_torn_line_of_tensors_is_named(content, sentence):
    with pytest.raises(InputError, match=sentence):
        read(("t.tsv", content))


def test_a_torn_line_of_metadata_is_named():
    with pytest.raises(InputError, match=r"^Line 3 of m\.tsv has 3 cells, but the header has 2"):
        read(("t.tsv", TENSORS), ("m.tsv", b"word\tkind\nowl\ta\nsnow\ta\tb\nriver\tb\nnight\tb\n"))


def test_bare_numbers_without_their_shape_are_refused_with_what_to_give_instead():
    with pytest.raises(InputError, match=r"tensors\.bytes contains bare numbers .*: use an NPY or TSV"):
        read(("tensors.bytes", VECTORS.tobytes()))


LABELLED = {
    "first": b"king\t0.1\t0.2\t0.3\nqueen\t0.4\t0.5\t0.6\nnan\t0.9\t0.1\t0.2\n7\t0.7\t0.1\t0.1\n",
    "last": b"0.1\t0.2\t0.3\tking\r\n0.4\t0.5\t0.6\tqueen\r\n\r\n0.9\t0.1\t0.2\tnan\r\n0.7\t0.1\t0.1\t7\r\n",
}


@pytest.mark.parametrize("place", LABELLED)
def test_tensors_with_a_label_in_each_line_are_points_with_their_labels(place):
    space = read(("w.tsv", LABELLED[place]))
    assert space.corpus.texts == ("king", "queen", "nan", "7")
    np.testing.assert_array_equal(
        space.vectors, np.array([[0.1, 0.2, 0.3], [0.4, 0.5, 0.6], [0.9, 0.1, 0.2], [0.7, 0.1, 0.1]], np.float32)
    )
    assert space.left_out == {}
    assert space.name == "w.tsv"


def test_a_point_without_a_label_is_numbered_and_a_label_without_a_point_is_refused():
    assert read(("w.tsv", b'"king"\t1\t2\n\t3\t4\n')).corpus.texts == ('"king"', "row 2")
    with pytest.raises(InputError, match=r"^Line 3 of w\.tsv has 0 numbers, but line 1 has 2"):
        read(("w.tsv", b"king\t1\t2\nqueen\t3\t4\nowl\n"))
    with pytest.raises(InputError, match=r"^Line 2 of w\.tsv contains 'high', which is not a number"):
        read(("w.tsv", b"king\t1\t2\nqueen\thigh\t4\n"))


def test_labels_beside_tensors_stay_with_their_metadata():
    space = read(("w.tsv", LABELLED["first"]), ("m.tsv", b"text\tkind\na\tx\nb\tx\nc\ty\nd\ty\n"))
    assert space.corpus.texts == tuple("abcd")
    assert space.corpus.fields == {"kind": tuple("xxyy"), "label": ("king", "queen", "nan", "7")}


@pytest.mark.parametrize("header", [b"", b"3 4\n"])
@pytest.mark.parametrize(
    ("before", "after", "ids"),
    [("king ", "", True), ("at the court ", " ", True), ("1998 ", "", True), ("", "", False)],
)
def test_words_with_numbers_and_blanks_in_between_are_vectors(header, before, after, ids):
    numbers = np.random.default_rng(5).normal(size=(3, 4)).astype(np.float32)
    rows = [" ".join(map(repr, row.tolist())) for row in numbers]
    words = ["owl ", before, "snow "] if ids else [""] * 3
    content = header + "\n".join(word + row + after for word, row in zip(words, rows, strict=True)).encode()
    for name in ("a.txt", "a.vec"):
        space = map_files.from_files([(name, content)])
        np.testing.assert_array_equal(space.vectors, numbers)
        assert space.corpus.texts == (tuple(map(str.strip, words)) if ids else ("row 1", "row 2", "row 3"))


@pytest.mark.parametrize("between", [",", ";", ", "])
@pytest.mark.parametrize("name", ["a.csv", "a.txt"])
def test_numbers_alone_may_have_commas_in_between(name, between):
    rows = [["0.5", "1", "-2e-1"], ["nan", "1", "2"], ["3", "4", "5"]]
    space = read((name, "\n".join(map(between.join, rows)).encode()))
    np.testing.assert_array_equal(space.vectors, np.array([[0.5, 1, -0.2], [3, 4, 5]], np.float32))
    assert space.corpus.left_out == {NOT_FINITE: 1}


def test_a_line_of_word_vectors_that_is_not_like_the_first_is_named():
    for line in ("owl 1.5 2.5", "owl 1.5 2.5 3.5 4.5", "owl 1.5 x 3.5"):
        with pytest.raises(InputError, match=r"^Line 4 of a.txt should hold a word and 3 numbers, like line 1"):
            map_files.from_files([("a.txt", f"king 1.5 2.5 3.5\nqueen 1 2 3.25\n\n{line}\n".encode())])


@pytest.mark.parametrize(
    "text",
    ["Version 1.2 3.4 5.6", "Version 1.2 3.4 5.6\nAnother line", "a 1 2 3\nb 4 5 6", "1 2\n3 4", "1.5 2.5\n3.5 4.5"],
)
def test_lines_of_text_that_hold_some_numbers_are_texts(text):
    space = map_files.from_files([("a.txt", text.encode())])
    assert space.vectors is None
    assert space.corpus.texts == tuple(text.splitlines())


def test_a_table_whose_columns_are_called_by_numbers_is_no_tensor():
    space = read(("a.tsv", b"text\t2023\t2024\nowl\t1\t2\nsnow\t3\t4\n"))
    assert space.vectors is None
    assert space.corpus.fields == {"2023": ("1", "3"), "2024": ("2", "4")}
    assert read(("a.tsv", b"name\t0.5\t2\nowl\t1\t2\n")).corpus.texts == ("name", "owl")


def test_a_text_after_an_id_and_a_score_is_no_label():
    with pytest.raises(InputError, match=r"a\.tsv has no column called text"):
        read(("a.tsv", b"1\t0.5\tone\n2\t0.7\ttwo\n"))


def test_labels_beyond_the_hosts_bound_are_counted(monkeypatch):
    monkeypatch.setenv("EMBEDSCOPE_MOST_ROWS", "3")
    space = read(("w.tsv", LABELLED["first"]))
    assert space.corpus.texts == ("king", "queen", "nan")
    assert space.left_out == {"rows beyond the first 3": 1}


# NPY


@pytest.mark.parametrize("ending", ["csv", "tsv", "jsonl", "parquet"])
def test_an_npy_with_metadata_in_every_format(ending):
    space = read((f"m.{ending}", metadata_file(ending)), ("v.npy", npy(VECTORS)))
    np.testing.assert_array_equal(space.vectors, VECTORS)
    assert space.corpus.texts == tuple(WORDS)
    assert space.corpus.fields == {"count": ("1", "2", "3", "4")}


@pytest.mark.parametrize("kind", ["f2", "<f4", ">f4", "f8", "i1", "u2", "<i8"])
@pytest.mark.parametrize("order", ["C", "F"])
def test_all_kinds_of_numbers_become_float32(kind, order):
    numbers = np.array([[1, 2, 3], [4, 5, 6]]).astype(kind, order=order)
    space = read(("v.npy", npy(numbers)))
    assert space.vectors.dtype == np.float32
    assert space.vectors.flags.c_contiguous
    assert space.vectors.tolist() == [[1, 2, 3], [4, 5, 6]]


def test_own_vectors_keep_their_length():
    assert np.linalg.norm(read(("v.npy", npy(np.full((2, 4), 3.0)))).vectors, axis=1).tolist() == [6, 6]


def test_a_header_that_claims_a_trillion_rows_takes_no_memory():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(InputError, match=r"v\.npy is damaged: its header says 1,000,000,000,000 x 384 numbers"):
        read(("v.npy", npy_that_claims((10**12, 384))))
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50_000  # kilobytes


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (npy(VECTORS)[:-1], r"is damaged: its header says 4 x 3 numbers .48 bytes., but 47 bytes follow"),
        (npy(VECTORS) + b"!", r"is damaged"),
        (npy(VECTORS)[:9], r"has no readable NPY header"),
        (b"\x93NUMPY\x07\x00" + npy(VECTORS)[8:], r"has no readable NPY header"),
        (npy_that_claims((-1, 3)), r"is damaged"),
        (npy_that_claims((-10, -10)), r"is damaged"),
        (npy(VECTORS).replace(b"{'descr'", b"{('descr'"), r"has no readable NPY header"),
        (npy_that_claims((2**62, 2**62)), r"is damaged"),
        (npy(np.arange(3.0)), r"has 1 dimensions, but vectors need 2"),
        (npy(np.zeros((2, 2, 2))), r"has 3 dimensions, but vectors need 2"),
        (npy(np.array([["a", "b"]])), r"vectors are numbers"),
        (npy(np.array([[1j, 2]])), r"vectors are numbers"),
        (npy(np.zeros((2, 2), [("a", "f4")])), r"vectors are numbers"),
        (npy(np.zeros((0, 3))), r"contains no vectors"),
        (npy(np.zeros((3, 0))), r"contains no vectors"),
        (npy(np.zeros((3, 1))), r"have 1 number each: vectors need at least 2"),
        (npy(np.full((2, 2), np.nan)), r"has no row of finite numbers"),
    ],
)
def test_an_npy_that_holds_no_vectors_is_an_error_that_says_why(content, sentence):
    with pytest.raises(InputError, match=sentence):
        read(("v.npy", content))


def test_objects_in_an_npy_are_never_unpickled(tmp_path):
    class Harm:
        def __reduce__(self):
            return (os.mkdir, (str(tmp_path / "made"),))

    content = npy(np.array([[Harm(), 1]], object), allow_pickle=True)
    with pytest.raises(InputError, match="Python objects"):
        read(("v.npy", content))
    assert not (tmp_path / "made").exists()
    pickle.loads(content[content.index(b"\n") + 1 :])
    assert (tmp_path / "made").exists()


# Columns of vectors


@pytest.mark.parametrize(
    "column",
    [
        pa.array(VECTORS.tolist(), pa.list_(pa.float32())),
        pa.array(VECTORS.tolist(), pa.list_(pa.float64())),
        pa.array(VECTORS.tolist(), pa.large_list(pa.float16())),
        pa.array(VECTORS.tolist(), pa.list_(pa.float32(), 3)),
    ],
    ids=str,
)
def test_a_parquets_column_of_vectors_is_found_by_its_type(column):
    space = read(("a.parquet", parquet({"text": WORDS, "vec": column, "n": [1, 2, 3, 4]})))
    np.testing.assert_array_equal(space.vectors, VECTORS)
    assert space.corpus.texts == tuple(WORDS)
    assert space.corpus.fields == {"n": ("1", "2", "3", "4")}


@pytest.mark.parametrize(
    "written",
    [
        "[{}, {}, {}]",
        "[{} {}  {}]",
        "({},{},{})",
        "{{{},{},{}}}",
        " [ {}\n {} {}] ",
        "tensor([{}, {}, {}], device='cuda:0')",
    ],
)
@pytest.mark.parametrize("ending", ["csv", "tsv", "jsonl", "parquet"])
def test_vectors_written_as_text_are_vectors(ending, written):
    frame = pd.DataFrame({"text": WORDS, "embedding": [written.format(*row) for row in VECTORS.tolist()], "n": 1})
    content = {
        "csv": frame.to_csv(index=False).encode(),
        "tsv": frame.to_csv(index=False, sep="\t").encode(),
        "jsonl": frame.to_json(orient="records", lines=True).encode(),
        "parquet": frame.to_parquet(index=False),
    }[ending]
    space = read((f"a.{ending}", content))
    np.testing.assert_array_equal(space.vectors, VECTORS)
    assert space.corpus.texts == tuple(WORDS)
    assert space.corpus.fields == {"n": ("1",) * 4}


@pytest.mark.parametrize(
    "written",
    [
        "array([{}])", "np.array([{}], dtype=float32)", "[[{}]]", '["{}"]', "([{}])", "{}",
    ],
)  # fmt: skip
def test_vectors_written_as_numpy_or_json_nest_them_are_vectors(written):
    numbers = np.random.default_rng(2).normal(size=(3, 8)).astype(np.float32)
    between = '", "' if '"' in written else ", "
    cells = [written.format(between.join(map(repr, row.tolist()))) for row in numbers]
    space = read(("a.csv", pd.DataFrame({"text": ["a", "b", "c"], "v": cells}).to_csv(index=False).encode()))
    np.testing.assert_array_equal(space.vectors, numbers)


def test_a_cell_that_is_no_vector_among_vectors_is_refused():
    cells = [*["[0.5, 1.5]"] * 20, "oops", "[0.5, 1.5]"]
    content = pd.DataFrame({"text": list("abcdefghijklmnopqrstuv"), "v": cells}).to_csv(index=False).encode()
    with pytest.raises(
        InputError, match=r"^Row 21 of a.csv has 'oops' in the column 'v', whose other cells are vectors"
    ):
        read(("a.csv", content))


@pytest.mark.parametrize("number", ["{}", "{},5"])
def test_a_cell_that_is_no_number_among_columns_of_dimensions_is_refused_with_its_place(number):
    rows = [[f"text {row}", *(number.format(row + n) for n in range(3))] for row in range(3)]
    rows[1][2] = "abc"
    content = "\n".join(";".join(row) for row in [["text", "d0", "d1", "d2"], *rows])
    with pytest.raises(InputError, match=r"^v.csv has 'abc' in line 3, in the column 'd1', whose"):
        read(("v.csv", content.encode()))


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (["0,123;-1,234;1,111", "1,222;1,333;0,444"], ""),
        (["1,234;2,345;3,456"], "has '1,234' in line 2, in the column 'd0'"),
        (["0.5;-1,2;1", "1,2;1.3;0,4"], "has '1,2' in line 3, in the column 'd0'"),
    ],
)
def test_whether_commas_are_decimal_is_judged_for_all_dimensions_together(rows, said):
    content = "\n".join(["text;d0;d1;d2", *(f"a{place};{row}" for place, row in enumerate(rows))]).encode()
    if said:
        with pytest.raises(InputError, match=said):
            read(("v.csv", content))
    else:
        np.testing.assert_allclose(read(("v.csv", content)).vectors, [[0.123, -1.234, 1.111], [1.222, 1.333, 0.444]])


def test_a_cell_that_is_no_number_among_coordinates_is_refused_with_its_place():
    with pytest.raises(InputError, match=r"^a.csv has 'oops' in line 3, in the column 'y', whose other cells are"):
        read(("a.csv", b"text,x,y\na,0.5,1.5\nb,2,oops\nc,1,1\n"))
    assert read(("a.csv", b"text,x,y\na,0.5,left\nb,2,right\n")).coordinates is None


@pytest.mark.parametrize("name", ["w.vec", "w.txt"])
def test_the_first_line_of_a_word2vec_says_how_many_numbers_and_lines_there_are(name):
    lines = ["3 3", "New York 0.1 0.2 0.3", "Paris 0.1 0.2 0.4"]
    space = read((name, "\n".join(lines).encode()))
    assert space.corpus.texts == ("New York", "Paris")
    assert space.left_out == {"vectors that the first line announces, but that the file lacks": 1}
    with pytest.raises(InputError, match=rf"^Line 2 of {name} should hold a word and 4 numbers, as the line above"):
        read((name, "\n".join(["2 4", *lines[1:]]).encode()))


def test_word_vectors_may_have_decimal_commas():
    space = read(("w.txt", b"king 0,1 0,2 0,3\nqueen 1 1,5e-2 0\n"))
    np.testing.assert_allclose(space.vectors, [[0.1, 0.2, 0.3], [1, 0.015, 0]], rtol=1e-6)


@pytest.mark.parametrize("cells", [["1,234", "2,500"], ["0,5", "1.5"]])
def test_numbers_whose_commas_are_not_surely_decimal_are_words(cells):
    assert map_files.column_kind(cells) == "category"
    assert map_files.column_kind(["0,5", "1", ""]) == "number"


@pytest.mark.parametrize("first", ["d0", "d1", "dim_0", "embedding_1", "0", "Vector 0", "d000"])
def test_a_column_for_each_dimension_is_a_vector(first):
    prefix, start = first[:-1], int(first[-1])
    columns = {f"{prefix}{start + n}": VECTORS[:, n] for n in reversed(range(3))}
    space = read(("a.csv", pd.DataFrame({"text": WORDS, **columns, "n": 1}).to_csv(index=False).encode()))
    np.testing.assert_array_equal(space.vectors, VECTORS)
    assert space.corpus.fields == {"n": ("1",) * 4}


@pytest.mark.parametrize(
    "content",
    [
        b"text,d0,d1\na,1,2\n",
        b"text,d0,d1,d3\na,1,2,3\n",
        b"text,d0,d1,d2\na,1,2,much\n",
        b"text,year0,year1,year2\na,1,2,3\n",
        b'text,ids\na,"[1, 2]"\nb,"[3]"\n',
        b'text,tags\na,"[0.5, 1]"\nb,[soon]\n',
        b'text,tags\na,"[0.5, 1"\n',
        b"text,note\na,[...]\nb,\n",
    ],
)
def test_columns_that_only_look_like_vectors_are_metadata(content):
    space = read(("a.csv", content))
    assert space.vectors is None
    assert list(space.corpus.fields) == content.split(b"\n")[0].decode().split(",")[1:]


def test_whole_numbers_written_as_text_are_vectors_where_they_are_asked_for():
    content = b'text,v\na,"[1, 2]"\nb,\nc,"[null, 4]"\nd,"[5, 6]"\n'
    space = read(("a.csv", content), vector_column="v")
    assert space.vectors.tolist() == [[1, 2], [5, 6]]
    assert space.left_out == {NOT_FINITE: 2}


def test_vectors_that_numpy_has_abbreviated_are_refused():
    content = pd.DataFrame({"text": ["a"], "v": [str(np.arange(2000) / 8)]}).to_csv(index=False).encode()
    with pytest.raises(
        InputError, match=r"^The vectors in the column 'v' of a\.csv are abbreviated with \.\.\. \(row 1\)"
    ):
        read(("a.csv", content))


def test_vectors_written_as_text_of_different_lengths_are_an_error():
    with pytest.raises(InputError, match=r"^Row 2 of a\.csv has a vector of 3 numbers, but row 1 has 2"):
        read(("a.csv", b'text,v\na,"[0.1,2]"\nb,"[0.1,2,3]"\n'))


def test_whole_numbers_of_one_fixed_length_are_vectors_and_token_ids_are_not():
    fixed = pa.array([[1, 2], [3, 4]], pa.list_(pa.int8(), 2))
    assert read(("a.parquet", parquet({"text": ["a", "b"], "v": fixed}))).vectors.tolist() == [[1, 2], [3, 4]]
    assert read(("a.parquet", parquet({"text": ["a", "b"], "ids": [[1, 2], [3]]}))).vectors is None
    assert read(("a.jsonl", jsonl({"text": "a", "ids": [1, 2]}, {"text": "b", "ids": [3]}))).vectors is None


def test_whole_numbers_are_vectors_where_they_are_asked_for():
    space = read(("a.jsonl", jsonl({"v": [1, 2]}, {"v": [3, 10**400]}, {"v": [5, 6]})), vector_column="v")
    assert space.vectors.tolist() == [[1, 2], [5, 6]]
    assert space.corpus.texts == ("row 1", "row 3")


def test_a_jsonls_vectors_are_read_with_their_texts_and_gaps_are_left_out():
    rows = [
        {"text": "one", "e": [0.5, 1]},
        {"text": "two"},
        {"text": "three", "e": [1, None]},
        {"text": "four", "e": [2, 3]},
    ]
    space = read(("a.jsonl", jsonl(*rows)))
    assert space.vectors.tolist() == [[0.5, 1], [2, 3]]
    assert space.corpus.texts == ("one", "four")
    assert space.left_out == {NOT_FINITE: 2}


def test_of_several_columns_of_vectors_one_must_be_named():
    content = parquet({"text": ["a"], "first": [[1.0, 2.0]], "second": [[3.0, 4.0]]})
    with pytest.raises(InputError, match=r"several columns of vectors: first, second\. Name the one"):
        read(("a.parquet", content))
    space = read(("a.parquet", content), vector_column="second")
    assert space.vectors.tolist() == [[3, 4]]
    assert space.left_out == {"columns of lists of numbers, not used": 1}


def test_a_column_of_vectors_that_is_not_there_is_an_error_that_lists_those_that_are():
    with pytest.raises(InputError, match=r"a\.parquet has no column 'text'\. Its columns are: v"):
        read(("a.parquet", parquet({"text": ["a"], "v": [[1.0, 2.0]]})), vector_column="text")


@pytest.mark.parametrize("ending", ["parquet", "jsonl"])
def test_vectors_of_different_lengths_are_an_error_with_both_rows_and_lengths(ending):
    lists = [[1.5, 2.0], [3.0, 4.0], [5.0, 6.0, 7.0]]
    content = parquet({"v": lists}) if ending == "parquet" else jsonl(*({"v": numbers} for numbers in lists))
    with pytest.raises(InputError, match=rf"^Row 3 of a\.{ending} has a vector of 3 numbers, but row 1 has 2"):
        read((f"a.{ending}", content))


def test_five_thousand_dimensions_work():
    wide = np.random.default_rng(0).normal(size=(20, 5000)).astype(np.float32)
    for files in (
        [("v.npy", npy(wide))],
        [("v.parquet", parquet({"v": pa.FixedSizeListArray.from_arrays(wide.ravel(), 5000)}))],
    ):
        np.testing.assert_array_equal(map_files.from_files(files).vectors, wide)
    lines = "\n".join("\t".join(map(repr, row)) for row in wide.astype(float).tolist())
    np.testing.assert_array_equal(read(("v.tsv", lines.encode())).vectors, wide)


# Rows in line


def test_rows_that_are_not_finite_are_left_out_with_their_metadata_and_zeros_are_kept_and_counted():
    vectors = np.array([[1, 2], [np.nan, 1], [np.inf, 0], [0, 0], [3, -np.inf], [1e300, 0], [5, 6]])
    space = read(("v.npy", npy(vectors)), ("m.csv", b"text,n\na,1\nb,2\nc,3\nd,4\ne,5\nf,6\n,7\n"))
    assert space.vectors.tolist() == [[1, 2], [0, 0], [5, 6]]
    assert space.corpus.texts == ("a", "d", "row 7")
    assert space.corpus.ids == ("1", "4", "7")
    assert space.corpus.fields == {"n": ("1", "4", "7")}
    assert space.left_out == {NOT_FINITE: 4, ZEROS: 1}


def test_vectors_may_come_with_coordinates_and_rows_that_lack_either_are_left_out():
    vectors = np.array([[1, 2], [np.nan, 1], [3, 4]])
    space = read(("v.npy", npy(vectors)), ("m.csv", b"text,x,y\na,0,1\nb,2,3\nc,,5\n"))
    assert space.vectors.tolist() == [[1, 2]]
    assert space.coordinates.tolist() == [[0, 1]]
    assert space.left_out == {NOT_FINITE: 1, NOT_PLACED: 1}


@pytest.mark.parametrize("ending", ["csv", "tsv", "jsonl", "parquet"])
def test_rows_that_are_not_as_many_are_an_error_with_both_numbers(ending):
    with pytest.raises(InputError, match=rf"^v\.npy has 5 vectors, but m\.{ending} has 4 rows: the numbers must match"):
        read(("v.npy", npy(np.ones((5, 3)))), (f"m.{ending}", metadata_file(ending)))


def test_metadata_with_a_torn_row_is_refused_even_where_the_numbers_agree():
    torn = b"text,n\na,1\nb, torn,2\nc,3\nd,4\n"
    for rows in (3, 4):
        with pytest.raises(InputError, match=r"m\.csv"):
            read(("v.npy", npy(np.ones((rows, 3)))), ("m.csv", torn))


def test_the_hosts_bound_holds_for_vectors_and_metadata_and_is_told(monkeypatch):
    monkeypatch.setenv("EMBEDSCOPE_MOST_ROWS", "3")
    for files in (
        [("v.npy", npy(VECTORS))],
        [("v.npy", npy(VECTORS)), ("m.csv", metadata_file("csv"))],
        [("t.tsv", TENSORS), ("m.tsv", metadata_file("tsv"))],
        [("a.parquet", parquet({"v": VECTORS.tolist()}))],
    ):
        space = map_files.from_files(files)
        assert len(space) == 3
        np.testing.assert_array_equal(space.vectors, VECTORS[:3])
        assert space.left_out == {"rows beyond the first 3": 1}


@pytest.mark.parametrize("setting", ["0", "-5", "many", "1.5", "inf", "nan"])
def test_a_bound_that_is_no_number_of_rows_is_an_error_that_says_so(setting, monkeypatch):
    monkeypatch.setenv("EMBEDSCOPE_MOST_ROWS", setting)
    with pytest.raises(InputError, match=r"^EMBEDSCOPE_MOST_ROWS is .*: set it to a whole number above 0"):
        read(("a.txt", b"one"))


@pytest.mark.parametrize("rows", [1, 2, 3, 4])
def test_a_few_rows_are_enough(rows):
    assert len(read(("v.npy", npy(VECTORS[:rows])))) == rows
    assert len(read(("a.csv", b"x,y\n" + b"1,2\n" * rows))) == rows


@pytest.mark.parametrize("content", [b"x,y,text\n", b"text\n", b"\n\n", b" "])
def test_no_rows_are_an_error(content):
    with pytest.raises(InputError):
        read(("a.csv", content))


# Which text is shown


@pytest.mark.parametrize(
    ("metadata", "texts", "fields"),
    [
        (b"n,text,word\n1,one,a\n2,two,b\n", ("one", "two"), {"n", "word"}),
        (b"n,colour,word\n1,red,a\n2,blue,b\n", ("a", "b"), {"n", "colour"}),
        (b"n,remark\n1,one\n2,two\n", ("one", "two"), {"n"}),
        (b"n,label\n1,a\n2,a\n", ("row 1", "row 2"), {"n", "label"}),
        (b"_id,n\na,1\nb,2\n", ("row 1", "row 2"), {"n"}),
    ],
)
def test_the_label_is_a_text_or_else_a_column_that_tells_the_rows_apart(metadata, texts, fields):
    space = read(("v.npy", npy(VECTORS[:2])), ("m.csv", metadata))
    assert space.corpus.texts == texts
    assert set(space.corpus.fields) == fields


def test_the_label_can_be_named():
    files = [("v.npy", npy(VECTORS[:1])), ("m.csv", b"text,word\none,a\n")]
    assert map_files.from_files(files, text_column="word").corpus.texts == ("a",)
    with pytest.raises(InputError, match=r"has no column 'wrod'\. Its columns are: text and word"):
        map_files.from_files(files, text_column="wrod")


# Which file is which


def test_two_files_of_vectors_are_refused():
    for files in ([("a.npy", npy(VECTORS)), ("b.npy", npy(VECTORS))], [("a.tsv", TENSORS), ("b.tsv", TENSORS)]):
        with pytest.raises(InputError, match=r"^Both a\..* and b\..* contain vectors"):
            map_files.from_files(files)


def test_two_files_without_vectors_are_refused():
    with pytest.raises(InputError, match=r"^Neither a\.csv nor b\.csv contains only vectors"):
        read(("a.csv", b"text\none\n"), ("b.csv", b"text\none\n"))


@pytest.mark.parametrize("name", ["a.docx", "a", "a.pkl", "a.npz", ""])
def test_an_unknown_format_is_an_error_that_lists_the_known_ones(name):
    with pytest.raises(InputError, match="txt, csv, tsv, jsonl, parquet, npy"):
        read((name, b"text"))


def test_an_empty_file_is_an_error_that_says_so():
    with pytest.raises(InputError, match=r"^m\.csv is empty"):
        read(("v.npy", npy(VECTORS)), ("m.csv", b""))


# Hostile files


def test_metadata_in_another_encoding_is_read():
    space = read(("t.tsv", TENSORS), ("m.tsv", "Käuz\nSchnee\nFluß\n夜".encode("utf-16")))
    assert space.corpus.texts == ("Käuz", "Schnee", "Fluß", "夜")
    assert read(("t.tsv", TENSORS.decode().encode("utf-16"))).vectors.tolist() == VECTORS.tolist()


def test_formulas_are_kept_as_they_are():
    space = read(("v.npy", npy(VECTORS[:1])), ("m.csv", b"text,n\n=cmd(),-1\n"))
    assert space.corpus.texts == ("=cmd()",)
    assert space.corpus.fields == {"n": ("-1",)}


def test_a_cell_of_ten_megabytes_is_cut_and_counted():
    space = read(("v.npy", npy(VECTORS[:1])), ("m.csv", b"text\n" + b"word" * 2_500_000 + b"\n"))
    assert len(space.corpus.texts[0]) == 20_000
    assert space.left_out == {"texts truncated to 20,000 characters": 1}


@pytest.mark.parametrize(
    "column",
    [
        pa.DictionaryArray.from_arrays(pa.array([0] * 1000), ["x" * 1_000_000]),
        pa.FixedSizeListArray.from_arrays(pa.array(np.zeros(5_000_000, np.float32)), 5000),
        pa.array(["x" * 100_000] * 200),
    ],
    ids=["a dictionary", "vectors of zeros", "repeated texts"],
)
def test_a_small_parquet_that_unpacks_to_too_much_is_refused_with_the_size(column, monkeypatch):
    monkeypatch.setattr(tables.parquet, "MOST_BYTES", 10_000_000)
    content = parquet({"text": column})
    assert len(content) < 1_000_000
    with pytest.raises(
        InputError, match=r"a\.parquet is too large: it would need .* [MG]B of memory, and the limit is 10 MB"
    ):
        read(("a.parquet", content))


def test_a_parquet_that_claims_a_trillion_rows_is_an_error():
    whole = parquet({"x": [1.0, 2.0], "y": [3.0, 4.0]})
    start = len(whole) - 8 - struct.unpack("<I", whole[-8:-4])[0]
    two, trillion = b"\x16\x04\x19", b"\x16\x80\xc0\xa8\xca\x9a\x3a\x19"  # num_rows in Thrift's compact form
    assert whole[start:].count(two) == 1
    footer = whole[start:-8].replace(two, trillion)
    claimed = whole[:start] + footer + struct.pack("<I", len(footer)) + b"PAR1"
    assert pyarrow.parquet.read_metadata(io.BytesIO(claimed)).num_rows == 10**12
    with pytest.raises(InputError, match=r"a\.parquet is cut off: it should have 1,000,000,000,000 rows, but has 2"):
        read(("a.parquet", claimed))


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_a_file_cut_off_or_damaged_anywhere_is_read_or_refused(data):
    files = {
        "a.parquet": parquet({"text": WORDS, "v": VECTORS.tolist(), "x": [1.0, 2, 3, 4], "y": [1.0, 2, 3, 4]}),
        "a.npy": npy(VECTORS),
        "a.tsv": TENSORS,
        "a.jsonl": jsonl({"text": "a", "v": [1.5, 2]}, {"text": "b", "v": [3, 4]}),
        "a.csv": b'text,x,y\n"a, b",1,2\nc,3,4\n',
    }
    name = data.draw(st.sampled_from(sorted(files)))
    content = bytearray(files[name])
    for place in data.draw(st.lists(st.integers(0, len(content) - 1), max_size=4)):
        content[place] = data.draw(st.integers(0, 255))
    cut = bytes(content[: data.draw(st.integers(0, len(content)))])
    with contextlib.suppress(InputError):
        space = read((name, cut))
        for numbers in (space.vectors, space.coordinates):
            assert numbers is None or (len(numbers) == len(space) and np.isfinite(numbers).all())


@settings(max_examples=300, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from(["a.txt", "a.csv", "a.tsv", "a.jsonl", "a.parquet", "a.npy"]), st.binary()),
        max_size=2,
    )
)
def test_no_bytes_whatever_cause_anything_but_a_space_or_a_sentence(files):
    with contextlib.suppress(InputError):
        assert len(map_files.from_files(files)) > 0


# Fingerprints


def test_equal_content_has_an_equal_fingerprint_and_any_other_has_another():
    files = [("v.npy", npy(VECTORS)), ("m.csv", metadata_file("csv"))]
    same = [("other.npy", npy(VECTORS.astype(float))), ("other.parquet", metadata_file("parquet"))]
    assert map_files.from_files(files).fingerprint == map_files.from_files(same).fingerprint
    others = [
        files,
        [("v.npy", npy(VECTORS + 1)), files[1]],
        [("v.npy", npy(VECTORS.reshape(6, 2)))],
        [files[0], ("m.csv", metadata_file("csv").replace(b"owl", b"awl"))],
        [files[0], ("m.csv", metadata_file("csv").replace(b"count", b"number"))],
        [files[0], ("m.csv", b"word,x,y\n" + b"".join(f"{word},1,2\n".encode() for word in WORDS))],
        [("m.csv", b"text,x,y\n" + b"".join(f"{word},1,2\n".encode() for word in WORDS))],
        [("m.csv", b"text,x,y\n" + b"".join(f"{word},1,3\n".encode() for word in WORDS))],
    ]
    assert len({map_files.from_files(some).fingerprint for some in others}) == len(others)
