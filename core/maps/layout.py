"""Layouts: vectors to a map in two or three dimensions, by one of the methods, computed once and cached."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np

from core.errors import InputError
from core.maps import tsne, umap
from core.maps.axes import Axes, axes_between
from core.maps.neighbours import Floats, Metric, Neighbours, nearest_rows
from core.maps.pca import Linear, Pca, principal_components
from core.maps.tsne import Tsne
from core.maps.umap import Umap
from core.progress import Progress, silent
from core.storage import arrays, digests


@dataclass(frozen=True)
class Given:
    """Coordinates that came with the data and are drawn unchanged."""

    method: ClassVar[str] = "given"
    least_rows: ClassVar[int] = 1


Fitted = Umap | Tsne | Pca
Settings = Fitted | Axes | Given

METHODS: dict[str, type[Fitted]] = {kind.method: kind for kind in (Umap, Pca, Tsne)}
SEEDS = 2**32
SEARCHED = 15  # k is rounded up to a multiple of it, so that a map and its measures share one search
NAMES = {"umap": "UMAP", "pca": "PCA", "tsne": "t-SNE", "axes": "custom axes", "given": "coordinates as uploaded"}


@dataclass(frozen=True)
class Projection:
    """A map of n vectors.

    Attributes
    ----------
    coordinates : (n, c) float32 array
        c is 2 or 3; for PCA, all components, of which the page shows some.
    explained_variance : tuple of float
        For PCA, the share of variance of each component; empty for other methods.
    linear : Linear or None
        The map that places a new vector exactly; None for methods without one.
    seconds : dict of str to float
        "neighbours" and "layout", as measured when it was computed.
    iterations : int
        The iterations done by t-SNE; 0 for other methods.
    """

    settings: Settings
    coordinates: Floats
    explained_variance: tuple[float, ...] = ()
    linear: Linear | None = None
    seconds: dict[str, float] = field(default_factory=dict, hash=False)
    iterations: int = 0

    @property
    def is_finished(self) -> bool:
        """False for a t-SNE stopped before its end."""
        return not isinstance(self.settings, Tsne) or self.iterations >= self.settings.iterations


def settings_of(method: str, **values: Any) -> Fitted:
    """The settings of a method by its name.

    Raises
    ------
    InputError
        There is no such method, or a value is out of bounds.
    """
    if method not in METHODS:
        raise InputError(f"Unknown method {method!r}: choose {', '.join(METHODS)}.")
    return METHODS[method](**values)


def project(
    vectors: Floats, settings: Fitted, *, dimensions: int = 2, content: str = "", on_progress: Progress = silent
) -> Projection:
    """Lay out (n, d) vectors in 2 or 3 dimensions; a known map is read from disk.

    Parameters
    ----------
    content : str
        The vectors' `digests.of_array`, if the caller has it.

    Raises
    ------
    InputError
        The number of dimensions or the seed is not offered, a value is not finite, or there are too few rows: UMAP and
        t-SNE need four, PCA two.
    """
    _check(vectors, settings, dimensions)
    if isinstance(settings, Pca):
        return _principal(vectors)
    content = content or digests.of_array(vectors)

    def compute() -> arrays.Arrays:
        started = time.perf_counter()
        neighbours = neighbours_of(
            vectors, settings.known_neighbours, metric=settings.metric, content=content, on_progress=on_progress
        )
        ready = time.perf_counter()
        method = umap if isinstance(settings, Umap) else tsne
        coordinates = method.lay_out(vectors, neighbours, settings, dimensions, on_progress)
        return {"coordinates": coordinates, "seconds": np.array([ready - started, time.perf_counter() - ready])}

    stored = arrays.recall_or_compute(_name(content, settings, dimensions), compute)
    iterations = settings.iterations if isinstance(settings, Tsne) else 0
    seconds = dict(zip(("neighbours", "layout"), stored["seconds"].tolist(), strict=True))
    return Projection(settings, stored["coordinates"], seconds=seconds, iterations=iterations)


def project_on(vectors: Floats, axes: Axes, ends: Sequence[tuple[Floats, Floats]]) -> Projection:
    """A map of (n, d) vectors on custom axes, one for each pair of ends; errors as in `axes_between`."""
    started = time.perf_counter()
    linear = axes_between(ends)
    coordinates = linear.apply(vectors)
    return Projection(axes, coordinates, linear=linear, seconds={"layout": time.perf_counter() - started})


def neighbours_of(
    vectors: Floats, k: int, *, metric: Metric = "cosine", content: str = "", on_progress: Progress = silent
) -> Neighbours:
    """The k true neighbours of each row, computed once and cached; see `nearest_rows` and `project`."""
    searched = -(-k // SEARCHED) * SEARCHED

    def compute() -> arrays.Arrays:
        neighbours = nearest_rows(vectors, searched, metric=metric, on_progress=on_progress)
        return {"rows": neighbours.rows.astype(np.int32), "distances": neighbours.distances}

    stored = arrays.recall_or_compute(("neighbours", content or digests.of_array(vectors), searched, metric), compute)
    return Neighbours(stored["rows"].astype(np.int64), stored["distances"], metric).first(k)


def resume(
    vectors: Floats,
    so_far: Projection | None,
    settings: Tsne,
    *,
    iterations: int,
    dimensions: int = 2,
    content: str = "",
    on_progress: Progress = silent,
) -> Projection:
    """Advance a t-SNE by some iterations; a finished one is cached as by `project`, with the same errors.

    Parameters
    ----------
    so_far : Projection, optional
        What the last call returned for the same vectors; None to start.
    """
    _check(vectors, settings, dimensions)
    content = content or digests.of_array(vectors)
    started = time.perf_counter()
    neighbours = neighbours_of(
        vectors, settings.known_neighbours, metric=settings.metric, content=content, on_progress=on_progress
    )
    ready = time.perf_counter()
    state = (
        tsne.Unfinished(settings, so_far.coordinates, so_far.iterations)
        if so_far
        else tsne.begin(vectors, settings, dimensions)
    )
    name = _name(content, settings, dimensions)
    state = tsne.resume(repr(name), state, neighbours, iterations, on_progress)
    before = so_far.seconds if so_far else {"neighbours": ready - started, "layout": 0.0}
    seconds = before | {"layout": before["layout"] + time.perf_counter() - ready}
    result = Projection(settings, state.coordinates, seconds=seconds, iterations=state.iterations)
    if result.is_finished:
        stored = {"coordinates": result.coordinates, "seconds": np.array(list(seconds.values()))}
        arrays.recall_or_compute(name, lambda: stored)
    return result


def is_remembered(content: str, settings: Fitted, dimensions: int) -> bool:
    """Whether the map of the vectors with this digest is on disk."""
    return arrays.holds(_name(content, settings, dimensions))


def _principal(vectors: Floats) -> Projection:
    started = time.perf_counter()
    coordinates, variance, linear = principal_components(vectors)
    return Projection(Pca(), coordinates, variance, linear, {"layout": time.perf_counter() - started})


def _name(content: str, settings: Fitted, dimensions: int) -> tuple[object, ...]:
    return ("map", content, settings, dimensions)


def _check(vectors: Floats, settings: Fitted, dimensions: int) -> None:
    if dimensions not in (2, 3):
        raise InputError(f"A map has 2 or 3 dimensions, not {dimensions}.")
    if len(vectors) < settings.least_rows:
        method = NAMES[settings.method]
        raise InputError(f"A {method} map needs at least {settings.least_rows} texts; there are {len(vectors)}.")
    if not isinstance(settings, Pca) and not 0 <= settings.seed < SEEDS:
        raise InputError(f"A seed must be a whole number from 0 to {SEEDS - 1:,}, not {settings.seed}.")
    if not np.isfinite(vectors).all():
        raise InputError("Some vectors contain values that are not finite numbers: remove those rows.")
