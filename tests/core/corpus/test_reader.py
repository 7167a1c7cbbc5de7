import io
import json
import re
from collections import Counter
from itertools import pairwise

import pandas as pd
import pyarrow as pa
import pyarrow.parquet
import pytest
import Stemmer
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS

from core import corpus, models
from core.corpus import (
    Columns,
    Splitter,
    Splitting,
    file_name,
    from_file,
    from_paste,
    from_path,
    from_tables,
    read_qrels,
    usual_columns,
)
from core.corpus.ids import read_ids
from core.errors import InputError
from core.models.tokenizer import load_tokenizer
from core.tables import complete, read_table
from core.wording import shorten

WITHIN_A_LINE = st.characters(exclude_categories=("Cc", "Zl", "Zp")) | st.sampled_from("\0\x07\ud800\ufeff \t")
WORDS_WITHOUT_CONTENT = ENGLISH_STOP_WORDS | {"does", "did", "don", "t", "s", "m", "isn", "won"}


def jsonl(*rows):
    return "\n".join(json.dumps(row) for row in rows).encode()


def parquet(columns):
    buffer = io.BytesIO()
    pyarrow.parquet.write_table(pa.table(columns), buffer)
    return buffer.getvalue()


# Paste


def test_pasted_lines_are_texts_without_the_space_around_them():
    pasted = from_paste("  one text \r\nשלום עולם\n👩🏽‍🚀🚀\n")
    assert pasted.texts == ("one text", "שלום עולם", "👩🏽‍🚀🚀")
    assert len(pasted) == 3
    assert pasted.left_out == {}
    assert pasted.skips_sentence == ""


def test_one_text_is_enough():
    assert from_paste("one").texts == ("one",)


@pytest.mark.parametrize("pasted", ["", "\n \n\t\r\n", "\0", "\ufeff\n\x07", "\u3000\u00a0"])
def test_no_text_is_an_error_that_asks_for_one(pasted):
    with pytest.raises(InputError, match="No text found in pasted texts: add at least one line"):
        from_paste(pasted)


def test_blank_lines_are_left_out_and_counted():
    pasted = from_paste("one\n\n  \ntwo\n\t\n")
    assert pasted.texts == ("one", "two")
    assert pasted.left_out == {"blank texts": 3}
    assert pasted.skips_sentence == "blank texts (3)"


def test_the_same_text_twice_stays_twice():
    assert from_paste("one\none").texts == ("one", "one")


def test_nul_and_other_control_characters_go_and_are_counted():
    pasted = from_paste("a\0b\nplain\nbell\x07\x7f")
    assert pasted.texts == ("ab", "plain", "bell")
    assert pasted.left_out == {"repaired texts with control characters or broken Unicode": 2}


def test_lone_surrogates_become_the_replacement_character_and_are_counted():
    pasted = from_paste("half \ud83d an owl")
    assert pasted.texts == ("half \ufffd an owl",)
    assert pasted.left_out == {"repaired texts with control characters or broken Unicode": 1}


def test_ten_megabytes_in_one_line_are_cut_and_counted():
    pasted = from_paste("word" * 2_500_000)
    assert pasted.texts == ("word" * 5000,)
    assert pasted.left_out == {"texts truncated to 20,000 characters": 1}


def test_ten_megabytes_in_short_lines_keep_the_first_hundred_thousand_and_count_the_rest():
    pasted = from_paste("\n".join(f"{number:099d}" for number in range(105_000)))
    assert pasted.texts == tuple(f"{number:099d}" for number in range(100_000))
    assert pasted.left_out == {"rows beyond the first 100,000": 5000}
    assert pasted.skips_sentence == "rows beyond the first 100,000 (5,000)"


def test_twenty_thousand_lines_are_all_kept():
    pasted = from_paste("\n".join(f"line {number}" for number in range(20_000)))
    assert len(set(pasted.ids)) == len(pasted.texts) == 20_000
    assert pasted.left_out == {}


@settings(max_examples=100, deadline=None)
@given(st.lists(st.text(WITHIN_A_LINE)))
def test_every_line_is_a_clean_text_or_counted_as_blank(lines):
    pasted = from_paste("\n".join([*lines, "a word"]))
    assert len(pasted) + pasted.left_out.get("blank texts", 0) == len(lines) + 1
    assert all(text == text.strip() != "" for text in pasted.texts)
    assert not re.search(r"[\0\x07\ufeff]", "".join(pasted.texts))
    "".join(pasted.texts).encode()  # no lone surrogate is left


