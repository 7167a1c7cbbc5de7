"""Relevance labels from files and back, and labels that fit nothing here."""

from dataclasses import replace
from pathlib import Path

import pytest

from core import corpus
from core.corpus import from_file, from_paste, labels_of, match_labels, qrels_of, read_qrels
from core.corpus.labels import as_beir, as_trec
from core.errors import InputError

QRELS = {"q1": {"d1": 2, "d2": 0}, "q2": {"d3": -1, "d1": 1}}


@pytest.mark.parametrize("name", ["labels.txt", "labels.qrels", "labels.tsv", "labels"])
def test_trec_and_beir_are_told_apart_by_their_content_not_their_name(name: str) -> None:
    assert qrels_of(name, b"q1 0 d1 2\nq1 0 d2 0\nq2 Q0 d3 -1\n\nq2\t0\td1\t1\n") == QRELS
    beir = b"query-id\tcorpus-id\tscore\nq1\td1\t2\nq1\td2\t0\nq2\td3\t-1\nq2\td1\t1\n"
    assert qrels_of(name, beir) == QRELS
    assert qrels_of(name, beir.decode().encode("utf-16")) == QRELS


def test_labels_come_back_from_both_formats_as_they_went() -> None:
    assert qrels_of("a.tsv", as_beir(QRELS).encode()) == QRELS
    assert qrels_of("a.qrels", as_trec(QRELS).encode()) == QRELS
    assert as_trec({"a query": {"d 1": 1}}) == "a_query 0 d_1 1\n"


def test_ids_that_a_spreadsheet_would_run_are_neutralised_and_come_back() -> None:
    qrels = {"=1+1": {"@cmd": 1, "-5": 1, "'quoted": 1}}
    written = as_beir(qrels)
    assert "\n=" not in written
    assert "\t@" not in written
    assert qrels_of("a.tsv", written.encode()) == qrels


def test_labels_may_be_csv_jsonl_or_parquet_too() -> None:
    import pandas as pd

    rows = [(query, document, grade) for query, grades in QRELS.items() for document, grade in grades.items()]
    table = pd.DataFrame(rows, columns=["query-id", "corpus-id", "score"])
    assert qrels_of("a.csv", table.to_csv(index=False).encode()) == QRELS
    assert qrels_of("a.jsonl", table.to_json(orient="records", lines=True).encode()) == QRELS
    assert qrels_of("a.parquet", table.to_parquet(index=False)) == QRELS


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        (b"q1 0 d1 2\nq1 0 d2\n", "Line 2 of labels.txt should be `query iteration document grade`"),
        (b"q1 0 d1 2\nq1 0 d1 0\n", "gives d1 two grades for q1, 2 and 0"),
        (b"a\tb\n1\t2\n", "needs the columns query-id, corpus-id and score"),
        (bytes(range(256)) * 40, "labels.txt"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "labels.txt"),
    ],
)
def test_what_is_no_label_file_is_a_sentence(content: bytes, said: str) -> None:
    with pytest.raises(InputError, match=said):
        qrels_of("labels.txt", content)


def graded(ending: str, grades: list[object]) -> bytes:
    import pandas as pd

    table = pd.DataFrame({"query-id": "q", "corpus-id": [f"d{n}" for n in range(len(grades))], "score": grades})
    if ending == "parquet":
        return table.to_parquet(index=False)
    if ending == "jsonl":
        return table.to_json(orient="records", lines=True).encode()
    if ending == "qrels":
        return "".join(f"q 0 d{n} {grade}\n" for n, grade in enumerate(grades)).encode()
    return table.to_csv(index=False, sep="\t" if ending == "tsv" else ",").encode()


@pytest.mark.parametrize("ending", ["csv", "tsv", "jsonl", "parquet", "qrels"])
def test_a_grade_with_a_decimal_point_is_its_whole_number_and_a_fraction_is_refused(ending: str) -> None:
    assert qrels_of(f"r.{ending}", graded(ending, [1.0, 0.0, -2.0])) == {"q": {"d0": 1, "d1": 0, "d2": -2}}
    place = {"parquet": "row 2", "jsonl": "line 2", "qrels": "line 2"}.get(ending, "line 3")
    with pytest.raises(InputError, match=rf"^r\.{ending} has the grade 0\.9 in {place}, but grades are whole numbers"):
        qrels_of(f"r.{ending}", graded(ending, [1.0, 0.9]))


@pytest.mark.parametrize("grade", ["1e300", "99999999999", "9" * 5000, "1.5", "1_0", "nan", "high", "½"])
def test_a_grade_that_trec_eval_could_not_hold_is_refused(grade: str) -> None:
    with pytest.raises(InputError, match="but grades are whole numbers"):
        qrels_of("r.csv", f"query-id,corpus-id,score\nq,d,{grade}\n".encode())


def test_labels_and_texts_have_the_same_ids_whatever_the_format() -> None:
    assert qrels_of("r.csv", b"query-id,corpus-id,score\n 1.0 ,7.0,1\n") == {"1": {"7": 1}}
    assert qrels_of("r.jsonl", b'{"query-id": 1.0, "corpus-id": 7, "score": 1}\n') == {"1": {"7": 1}}
    assert from_file("c.jsonl", b'{"_id": "\'=1+1", "text": "a"}\n').ids == ("=1+1",)
    assert qrels_of("r.csv", "Query-ID, Corpus-ID ,SCORE\ncafe\u0301,d\u200b,1\n".encode()) == {"caf\u00e9": {"d": 1}}


