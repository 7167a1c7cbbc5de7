"""Maps: vectors laid out in two or three dimensions, with how far the layout can be trusted.

UMAP runs in a child process: two fits at once can abort a process, and its compiled code stays warm there.
"""

import atexit
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Literal, TypeVar

import numpy as np
import numpy.typing as npt

from core.errors import InputError
from core.jobs import Child, Progress, silent
from core.search import nearest

Method = Literal["umap", "pca"]
Result = TypeVar("Result")
Floats = npt.NDArray[np.float32]
Indices = npt.NDArray[np.int64]

METHODS: tuple[Method, ...] = ("umap", "pca")
NEIGHBOURS = 15
EPOCHS = 200
SAMPLED_ROWS = 1000
BLOCK = 256


@dataclass(frozen=True)
class Faithfulness:
    """How well a map keeps neighbourhoods, each from 0 to 1.

    Attributes
    ----------
    trustworthiness : float
        How few of the map's neighbours are strangers in truth; 1 means none.
    neighbour_recall : float
        The share of a text's true neighbours that are among its neighbours on the map.
    neighbours, rows : int
        Over how many neighbours, and on how many rows, the two were measured.
    """

    trustworthiness: float
    neighbour_recall: float
    neighbours: int
    rows: int

    @property
    def sentence(self) -> str:
        """The same in plain words."""
        return (
            f"Of a text's {self.neighbours} true neighbours, {self.neighbour_recall:.0%} are among its "
            f"{self.neighbours} nearest points here: near points are mostly related, distances between groups mean "
            "little."
        )


@dataclass(frozen=True)
class Projection:
    """A map of n vectors.

    Attributes
    ----------
    coordinates : (n, dimensions) float32 array
    explained_variance : tuple of float
        For PCA, the share of variance of each axis; empty for other methods.
    quality : Faithfulness or None
        How far the map can be trusted; None where too few points define it.
    seconds : dict of str to float
        "neighbours", "layout" and "quality".
    """

    method: Method
    coordinates: Floats
    explained_variance: tuple[float, ...]
    quality: Faithfulness | None
    seconds: dict[str, float] = field(hash=False)


@cache
def umap_child() -> Child:
    """The process in which all UMAP fits run, one at a time."""
    child = Child("maps")
    atexit.register(child.end)
    return child


def project(
    vectors: Floats,
    method: Method = "umap",
    *,
    dimensions: int = 2,
    neighbours: int = NEIGHBOURS,
    min_dist: float = 0.1,
    seed: int = 42,
    on_progress: Progress = silent,
) -> Projection:
    """Lay out unit vectors, (n, d), in 2 or 3 dimensions and measure the layout.

    Parameters
    ----------
    neighbours, min_dist, seed
        UMAP's own; PCA has no parameters.

    Raises
    ------
    InputError
        The method or number of dimensions is not offered, a value is not finite, or there are too few texts: UMAP needs
        four, PCA two.
    """
    _check(vectors, method, dimensions, neighbours, min_dist)
    seconds: dict[str, float] = {}
    true_neighbours = _timed(seconds, "neighbours", lambda: nearest_rows(vectors, max(neighbours, NEIGHBOURS)))
    variance: tuple[float, ...] = ()
    if method == "pca":
        coordinates, variance = _timed(seconds, "layout", lambda: principal_components(vectors, dimensions))
    else:
        settings: dict[str, Any] = {"dimensions": dimensions, "min_dist": min_dist, "seed": seed}
        rows, cosines = true_neighbours[0][:, :neighbours], true_neighbours[1][:, :neighbours]
        coordinates = _timed(seconds, "layout", lambda: _fit_in_child(vectors, rows, cosines, settings, on_progress))
    on_progress("Measuring the map", 0, 1)
    quality = _timed(seconds, "quality", lambda: _measure(vectors, coordinates))
    return Projection(method, coordinates, variance, quality, seconds)


def warm_up() -> None:
    """Let the child import UMAP and compile it, which takes seconds, before somebody waits for a map."""
    points = np.random.default_rng(0).normal(size=(64, 8)).astype(np.float32)
    project(points / np.linalg.norm(points, axis=1, keepdims=True))


def nearest_rows(vectors: Floats, k: int = NEIGHBOURS) -> tuple[Indices, Floats]:
    """For each row the k rows of highest cosine, itself first, and their cosines: two (n, k) arrays, exact."""
    k = min(k, len(vectors))
    hits = nearest(vectors, vectors, k)
    rows, cosines = hits.rows.copy(), hits.scores.copy()
    for row in np.flatnonzero(rows[:, 0] != np.arange(len(rows))):  # twins: put the row itself first
        place = np.flatnonzero(rows[row] == row)
        column = place[0] if len(place) else k - 1
        rows[row, : column + 1] = np.r_[row, rows[row, :column]]
        cosines[row, : column + 1] = np.r_[cosines[row, 0], cosines[row, :column]]
    return rows, cosines


def principal_components(vectors: Floats, dimensions: int) -> tuple[Floats, tuple[float, ...]]:
    """Coordinates on the first principal axes of the centred vectors, and each axis's share of the variance.

    With fewer vectors than axes the rest is zero. A vector's sign is free: each axis is turned so that its largest
    weight is positive.
    """
    from sklearn.decomposition import PCA

    if np.ptp(vectors, axis=0).max() == 0:
        return np.zeros((len(vectors), dimensions), np.float32), (0.0,) * dimensions
    components = min(dimensions, *vectors.shape)
    pca = PCA(components, svd_solver="full").fit(vectors.astype(np.float64))
    signs = np.sign(pca.components_[np.arange(components), np.abs(pca.components_).argmax(1)])
    signs[signs == 0] = 1
    coordinates = np.zeros((len(vectors), dimensions), np.float32)
    coordinates[:, :components] = pca.transform(vectors.astype(np.float64)) * signs
    shares = pca.explained_variance_ratio_
    return coordinates, tuple(float(share) for share in shares) + (0.0,) * (dimensions - components)


