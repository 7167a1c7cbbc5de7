"""Pairs of texts by score, or by how much models disagree on them."""

from collections.abc import Sequence

import numpy as np

from core.similarity.functions import Indices, Matrix


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
