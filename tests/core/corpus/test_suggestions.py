"""Queries to try on a corpus."""

from core import corpus


def test_the_sample_offers_its_own_queries() -> None:
    offered = corpus.suggest_queries(corpus.sample())
    assert offered[0] == "keeping my puppy safe on hot summer days"
    assert set(offered) <= set(corpus.sample_queries().texts)


def test_a_corpus_of_ones_own_offers_its_labelled_queries_spread_over_them() -> None:
    asked = corpus.from_paste("\n".join(f"query {number}" for number in range(11)))
    offered = corpus.suggest_queries(corpus.from_paste("a text"), asked)
    assert offered == ["query 0", "query 2", "query 4", "query 6", "query 8", "query 10"]


def test_without_labels_it_offers_the_first_words_of_its_texts() -> None:
    long = "an unusually long text about owls that hunt at night over the fields of northern England"
    assert corpus.suggest_queries(corpus.from_paste(f"{long}\nshort one\nshort one")) == [
        "an unusually long text about owls that hunt at night over",
        "short one",
    ]
