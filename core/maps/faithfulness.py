"""How far a map can be trusted: how many false neighbours it shows, how many true ones it separates, and which."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.errors import InputError
from core.maps.agreement import overlaps
from core.maps.neighbours import Floats, Indices, Metric, Neighbours
from core.similarity.functions import unit

Shares = npt.NDArray[np.float64]

NEIGHBOURS = 15
SAMPLED_ROWS = 2000
BLOCK = 2**22  # distances held at once: 16 MiB
ROUNDING = 5e-7  # of the squared lengths: two products in float32 that differ by less count as equal
NEAR_IS_RELATED = (0.75, 0.85, 0.9)  # limits of trustworthiness for a trust of 1, 2 and 3
RELATED_IS_NEAR = (0.75, 0.85)  # of continuity, for 2 and 3
MOST_NEIGHBOURS = 0.5  # of neighbour recall, for 3
ADVICE = (  # for a trust of 0 to 3
    "Don't read neighbours off {}",
    "Read closeness on {} with care",
    "Trust the groups on {}, not the exact neighbours",
    "Trust closeness on {}",
)


@dataclass(frozen=True)
class Estimate:
    """A mean over rows, and its 95 % interval where only a sample of the rows was measured."""

    value: float
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Faithfulness:
    """How well a map preserves neighbourhoods, each measure from 0 to 1.

    Attributes
    ----------
    trustworthiness : Estimate
        How few of the map's neighbours are unrelated in truth; 1 means none, chance gives about a half.
    continuity : Estimate
        How few of the true neighbours are far apart on the map; 1 means none, chance gives about a half.
    neighbour_recall : Estimate
        The share of a text's true neighbours that are among its neighbours on the map.
    neighbours : int
        The number of neighbours for the three measures.
    rows, total : int
        The number of rows measured, and of all rows.
    """

    trustworthiness: Estimate
    continuity: Estimate
    neighbour_recall: Estimate
    neighbours: int
    rows: int
    total: int

    @property
    def trust(self) -> int:
        """How far to trust this map, from 0 to 3: the worst of its measures decides; see docs/method.md.

        It never falls when a measure rises, and passing one limit changes it by at most 1. The limits are our own:
        there is no standard.
        """
        return min(
            sum(self.trustworthiness.value >= limit for limit in NEAR_IS_RELATED),
            1 + sum(self.continuity.value >= limit for limit in RELATED_IS_NEAR),
            2 + (self.neighbour_recall.value >= MOST_NEIGHBOURS),
        )

    def advice(self, which: str = "this map") -> str:
        """How far to trust this map, or `which`, in a few words."""
        return ADVICE[self.trust].format(which)

    @property
    def sentence(self) -> str:
        """How far to trust this map, in plain words."""
        kept = (
            f"of a text's {self.neighbours} true neighbours, {self.neighbour_recall.value:.0%} are among its "
            f"{self.neighbours} nearest points here"
        )
        return f"{self.advice()}: {self._reason} ({kept})."

    @property
    def _reason(self) -> str:
        is_torn = self.continuity.value < RELATED_IS_NEAR[-1]
        torn = "many related texts are far apart"
        if self.trust == 0:
            also = f" and {torn}" if is_torn else ""
            return f"many unrelated texts sit next to each other{also}; use a text's own list of neighbours instead"
        if self.trust == 1 and self.trustworthiness.value < NEAR_IS_RELATED[1]:
            return "some unrelated texts sit next to each other" + (f", and {torn}" if is_torn else "")
        but = torn if is_torn else "distances between groups mean little"
        return f"nearby texts are {'mostly ' if self.trust == 2 else ''}related, but {but}"


@dataclass(frozen=True)
class Misplaced:
    """What a map gets wrong about one row.

    Attributes
    ----------
    false : int64 array of rows that are near on the map but no true neighbours, the nearest on the map first
    torn : int64 array of true neighbours that are not near on the map, the nearest in truth first
    """

    false: Indices
    torn: Indices


def faithfulness(
    vectors: Floats,
    coordinates: Floats,
    *,
    metric: Metric = "cosine",
    neighbours: int = NEIGHBOURS,
    true: Neighbours | None = None,
) -> Faithfulness | None:
    """Trustworthiness, continuity (Venna and Kaski 2001) and neighbour recall of a map; None for fewer than 3 rows.

    All rows are measured up to SAMPLED_ROWS; beyond that, a fixed sample against all rows. The interval
    is the mean ± 1.96 standard errors over the sampled rows, with the correction for a finite population. Rows at
    equal distances get equal ranks, so that none of them counts as unrelated.

    Parameters
    ----------
    vectors : (n, d) array
        Of any length; for "cosine" only their directions count.
    coordinates : (n, 2 or 3) array
        The map, with Euclidean distances.
    neighbours
        k; lowered to less than half the rows, as the measures require.
    true
        Known neighbours of all rows; used if they are at least as many and of the same metric.

    Raises
    ------
    InputError
        The two have different numbers of rows, or a value is not finite.
    """
    _check(vectors, coordinates)
    total = len(vectors)
    k = min(neighbours, (total - 1) // 2)
    if k < 1:
        return None
    rows = _sample_rows(total)
    known = true if true is not None and true.metric == metric and true.k >= k else None
    measured = _measure(_Truth(vectors, metric), coordinates.astype(np.float32), rows, k, known)
    trustworthiness, continuity, recall = (_estimate(values, total) for values in measured)
    return Faithfulness(trustworthiness, continuity, recall, k, len(rows), total)


def point_errors(true: Neighbours, coordinates: Floats) -> Floats:
    """For each of n rows, the share, (n,), of its k true neighbours that are not among its k nearest on the map."""
    return 1 - overlaps(true, nearest_on_map(coordinates, true.k))


def false_and_torn(row: int, true: Neighbours, coordinates: Floats) -> Misplaced:
    """The rows that a map wrongly puts next to one row, and those that it wrongly separates from it."""
    distances = _map_distances(coordinates, np.array([row]))[0]
    related = true.rows[row]
    shown = np.argsort(distances, kind="stable")[: len(related)]
    return Misplaced(shown[~np.isin(shown, related)], related[~np.isin(related, shown)])


def nearest_on_map(coordinates: Floats, k: int) -> Neighbours:
    """For each of n points of a map, (n, 2 or 3), its k nearest among the others, or all if fewer, never itself."""
    from scipy.spatial import cKDTree

    n = len(coordinates)
    k = max(0, min(k, n - 1))
    if k == 0:
        return Neighbours(np.empty((n, 0), np.int64), np.empty((n, 0), np.float32), "euclidean")
    distances, rows = cKDTree(coordinates).query(coordinates, k + 1, workers=-1)
    others = rows != np.arange(n)[:, None]
    others[others.all(axis=1), -1] = False  # among many points at one place, a row may not find itself
    nearest = rows[others].reshape(n, k).astype(np.int64)
    return Neighbours(nearest, distances[others].reshape(n, k).astype(np.float32), "euclidean")


class _Truth:
    """The vectors, prepared for distances in their own space."""

    def __init__(self, vectors: Floats, metric: Metric) -> None:
        self._metric = metric
        self._points = unit(vectors) if metric == "cosine" else _centre(vectors)
        self._halves = np.square(self._points).sum(1) / 2
        self._offsets = self._halves if metric == "euclidean" else np.float32(0)

    def distances(self, rows: Indices) -> Floats:
        """From some rows to all, (len(rows), n), each infinitely far from itself; right in order, not in size.

        |x - y|² / 2 = |y|² / 2 - x·y + |x|² / 2, where the last term is the same for all y. Manhattan distances are
        those of torch.
        """
        if self._metric == "manhattan":
            return _without_itself(self._manhattan(rows), rows)
        products: Floats = self._offsets - self._points[rows] @ self._points.T
        return _without_itself(products, rows)

    def rounding(self, rows: Indices, others: Indices) -> Floats:
        """The rounding error of the distances from rows, (m,), to others, (m, k)."""
        if self._metric == "manhattan":
            lengths = np.abs(self._points).sum(1)
            return np.asarray(ROUNDING * (lengths[rows, None] + lengths[others]), np.float32)
        return np.asarray(2 * ROUNDING * (self._halves[rows, None] + self._halves[others]), np.float32)

    def _manhattan(self, rows: Indices) -> Floats:
        import torch

        points = torch.from_numpy(self._points)
        return np.asarray(torch.cdist(points[rows], points, p=1.0).numpy())


def _measure(
    truth: _Truth, coordinates: Floats, rows: Indices, k: int, known: Neighbours | None
) -> tuple[Shares, Shares, Shares]:
    """Trustworthiness, continuity and recall of each of the rows."""
    shown_ranks, related_ranks = np.empty((len(rows), k), np.int64), np.empty((len(rows), k), np.int64)
    step = max(1, BLOCK // len(coordinates))
    for start in range(0, len(rows), step):
        part = slice(start, start + step)
        block = rows[part]
        true, drawn = truth.distances(block), _map_distances(coordinates, block)
        shown = np.argpartition(drawn, k - 1, axis=1)[:, :k]
        related = known.rows[block, :k] if known else np.argpartition(true, k - 1, axis=1)[:, :k]
        shown_ranks[part] = _ranks(true, np.take_along_axis(true, shown, 1) - truth.rounding(block, shown))
        related_ranks[part] = _ranks(drawn, np.take_along_axis(drawn, related, 1))
    n = len(coordinates)
    return _preserved_shares(shown_ranks, k, n), _preserved_shares(related_ranks, k, n), (shown_ranks <= k).mean(1)


def _ranks(distances: Floats, limits: Floats) -> Indices:
    """1 plus the number of distances, (m, n), below each limit of the same row, (m, k)."""
    return 1 + np.stack([(distances < limit[:, None]).sum(1, dtype=np.int32) for limit in limits.T], axis=1)


def _preserved_shares(ranks: Indices, k: int, n: int) -> Shares:
    """For each row, 1 minus the excess of its neighbours' ranks in the other space over k, relative to the maximum.

    Equations 2 and 4 of Venna and Kaski (2001), one row at a time.
    """
    return 1 - np.maximum(0, ranks - k).sum(1) * 2 / (k * (2 * n - 3 * k - 1))


def _map_distances(coordinates: Floats, rows: Indices) -> Floats:
    """Squared distances on the map from some rows to all, infinite to themselves.

    Computed from differences: a product would lose precision in tight groups that are far apart.
    """
    distances = np.zeros((len(rows), len(coordinates)), np.float32)
    for axis in coordinates.T:
        distances += np.square(axis[rows, None] - axis)
    return _without_itself(distances, rows)


def _without_itself(distances: Floats, rows: Indices) -> Floats:
    distances[np.arange(len(rows)), rows] = np.inf
    return distances


def _centre(vectors: Floats) -> Floats:
    """Subtract the mean: in float32 the difference of two large numbers is imprecise."""
    return np.asarray(vectors - vectors.mean(axis=0, dtype=np.float64), np.float32)


def _estimate(values: Shares, total: int) -> Estimate:
    """The mean of the sampled values, with its interval if not all rows were sampled."""
    mean, size = float(values.mean()), len(values)
    if size == total:
        return Estimate(mean)
    margin = 1.96 * float(values.std(ddof=1)) * ((1 - size / total) / size) ** 0.5
    return Estimate(mean, max(0.0, mean - margin), min(1.0, mean + margin))


def _sample_rows(n: int) -> Indices:
    rows = np.random.default_rng(0).choice(n, min(n, SAMPLED_ROWS), replace=False)
    return np.sort(rows).astype(np.int64)


def _check(vectors: Floats, coordinates: Floats) -> None:
    if len(vectors) != len(coordinates):
        raise InputError(
            f"There are {len(vectors):,} vectors and {len(coordinates):,} points on the map: each vector needs one "
            "point."
        )
    if not (np.isfinite(vectors).all() and np.isfinite(coordinates).all()):
        raise InputError("Some vectors or points contain values that are not finite numbers: remove those rows.")
