"""Indexes beside the exact search: what each stores and finds, by faiss and numpy called by hand."""

import threading

import numpy as np
import pytest
import torch
from sentence_transformers import SimilarityFunction

from core.errors import InputError
from core.search import Hits, indexes, nearest
from core.similarity.functions import SIMILARITIES, Similarity

ROWS, DIMENSIONS, K = 3000, 48, 10


def clustered(rows: int, seed: int) -> np.ndarray:
    random = np.random.default_rng(seed)
    centres = np.random.default_rng(7).normal(size=(60, DIMENSIONS))
    vectors = centres[random.integers(0, 60, rows)] + 0.4 * random.normal(size=(rows, DIMENSIONS))
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


VECTORS, QUERIES = clustered(ROWS, 0), clustered(40, 1)
TRUTH = nearest(QUERIES, VECTORS, K)
LEAST = {"Exact": 1.0, "HNSW": 0.98, "int8": 0.95, "Binary, rescored": 0.35, "Binary, full vectors on disk": 0.7}


@pytest.mark.parametrize("kind", LEAST)
def test_an_index_finds_what_a_full_sort_finds(kind: str) -> None:
    index = indexes.kinds(DIMENSIONS)[kind](VECTORS)
    by_hand = np.argsort(-(QUERIES @ VECTORS.T), axis=1, kind="stable")[:, :K]
    found = index.search(QUERIES, K).rows
    recall = np.mean([len(set(a) & set(b)) / K for a, b in zip(found.tolist(), by_hand.tolist(), strict=True)])
    assert recall >= LEAST[kind]
    assert indexes.measure(index, QUERIES, VECTORS, TRUTH).recall == pytest.approx(recall, abs=0.003)


@pytest.mark.parametrize("kind", indexes.kinds(DIMENSIONS))
def test_more_results_than_documents_are_all_documents(kind: str) -> None:
    index = indexes.kinds(DIMENSIONS)[kind](VECTORS[:7])
    hits = index.search(QUERIES[:3], 50)
    assert np.sort(hits.rows, axis=1).tolist() == [list(range(7))] * 3
    assert (np.diff(hits.scores, axis=1) <= 1e-6).all()


@pytest.mark.parametrize("similarity", SIMILARITIES[1:])
def test_an_index_of_vectors_of_any_length_scores_by_the_function(similarity: Similarity) -> None:
    lengths = np.random.default_rng(2).uniform(0.5, 2, (ROWS, 1)).astype(np.float32)
    vectors, queries = lengths * VECTORS, 3 * QUERIES
    expected = SimilarityFunction.to_similarity_fn(similarity)(queries, vectors).numpy()
    truth = nearest(queries, vectors, K, similarity=similarity)
    for kind, atol in {"HNSW": 1e-4, "int8": 0.3, "Binary, full vectors on disk": 1e-4}.items():
        index = indexes.kinds(DIMENSIONS)[kind](vectors, similarity=similarity)
        hits = index.search(queries, K)
        np.testing.assert_allclose(hits.scores, np.take_along_axis(expected, hits.rows, 1), atol=atol)
        recall = indexes.measure(index, queries, vectors, truth, similarity).recall
        by_hand = [len(set(a) & set(b)) / K for a, b in zip(hits.rows.tolist(), truth.rows.tolist(), strict=True)]
        assert recall == pytest.approx(np.mean(by_hand), abs=0.003)
        assert recall >= 0.3


@pytest.mark.parametrize("similarity", SIMILARITIES[1:])
def test_a_document_at_the_querys_place_is_a_hit_of_every_index(similarity: Similarity) -> None:
    for build in indexes.kinds(DIMENSIONS).values():
        assert build(VECTORS[:7], similarity=similarity).search(VECTORS[3:4], 7).rows_of()[0] == 3


@pytest.mark.parametrize("kind", ["Exact", "HNSW", "Binary, full vectors on disk"])
def test_scores_are_cosines(kind: str) -> None:
    hits = indexes.kinds(DIMENSIONS)[kind](VECTORS).search(QUERIES, K)
    assert hits.scores == pytest.approx(np.einsum("qkd,qd->qk", VECTORS[hits.rows], QUERIES), abs=1e-6)


def test_scores_by_signs_are_cosines_of_the_signs_or_of_the_query_with_them() -> None:
    signs, asked = (np.where(rows > 0, 1.0, -1.0) / np.sqrt(DIMENSIONS) for rows in (VECTORS, QUERIES))
    for build, queries in ((indexes.binary, asked), (indexes.binary_with_rescoring, QUERIES)):
        hits = build(VECTORS).search(QUERIES, K)
        assert hits.scores == pytest.approx(np.einsum("qkd,qd->qk", signs[hits.rows], queries), abs=1e-6)
        assert hits.is_found.all()  # a cosine of signs is often 0, which elsewhere means that nothing was found


