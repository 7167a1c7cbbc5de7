"""Cosine similarity of texts: matrices, and pairs by score or by how much models disagree."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

CHUNK = 8192

Matrix = npt.NDArray[np.float32]
Indices = npt.NDArray[np.int64]


def cosine_matrix(rows: Matrix, columns: Matrix | None = None) -> Matrix:
    """Cosine of every row vector with every column vector: (n, d) and (m, d) give (n, m); without columns (n, n).

    Vectors need not have unit length; one of length zero has cosine 0 with everything.
    """
    left = _unit(rows)
    right = left if columns is None else _unit(columns)
    return np.clip(left @ right.T, -1, 1)


def pair_cosines(rows: Matrix, columns: Matrix, first: Indices, second: Indices) -> Matrix:
    """Cosine of row `first[i]` of one with row `second[i]` of the other, for each i: (p,), in little memory."""
    left, right = _unit(rows), _unit(columns)
    parts = [
        np.einsum("ij,ij->i", left[first[start : start + CHUNK]], right[second[start : start + CHUNK]])
        for start in range(0, len(first), CHUNK)
    ]
    return np.clip(np.concatenate([np.empty(0, np.float32), *parts]), -1, 1)


def rank_pairs(scores: Matrix, *, symmetric: bool) -> tuple[Indices, Indices]:
    """Rows and columns of the pairs, the highest score first, ties in row order.

    Parameters
    ----------
    scores : (n, m) float32 array
    symmetric : bool
        Rows and columns are the same texts: each pair of different ones counts once.
    """
    n, m = scores.shape
    first, second = np.triu_indices(n, k=1) if symmetric else np.divmod(np.arange(n * m), m)
    order = np.argsort(-scores[first, second], kind="stable")
    return first[order], second[order]


def disagreement(scores: Sequence[Matrix]) -> Matrix:
    """How far the highest of several models' scores is above the lowest, cell by cell."""
    stacked = np.stack(list(scores))
    return np.asarray(stacked.max(axis=0) - stacked.min(axis=0), np.float32)


def _unit(vectors: Matrix) -> Matrix:
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.where(lengths == 0, 1, lengths), np.float32)
