"""Exact search against a brute-force sort, keyword search against bm25s called by hand."""

import bm25s
import numpy as np
import pytest
import Stemmer
from hypothesis import given, settings
from hypothesis import strategies as st
from sentence_transformers import SimilarityFunction

from core import corpus
from core.search import Hits, KeywordIndex, exact, fuse, nearest
from core.similarity.functions import SIMILARITIES, Similarity, unit


def halves(rows: int, seed: int) -> np.ndarray:
    """Unit rows of plus and minus one half in four dimensions: their cosines are exact and often equal."""
    return np.random.default_rng(seed).choice([-0.5, 0.5], size=(rows, 4)).astype(np.float32)


def sorted_by_hand(scores: np.ndarray, k: int) -> list[list[int]]:
    return [sorted(range(len(row)), key=lambda column: (-row[column], column))[:k] for row in scores.tolist()]


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


def test_keyword_scores_are_those_of_bm25s_called_by_hand() -> None:
    texts, queries = corpus.sample().texts, corpus.sample_queries().texts[:30]
    stem = Stemmer.Stemmer("english")
    by_hand = bm25s.BM25(method="lucene", k1=1.5, b=0.75)
    by_hand.index(bm25s.tokenize(list(texts), stopwords="en", stemmer=stem, show_progress=False), show_progress=False)
    hits = KeywordIndex(texts).search(queries, k=10)
    for query, rows, scores in zip(queries, hits.rows, hits.scores, strict=True):
        words = bm25s.tokenize(query, stopwords="en", stemmer=stem, return_ids=False, show_progress=False)[0]
        every = by_hand.get_scores(words)
        assert scores == pytest.approx(np.sort(every)[::-1][:10], abs=1e-5)
        assert scores == pytest.approx(every[rows], abs=1e-5)


def test_a_keyword_score_is_the_formulas() -> None:
    hits = KeywordIndex(["cat dog", "cat cat bird fish", "horse cow pig"]).search(["cat"], k=3)
    rarity = np.log(1 + (3 - 2 + 0.5) / (2 + 0.5))
    short = rarity * 1 / (1 + 1.5 * (0.25 + 0.75 * 2 / 3))
    long = rarity * 2 / (2 + 1.5 * (0.25 + 0.75 * 4 / 3))
    assert hits.rows[0].tolist() == [1, 0, 2]
    assert hits.scores[0] == pytest.approx([long, short, 0], abs=1e-6)


def test_words_match_by_their_stem_and_stop_words_match_nothing() -> None:
    hits = KeywordIndex(["the runner was running", "a cat and the dog"]).search(["who runs", "the"], k=2)
    assert hits.rows[0][0] == 0
    assert hits.scores[0][0] > 0 == hits.scores[0][1]
    assert hits.scores[1].tolist() == [0, 0]


def test_of_copies_the_earlier_stands_first_in_keyword_search_too() -> None:
    texts = ["a red fox", "blue whale", *["red fox runs"] * 40, "red fox runs"]
    hits = KeywordIndex(texts).search(["red fox runs"], k=20)
    assert hits.rows[0].tolist() == list(range(2, 22))
    assert len(set(hits.scores[0].tolist())) == 1


def test_keyword_search_with_fewer_than_k_documents_returns_all() -> None:
    assert sorted(KeywordIndex(["red fox", "blue whale"]).search(["fox"], k=10).rows[0].tolist()) == [0, 1]


@pytest.mark.parametrize(
    "texts", [["the", "and the"], ["🙂🙃", "🎉"], ["a", "b"]], ids=["stop words", "emoji", "letters"]
)
def test_texts_without_a_word_to_index_are_no_error_and_score_0(texts: list[str]) -> None:
    assert KeywordIndex(texts).search(["cat", "the"], k=2).scores.tolist() == [[0, 0], [0, 0]]


def test_a_query_without_a_known_word_finds_nothing() -> None:
    hits = KeywordIndex(["red fox", "blue whale"]).search(["zebra", "", "🙂"], k=2)
    assert hits.as_run(["a", "b", "c"], ["fox", "whale"]) == {"a": {}, "b": {}, "c": {}}


def test_keyword_search_among_some_documents_finds_only_them_and_counts_rarity_over_all() -> None:
    index = KeywordIndex(["red fox", "red whale", "blue fox", "red fox again"])
    among = index.search(["red fox"], k=10, among=np.array([1, 3]))
    everywhere = index.search(["red fox"], k=10)
    assert among.rows_of().tolist() == [3, 1]
    of_all = dict(zip(everywhere.rows[0].tolist(), everywhere.scores[0].tolist(), strict=True))
    assert among.scores[0].tolist() == pytest.approx([of_all[3], of_all[1]])
    assert index.search(["red fox"], k=10, among=np.empty(0, np.int64)).rows.shape == (1, 0)


def test_a_run_names_queries_and_documents_by_id_and_leaves_out_what_scored_0() -> None:
    hits = Hits(np.array([[2, 0], [1, 2]]), np.array([[0.75, -0.5], [0.5, 0]], np.float32))
    assert hits.as_run(["q1", "q2"], ["a", "b", "c"]) == {"q1": {"c": 0.75, "a": -0.5}, "q2": {"b": 0.5}}


def test_passages_of_one_document_count_as_it_by_their_best() -> None:
    hits = Hits(np.array([[2, 0, 1]]), np.array([[0.9, 0.8, 0.7]], np.float32))
    run = hits.as_run(["q"], ["one", "two", "one"])
    assert run == {"q": {"one": pytest.approx(0.9), "two": pytest.approx(0.7)}}


def test_equal_sums_of_three_rankings_are_in_row_order() -> None:
    scores = np.array([[3, 2, 1]], np.float32)
    rankings = [Hits(np.array([rows]), scores) for rows in ([0, 1, 2], [1, 2, 0], [2, 0, 1])]
    fused = fuse(rankings, 3)
    assert fused.rows.tolist() == [[0, 1, 2]]
    assert len(set(fused.scores[0].tolist())) == 1


def test_reciprocal_rank_fusion_is_its_formula() -> None:
    first = Hits(np.array([[3, 1, 2]]), np.array([[0.9, 0.5, 0.4]], np.float32))
    second = Hits(np.array([[1, 4, 0]]), np.array([[7.0, 3.0, 0.0]], np.float32))  # 0 was not found
    both = fuse([first, second], 10)
    expected = [1 / 62 + 1 / 61, 1 / 61, 1 / 62, 1 / 63]
    assert both.rows[0, :4].tolist() == [1, 3, 4, 2]
    np.testing.assert_allclose(both.scores[0, :4], expected, rtol=1e-6)
    assert not both.scores[0, 4:].any()
