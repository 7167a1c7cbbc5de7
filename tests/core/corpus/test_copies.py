"""Queries that are documents of the corpus, and copies of relevant documents under other ids."""

from dataclasses import replace

import pytest

from core.corpus import Corpus, from_paste, own_documents
from core.corpus.copies import count_unlabelled_copies

DOCUMENTS = Corpus("documents", ("a", "b", "c"), ("Zoos protect animals.", "Zoos keep animals.", "Trains are late."))


def queries(*rows: tuple[str, str]) -> Corpus:
    return Corpus("queries", tuple(name for name, _ in rows), tuple(text for _, text in rows))


def test_a_query_is_a_document_by_its_id_and_its_text_together() -> None:
    asked = queries(
        ("b", "Zoos keep  animals."), ("a", "Zoos keep animals."), ("x", "Trains are late."), ("c", "Trains are late.")
    )
    assert own_documents(asked, DOCUMENTS).tolist() == [1, -1, -1, 2]
    assert own_documents(queries(), DOCUMENTS).tolist() == []


def test_a_documents_title_may_be_part_of_the_query_or_not() -> None:
    titled = replace(DOCUMENTS, fields={"title": ("Zoos", "", "")})
    asked = queries(("a", "Zoos Zoos protect animals."), ("b", "Zoos keep animals."))
    assert own_documents(asked, titled).tolist() == [0, 1]
    assert own_documents(queries(("a", "Zoos protect animals.")), titled).tolist() == [0]


def test_the_passages_of_a_split_document_must_make_up_the_query() -> None:
    passages = Corpus(
        "passages",
        ("long 1", "long 2", "other"),
        ("First part, middle", "middle and the end.", "Something."),
        parents=("long", "long", "other"),
    )
    whole, beginning = ("long", "First part, middle and the end."), ("long", "First part, middle")
    assert own_documents(queries(whole, beginning), passages).tolist() == [0, -1]


COPIED = Corpus("copies", ("d1", "d9", "d2", "d3"), ("rates", "rates", "a cat", "Rates"))


@pytest.mark.parametrize(
    ("qrels", "copies"),
    [
        ({"q": {"d1": 1}}, 1),
        ({"q": {"d1": 1, "d9": 1}}, 0),
        ({"q": {"d1": 1, "d9": 0}}, 0),
        ({"q": {"d1": 0, "d2": 1}}, 0),
        ({"q": {"d1": 1}, "r": {"d9": 2, "gone": 1}}, 2),
    ],
)
def test_a_relevant_documents_copy_is_counted_unless_it_is_labelled(
    qrels: dict[str, dict[str, int]], copies: int
) -> None:
    assert count_unlabelled_copies(qrels, COPIED) == copies


def test_the_query_itself_is_no_copy_of_its_answer() -> None:
    assert count_unlabelled_copies({"d9": {"d1": 1}}, COPIED) == 1
    assert count_unlabelled_copies({"d9": {"d1": 1}}, COPIED, ["d9"]) == 0


def test_split_documents_are_copies_if_all_their_passages_are() -> None:
    texts = replace(from_paste("one\ntwo\none\ntwo\none"), parents=("a", "a", "b", "b", "c"))
    assert count_unlabelled_copies({"q": {"a": 1}}, texts) == 1
    assert count_unlabelled_copies({"q": {"c": 1}}, texts) == 0