# Files


@pytest.mark.parametrize("ending", ["csv", "tsv", "jsonl", "parquet"])
def test_every_format_gives_the_same_corpus(ending):
    frame = pd.DataFrame(
        {
            "_id": ["d1", "d2", "d3"],
            "title": ["Owls", "NA", ""],
            "text": ["They hunt at night.", "null", "🦉, in\ntwo lines"],
        }
    )
    content = {
        "csv": frame.to_csv(index=False).encode(),
        "tsv": frame.to_csv(index=False, sep="\t").encode("utf-16"),
        "jsonl": frame.to_json(orient="records", lines=True).encode(),
        "parquet": frame.to_parquet(index=False),
    }[ending]
    read = from_file(f"file.{ending}", content)
    assert read.name == f"file.{ending}"
    assert read.ids == ("d1", "d2", "d3")
    assert read.texts == ("They hunt at night.", "null", "🦉, in\ntwo lines")
    assert read.fields == {"title": ("Owls", "NA", "")}
    assert read.left_out == {}


def test_a_latin_1_csv_with_ragged_rows_keeps_what_is_whole_and_counts_the_rest():
    content = "text;note\nCafé;1\nTorn;in;two\n;blank\nZürich\n".encode("latin-1")
    read = from_file("a.csv", content)
    assert read.texts == ("Café", "Zürich")
    assert read.fields == {"note": ("1", "")}
    guessed = "files not in Unicode, read as Western European"
    assert read.left_out == {"rows with more cells than columns": 1, "blank texts": 1, guessed: 1}


@pytest.mark.parametrize("name", ["passage", "Sentence", "CONTENT", "body", "document"])
def test_the_text_column_is_known_by_its_usual_names(name):
    assert from_file("a.csv", f"n,{name}\n1,one\n".encode()).texts == ("one",)


def test_a_column_called_text_comes_before_the_other_usual_names():
    assert from_file("a.csv", b"sentence,text\nno,yes\n").texts == ("yes",)


def test_the_only_column_holds_the_texts_whatever_its_name():
    assert from_file("a.csv", b"remark\none\n").texts == ("one",)


def test_a_first_line_that_may_be_a_text_is_counted_where_it_is_read_as_the_name_of_the_only_column():
    read = from_file("a.tsv", "Owls hunt at night.\nSnow falls.\n".encode("utf-16"))
    assert read.texts == ("Snow falls.",)
    assert read.left_out == {"first lines read as the name of the only column": 1}
    assert [(row.place, row.beginning) for row in read.left_out_rows] == [(1, "Owls hunt at night.")]
    assert from_file("a.csv", b"Text\none\n").left_out == {}


def test_a_column_named_by_hand_is_taken():
    read = from_file("a.csv", b"text,remark\nno,yes\n", column="remark")
    assert read.texts == ("yes",)
    assert read.fields == {"text": ("no",)}


def test_a_column_that_is_not_there_is_an_error_that_lists_the_columns():
    with pytest.raises(InputError, match=r"a\.csv has no column 'txet'\. Its columns are: text and remark"):
        from_file("a.csv", b"text,remark\na,b\n", column="txet")


def test_a_parquet_without_a_text_column_is_an_error_that_lists_the_columns():
    with pytest.raises(InputError, match=r"a\.parquet has no column called text\. Its columns are: a and b"):
        from_file("a.parquet", parquet({"a": ["x"], "b": ["y"]}))


def test_a_parquet_whose_texts_are_bytes_gives_the_texts_or_an_error():
    content = parquet({"text": pa.array(["café".encode()]), "n": [1]})
    try:
        read = from_file("a.parquet", content)
    except InputError:
        return
    assert read.texts == ("café",)


def test_a_file_with_a_header_only_is_an_error():
    with pytest.raises(InputError, match=r"No text found in a\.csv"):
        from_file("a.csv", b"text,note\n")


