"""Exact search against a brute-force sort."""

from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sentence_transformers import SimilarityFunction

from core.search import exact, nearest
from core.similarity.functions import SIMILARITIES, Similarity, unit


def halves(rows: int, seed: int) -> np.ndarray:
    """Unit rows of plus and minus one half in four dimensions: their cosines are exact and often equal."""
    return np.random.default_rng(seed).choice([-0.5, 0.5], size=(rows, 4)).astype(np.float32)


def sorted_by_hand(scores: np.ndarray, k: int) -> list[list[int]]:
    return [sorted(range(len(row)), key=lambda column: (-row[column], column))[:k] for row in scores.tolist()]


@pytest.fixture(autouse=True, params=["few", "many"], scope="module")
def scores(request: pytest.FixtureRequest) -> Iterator[None]:
    """Both ways of scoring: a few without torch, more by it."""
    with pytest.MonkeyPatch.context() as patch:
        if request.param == "many":
            patch.setattr(exact, "FEW_SCORES", 0)
        yield


@given(documents=st.integers(1, 60), k=st.integers(1, 70), seed=st.integers(0, 1000))
@settings(max_examples=60, deadline=None)
def test_the_nearest_are_those_of_a_full_sort_and_of_equal_ones_the_earlier_stands_first(
    documents: int, k: int, seed: int
) -> None:
    queries, rows = halves(3, seed), halves(documents, seed + 1)
    cosines = queries.astype(np.float64) @ rows.astype(np.float64).T
    hits = nearest(queries, rows, k)
    assert hits.rows.tolist() == sorted_by_hand(cosines, k)
    assert hits.scores.tolist() == [sorted(row, reverse=True)[:k] for row in cosines.tolist()]


@pytest.mark.parametrize("similarity", SIMILARITIES)
def test_by_each_function_the_nearest_are_those_of_a_full_sort(similarity: Similarity) -> None:
    rng = np.random.default_rng(0)
    documents = 3 * rng.integers(-2, 3, (300, 6)).astype(np.float32)  # many are equal, and many equally near
    queries = documents[:5] if similarity != "cosine" else unit(documents[:5])
    documents = documents if similarity != "cosine" else unit(documents)
    expected = SimilarityFunction.to_similarity_fn(similarity)(queries.astype(float), documents.astype(float)).numpy()
    hits = nearest(queries, documents, 40, similarity=similarity)
    assert hits.rows.tolist() == sorted_by_hand(np.round(expected, 6), 40)
    np.testing.assert_allclose(hits.scores, np.take_along_axis(expected, hits.rows, 1), atol=1e-5)
    assert set(np.flatnonzero((documents == documents[0]).all(1))) <= set(hits.rows_of(0).tolist())


def test_of_many_identical_documents_the_first_are_found() -> None:
    one = np.ones((1, 1), np.float32)
    assert nearest(one, np.ones((2000, 1), np.float32), 3).rows.tolist() == [[0, 1, 2]]


def test_more_queries_than_are_multiplied_at_once_are_all_answered() -> None:
    documents = np.eye(7, dtype=np.float32)
    wanted = np.arange(2500) % 7
    hits = nearest(documents[wanted], documents, 1)
    assert hits.rows[:, 0].tolist() == wanted.tolist()
    assert (hits.scores == 1).all()


def test_with_fewer_than_k_documents_all_are_returned() -> None:
    hits = nearest(halves(2, 0), halves(3, 1), 10)
    assert hits.rows.shape == hits.scores.shape == (2, 3)
    assert np.sort(hits.rows, axis=1).tolist() == [[0, 1, 2]] * 2


def test_of_twins_among_many_documents_the_earlier_stand_first() -> None:
    kinds = np.random.default_rng(0).normal(size=(30, 77)).astype(np.float32)
    documents = kinds[np.random.default_rng(1).integers(0, 30, 1999)]
    for kind, rows in zip(kinds, nearest(kinds, documents, 40).rows.tolist(), strict=True):
        assert rows == np.flatnonzero((documents == kind).all(1))[:40].tolist()


def unit_rows(rows: int, dimensions: int, seed: int) -> np.ndarray:
    vectors = np.random.default_rng(seed).normal(size=(rows, dimensions)).astype(np.float32)
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True))


