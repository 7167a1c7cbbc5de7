import csv
import datetime
import gzip
import io
import json
import re

import pandas as pd
import pyarrow as pa
import pyarrow.parquet
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from core import tables
from core.errors import InputError
from core.tables import read_table
from core.tables.decoding import first_lines

CELLS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1)


def texts(table):
    return [row["text"] for row in table.rows]


def parquet(columns):
    buffer = io.BytesIO()
    pyarrow.parquet.write_table(pa.table(columns), buffer)
    return buffer.getvalue()


def table_file(ending, frame):
    """The frame as pandas writes it."""
    if ending == "parquet":
        return frame.to_parquet(index=False)
    if ending == "jsonl":
        return frame.to_json(orient="records", lines=True, force_ascii=False).encode()
    return frame.to_csv(index=False, sep="\t" if ending == "tsv" else ",").encode()


@pytest.mark.parametrize("ending", ["csv", "tsv", "jsonl", "parquet"])
def test_every_format_gives_the_rows_that_pandas_wrote(ending):
    written = {
        "text": [
            'She said "no", twice',
            "two\nlines",
            "tab\there",
            "NA",
            "null",
            "None",
            "nan",
            "שלום",
            "🦉🏽",
            "007",
            " ",
        ],
        "note": list("abcdefghijk"),
    }
    table = read_table(f"file.{ending}", table_file(ending, pd.DataFrame(written)))
    assert table.columns == ("text", "note")
    assert {name: [row[name] for row in table.rows] for name in table.columns} == written
    assert not table.skipped


def test_a_txt_has_one_row_a_line_blank_ones_too():
    assert texts(read_table("a.txt", b"one\r\n\n  three, with a comma\nfour")) == [
        "one",
        "",
        "  three, with a comma",
        "four",
    ]


def test_the_ending_may_be_in_capitals():
    assert texts(read_table("A.TXT", b"one")) == ["one"]


@pytest.mark.parametrize("name", ["a.docx", "a", "csv", ".csv", ""])
def test_an_unknown_ending_is_an_error_that_lists_the_known_ones(name):
    with pytest.raises(InputError, match="txt, csv, tsv, jsonl, parquet"):
        read_table(name, b"text")


@pytest.mark.parametrize("ending", ["txt", "csv", "tsv", "jsonl", "parquet"])
def test_an_empty_file_is_an_error_that_says_so(ending):
    with pytest.raises(InputError, match=rf"^a\.{ending} is empty"):
        read_table(f"a.{ending}", b"")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (gzip.compress(b"text\none\n", mtime=0), "packed with gzip: unpack it first"),
        (b"PK\x03\x04...", "a ZIP archive or an Excel workbook: unpack it, or save the sheet as CSV"),
        (b"%PDF-1.7 ...", "a PDF: save its text as TXT"),
        (b"PAR1...", "no {} file but parquet: rename it"),
    ],
)
@pytest.mark.parametrize("ending", ["txt", "csv", "tsv", "jsonl"])
def test_a_file_of_another_kind_than_its_name_says_is_refused_by_that_kind(ending, content, said):
    with pytest.raises(InputError, match=rf"^a\.{ending} is {said.format(ending.upper())}\.$"):
        read_table(f"a.{ending}", content)


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252", "latin-1"]
)
def test_a_csv_is_read_in_whatever_encoding(encoding):
    rows = "text,note\r\nCafé à Zürich,naïve\r\n¿Qué?,½ Ω\r\n"
    if encoding in {"cp1252", "latin-1"}:
        rows = rows.replace(" Ω", "")
    table = read_table("a.csv", rows.encode(encoding))
    assert table.columns == ("text", "note")
    assert texts(table) == ["Café à Zürich", "¿Qué?"]


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
@pytest.mark.parametrize(
    "text",
    [
        "机器学习是人工智能的一个分支。\n火车在冬天经常晚点，而且很冷。",
        "ねこは一日中ねています。\n私は電車で行く。",
        "고양이는 하루 종일 잔다.\n기차가 늦었다.",
        "Кошка спит.\nПоезд опоздал.",
        "Η γάτα κοιμάται.",
        "القطة نائمة.",
        "החתול ישן.",
        "แมวนอน",
    ],
)
def test_utf16_without_a_mark_is_read_in_any_script(encoding, text):
    assert texts(read_table("a.txt", text.encode(encoding))) == text.splitlines()