def test_a_missing_text_is_left_out_and_counted_and_a_number_is_its_digits():
    read = from_file("a.jsonl", jsonl({"text": None}, {"note": "no text"}, {"text": 42}, {"text": "one"}))
    assert read.texts == ("42", "one")
    assert read.left_out == {"blank texts": 2}


def test_a_file_on_disk_is_read_as_one_that_is_sent(tmp_path):
    path = tmp_path / "a.txt"
    path.write_bytes("een\ntwee 🦉".encode())
    assert from_path(path) == from_file("a.txt", path.read_bytes())
    assert from_path(path).texts == ("een", "twee 🦉")


@pytest.mark.parametrize("name", ["missing.txt", ""])
def test_a_path_that_cannot_be_read_is_an_error_that_names_it(tmp_path, name):
    with pytest.raises(InputError, match=re.escape(f"Cannot read {tmp_path / name}")):
        from_path(tmp_path / name)


# Ids, fields, titles, fingerprints


def test_ids_are_the_files_own_and_else_the_number_of_the_row():
    read = from_file("a.jsonl", jsonl({"id": "x", "text": "a"}, {"text": ""}, {"id": 7, "text": "b"}, {"text": "c"}))
    assert read.ids == ("x", "7", "4")


def test_rows_of_one_id_and_text_are_merged_and_counted():
    read = from_file("c.csv", b"_id,title,text,n\nd1,,rates,1\n d1 ,,rates ,2\nd2,,a cat,3\nd1,T,rates,4\n")
    assert read.ids == ("d1", "d2", "d1-2")
    assert read.fields["n"] == ("1", "3", "4")
    assert read.left_out == {
        "rows with the id and text of an earlier row, merged with it": 1,
        "rows with the id of an earlier row, given a numbered id": 1,
    }
    assert [(row.place, row.beginning) for row in read.left_out_rows] == [(3, "rates"), (5, "rates")]


def test_rows_of_one_id_and_other_texts_are_numbered_and_counted_and_take_no_other_rows_id():
    read = from_file("a.csv", b"id,text\na,1\na,2\na,3\na-2,4\n")
    assert read.ids == ("a", "a-3", "a-4", "a-2")
    assert read.left_out == {"rows with the id of an earlier row, given a numbered id": 2}


def test_a_files_own_id_goes_before_the_number_of_a_row():
    read = from_file("a.jsonl", jsonl({"text": "same"}, {"id": "1", "text": "same"}, {"text": "same"}))
    assert read.ids == ("1-2", "1", "3")
    assert read.left_out == {}


@pytest.mark.parametrize("ids", [[1.0, None, 3.0], ["1.0", "", "3.0"], [1, "", 3], [" 1", None, "3 "]])
def test_whole_numbers_are_written_as_such_whatever_the_file_holds(ids):
    assert read_ids(ids) == ["1", "", "3"]


def test_ids_that_only_look_like_numbers_stay_as_they_are():
    assert read_ids(["1.0", "1.1", "007", "1e3"]) == ["1.0", "1.1", "007", "1e3"]
    assert read_ids([1.5, float("nan"), True, b"caf\xe9"]) == ["1.5", "", "True", "café"]


@pytest.mark.parametrize("ending", ["csv", "jsonl", "parquet"])
def test_ids_of_a_column_with_a_gap_are_those_of_one_without(ending):
    frame = pd.DataFrame({"_id": [7, None, 12], "text": list("abc")})
    content = {
        "csv": frame.to_csv(index=False).encode(),
        "jsonl": frame.to_json(orient="records", lines=True).encode(),
        "parquet": frame.to_parquet(index=False),
    }[ending]
    assert from_file(f"a.{ending}", content).ids == ("7", "2", "12")


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from(["", "a", "a-2", "a-3", "1", "2", "2-2"]), min_size=1))
def test_ids_are_unique_whatever_the_file_says(ids):
    rows = [{"_id": name, "text": f"text {number}"} for number, name in enumerate(ids)]
    read = from_file("a.jsonl", jsonl(*rows))
    assert len(set(read.ids)) == len(ids)
    assert {read.texts[read.ids.index(name)] for name in set(ids) - {""}} == {
        f"text {ids.index(name)}" for name in set(ids) - {""}
    }


