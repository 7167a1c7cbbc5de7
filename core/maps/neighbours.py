"""The true neighbours of vectors: exact, on a GPU where there is one."""

from dataclasses import dataclass
from functools import partial
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt

from core.errors import InputError
from core.progress import Progress, silent
from core.search import Hits, nearest
from core.similarity.functions import Similarity, unit

Metric = Literal["cosine", "euclidean", "manhattan"]
Floats = npt.NDArray[np.float32]
Indices = npt.NDArray[np.int64]

METRICS: tuple[Metric, ...] = get_args(Metric)
NO_DISTANCE = "compares by dot product, which is no distance: its neighbours and its map are by cosine."
"""What to say of such a model: a long vector may have a higher dot product with a text than the text with itself."""


@dataclass(frozen=True)
class Neighbours:
    """The k nearest of q points, nearest first.

    Attributes
    ----------
    rows : (q, k) int64 array
        Rows of the searched vectors.
    distances : (q, k) float32 array
        1 - cosine, Euclidean or Manhattan; ascending.
    metric : "cosine", "euclidean" or "manhattan"
    """

    rows: Indices
    distances: Floats
    metric: Metric

    @property
    def k(self) -> int:
        """How many neighbours each point has."""
        return self.rows.shape[1]

    def first(self, k: int) -> "Neighbours":
        """The k nearest of them."""
        return Neighbours(self.rows[:, :k], self.distances[:, :k], self.metric)


def metric_of(similarity: Similarity) -> Metric:
    """The distance by which texts are neighbours under a model; the cosine for a dot product, see NO_DISTANCE."""
    return "cosine" if similarity == "dot" else similarity


def nearest_rows(vectors: Floats, k: int, *, metric: Metric = "cosine", on_progress: Progress = silent) -> Neighbours:
    """For each of n row vectors, (n, d), its k nearest among the others, never itself.

    With fewer than k others, all of them. Ties are in row order.

    Raises
    ------
    InputError
        The metric is not supported, or a value is not finite.
    """
    hits = _nearest(vectors, vectors, k + 1, metric, on_progress)
    others = hits.rows != np.arange(len(vectors))[:, None]
    others[others.all(axis=1), -1:] = False  # among many duplicates a row may not find itself: then drop the last one
    shape = (len(vectors), max(0, hits.rows.shape[1] - 1))
    hits_of_others = Hits(hits.rows[others].reshape(shape), hits.scores[others].reshape(shape))
    return _by_distance(hits_of_others, metric)


def nearest_to(queries: Floats, vectors: Floats, k: int, *, metric: Metric = "cosine") -> Neighbours:
    """For each of q query vectors, (q, d), its k nearest among n vectors, (n, d); errors as in `nearest_rows`."""
    hits = _nearest(queries, vectors, k, metric, silent)
    return _by_distance(hits, metric)


def _nearest(queries: Floats, vectors: Floats, k: int, metric: Metric, on_progress: Progress) -> Hits:
    """The k nearest vectors of each query, with the products that order them."""
    if metric not in METRICS:
        raise InputError(f"Unknown metric {metric!r}: choose {', '.join(METRICS)}.")
    if not (np.isfinite(queries).all() and np.isfinite(vectors).all()):
        raise InputError("Some vectors contain values that are not finite numbers: remove those rows.")
    if metric == "cosine":
        queries, vectors = unit(queries), unit(vectors)
    report = partial(on_progress, "Finding neighbours")
    return nearest(queries, vectors, k, report, similarity=metric)


def _by_distance(hits: Hits, metric: Metric) -> Neighbours:
    """The hits with their distances in place of their scores."""
    distances = 1 - hits.scores if metric == "cosine" else -hits.scores
    return Neighbours(hits.rows, np.maximum(0, distances), metric)