@pytest.mark.parametrize("text", ["Ça va très bien à Zürich, où l'été est doux.\0 Déjà vu!", "ÀÉÎÕÜ\x01" * 30])
def test_western_text_with_control_characters_is_not_taken_for_utf16(text):
    assert texts(read_table("a.txt", text.encode("cp1252")))[0][:5] == text[:5]


@pytest.mark.parametrize("line", ["sep=;\r\n", '"sep=;"\n'])
@pytest.mark.parametrize("name", ["a.csv", "a.tsv"])
def test_the_separator_that_excel_names_on_the_first_line_is_no_row(name, line):
    table = read_table(name, f"{line}id;text\r\n1;a, b\r\n".encode())
    assert table.rows == [{"id": "1", "text": "a, b"}]
    assert table.place(0) == 3


def test_windows_quotes_and_the_euro_are_read_as_such():
    assert texts(read_table("a.txt", "“5 €” – yes…".encode("cp1252"))) == ["“5 €” – yes…"]


def test_bytes_that_windows_does_not_know_are_read_as_latin_1():
    assert texts(read_table("a.txt", b"caf\xe9 \x81")) == ["café \x81"]


def test_one_damaged_byte_does_not_spoil_the_other_lines_of_a_utf8_file():
    content = "naïve 😀 café\n".encode() * 100 + b"torn \xf0\x9f\n"
    assert texts(read_table("a.txt", content))[:100] == ["naïve 😀 café"] * 100


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_the_separator_of_a_csv_is_found(separator):
    content = f'id{separator}text\n1{separator}"a, b; c | d"\n'.encode()
    assert read_table("a.csv", content).rows == [{"id": "1", "text": "a, b; c | d"}]


def test_a_tsv_is_separated_by_tabs_only():
    assert texts(read_table("a.tsv", b"text\tnote\na,b;c|d,e,f\tx\n")) == ["a,b;c|d,e,f"]


@pytest.mark.parametrize("end_of_line", ["\n", "\r\n", "\r"])
def test_a_csv_may_end_its_lines_as_any_system_does(end_of_line):
    assert texts(read_table("a.csv", end_of_line.join(["text,n", "one,1", "two,2", ""]).encode())) == ["one", "two"]


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(CELLS, CELLS), min_size=1))
def test_whatever_pythons_csv_module_writes_is_read_back(rows):
    written = io.StringIO(newline="")
    csv.writer(written, quoting=csv.QUOTE_ALL).writerows([("text", "note"), *rows])
    table = read_table("a.csv", b"\xef\xbb\xbf" + written.getvalue().encode())
    assert [(row["text"], row["note"]) for row in table.rows] == rows


def test_a_row_with_too_few_cells_is_kept_with_the_rest_missing():
    assert read_table("a.csv", b"text,note\none\n").rows == [{"text": "one", "note": None}]


def test_rows_with_too_many_cells_are_skipped_and_counted():
    table = read_table("a.csv", b"text,note\none,1\ntwo, torn,2\nthree,3\nfour, torn,4\n")
    assert texts(table) == ["one", "three"]
    assert table.skipped == {"rows with more cells than columns": 2}


def test_a_csv_may_begin_with_blank_lines():
    table = read_table("a.csv", b"\r\n\r\ntext,note\r\none,1\r\n")
    assert table.columns == ("text", "note")
    assert texts(table) == ["one"]


def test_a_quote_that_never_closes_does_not_swallow_the_rows_below_unnoticed():
    rows = "".join(f"row {number},{number}\n" for number in range(100))
    try:
        table = read_table("a.csv", f'text,note\n"opened,0\n{rows}'.encode())
    except InputError:
        return
    assert len(table.rows) + sum(table.skipped.values()) == 101