def test_ids_with_quotation_marks_come_back_from_beirs_columns() -> None:
    qrels = {'"q"': {'say "hi"': 1, '"d': 2, "two\twords": 1}}
    assert qrels_of("a.tsv", as_beir(qrels).encode()) == qrels


@pytest.mark.parametrize(
    "content", [b"q 0 d 1\nq 0 d 1\nq 0 e 0\n", b"query-id,corpus-id,score\nq,d,1\nq,d,1.0\nq,e,0\n"]
)
def test_the_same_label_twice_is_one_and_counted(content: bytes) -> None:
    read = labels_of("a.csv", content)
    assert read.qrels == {"q": {"d": 1, "e": 0}}
    assert read.left_out == {"labels that stand twice with one grade, merged": 1}
    assert labels_of("a.txt", b"q 0 d 1\n").left_out == {}


def test_a_file_on_disk_is_read_as_one_that_is_sent(tmp_path: Path) -> None:
    (tmp_path / "labels.qrels").write_text(as_trec(QRELS))
    assert read_qrels(tmp_path / "labels.qrels") == QRELS


# Labels and what they speak of

DOCUMENTS = from_file("docs.csv", b"_id,text\nd1,one\nd2,two\n")
QUERIES = from_file("queries.csv", b"_id,text,style\nq1,first,a\nq2,second,b\nq3,third,c\n")


def test_labels_of_missing_documents_and_queries_are_counted_and_unlabelled_queries_left_out() -> None:
    qrels = {"q1": {"d1": 1, "d9": 1}, "q2": {"d2": 0}, "q8": {"d1": 1}}
    found = match_labels("labels.tsv", QUERIES, qrels, DOCUMENTS)
    assert (found.queries.ids, found.queries.texts, found.queries.fields["style"]) == (("q1",), ("first",), ("a",))
    assert found.qrels == {"q1": {"d1": 1, "d9": 1}}  # d9 stays: nobody can find it, as trec_eval has it
    assert found.left_out == {
        "labelled queries without a text": 1,
        "labelled queries without a relevant document": 1,
        "queries without labels": 1,
        "relevant documents missing from the corpus, counted as not found": 1,
    }


def test_labels_that_name_nothing_here_are_a_sentence_that_shows_both_sides() -> None:
    with pytest.raises(
        InputError, match=r"labels.tsv labels no query of queries.csv: its query ids are x, the queries' are q1"
    ):
        match_labels("labels.tsv", QUERIES, {"x": {"d1": 1}}, DOCUMENTS)
    with pytest.raises(
        InputError, match=r"labels no document of docs.csv: its document ids are d7, the documents' are d1 and d2"
    ):
        match_labels("labels.tsv", QUERIES, {"q1": {"d7": 1}}, DOCUMENTS)
    with pytest.raises(InputError, match="labels no query"):
        match_labels("labels.tsv", QUERIES, {}, DOCUMENTS)


def test_labels_without_a_relevant_document_are_not_said_to_name_other_queries() -> None:
    with pytest.raises(InputError, match=r"labels.tsv has no relevant document for any of the queries"):
        match_labels("labels.tsv", QUERIES, {"q1": {"d1": 0}}, DOCUMENTS)


def test_queries_that_are_documents_and_copies_without_a_label_are_counted() -> None:
    documents = from_file("docs.csv", b"_id,text\nq1,first\nd1,one\nd2,one\n")
    found = match_labels("labels.tsv", QUERIES, {"q1": {"d1": 1, "q1": 1}}, documents)
    assert found.left_out == {
        "queries without labels": 2,
        "queries that are documents of the corpus, left out of their own results": 1,
        "of these, labelled relevant to themselves, counted as not found": 1,
    }
    assert found.unlabelled_copies == 1
    assert found.copies_sentence.startswith("1 relevant document has a copy in the corpus under another id")
    assert len(found.remarks) == 2


def test_labels_speak_of_the_documents_whose_passages_the_corpus_holds() -> None:
    passages = replace(from_paste("one\ntwo\nthree"), parents=("a", "a", "b"))
    assert match_labels("l", QUERIES, {"q1": {"a": 1}}, passages).left_out == {"queries without labels": 2}


def test_other_labels_have_another_fingerprint() -> None:
    one = match_labels("l", QUERIES, {"q1": {"d1": 1}}, DOCUMENTS)
    other = match_labels("l", QUERIES, {"q1": {"d1": 2}}, DOCUMENTS)
    another = match_labels("l", QUERIES, {"q2": {"d1": 1}}, DOCUMENTS)
    assert len({one.fingerprint, other.fingerprint, another.fingerprint, one.queries.fingerprint}) == 4


def test_the_samples_labels_are_all_of_its_queries() -> None:
    labels = corpus.sample_labels()
    assert set(labels.qrels) == set(labels.queries.ids)