@pytest.mark.parametrize("title", ["title", "Heading"])
def test_a_title_without_a_text_is_a_document(title):
    rows = [{title: "Owls", "text": " "}, {title: "", "text": "Snow."}, {title: "", "text": ""}]
    read = from_file("a.jsonl", jsonl(*rows))
    assert read.documents == ("Owls", "Snow.")
    assert read.titles == ("Owls", "Snow.")
    assert read.left_out == {"blank texts": 1}


def test_lone_surrogates_and_nul_do_not_survive_anywhere():
    read = from_file("a.jsonl", jsonl({"_id": "i\ud800\0", "text": "t\ud800\0", "title": "f\ud800\0"}))
    values = {"ids": read.ids[0], "texts": read.texts[0], "titles": read.titles[0]}
    for value in values.values():
        value.encode()
        assert "\0" not in value


def test_a_column_called_number_with_an_underscore_keeps_its_cells():
    assert from_file("a.csv", b"text,_number\none,77\n").fields == {"_number": ("77",)}


def test_a_title_is_the_files_own_and_else_the_texts_first_words():
    long = "A text of many words that goes on for quite a while beyond what fits"
    read = from_file("a.jsonl", jsonl({"title": "Owls", "text": "They hunt."}, {"text": long}))
    assert read.titles == ("Owls", "A text of many words that goes on for quite a while beyond…")
    assert from_paste(f"short\n{long}").titles == (
        "short",
        "A text of many words that goes on for quite a while beyond…",
    )


def test_a_document_is_the_title_and_the_text():
    read = from_file("a.jsonl", jsonl({"title": "Owls", "text": "They hunt."}, {"text": "No title."}))
    assert read.documents == ("Owls They hunt.", "No title.")
    assert from_paste("No title.").documents == ("No title.",)


@pytest.mark.parametrize(
    ("text", "short"),
    [("12345", "12345"), ("123456", "1234…"), ("123 56", "123…"), ("", ""), ("🦉🦉🦉🦉🦉🦉", "🦉🦉🦉🦉…")],
)
def test_a_text_is_shortened_to_a_length_with_an_ellipsis(text, short):
    assert shorten(text, 5) == short


def test_equal_content_has_an_equal_fingerprint_whatever_its_name_and_format():
    rows = [{"_id": "1", "title": "é", "text": "a"}, {"_id": "2", "title": "", "text": "b\n"}]
    one = from_file("one.jsonl", jsonl(*rows))
    other = from_file("other.csv", pd.DataFrame(rows).to_csv(index=False).encode("utf-16"))
    assert one.fingerprint == other.fingerprint != ""


def test_any_other_content_has_another_fingerprint():
    rows = [
        [{"_id": "1", "title": "t", "text": "a"}],
        [{"_id": "2", "title": "t", "text": "a"}],
        [{"_id": "1", "title": "u", "text": "a"}],
        [{"_id": "1", "title": "t", "text": "b"}],
        [{"_id": "1", "name": "t", "text": "a"}],
        [{"_id": "1", "title": "t", "text": "a"}, {"_id": "2", "title": "t", "text": "a"}],
    ]
    assert len({from_file("a.jsonl", jsonl(*some)).fingerprint for some in rows}) == len(rows)


# Columns


CHOSEN = b"key,Headline,first,second,note,n\nk1,Owls,They hunt.,At night.,x,1\nk2,,,Only this.,y,2\nk3,Blank,,,z,3\n"


def with_columns(content, columns, name="a.csv"):
    return from_tables([(name, read_table(name, content))], columns)


def test_chosen_columns_become_text_title_id_and_metadata_and_nothing_else_is_kept():
    read = with_columns(CHOSEN, Columns(("first", "second"), "Headline", "key", ("n",)))
    assert read.ids == ("k1", "k2", "k3")
    assert read.texts == ("They hunt.\n\nAt night.", "Only this.", "Blank")
    assert read.fields == {"title": ("Owls", "", ""), "n": ("1", "2", "3")}
    assert read.documents == ("Owls They hunt.\n\nAt night.", "Only this.", "Blank")
    assert read.left_out == {}


def test_a_column_called_title_or_file_that_is_only_kept_is_not_taken_for_the_title_or_the_file():
    read = with_columns(b"text,title,file\none,t,f\n", Columns(("text",), metadata=("title", "file")))
    assert read.fields == {"title-2": ("t",), "file-2": ("f",)}
    assert read.documents == ("one",)