def test_nul_and_very_long_cells_do_not_stop_a_csv():
    long = "x" * 1_000_000
    assert texts(read_table("a.csv", f"text,note\na\0b,1\n{long},2\n".encode())) == ["a\0b", long]


def test_lines_of_a_jsonl_that_are_no_objects_are_skipped_and_counted_and_blank_ones_are_not():
    content = b'{"text": "one"}\n\n[1, 2]\n"two"\n{"text": "torn\n3\n{"text": "four", "note": 4}\r\n' + b"[" * 100_000
    table = read_table("a.jsonl", content)
    assert texts(table) == ["one", "four"]
    assert table.columns == ("text", "note")
    assert table.skipped == {"lines that are not JSON objects": 5}


def test_a_line_separator_within_a_json_text_does_not_end_the_line():
    content = json.dumps({"text": "one\u2028still one\x85"}, ensure_ascii=False).encode()
    assert texts(read_table("a.jsonl", content)) == ["one\u2028still one\x85"]


@pytest.mark.parametrize("content", [b'[{"text": "one"}]', b'{\n"text": "one"\n}', b"not JSON", b"\n"])
def test_a_jsonl_without_a_single_object_is_an_error_that_shows_what_a_line_should_be(content):
    with pytest.raises(InputError, match=r'a.jsonl contains no JSON objects: .*\{"text": "…"\}'):
        read_table("a.jsonl", content)


@pytest.mark.parametrize("content", [b"not Parquet", b"PAR1", parquet({"text": ["one"]})[:-20]])
def test_a_damaged_parquet_is_an_error_that_says_so(content):
    with pytest.raises(InputError, match=r"^Cannot read a\.parquet as Parquet: "):
        read_table("a.parquet", content)


def test_what_is_nested_in_a_parquet_is_json_as_in_a_jsonl():
    columns = {
        "text": ["one", "two"],
        "tokens": [["a", "é"], None],
        "meta": [{"url": "x", "n": 1, "day": datetime.date(2024, 2, 29), "raw": b"1234"}, None],
        "pairs": pa.array([[("k", 1)], []], pa.map_(pa.string(), pa.int64())),
    }
    assert read_table("a.parquet", parquet(columns)).rows == [
        {
            "text": "one",
            "tokens": '["a", "é"]',
            "meta": '{"url": "x", "n": 1, "day": "2024-02-29", "raw": "4 bytes"}',
            "pairs": '[["k", 1]]',
        },
        {"text": "two", "tokens": None, "meta": None, "pairs": "[]"},
    ]


def test_numbers_and_missing_cells_of_a_parquet_stay_what_they_are():
    table = read_table("a.parquet", parquet({"text": ["one", None], "year": pa.array([None, 1999], pa.int32())}))
    assert table.rows == [{"text": "one", "year": None}, {"text": None, "year": 1999}]


def test_dates_of_a_parquet_are_read():
    day = datetime.date(2024, 2, 29)
    assert read_table("a.parquet", parquet({"text": ["one"], "day": [day]})).rows == [{"text": "one", "day": day}]


@pytest.mark.parametrize(
    "columns",
    [
        {"text": pa.array([b"one", b"caf\xe9"]).view(pa.string()), "note": ["a", "b"]},
        {"text": ["one", "two"], "time": pa.array([0, 2**62], pa.timestamp("us"))},
    ],
    ids=["text that is not UTF-8", "a time beyond the year 9999"],
)
def test_a_parquet_with_a_cell_that_python_cannot_hold_is_an_error_or_read_without_it(columns):
    try:
        table = read_table("a.parquet", parquet(columns))
    except InputError:
        return
    assert texts(table)[0] == "one"


@pytest.mark.parametrize("ending", ["csv", "tsv", "jsonl", "parquet", "txt"])
def test_rows_beyond_the_bound_are_counted(ending, monkeypatch):
    monkeypatch.setenv("EMBEDSCOPE_MOST_ROWS", "5000")
    frame = pd.DataFrame({"text": [f"text {number}" for number in range(10_000)]})
    content = "\n".join(frame["text"]).encode() if ending == "txt" else table_file(ending, frame)
    table = read_table(f"a.{ending}", content)
    assert texts(table) == [f"text {number}" for number in range(5000)]
    assert table.skipped == {"rows beyond the first 5,000": 5000}