@pytest.mark.parametrize("build", [indexes.binary_with_rescoring, indexes.binary_and_full])
def test_rescoring_some_queries_at_a_time_finds_the_same(monkeypatch: pytest.MonkeyPatch, build: indexes.Build) -> None:
    at_once = build(VECTORS).search(QUERIES, K)
    monkeypatch.setattr(indexes, "NUMBERS_AT_ONCE", 1)
    one_by_one = build(VECTORS).search(QUERIES, K)
    np.testing.assert_array_equal(one_by_one.rows, at_once.rows)
    np.testing.assert_allclose(one_by_one.scores, at_once.scores, rtol=0, atol=1e-6)


def test_every_kind_is_compared_and_nothing_of_it_held() -> None:
    told: list[str] = []
    found = indexes.compare(VECTORS, QUERIES, K, lambda what, done, total: told.append(what))
    built = [build(VECTORS) for build in indexes.kinds(DIMENSIONS).values()]
    assert [(each.index.name, each.index.bytes) for each in found] == [(index.name, index.bytes) for index in built]
    by_hand = [indexes.measure(index, QUERIES, VECTORS, TRUTH).recall for index in built]
    assert [each.recall for each in found] == pytest.approx(by_hand)
    assert list(dict.fromkeys(told)) == [f"Building the index {name}" for name in indexes.kinds(DIMENSIONS)]
    with pytest.raises(InputError, match="not kept"):
        found[0].index.search(QUERIES, K)


def test_binary_search_scores_the_nearest_by_hamming_distance_again() -> None:
    distances = ((QUERIES[:, None] > 0) != (VECTORS[None] > 0)).sum(axis=2)
    hits = indexes.binary_and_full(VECTORS, multiple=5).search(QUERIES, K)
    for query, rows, of_query in zip(QUERIES, hits.rows, distances, strict=True):
        limit = np.sort(of_query)[5 * K - 1]
        assert (of_query[rows] <= limit).all()
        surely = np.flatnonzero(of_query < limit)
        assert hits.scores[0].size == K
        assert (VECTORS[rows] @ query).min() >= np.sort(VECTORS[surely] @ query)[::-1][:K].min() - 1e-6


def test_truncated_vectors_are_made_unit_rows_again() -> None:
    hits = indexes.truncate(VECTORS, 16).search(QUERIES, 1)
    cut = VECTORS[:, :16] / np.linalg.norm(VECTORS[:, :16], axis=1, keepdims=True)
    asked = QUERIES[:, :16] / np.linalg.norm(QUERIES[:, :16], axis=1, keepdims=True)
    assert hits.scores[:, 0] == pytest.approx((asked @ cut.T).max(axis=1), abs=1e-6)


def test_sizes_are_those_of_what_is_searched() -> None:
    sizes = {kind: build(VECTORS).bytes for kind, build in indexes.kinds(DIMENSIONS).items()}
    assert sizes["Exact"] == ROWS * DIMENSIONS * 4
    assert sizes["int8"] == ROWS * DIMENSIONS
    assert sizes["Binary, rescored"] == ROWS * DIMENSIONS / 8
    assert sizes["First 24 dimensions"] == ROWS * 24 * 4


def test_the_size_of_a_graph_is_about_that_of_its_file() -> None:
    import faiss

    index = faiss.IndexHNSWFlat(DIMENSIONS, indexes.LINKS, faiss.METRIC_INNER_PRODUCT)
    index.add(VECTORS)
    assert indexes.hnsw(VECTORS).bytes == pytest.approx(len(faiss.serialize_index(index)), rel=0.1)


def test_of_equally_near_documents_each_counts_as_found() -> None:
    twins = np.repeat(VECTORS[:30], 20, axis=0)
    truth = nearest(QUERIES, twins, K)
    backwards = indexes.Index("last", 0, 0.0, lambda asked, k: _last(twins, asked, k))
    assert indexes.measure(backwards, QUERIES, twins, truth).recall == 1


def _last(documents: np.ndarray, queries: np.ndarray, k: int) -> Hits:
    hits = nearest(queries, documents[::-1], k)
    return Hits(len(documents) - 1 - hits.rows, hits.scores)


def test_vectors_that_are_no_numbers_are_refused_and_named() -> None:
    broken = VECTORS.copy()
    broken[4, 2] = np.nan
    with pytest.raises(InputError, match="Vector 5 of 3,000"):
        indexes.check_finite(broken)
    indexes.check_finite(VECTORS)


def test_faiss_and_torch_search_in_one_process_from_many_threads_at_once() -> None:
    built = {kind: build(VECTORS) for kind, build in indexes.kinds(DIMENSIONS).items()}
    expected = {kind: index.search(QUERIES, K).rows.tolist() for kind, index in built.items()}
    wrong: list[str] = []

    def work(kind: str) -> None:
        for _ in range(5):
            torch.ones(300, 300) @ torch.ones(300, 300)
            if built[kind].search(QUERIES, K).rows.tolist() != expected[kind]:
                wrong.append(kind)

    threads = [threading.Thread(target=work, args=(kind,)) for kind in built for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not any(thread.is_alive() for thread in threads)
    assert wrong == []
