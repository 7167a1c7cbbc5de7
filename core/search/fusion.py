"""Hybrid search: one ranking from several."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from core.search.hits import Hits

SMOOTHING = 60


def fuse(rankings: Sequence[Hits], k: int = 10, smoothing: int = SMOOTHING) -> Hits:
    """The k best documents of several rankings of the same queries by reciprocal rank fusion.

    A document's score is the sum, over the rankings with it, of 1 / (smoothing + its rank there): Cormack, Clarke
    and Büttcher 2009, who use 60. Documents scoring exactly 0 in a ranking are not its hits. Ties are in
    row order. Unused places have score 0.
    """
    queries = len(rankings[0].rows)
    depth = min(k, sum(hits.rows.shape[1] for hits in rankings))
    best = Hits(np.zeros((queries, depth), np.int64), np.zeros((queries, depth), np.float32))
    for query in range(queries):
        rows = np.concatenate([hits.rows[query] for hits in rankings])
        gains = np.concatenate([_gains(hits.scores[query], smoothing) for hits in rankings])
        documents, places = np.unique(rows, return_inverse=True)
        scores = np.bincount(places, gains).astype(np.float32)  # in float64 sums differ by the order of the rankings
        order = np.argsort(-scores, kind="stable")[:depth]
        best.rows[query, : len(order)], best.scores[query, : len(order)] = documents[order], scores[order]
    return best


def _gains(scores: npt.NDArray[np.float32], smoothing: int) -> npt.NDArray[np.float64]:
    return np.where(scores != 0, 1 / (smoothing + np.arange(1, len(scores) + 1)), 0.0)