@pytest.mark.parametrize("dimensions", [77, 256, 384])
def test_equal_vectors_score_equally_wherever_they_are_and_whoever_else_asks(dimensions: int) -> None:
    kinds = unit_rows(40, dimensions, 0)
    documents = kinds[np.random.default_rng(1).integers(0, 40, 1003)]
    queries = unit_rows(33, dimensions, 2)
    together = nearest(queries, documents, 60)
    for place, query in enumerate(queries):
        alone = nearest(query[None], documents, 60)
        assert alone.rows[0].tolist() == together.rows[place].tolist()
        assert alone.scores[0].tolist() == together.scores[place].tolist()
        best = together.scores[place]
        for row, score in zip(together.rows[place], best, strict=True):
            copies = np.flatnonzero((documents == documents[row]).all(1))
            found = [other for other, value in zip(together.rows[place], best, strict=True) if value == score]
            assert found == copies[: len(found)].tolist()


def test_no_cosine_is_above_1_and_a_vectors_own_is_1() -> None:
    rows = unit_rows(500, 384, 0)
    hits = nearest(rows, rows, 3)
    assert hits.scores.max() == 1
    assert hits.scores[:, 0] == pytest.approx(1, abs=2e-7)


def test_products_in_float64_are_told_apart_where_float32_cannot() -> None:
    documents = 1 + np.arange(50)[::-1, None] * 1e-12
    assert nearest(np.ones((1, 1)), documents, 3).rows.tolist() == [[0, 1, 2]]
    assert nearest(-np.ones((1, 1)), documents, 3).rows.tolist() == [[49, 48, 47]]


def test_vectors_may_be_read_only_and_lie_in_memory_in_any_order() -> None:
    vectors = np.random.default_rng(0).normal(size=(60, 8)).astype(np.float32)
    expected = nearest(vectors, vectors, 5).rows.tolist()
    wide = np.repeat(vectors, 2, axis=1)
    frozen = vectors.copy()
    frozen.setflags(write=False)
    for same in (frozen, np.asfortranarray(vectors), wide[:, ::2]):
        assert nearest(same, same, 5).rows.tolist() == expected


def test_the_search_tells_how_many_queries_are_done_and_ends_if_that_raises() -> None:
    told: list[tuple[int, int]] = []
    nearest(halves(2500, 0), halves(5, 1), 2, lambda *done: told.append(done))
    assert told == [(1024, 2500), (2048, 2500), (2500, 2500)]

    def cancel(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        nearest(halves(2500, 0), halves(5, 1), 2, cancel)


def test_of_more_documents_than_are_multiplied_at_once_the_nearest_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    expected = nearest(halves(9, 0), halves(50, 1), 4)
    monkeypatch.setattr(exact, "SCORES_AT_ONCE", 100)  # two queries at a time
    told: list[tuple[int, int]] = []
    hits = nearest(halves(9, 0), halves(50, 1), 4, lambda *done: told.append(done))
    assert hits.rows.tolist() == expected.rows.tolist()
    assert told == [(2, 9), (4, 9), (6, 9), (8, 9), (9, 9)]


def test_what_holds_nan_comes_last() -> None:
    documents = np.array([[0.5], [np.nan], [1], [np.nan], [0.2]], np.float32)
    hits = nearest(np.ones((1, 1), np.float32), documents, 4)
    assert hits.rows.tolist() == [[2, 0, 4, 1]]
    assert hits.scores[0].tolist() == pytest.approx([1, 0.5, 0.2, -np.inf])
    assert hits.rows_of().tolist() == [2, 0, 4]
    assert nearest(np.full((1, 1), np.nan, np.float32), documents, 2).rows.tolist() == [[0, 1]]


@pytest.mark.parametrize(("queries", "documents", "shape"), [(0, 3, (0, 2)), (3, 0, (3, 0))])
def test_no_queries_or_no_documents_give_no_hits(queries: int, documents: int, shape: tuple[int, int]) -> None:
    hits = nearest(halves(queries, 0), halves(documents, 1), 2)
    assert hits.rows.shape == hits.scores.shape == shape
