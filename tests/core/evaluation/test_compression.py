"""Compressed vectors against codes by numpy and by sentence-transformers, and quality against bytes."""

from collections.abc import Callable

import numpy as np
import pytest

from core.errors import InputError
from core.evaluation import compressions, evaluate
from core.evaluation.compression import BINARY, FLOAT16, FLOAT32, INT8, KINDS, RESCORED, front, sentence
from core.search import Hits, indexes, nearest
from core.search.indexes import first_dimensions
from core.similarity.functions import SIMILARITIES, Similarity

QUERY_IDS = [f"q{number}" for number in range(30)]
DOCUMENT_IDS = [f"d{number:03}" for number in range(300)]


def unit(rows: np.ndarray) -> np.ndarray:
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


@pytest.fixture(scope="module")
def vectors() -> tuple[np.ndarray, np.ndarray]:
    """Queries near the documents that answer them, in 64 dimensions."""
    rng = np.random.default_rng(0)
    documents = unit(rng.normal(size=(300, 64)))
    queries = unit(documents[:30] + 0.16 * rng.normal(size=(30, 64)))
    return queries, documents


QRELS = {query: {f"d{number:03}": 2, "d299": 1} for number, query in enumerate(QUERY_IDS)}


@pytest.mark.parametrize("similarity", SIMILARITIES)
def test_in_float32_the_quality_is_that_of_the_exact_search(
    vectors: tuple[np.ndarray, np.ndarray], similarity: Similarity
) -> None:
    queries, documents = vectors
    if similarity != "cosine":
        documents = documents * np.linspace(0.5, 2, 300, dtype=np.float32)[:, None]
    whole = compressions(queries, documents, QUERY_IDS, DOCUMENT_IDS, QRELS, similarity=similarity)[0]
    hits = nearest(queries, documents, 100, similarity=similarity)
    assert whole.quality == evaluate(hits.as_run(QUERY_IDS, DOCUMENT_IDS), QRELS)


def halves(documents: np.ndarray) -> np.ndarray:
    """The documents as float16 keeps them."""
    return documents.astype(np.float16).astype(np.float32)


def steps(documents: np.ndarray) -> np.ndarray:
    """The documents as a byte a number keeps them: 256 steps between each dimension's least and greatest value."""
    low, high = documents.min(axis=0), documents.max(axis=0)
    codes = np.minimum((documents - low) / (high - low) * 255, 255).astype(np.uint8)
    return low + (codes + 0.5) / 255 * (high - low)