def test_the_usual_columns_are_known_by_their_names_in_whatever_case():
    assert usual_columns(["ID", "Title", "n", "Body"]) == Columns(("Body",), "Title", "ID", ("n",))
    assert usual_columns(["remark"]) == Columns(("remark",))
    assert usual_columns(["a", "b"]) == Columns((), None, None, ("a", "b"))


def test_a_file_of_thousands_of_columns_lists_the_first_of_them_only():
    with pytest.raises(InputError, match="and 970 more") as raised:
        from_file("a.csv", ",".join(f"c{number}" for number in range(1000)).encode())
    assert len(str(raised.value)) < 500


def test_columns_of_lists_of_numbers_are_counted_where_they_are_not_used():
    for name, content in {
        "a.jsonl": jsonl({"text": "a", "v": [0.5, 1]}),
        "a.parquet": parquet({"text": ["a"], "v": [[1]]}),
    }.items():
        read = from_file(name, content)
        assert read.fields == {}
        assert read.left_out == {"columns of lists of numbers, not used": 1}
        assert [(row.file, row.beginning) for row in read.left_out_rows] == [(name, "v")]


# Several files


def test_several_files_become_one_corpus_with_unique_ids_and_a_field_that_says_which():
    files = [("a.txt", b"one\ntwo\n"), ("b.csv", b"id,text,note\n1,three,n\n"), ("c.jsonl", jsonl({"text": "four"}))]
    read = from_tables([(name, read_table(name, content)) for name, content in files], usual_columns(["text", "note"]))
    assert read.name == "a.txt and 2 more files"
    assert read.texts == ("one", "two", "three", "four")
    assert read.ids == ("1", "2", "1-2", "1-3")
    assert read.fields == {"note": ("", "", "n", ""), "file": ("a.txt", "a.txt", "b.csv", "c.jsonl")}


def test_files_of_one_name_are_told_apart_and_a_folder_in_a_name_is_dropped():
    table = read_table("x.txt", b"one")
    named = ["x.txt", "../../x.txt", "C:\\secret\\x.txt", "/etc/x\n.txt"]
    read = from_tables([(name, table) for name in named], usual_columns(["text"]))
    assert read.fields["file"] == ("x.txt", "x.txt-2", "x.txt-3", "x .txt")


def test_a_very_long_file_name_keeps_its_beginning_and_its_ending():
    assert file_name("a" * 300 + ".csv") == "a" * 39 + "…" + "a" * 36 + ".csv"


def test_a_file_without_any_of_the_chosen_columns_is_named():
    both = [("a.txt", read_table("a.txt", b"one")), ("b.csv", read_table("b.csv", b"x,y\n1,2\n"))]
    with pytest.raises(InputError, match=r"b\.csv has no column 'text'\. Its columns are: x and y"):
        from_tables(both, usual_columns(["text"]))


def test_all_files_together_have_as_many_rows_as_are_allowed(monkeypatch):
    monkeypatch.setenv("EMBEDSCOPE_MOST_ROWS", "3")
    both = [("a.txt", read_table("a.txt", b"1\n2\n")), ("b.txt", read_table("b.txt", b"3\n4\n5\n6"))]
    read = from_tables(both, usual_columns(["text"]))
    assert read.texts == ("1", "2", "3")
    assert read.left_out == {"rows beyond the first 3": 3}
    assert sorted((left.file, left.place, left.rows) for left in read.left_out_rows) == [
        ("b.txt", 2, 2),
        ("b.txt", 4, 1),
    ]


# What is left out is listed


def test_whatever_is_left_out_or_mended_is_listed_with_its_file_line_reason_and_beginning():
    content = 'text,note\n"two\nlines",1\n ,2\ntorn,in,two\nbell\x07,3\n' + "long " * 5000 + ",4\n"
    read = from_file("../a.csv", content.encode())
    listed = {left.reason: (left.file, left.place, left.beginning[:9]) for left in read.left_out_rows}
    assert listed == {
        "rows with more cells than columns": ("a.csv", 5, "torn,in,t"),
        "blank texts": ("a.csv", 4, ""),
        "repaired texts with control characters or broken Unicode": ("a.csv", 6, "bell"),
        "texts truncated to 20,000 characters": ("a.csv", 7, "long long"),
    }
    assert read.left_out == dict.fromkeys(listed, 1)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.sampled_from(["", "one", "bell\x07", "\ud800"]), min_size=1, max_size=30), st.integers(1, 5))