def _fit_in_child(
    vectors: Floats, rows: Indices, cosines: Floats, settings: dict[str, Any], on_progress: Progress
) -> Floats:
    """`fit_umap` in the process that is kept for it."""
    coordinates: Floats = umap_child().call(
        "core.projection:fit_umap",
        vectors=vectors,
        rows=rows,
        distances=1 - cosines,
        **settings,
        on_progress=on_progress,
    )
    return coordinates


def fit_umap(
    *,
    vectors: Floats,
    rows: Indices,
    distances: Floats,
    dimensions: int,
    min_dist: float,
    seed: int,
    on_progress: Progress,
) -> Floats:
    """Fit UMAP on given neighbours; meant to run in a child process.

    The neighbours, (n, k) rows and cosine distances with each row its own first neighbour, spare UMAP its search.
    """
    on_progress("Preparing UMAP", 0, EPOCHS)
    import umap

    mapper = umap.UMAP(
        n_components=dimensions,
        n_neighbors=rows.shape[1],
        min_dist=min_dist,
        metric="cosine",
        precomputed_knn=(rows, np.maximum(distances, 0).astype(np.float32)),
        n_epochs=EPOCHS,
        init="spectral" if len(vectors) > dimensions + 2 else "random",
        random_state=seed,
        tqdm_kwds={"file": _EpochCounter(on_progress), "disable": False, "mininterval": 0.1},
    )
    return np.asarray(mapper.fit_transform(vectors), np.float32)


class _EpochCounter:
    """A file for tqdm's bar that reads the epoch off it."""

    def __init__(self, on_progress: Progress) -> None:
        self._on_progress = on_progress

    def write(self, text: str) -> int:
        done, slash, _ = text.rpartition("/")
        digits = done.rpartition(" ")[2]
        if slash and digits.isdigit():
            self._on_progress("Laying out with UMAP", int(digits), EPOCHS)
        return len(text)

    def flush(self) -> None:
        """Nothing is kept back."""


def faithfulness(vectors: Floats, coordinates: Floats, k: int, sample: Indices) -> Faithfulness:
    """How far a map's neighbourhoods can be trusted, measured on the sampled rows against all rows.

    Neighbours are those of smallest Euclidean distance; on unit rows that is the order of cosines. k must be below half
    the number of rows. With all rows sampled, trustworthiness is scikit-learn's (Venna and Kaski 2001), but for texts
    equally far from another, of which none counts as a stranger.
    """
    n = len(vectors)
    penalty = shared = 0
    for start in range(0, len(sample), BLOCK):
        rows = sample[start : start + BLOCK]
        true, drawn = _distances(vectors, rows), _distances(coordinates, rows)
        near_true, near_drawn = (np.argpartition(distances, k - 1, axis=1)[:, :k] for distances in (true, drawn))
        for line, (neighbours, shown) in enumerate(zip(near_true, near_drawn, strict=True)):
            ranks = (true[line] < true[line, shown, None]).sum(1) + 1
            penalty += int(np.maximum(0, ranks - k).sum())
            shared += len(np.intersect1d(neighbours, shown))
    most = len(sample) * k
    return Faithfulness(
        trustworthiness=float(1 - penalty * 2 / (most * (2 * n - 3 * k - 1))),
        neighbour_recall=shared / most,
        neighbours=k,
        rows=len(sample),
    )


def _distances(points: Floats, rows: Indices) -> npt.NDArray[np.float64]:
    """Squared distances from some points to all, each infinitely far from itself: (len(rows), n)."""
    points = points.astype(np.float64)
    squares = np.square(points).sum(1)
    distances = squares[rows, None] + squares - 2 * points[rows] @ points.T
    distances[np.arange(len(rows)), rows] = np.inf
    return distances


def _measure(vectors: Floats, coordinates: Floats) -> Faithfulness | None:
    k = min(NEIGHBOURS, (len(vectors) - 1) // 2)
    return faithfulness(vectors, coordinates, k, _sampled_rows(len(vectors))) if k >= 1 else None


def _sampled_rows(n: int) -> Indices:
    rows = np.random.default_rng(0).choice(n, min(n, SAMPLED_ROWS), replace=False)
    return np.sort(rows).astype(np.int64)


def _check(vectors: Floats, method: str, dimensions: int, neighbours: int, min_dist: float) -> None:
    if method not in METHODS:
        raise InputError(f"There is no method {method!r}: choose {' or '.join(METHODS)}.")
    if dimensions not in (2, 3):
        raise InputError(f"A map has 2 or 3 dimensions, not {dimensions}.")
    if neighbours < 2 or not 0 <= min_dist <= 1:
        raise InputError("UMAP takes at least 2 neighbours and a min_dist from 0 to 1.")
    least = 4 if method == "umap" else 2
    if len(vectors) < least:
        raise InputError(f"A map by {method.upper()} needs at least {least} texts, not {len(vectors)}.")
    if not np.isfinite(vectors).all():
        raise InputError("Some vectors hold values that are not numbers: leave those rows out.")


def _timed(seconds: dict[str, float], step: str, work: Callable[[], Result]) -> Result:
    started = time.perf_counter()
    result = work()
    seconds[step] = time.perf_counter() - started
    return result
