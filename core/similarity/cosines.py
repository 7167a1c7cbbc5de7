"""Cosine similarity of texts: matrices, an order that shows clusters, pairs by score."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Matrix = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Pair:
    """Two rows and the cosine of their vectors."""

    first: int
    second: int
    cosine: float


def cosine_matrix(rows: Matrix, columns: Matrix | None = None) -> Matrix:
    """Cosine of every row vector with every column vector: (n, d) and (m, d) give (n, m); without columns (n, n).

    Vectors need not have unit length; one of length zero has cosine 0 with everything.
    """
    left = _unit(rows)
    right = left if columns is None else _unit(columns)
    return np.clip(left @ right.T, -1, 1)


def cluster_order(vectors: Matrix) -> list[int]:
    """An order of the rows that puts like beside like.

    Average linkage on cosine distance with optimal leaf ordering (Bar-Joseph et al. 2001, as in scipy).
    """
    if len(vectors) < 3:
        return list(range(len(vectors)))
    from scipy.cluster.hierarchy import leaves_list, linkage
    from scipy.spatial.distance import squareform

    distances = 1 - cosine_matrix(vectors)
    distances = np.maximum(distances, distances.T)
    np.fill_diagonal(distances, 0)
    tree = linkage(squareform(np.maximum(distances, 0), checks=False), "average", optimal_ordering=True)
    return [int(row) for row in leaves_list(tree)]


def ranked_pairs(matrix: Matrix) -> list[Pair]:
    """All pairs of different rows of a square matrix of cosines, the most similar first."""
    first, second = np.triu_indices(len(matrix), k=1)
    cosines = matrix[first, second]
    order = np.argsort(-cosines, kind="stable")
    return [Pair(int(first[i]), int(second[i]), float(cosines[i])) for i in order]


def _unit(vectors: Matrix) -> Matrix:
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.where(lengths == 0, 1, lengths), np.float32)