# Quotation marks, and what a dialect leaves open


TWAS = '_id\ttext\nd1\tplain\nd2\t"Tis the season\nd3\tthird\nd4\tfourth\nd5\t"Twas the night\nd6\tsixth\n'


@pytest.mark.parametrize("name", ["a.tsv", "a.csv"])
def test_cells_separated_by_tabs_that_begin_with_a_quotation_mark_swallow_no_row(name):
    assert texts(read_table(name, TWAS.encode())) == [
        "plain",
        '"Tis the season',
        "third",
        "fourth",
        '"Twas the night',
        "sixth",
    ]


@pytest.mark.parametrize(
    "cells",
    [
        ['"Hello" he said', "second"],
        ['a 5" disk', '"whole"'],
        ['"never closed', "second"],
        ['"opens here', "second", 'and ends here"'],
        ['"a" ', "b"],
    ],
)
def test_a_tsv_has_no_quoting_unless_every_quotation_mark_belongs_to_a_whole_cell(cells):
    content = "_id\ttext\n" + "".join(f"{number}\t{cell}\n" for number, cell in enumerate(cells))
    assert texts(read_table("a.tsv", content.encode())) == cells


def test_a_tsv_that_quotes_whole_cells_is_read_without_the_marks():
    content = b'"_id"\t"text"\n"1"\t"say ""hi"""\n2\t"two\nlines\tand a tab"\n3\t""\n'
    assert texts(read_table("a.tsv", content)) == ['say "hi"', "two\nlines\tand a tab", ""]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ('_id,text\n1,one\n\n2,"Hello" he said\n', "a cell on line 4 goes on after its closing quotation mark"),
        (TWAS.replace("\t", ","), "a cell on lines 3 to 6 goes on after its closing quotation mark"),
        ('\n\n_id,text\n1,one\n2,"open\n3,three\n', "the quotation mark opened on line 5 is never closed"),
    ],
)
def test_a_csv_that_is_not_quoted_properly_is_refused_with_the_line(content, sentence):
    with pytest.raises(InputError, match=f"^In a.csv, {sentence}"):
        read_table("a.csv", content.encode())


def test_quotation_marks_within_unquoted_cells_of_a_csv_are_characters():
    assert texts(read_table("a.csv", b'id,text\n1,a 5" disk\n')) == ['a 5" disk']


def test_a_blank_line_in_a_table_of_one_column_is_an_empty_cell_and_at_its_end_none():
    table = read_table("a.csv", b"text\none\n\nthree\n\n\n")
    assert texts(table) == ["one", "", "three"]
    assert [table.place(row) for row in range(3)] == [2, 3, 4]
    assert texts(read_table("a.csv", b"text,n\none,1\n\nthree,3\n")) == ["one", "three"]


def test_empty_cells_beyond_the_last_column_are_no_cells():
    table = read_table("a.csv", b"id, text\n1,one,\n2,two,,\n3,three, four\n")
    assert texts(table) == ["one", "two"]
    assert table.skipped == {"rows with more cells than columns": 1}


def test_a_jsonl_may_end_its_lines_as_any_system_does():
    for end in ("\n", "\r\n", "\r"):
        table = read_table("a.jsonl", end.join(['{"text": "one"}', "", '{"text": "two"}']).encode())
        assert texts(table) == ["one", "two"]
        assert table.places == [1, 3]


DIALECT_CELLS = st.text(st.sampled_from("ab0 é'\"\t\n\r,;|"), max_size=6)


