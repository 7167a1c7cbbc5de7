"""The true neighbours of vectors: exact, by a product of matrices, on a GPU where there is one."""

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt

from core.errors import InputError
from core.progress import Progress, silent
from core.search import AnyFloats, Hits, nearest

Metric = Literal["cosine", "euclidean"]
Floats = npt.NDArray[np.float32]
Indices = npt.NDArray[np.int64]

METRICS: tuple[Metric, ...] = get_args(Metric)
GATHERED = 2**24  # numbers gathered at once to compute distances: 64 MiB


@dataclass(frozen=True)
class Neighbours:
    """The k nearest of q points, nearest first.

    Attributes
    ----------
    rows : (q, k) int64 array
        Rows of the searched vectors.
    distances : (q, k) float32 array
        1 - cosine, or Euclidean; ascending.
    metric : "cosine" or "euclidean"
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
    return _in_order(vectors, vectors, hits_of_others, metric)


def nearest_to(queries: Floats, vectors: Floats, k: int, *, metric: Metric = "cosine") -> Neighbours:
    """For each of q query vectors, (q, d), its k nearest among n vectors, (n, d); errors as in `nearest_rows`."""
    hits = _nearest(queries, vectors, k, metric, silent)
    return _in_order(queries, vectors, hits, metric)


def unit(vectors: Floats) -> Floats:
    """Rows scaled to unit length; a row of zeros is unchanged."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.where(lengths == 0, 1, lengths), np.float32)


def _nearest(queries: Floats, vectors: Floats, k: int, metric: Metric, on_progress: Progress) -> Hits:
    """The k nearest vectors of each query, with the products that order them."""
    if metric not in METRICS:
        raise InputError(f"Unknown metric {metric!r}: choose {' or '.join(METRICS)}.")
    if not (np.isfinite(queries).all() and np.isfinite(vectors).all()):
        raise InputError("Some vectors contain values that are not finite numbers: remove those rows.")
    asked, searched = _as_product(queries, vectors, metric)
    return nearest(asked, searched, k, lambda done, total: on_progress("Finding neighbours", done, total))


def _as_product(queries: Floats, vectors: Floats, metric: Metric) -> tuple[AnyFloats, AnyFloats]:
    """Both transformed so that the nearest vector has the highest inner product.

    |q - v|² = |q|² - 2 (q·v - |v|²/2): the greatest q·v - |v|²/2 is the nearest. Computed in float64: in float32
    the difference of two large numbers is imprecise, and neighbours within groups far from the origin are lost.
    """
    if metric == "cosine":
        return unit(queries), unit(vectors)
    asked, searched = queries.astype(np.float64), vectors.astype(np.float64)
    half = np.square(searched).sum(1, keepdims=True) / 2
    return np.hstack([asked, np.ones((len(asked), 1))]), np.hstack([searched, -half])


def _in_order(queries: Floats, vectors: Floats, hits: Hits, metric: Metric) -> Neighbours:
    """The hits of each query by ascending distance; Euclidean ones are computed from the differences."""
    if metric == "cosine":
        return Neighbours(hits.rows, np.maximum(0, 1 - hits.scores), metric)
    distances = np.empty(hits.rows.shape, np.float32)
    step = max(1, GATHERED // max(1, hits.rows.shape[1] * vectors.shape[1]))
    for start in range(0, len(distances), step):
        part = slice(start, start + step)
        distances[part] = np.linalg.norm(vectors[hits.rows[part]] - queries[part, None], axis=2)
    order = distances.argsort(axis=1, kind="stable")
    return Neighbours(np.take_along_axis(hits.rows, order, 1), np.take_along_axis(distances, order, 1), metric)