def distances(queries: np.ndarray, documents: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Hamming distances of the signs of each query and its documents."""
    return ((queries > 0)[:, None] != (documents > 0)[rows]).sum(axis=2)


@pytest.mark.parametrize(("kind", "decoded"), [(FLOAT32, np.asarray), (FLOAT16, halves), (INT8, steps)])
def test_each_code_finds_what_a_product_with_its_numbers_finds(
    vectors: tuple[np.ndarray, np.ndarray], kind: str, decoded: Callable[[np.ndarray], np.ndarray]
) -> None:
    queries, documents = vectors
    hits = KINDS[kind](documents).search(queries, 10)
    scores = queries @ decoded(documents).T
    np.testing.assert_allclose(hits.scores, -np.sort(-scores, axis=1)[:, :10], rtol=0, atol=5e-5)
    assert np.mean(hits.rows == np.argsort(-scores, axis=1)[:, :10]) > 0.98  # nearly equal ones may change places


def test_binary_codes_find_the_least_hamming_distances(vectors: tuple[np.ndarray, np.ndarray]) -> None:
    queries, documents = vectors
    hits = KINDS[BINARY](documents).search(queries, 10)
    every = distances(queries, documents, np.tile(np.arange(300), (30, 1)))
    np.testing.assert_array_equal(distances(queries, documents, hits.rows), np.sort(every, axis=1)[:, :10])
    assert hits.is_found.all()


def test_rescoring_finds_what_sentence_transformers_finds_by_the_query_in_full(
    vectors: tuple[np.ndarray, np.ndarray],
) -> None:
    from sentence_transformers.util.quantization import semantic_search_faiss

    queries, documents = vectors
    theirs = semantic_search_faiss(
        queries,
        corpus_embeddings=np.packbits(documents > 0, axis=1),
        corpus_precision="ubinary",
        top_k=10,
        rescore=True,
        rescore_multiplier=10,
        exact=True,
    )[0]
    ours = KINDS[RESCORED](documents).search(queries, 10).rows
    assert ours.tolist() == [[hit["corpus_id"] for hit in hits] for hits in theirs]


def test_both_views_search_by_the_same_codes(vectors: tuple[np.ndarray, np.ndarray]) -> None:
    """What Compression calls int8 and rescored, Indexes measures under the same name, of the same size."""
    queries, documents = vectors
    listed = indexes.kinds(64)
    for kind, name in ((FLOAT32, "Exact"), (INT8, "int8"), (RESCORED, "Binary, rescored")):
        one, other = KINDS[kind](documents), listed[name](documents)
        assert one.bytes == other.bytes
        np.testing.assert_array_equal(one.search(queries, 10).rows, other.search(queries, 10).rows)


def test_vectors_that_are_no_numbers_are_refused() -> None:
    rows = np.eye(3, dtype=np.float32)
    rows[1, 1] = np.nan
    with pytest.raises(InputError, match="Vector 2 of 3"):
        compressions(rows, rows, ["a", "b", "c"], ["a", "b", "c"], {"a": {"a": 1}})


def test_bytes_are_those_of_the_codes_and_quality_is_that_of_the_search(
    vectors: tuple[np.ndarray, np.ndarray],
) -> None:
    queries, documents = vectors
    points = {
        (point.kind, point.dimensions): point
        for point in compressions(queries, documents, QUERY_IDS, DOCUMENT_IDS, QRELS)
    }
    assert {size for _, size in points} == {64, 32, 16, 8}
    sizes = [points[kind, 32].bytes_per_vector for kind in (FLOAT32, FLOAT16, INT8, BINARY, RESCORED)]
    assert sizes == [128, 64, 32, 4, 4]
    short_queries, short = unit(queries[:, :16]), unit(documents[:, :16])
    scores = short_queries @ short.T
    best = np.argsort(-scores, axis=1)[:, :10]
    run = Hits(best, np.take_along_axis(scores, best, 1)).as_run(QUERY_IDS, DOCUMENT_IDS)
    assert points[FLOAT32, 16].ndcg == pytest.approx(evaluate(run, QRELS).means["ndcg@10"])
    assert points[FLOAT32, 64].ndcg > points[BINARY, 64].ndcg > points[BINARY, 8].ndcg


def test_the_figure_in_float32_is_the_models_own_where_many_copies_tie_and_a_query_is_a_document(
    vectors: tuple[np.ndarray, np.ndarray],
) -> None:
    queries, documents = vectors
    copies = np.concatenate([np.repeat(documents[:1], 15, axis=0), documents])
    names = [f"c{number:02}" for number in range(15)] + DOCUMENT_IDS
    qrels = {"q0": {"c14": 1}, "q1": {"d001": 1}}
    own = np.array([15, -1])
    found = compressions(queries[:2], copies, ["q0", "q1"], names, qrels, own=own)
    hits = nearest(queries[:2], np.delete(copies, 15, axis=0), 100)
    run = hits.as_run(["q0", "q1"], [name for name in names if name != "d000"])
    expected = evaluate(run, qrels)
    assert found[0].quality.means == expected.means
    assert {point.quality.per_query["q0"]["ndcg@10"] for point in found[:3]} == {1}


def test_vectors_of_few_dimensions_have_no_eighth() -> None:
    rows = np.eye(3, dtype=np.float32)
    found = compressions(rows, rows, ["a", "b", "c"], ["a", "b", "c"], {"a": {"a": 1}})
    assert {point.dimensions for point in found} == {3, 1}
    assert all(point.bytes_per_vector == 1 for point in found if point.kind == BINARY)


def test_passages_count_for_their_documents(vectors: tuple[np.ndarray, np.ndarray]) -> None:
    queries, documents = vectors
    parents = [f"p{number // 3}" for number in range(300)]
    qrels = {query: {f"p{number // 3}": 1} for number, query in enumerate(QUERY_IDS)}
    whole = compressions(queries, documents, QUERY_IDS, parents, qrels)[0]
    assert whole.quality.means["recall@10"] == 1


def test_truncated_rows_are_unit_rows_and_zeros_stay_zeros() -> None:
    rows = np.array([[3, 4, 12], [0, 0, 1]], np.float32)
    assert first_dimensions(rows, 2).tolist() == [pytest.approx([0.6, 0.8]), [0, 0]]


def test_the_front_leaves_out_what_a_smaller_one_beats_and_the_sentence_reads_it(
    vectors: tuple[np.ndarray, np.ndarray],
) -> None:
    points = compressions(*vectors, QUERY_IDS, DOCUMENT_IDS, QRELS)
    best = front(points)
    assert [point.bytes_per_vector for point in best] == sorted({point.bytes_per_vector for point in best})
    for point in points:
        assert any(other.bytes_per_vector <= point.bytes_per_vector and other.ndcg >= point.ndcg for other in best)
    whole, smaller = points[0].ndcg, max(point.ndcg for point in points if point.bytes_per_vector <= 64)
    assert sentence("M", points).startswith(f"M keeps {smaller / whole:.0%} of its nDCG@10 at 1/4 of the bytes (")
