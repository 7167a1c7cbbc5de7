"""Keyword search against bm25s called by hand; hits, runs and fusion."""

import bm25s
import numpy as np
import pytest
import Stemmer

from core import corpus
from core.search import Hits, KeywordIndex, fuse


def test_keyword_scores_are_those_of_bm25s_called_by_hand() -> None:
    texts, queries = corpus.sample().texts, corpus.sample_queries().texts
    stem = Stemmer.Stemmer("english")
    by_hand = bm25s.BM25(method="lucene", k1=1.5, b=0.75)
    by_hand.index(bm25s.tokenize(list(texts), stopwords="en", stemmer=stem, show_progress=False), show_progress=False)
    hits = KeywordIndex(texts).search(queries, k=10)
    for query, rows, scores in zip(queries, hits.rows, hits.scores, strict=True):
        words = bm25s.tokenize(query, stopwords="en", stemmer=stem, return_ids=False, show_progress=False)[0]
        every = by_hand.get_scores(words)
        np.testing.assert_array_equal(scores, np.sort(every)[::-1][:10])
        np.testing.assert_array_equal(scores, every[rows])


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


def test_of_no_texts_nothing_is_found() -> None:
    assert KeywordIndex([]).search(["cat"], k=2).rows.shape == (1, 0)


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