def test_the_list_always_adds_up_to_what_is_counted(texts, most):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EMBEDSCOPE_MOST_ROWS", str(most))
        read = from_file("a.jsonl", jsonl({"text": "whole"}, *({"text": text} for text in texts)))
    rows: Counter[str] = Counter()
    for left in complete(read.left_out, read.left_out_rows):
        rows[left.reason] += left.rows
    assert rows == Counter(read.left_out)


# Passages


@pytest.fixture(scope="module")
def tokenizer():
    return load_tokenizer(models.get("all-MiniLM-L6-v2"))


def tokens(tokenizer, text):
    return len(tokenizer.encode(text, add_special_tokens=False).ids)


def split(tokenizer, *rows, length=24, overlap=8):
    table = read_table("a.jsonl", jsonl(*rows))
    return from_tables(
        [("a.jsonl", table)], usual_columns(table.columns), Splitter(Splitting(length, overlap), tokenizer)
    )


def test_a_long_document_becomes_passages_that_keep_its_id_and_fields(tokenizer):
    long = " ".join(f"Sentence number {number} is about owls." for number in range(40))
    read = split(tokenizer, {"_id": "d", "title": "Owls", "kind": "x", "text": long}, {"_id": "e", "text": "Short."})
    assert len(read) > 10
    assert read.parents == read.document_ids == ("d",) * (len(read) - 1) + ("e",)
    assert read.ids == (*(f"d#{number}" for number in range(1, len(read))), "e#1")
    assert read.fields == {"title": ("Owls",) * (len(read) - 1) + ("",), "kind": ("x",) * (len(read) - 1) + ("",)}
    assert max(tokens(tokenizer, text) for text in read.texts) <= 24


def test_nothing_of_a_long_document_is_lost_and_passages_overlap_by_whole_sentences(tokenizer):
    sentences = [f"Sentence number {number} is about owls." for number in range(6000)]  # 200,000 characters
    read = split(tokenizer, {"text": " ".join(sentences)}, overlap=12)
    found = [re.findall(r"Sentence number (\d+) is about owls\.", text) for text in read.texts]
    assert sorted({int(number) for numbers in found for number in numbers}) == list(range(6000))
    assert all(before[-1] == after[0] for before, after in pairwise(found))
    assert read.left_out == {}


def test_a_title_without_a_text_is_a_passage(tokenizer):
    read = split(tokenizer, {"_id": "d", "title": "Owls", "text": ""}, {"_id": "e", "text": "Short."})
    assert (read.ids, read.documents) == (("d#1", "e#1"), ("Owls", "Short."))


def test_passages_without_overlap_are_the_text_again(tokenizer):
    text = " ".join(f"word{number}" for number in range(12_000))
    read = split(tokenizer, {"text": text}, overlap=0)
    assert " ".join(read.texts) == text


def test_a_word_without_end_is_split_all_the_same(tokenizer):
    read = split(tokenizer, {"text": "a" * 250_000})
    assert "".join(read.texts) == "a" * 250_000
    assert max(map(len, read.texts)) <= 20_000


def test_passages_beyond_the_limit_are_left_out_by_whole_documents_and_counted(tokenizer, monkeypatch):
    monkeypatch.setenv("EMBEDSCOPE_MOST_ROWS", "5")
    long = " ".join(f"Sentence number {number} is about owls." for number in range(8))
    read = split(tokenizer, *({"_id": name, "text": long} for name in "abc"))
    assert set(read.parents) == {"a"}
    assert read.left_out == {"documents beyond the first 5 passages": 2}


def test_the_fingerprint_tells_passages_from_the_same_texts_given_one_by_one(tokenizer):
    passages = split(tokenizer, {"_id": "d", "text": "Short."})
    same = from_file("a.jsonl", jsonl({"_id": "d#1", "text": "Short."}))
    assert (passages.ids, passages.texts, passages.fields) == (same.ids, same.texts, same.fields)
    assert passages.fingerprint != same.fingerprint


