"""Cosines and orders of texts, against scikit-learn and scipy."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.cluster.hierarchy import leaves_list, linkage
from scipy.spatial.distance import pdist
from sklearn.metrics.pairwise import cosine_similarity

from core.similarity import cluster_order, cosine_matrix, ranked_pairs


def normal(rows: int, dimensions: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(rows, dimensions)).astype(np.float32)


def test_cosines_of_all_rows_with_each_other_are_scikit_learns() -> None:
    vectors = 7 * normal(30, 384)
    assert cosine_matrix(vectors) == pytest.approx(cosine_similarity(vectors.astype(np.float64)), abs=1e-6)


def test_rows_and_columns_may_be_different_texts() -> None:
    rows, columns = normal(5, 64), normal(8, 64, seed=1)
    matrix = cosine_matrix(rows, columns)
    assert matrix.shape == (5, 8)
    assert matrix == pytest.approx(cosine_similarity(rows.astype(np.float64), columns.astype(np.float64)), abs=1e-6)


def test_a_vector_of_length_zero_has_cosine_0_with_everything() -> None:
    vectors = np.array([[0, 0], [3, 4], [0, 2]], np.float32)
    assert cosine_matrix(vectors) == pytest.approx(np.array([[0, 0, 0], [0, 1, 0.8], [0, 0.8, 1]]), abs=1e-6)


@given(seed=st.integers(0, 2**32 - 1), length=st.floats(1e-3, 1e3))
@settings(max_examples=25, deadline=None)
def test_no_cosine_is_outside_of_minus_1_to_1(seed: int, length: float) -> None:
    vector = np.float32(length) * normal(1, 33, seed)
    matrix = cosine_matrix(np.vstack([vector, vector, -vector]))
    assert np.abs(matrix).max() <= 1
    assert matrix[0] == pytest.approx([1, 1, -1], abs=1e-6)


def test_the_cluster_order_is_that_of_scipys_average_linkage() -> None:
    vectors = normal(25, 16)
    tree = linkage(pdist(vectors.astype(np.float64), "cosine"), "average", optimal_ordering=True)
    assert cluster_order(vectors) == leaves_list(tree).tolist()


def test_the_cluster_order_puts_like_beside_like() -> None:
    groups = np.tile([0, 1, 2], 5)
    vectors = np.eye(3, 8, dtype=np.float32)[groups] + 0.05 * normal(15, 8)
    ordered = groups[cluster_order(vectors)]
    assert np.count_nonzero(np.diff(ordered)) == 2


@pytest.mark.parametrize("rows", [0, 1, 2])
def test_fewer_than_three_texts_keep_their_order(rows: int) -> None:
    assert cluster_order(normal(rows, 4)) == list(range(rows))


@pytest.mark.parametrize(
    "vectors", [np.ones((6, 4), np.float32), np.zeros((6, 4), np.float32)], ids=["identical", "zero"]
)
def test_rows_that_cannot_be_told_apart_each_have_one_place(vectors: np.ndarray) -> None:
    assert sorted(cluster_order(vectors)) == list(range(6))


def test_pairs_come_the_most_similar_first_and_equal_ones_in_the_order_of_their_rows() -> None:
    matrix = np.array([[1, 0.25, 0.5, 0.25], [0.25, 1, -1, 0.5], [0.5, -1, 1, 0.75], [0.25, 0.5, 0.75, 1]], np.float32)
    assert [(pair.first, pair.second, pair.cosine) for pair in ranked_pairs(matrix)] == [
        (2, 3, 0.75),
        (0, 2, 0.5),
        (1, 3, 0.5),
        (0, 1, 0.25),
        (0, 3, 0.25),
        (1, 2, -1.0),
    ]


@pytest.mark.parametrize("texts", [0, 1])
def test_one_text_has_no_pairs(texts: int) -> None:
    assert ranked_pairs(np.ones((texts, texts), np.float32)) == []
