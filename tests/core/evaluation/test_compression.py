"""Compressed vectors against faiss's own codes, and quality against bytes."""

import faiss
import numpy as np
import pytest

from core.evaluation import compressions, evaluate
from core.evaluation.compression import BINARY, FLOAT16, FLOAT32, INT8, KINDS, RESCORED, front, sentence
from core.search import Hits
from core.search.indexes import first_dimensions

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


def by_faiss(kind: str, queries: np.ndarray, documents: np.ndarray) -> np.ndarray:
    """The ten best rows by faiss's index of that kind."""
    size = documents.shape[1]
    if kind == BINARY:
        binary = faiss.IndexBinaryFlat(size)
        binary.add(np.packbits(documents > 0, axis=1))
        return binary.search(np.packbits(queries > 0, axis=1), 10)[1]
    types = {FLOAT16: faiss.ScalarQuantizer.QT_fp16, INT8: faiss.ScalarQuantizer.QT_8bit}
    index = (
        faiss.IndexFlatIP(size)
        if kind == FLOAT32
        else faiss.IndexScalarQuantizer(size, types[kind], faiss.METRIC_INNER_PRODUCT)
    )
    index.train(documents)
    index.add(documents)
    return index.search(queries, 10)[1]


def distances(queries: np.ndarray, documents: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Hamming distances of the signs of each query and its documents."""
    return ((queries > 0)[:, None] != (documents > 0)[rows]).sum(axis=2)


@pytest.mark.parametrize("kind", [FLOAT32, FLOAT16, INT8])
def test_each_code_finds_what_faiss_finds_in_it(vectors: tuple[np.ndarray, np.ndarray], kind: str) -> None:
    queries, documents = vectors
    ours = KINDS[kind][1](queries, documents)(slice(0, 30), 10)
    theirs = by_faiss(kind, queries, documents)
    assert np.mean(ours.rows == theirs) > 0.98  # nearly equal ones may change places


def test_binary_codes_find_documents_as_near_as_faiss_does(vectors: tuple[np.ndarray, np.ndarray]) -> None:
    queries, documents = vectors
    ours = KINDS[BINARY][1](queries, documents)(slice(0, 30), 10)
    theirs = by_faiss(BINARY, queries, documents)
    np.testing.assert_array_equal(distances(queries, documents, ours.rows), distances(queries, documents, theirs))
    assert (ours.scores > 0).all()


def test_rescoring_orders_the_best_binary_ones_by_the_query_in_full(vectors: tuple[np.ndarray, np.ndarray]) -> None:
    queries, documents = vectors
    wide = KINDS[BINARY][1](queries, documents)(slice(0, 30), 40).rows
    signs = np.where(documents > 0, 1.0, -1.0)
    expected = [sorted(rows, key=lambda row: -(queries[q] @ signs[row]))[:10] for q, rows in enumerate(wide)]
    np.testing.assert_array_equal(KINDS[RESCORED][1](queries, documents)(slice(0, 30), 10).rows, expected)


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