@pytest.mark.parametrize(("length", "overlap"), [(15, 0), (8193, 0), (20, 20), (20, -1)])
def test_passages_that_cannot_be_made_are_a_sentence(tokenizer, length, overlap):
    with pytest.raises(InputError, match=r"tokens: choose 16 to 8,192|cannot overlap by"):
        Splitter(Splitting(length, overlap), tokenizer)


def test_splitting_tells_how_far_it_is_and_stops_when_it_is_told_to(tokenizer):
    class CancelledError(Exception):
        pass

    told = []

    def tell(what, done, total):
        told.append((done, total))
        if done:
            raise CancelledError

    table = read_table("a.txt", b"one two three. " * 20_000)
    with pytest.raises(CancelledError):
        from_tables([("a.txt", table)], usual_columns(["text"]), Splitter(Splitting(), tokenizer), tell)
    assert told
    assert 0 < told[-1][0] < told[-1][1]


# Relevance labels


def test_qrels_are_read_as_beir_writes_them(tmp_path):
    path = tmp_path / "qrels.tsv"
    path.write_text("query-id\tcorpus-id\tscore\nq1\td1\t2\nq1\td2\t0\n7\t9\t1\n")
    assert read_qrels(path) == {"q1": {"d1": 2, "d2": 0}, "7": {"9": 1}}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("query-id\tcorpus-id\nq\td\n", "needs the columns query-id, corpus-id and score"),
        ("query-id\tcorpus-id\tscore\nq\td\tgood\n", "has the grade good in line 2, but grades are whole numbers"),
        ("query-id\tcorpus-id\tscore\nq\td\n", "has no grade in line 2"),
        ("query-id\tcorpus-id\tscore\nq\td\t1\n\td\t1\n", "has no query-id in line 3"),
        ("query-id\tcorpus-id\tscore\nq\t \t1\n", "has no corpus-id in line 2"),
    ],
)
def test_qrels_without_a_column_an_id_or_a_grade_are_an_error_that_says_where(tmp_path, content, said):
    path = tmp_path / "qrels.tsv"
    path.write_text(content)
    with pytest.raises(InputError, match=rf"qrels\.tsv {said}"):
        read_qrels(path)


def test_a_torn_row_of_qrels_is_not_dropped_in_silence(tmp_path):
    path = tmp_path / "qrels.tsv"
    path.write_text("query-id\tcorpus-id\tscore\nq\td\t1\nq\t0\te\t1\n")
    with pytest.raises(InputError, match=r"qrels\.tsv"):
        read_qrels(path)


# The sample


def test_the_sample_has_at_least_600_passages_of_2_to_4_sentences_in_15_subjects():
    passages = corpus.sample()
    sentences = [len(re.findall(r"[.!?][\"')”’]*(?=\s|$)", text)) for text in passages.texts]
    assert len(set(passages.texts)) == len(passages) >= 600
    assert Counter(sentences).keys() <= {2, 3, 4}
    assert len(set(passages.fields["subject"])) >= 15


def test_every_sample_passage_has_an_id_a_title_a_subject_and_a_kind_and_nothing_was_mended():
    passages = corpus.sample()
    assert set(passages.fields) == {"title", "subject", "kind"}
    assert all(value for column in passages.fields.values() for value in column)
    assert len(set(passages.ids)) == len(passages)
    assert passages.left_out == {}


def test_the_sample_has_at_least_150_queries_and_most_have_two_relevant_passages_or_more():
    queries, qrels = corpus.sample_queries(), corpus.sample_qrels()
    several = [name for name in queries.ids if sum(grade > 0 for grade in qrels[name].values()) >= 2]
    assert len(set(queries.texts)) == len(queries) >= 150
    assert len(several) > len(queries) / 2


def test_every_sample_qrel_names_an_existing_passage_and_query_and_every_query_has_one():
    qrels = corpus.sample_qrels()
    assert set(qrels) == set(corpus.sample_queries().ids)
    assert {passage for grades in qrels.values() for passage in grades} <= set(corpus.sample().ids)


