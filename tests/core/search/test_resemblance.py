"""Whether anything resembles a query: the sample's labelled queries have answers, rows of random letters have none."""

from functools import cache

import numpy as np
import pytest

from core import corpus, embedding, models
from core.search import KeywordIndex, nearest
from core.search.resemblance import STRANGE, STRANGER, least_score, nearest_scores, sample_rows

NONSENSE = """qwxzv plorp zzkt|asdfgh|1234567890|zxcvbnm qqq|!!!???|lorem ipsum dolor sit amet|xkjhqwe mnbzz ttrw lkjh
fjdksl aöeir|bla bla bla|hjkl|zzzzzz|aaaa bbbb cccc|q w e r t y|vbnrtz pqlm|0x7f3a 9bd2|%%%% ####|gribble snorfle wug
test test|foo bar baz|tqbfjotld|uiop asdf|klmno pqrst uvwxy|...|12 34 56 78|xyzzy plugh|ghtyu bnmvc wertx"""
BOTH = ("wordllama-256", "all-MiniLM-L6-v2")


@cache
def is_empty(name: str, queries: tuple[str, ...]) -> np.ndarray:
    """For each query, whether nothing in the sample resembles it under a model."""
    spec, texts = models.get(name), corpus.sample()
    vectors = embedding.embed(texts.documents, spec).vectors
    rows = sample_rows(len(texts))
    scores = nearest_scores(vectors, vectors[rows], rows)
    best = nearest(embedding.embed(queries, spec, kind="query").vectors, vectors, 1).scores[:, 0]
    index = KeywordIndex(texts.documents)
    least = [least_score(scores, index.known_share(query)) for query in queries]
    return np.asarray(best < np.array(least))


@pytest.mark.parametrize("name", BOTH)
def test_nearly_all_nonsense_is_called_empty_and_few_labelled_queries_are(name: str) -> None:
    nonsense = tuple(NONSENSE.replace("\n", "|").split("|"))
    assert len(nonsense) == 26
    assert is_empty(name, nonsense).mean() >= 0.8
    assert 0 < is_empty(name, corpus.sample_queries().texts).mean() <= 0.07


def test_hardly_any_labelled_query_is_empty_for_both_models() -> None:
    first, second = (is_empty(name, corpus.sample_queries().texts) for name in BOTH)
    assert (first & second).mean() <= 0.03


def test_the_nearest_other_text_is_that_of_a_full_sort() -> None:
    vectors = np.random.default_rng(0).normal(size=(30, 8)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    cosines = vectors @ vectors.T
    np.fill_diagonal(cosines, -1)
    rows = np.array([3, 17, 29])
    np.testing.assert_allclose(nearest_scores(vectors, vectors[rows], rows), cosines[rows].max(axis=1), atol=1e-6)


def test_texts_sampled_are_all_of_few_and_spread_over_many() -> None:
    assert sample_rows(5).tolist() == [0, 1, 2, 3, 4]
    many = sample_rows(100_000)
    assert (len(many), many[0], many[-1]) == (500, 0, 99_999)


def test_the_fewer_of_its_words_are_known_the_nearer_a_result_must_be() -> None:
    scores = np.linspace(0, 1, 1001, dtype=np.float32)
    assert least_score(scores, 1.0) == -np.inf
    assert least_score(scores, 0.75) == pytest.approx(STRANGE / 100)
    assert least_score(scores, 0.5) == least_score(scores, 0.0) == pytest.approx(STRANGER / 100)


def test_known_words_are_those_that_the_documents_have_in_any_form() -> None:
    index = KeywordIndex(["The owls were hunting at night", "Soup is served hot"])
    assert index.known_share("an owl hunts mice") == pytest.approx(2 / 3)
    assert index.known_share("asdfgh") == index.known_share("!!!???") == 0