def quoted(cell):
    return '"' + cell.replace('"', '""') + '"'


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_a_table_written_in_any_dialect_is_read_back(data):
    separator = data.draw(st.sampled_from(",;\t|"))
    style = data.draw(st.sampled_from(["all", "where needed", *(["never"] if separator == "\t" else [])]))
    encoding = data.draw(st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-32", "cp1252"]))
    end = data.draw(st.sampled_from(["\n", "\r\n", "\r"]))
    fewest = 1 if separator in ",\t" else 2  # a header without a separator cannot tell it
    columns = ["text", "note", "more"][: data.draw(st.integers(fewest, 3))]
    rows = data.draw(st.lists(st.lists(DIALECT_CELLS, min_size=len(columns), max_size=len(columns)), min_size=1))
    cells = [cell for row in rows for cell in row]
    if style == "never":
        assume(not any(mark in cell for cell in cells for mark in "\t\n\r"))
        with_marks = [cell for cell in cells if '"' in cell]
        assume(not with_marks or any(not re.fullmatch(r'"([^"]|"")*"', cell) for cell in with_marks))
        assume(len(columns) > 1 or all(cells))  # else a blank line
    if style == "where needed" and separator == "\t":  # the lines of such a cell may be rows
        assume(not any("\t" in cell and ("\n" in cell or "\r" in cell) for cell in cells))

    def write(cell):
        needed = any(mark in cell for mark in f'"\n\r{separator}') or (not cell and len(columns) == 1)
        return quoted(cell) if style == "all" or (style == "where needed" and needed) else cell

    lines = [separator.join(map(write, row)) for row in [columns, *rows]]
    content = (end.join(lines) + data.draw(st.sampled_from(["", end]))).encode(encoding)
    table = read_table("a.tsv" if separator == "\t" else "a.csv", content)
    assert [list(row) for row in zip(*table.cells.values(), strict=True)] == rows
    assert table.columns == tuple(columns)
    assert not table.skipped


# What is left out is listed


@pytest.mark.parametrize(
    ("content", "columns"),
    [
        ("0\tThe first passage\n1\tThe second one", ["id", "text"]),
        ("MARCO_7\tcats", ["id", "text"]),
        ("d1\tA title\tA text of words\nd22\tB\tC", ["id", "column 2", "column 3"]),
        ("q1\tquestion\n8\tWhy?", None),
        ("1\t2\n3\t4", None),
        ("2019\t2020\tin all\n5\t6\t11", None),
        ("docid\tbody\n1\tWhy?", None),
        ("Alice\tcats\nBob\tdogs", None),
    ],
)
def test_a_first_line_that_begins_with_an_id_like_those_below_is_a_row(content, columns):
    table = read_table("a.tsv", content.encode())
    lines = content.splitlines()
    assert list(table.columns) == (columns or lines[0].split("\t"))
    assert (len(table), table.is_bare) == (len(lines) - (columns is None), columns is not None)
    assert table.where(0) == f"line {1 if columns else 2}"


@pytest.mark.parametrize(("name", "like"), [("a.tab", "tsv"), ("a.NDJSON", "jsonl")])
def test_other_names_of_a_format_are_known(name, like):
    content = b'{"_id": "1"}\n' if like == "jsonl" else b"_id\ttext\n1\tan owl\n"
    assert read_table(name, content) == read_table(f"a.{like}", content)


def test_torn_rows_are_listed_with_their_line_and_how_they_begin():
    table = read_table("a.csv", b'\n\ntext,note\n"two\nlines",1\ntorn, in,two\nthree,3\n')
    assert texts(table) == ["two\nlines", "three"]
    assert [(left.place, left.reason, left.beginning) for left in table.left_out] == [
        (6, "rows with more cells than columns", "torn, in,two")
    ]
    assert [table.place(row) for row in range(2)] == [4, 7]


def test_lines_of_a_jsonl_that_are_no_objects_are_listed_with_their_line():
    table = read_table("a.jsonl", b'{"text": "one"}\n\n[1]\n{"text": "two"}\n')
    assert [(left.place, left.beginning) for left in table.left_out] == [(3, "[1]")]
    assert [table.place(row) for row in range(2)] == [1, 4]


@pytest.mark.parametrize("ending", ["csv", "jsonl", "parquet", "txt"])
def test_rows_beyond_the_bound_are_one_entry_that_says_where_they_begin(ending, monkeypatch):
    monkeypatch.setenv("EMBEDSCOPE_MOST_ROWS", "3")
    frame = pd.DataFrame({"text": list("abcde")})
    content = "\n".join(frame["text"]).encode() if ending == "txt" else table_file(ending, frame)
    (left,) = read_table(f"a.{ending}", content).left_out
    assert (left.place, left.rows) == (5 if ending == "csv" else 4, 2)  # a CSV's first line is its header
    assert left.beginning in {"d", '{"text":"d"}', ""}


def test_the_list_of_what_is_left_out_is_bounded_and_closes_with_the_rest(monkeypatch):
    monkeypatch.setattr(tables.skips, "MOST_LISTED", 3)
    table = read_table("a.jsonl", b'{"text": "one"}\n' + b"torn\n" * 10)
    assert table.skipped.total() == 10
    assert len(table.left_out) == 3
    assert [left.rows for left in tables.complete(table.skipped, table.left_out)] == [1, 1, 1, 7]


# Hostile files


def test_a_column_whose_name_stands_twice_keeps_the_cells_of_both():
    assert read_table("a.csv", b"text,text,text\na,b,c\n").rows == [{"text": "a", "text-2": "b", "text-3": "c"}]
    two = pa.table([["a"], ["b"], [1]], names=["text", "text", "n"])
    buffer = io.BytesIO()
    pyarrow.parquet.write_table(two, buffer)
    assert read_table("a.parquet", buffer.getvalue()).rows == [{"text": "a", "text-2": "b", "n": 1}]


def test_a_column_without_a_name_is_called_by_its_number():
    assert read_table("a.csv", b"text,,note\na,b,c\n").columns == ("text", "column 2", "note")


def test_what_is_nested_in_a_jsonl_is_kept_as_json():
    content = b'{"text": "one", "metadata": {"url": "x", "tags": ["\xc3\xa9"]}, "authors": ["Ada"], "v": [1, 2]}\n'
    table = read_table("a.jsonl", content)
    assert table.rows == [{"text": "one", "metadata": '{"url": "x", "tags": ["é"]}', "authors": '["Ada"]'}]


@pytest.mark.parametrize("header", ["a" * 10_000_000, "a," * 5_000_000, '"' + "a" * 10_000_000])
def test_a_header_that_does_not_end_is_refused_before_it_is_taken_apart(header):
    with pytest.raises(InputError, match=r"The first line of a\.csv has more than 100,000 characters"):
        read_table("a.csv", header.encode())


def test_a_row_of_millions_of_cells_is_refused():
    with pytest.raises(InputError, match=r"A row of a\.csv has more than 2,000,000 cells: check its separators"):
        read_table("a.csv", b"text,note\n" + b"," * 3_000_000)


def test_a_small_file_whose_columns_would_fill_the_memory_is_refused():
    rows = "".join(f'{{"k{number}": 1}}\n' for number in range(10_000))
    with pytest.raises(InputError, match=r"a\.jsonl is too large: it has 4,\d\d\d columns"):
        read_table("a.jsonl", rows.encode())
    wide = ",".join(map(str, range(10_000))) + "\n" + "x\n" * 10_000
    with pytest.raises(InputError, match=r"a\.csv is too large: it has 10,000 columns"):
        read_table("a.csv", wide.encode())


def test_a_million_lines_are_counted_and_only_those_allowed_are_taken_into_memory():
    for name, content in {"a.txt": b"a\n" * 1_000_000, "a.csv": b"text\n" + b"a\n" * 1_000_000}.items():
        table = read_table(name, content)
        assert len(table) == 100_000
        assert table.skipped.total() == 900_000


@given(st.text(st.sampled_from("ab\n\r\x0b\x0c\x1c\x85\u2028é")), st.integers(1, 5))
def test_the_first_lines_and_the_number_of_the_rest_are_those_of_splitlines(text, most):
    first, rest, beginning = first_lines(text, most)
    assert first == text.splitlines()[:most]
    assert rest == len(text.splitlines()[most:])
    assert [beginning] == (text.splitlines()[most : most + 1] or [""])