def test_a_third_of_the_sample_queries_share_no_content_word_with_the_answers_of_their_subject():
    passages, queries, qrels = corpus.sample(), corpus.sample_queries(), corpus.sample_qrels()
    stemmer = Stemmer.Stemmer("english")

    def content_words(text):
        words = set(re.findall(r"[a-z0-9]+", text.lower())) - WORDS_WITHOUT_CONTENT
        return set(stemmer.stemWords(list(words)))

    subjects = dict(zip(passages.ids, passages.fields["subject"], strict=True))
    documents = dict(zip(passages.ids, passages.documents, strict=True))
    shared = {}
    for number, name in enumerate(queries.ids):
        if queries.fields["style"][number] == "indirect":
            own = [passage for passage in qrels[name] if subjects[passage] == queries.fields["subject"][number]]
            shared[name] = content_words(queries.texts[number]) & content_words(" ".join(documents[x] for x in own))
    assert {name: words for name, words in shared.items() if words} == {}
    assert len(shared) >= len(queries) / 3


def test_the_sample_sentences_are_pasted_without_loss():
    pasted = from_paste(corpus.sample_sentences())
    assert len(pasted) >= 2
    assert len(set(pasted.texts)) == len(pasted)
    assert pasted.left_out == {}


# Odd files


@pytest.mark.parametrize(
    ("name", "content", "ids", "texts"),
    [
        ("two marks.csv", b"\xef\xbb\xbf\xef\xbb\xbf_id,text\nd1,one\n", ("d1",), ("one",)),
        ("nan.jsonl", b'{"_id": "d1", "text": NaN}\n{"_id": "d2", "text": "two"}\n', ("d2",), ("two",)),
        ("invisible.csv", "_id,text\nd1,\u200b\nd2\u200b,\u2060two\u200e\n".encode(), ("d2",), ("two",)),
        ("joined.csv", "_id,text\nd1,👩\u200d🚀\n".encode(), ("d1",), ("👩\u200d🚀",)),
        ("composed.csv", "_id,text\ncafe\u0301,one\n".encode(), ("caf\u00e9",), ("one",)),
    ],
)  # fmt: skip
def test_what_nobody_sees_makes_no_text_and_no_other_id(
    name: str, content: bytes, ids: tuple[str, ...], texts: tuple[str, ...]
) -> None:
    read = from_file(name, content)
    assert (read.ids, read.texts) == (ids, texts)


@pytest.mark.parametrize("encoding", ["shift-jis", "gb18030", "cp1251", "latin-1"])
def test_a_file_that_is_not_in_unicode_is_counted_as_guessed(encoding: str) -> None:
    text = {"cp1251": "Кошка спит", "latin-1": "Zürich"}.get(encoding, "一日中寝ています")
    reason = "files not in Unicode, read as Western European"
    assert from_file("a.csv", f"text\n{text}\n".encode(encoding)).left_out == {reason: 1}
    assert from_file("a.csv", f"text\n{text}\n".encode()).left_out == {}


def test_a_file_whose_rows_are_all_skipped_says_why() -> None:
    with pytest.raises(
        InputError, match=r"No text found in a\.csv: .* Skipped: rows with more cells than columns \(2\)\."
    ):
        from_file("a.csv", b"text\nhello, world\none, two\n")


def test_files_whose_ids_and_titles_have_different_usual_names_keep_them_all():
    contents = {
        "a.csv": b"_id,title,text\nd1,Owls,they hunt\n",
        "b.csv": b"id,headline,text\nd2,Cats,they sleep\n",
        "c.tsv": b"7\ta text without names\n",
    }
    tables = [(name, read_table(name, content)) for name, content in contents.items()]
    found = corpus.from_tables(tables, corpus.Columns(("text",), "title", "_id", ("id", "headline")))
    assert found.ids == ("d1", "d2", "7")
    assert found.documents == ("Owls they hunt", "Cats they sleep", "a text without names")
    assert found.fields.keys() == {"title", "file"}


@pytest.mark.parametrize("separator", [",", ";", " | "])
def test_a_csv_called_tsv_is_refused_rather_than_read_as_one_column(separator):
    content = f"_id{separator}text\n1{separator}an owl\n".encode()
    with pytest.raises(InputError, match=r"^c\.tsv has no tabs, but its first line names several columns"):
        corpus.from_file("c.tsv", content)
