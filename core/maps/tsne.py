"""t-SNE (van der Maaten and Hinton 2008) by openTSNE, some iterations at a time: it can be stopped and resumed."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np

from core.errors import InputError
from core.machine import this_machine
from core.maps import process
from core.maps.neighbours import Floats, Metric, Neighbours
from core.progress import Progress

EXAGGERATED = 250  # the first iterations, which pull groups apart, as in openTSNE's defaults
EXAGGERATION = 12
MOMENTUM = 0.8  # with less, fewer than 30 texts without groups collapse into one point
NEIGHBOURS_FOR_PERPLEXITY = 3
SPREAD_AT_START = 1e-4
MANY = 2000  # points from which interpolation by Fourier transform, available in 2D only, is faster


@dataclass(frozen=True)
class Tsne:
    """t-SNE's settings.

    Attributes
    ----------
    perplexity : float
        Roughly the number of neighbours that attract a point.
    learning_rate : float
        How far points move in an iteration; 0 for openTSNE's choice, which grows with the number of points.
    iterations : int
        The iterations of a finished map; the first 250 use exaggeration.
    """

    perplexity: float = 30
    learning_rate: float = 0
    iterations: int = 750
    metric: Metric = "cosine"
    seed: int = 42

    method: ClassVar[str] = "tsne"
    least_rows: ClassVar[int] = 4

    def __post_init__(self) -> None:
        if not (1 <= self.perplexity <= 500 and 0 <= self.learning_rate <= 1e6 and 1 <= self.iterations <= 100_000):
            raise InputError(
                "t-SNE needs a perplexity from 1 to 500, a learning rate of 0 (automatic) or more, and 1 to "
                "100,000 iterations."
            )

    @property
    def known_neighbours(self) -> int:
        """The number of true neighbours of each point that it needs."""
        return int(NEIGHBOURS_FOR_PERPLEXITY * self.perplexity)


@dataclass(frozen=True)
class Unfinished:
    """An unfinished t-SNE: the points after some iterations."""

    settings: Tsne
    coordinates: Floats
    iterations: int


def begin(vectors: Floats, settings: Tsne, dimensions: int) -> Unfinished:
    """The start of t-SNE: points on the first principal axes, scaled down (Kobak and Berens 2019)."""
    from core.maps.pca import principal_components

    start = principal_components(vectors, dimensions)[0]
    spread = float(start[:, 0].std()) if len(start) else 0.0
    noise = np.random.default_rng(settings.seed).normal(size=start.shape) * SPREAD_AT_START / 100
    small = start / (spread or 1.0) * SPREAD_AT_START + noise  # noise separates identical rows
    return Unfinished(settings, small.astype(np.float32), 0)


def resume(run: str, state: Unfinished, neighbours: Neighbours, iterations: int, on_progress: Progress) -> Unfinished:
    """Run more iterations, at most up to the number in the settings, in the child.

    Parameters
    ----------
    run : str
        Names the map; while the child works on the same map it keeps its affinities and gains.
    neighbours
        The true neighbours of each point, three times the perplexity of them.
    """
    iterations = min(iterations, state.settings.iterations - state.iterations)
    if iterations <= 0:
        return state
    coordinates = process.fit(
        "core.maps.tsne:step",
        run=run,
        neighbours=neighbours,
        state=state,
        iterations=iterations,
        on_progress=on_progress,
    )
    return replace(state, coordinates=coordinates, iterations=state.iterations + iterations)


def lay_out(vectors: Floats, neighbours: Neighbours, settings: Tsne, dimensions: int, on_progress: Progress) -> Floats:
    """A finished map of (n, d) vectors whose true neighbours are known: (n, dimensions)."""
    state = begin(vectors, settings, dimensions)
    return resume("", state, neighbours, settings.iterations, on_progress).coordinates


_kept: tuple[str, int, Any] | None = None  # in the child: the run, its iterations done, and openTSNE's embedding


def step(*, run: str, neighbours: Neighbours, state: Unfinished, iterations: int, on_progress: Progress) -> Floats:
    """Run some iterations of openTSNE; meant to run in the child."""
    global _kept  # noqa: PLW0603  the child serves one map at a time, and its next iterations need what it holds
    done = state.iterations
    if _kept is not None and _kept[:2] == (run, done) and run:
        embedding = _kept[2]
    else:
        on_progress("Preparing t-SNE", 0, state.settings.iterations)
        embedding = _embedding(neighbours, state)
    for exaggeration, part in _phases(done, iterations):
        embedding.optimize(
            part,
            inplace=True,
            exaggeration=exaggeration,
            momentum=MOMENTUM,
            callbacks=_make_callback(done, state.settings.iterations, on_progress),
            callbacks_every_iters=10,
        )
        done += part
    _kept = (run, done, embedding)
    return np.array(embedding, np.float32)


def _phases(done: int, iterations: int) -> list[tuple[float, int]]:
    """Exaggeration and number of the iterations to do, the exaggerated ones first."""
    exaggerated = min(iterations, max(0, EXAGGERATED - done))
    phases = [(EXAGGERATION, exaggerated), (1.0, iterations - exaggerated)]
    return [phase for phase in phases if phase[1]]


def _make_callback(done: int, total: int, on_progress: Progress) -> Callable[[int, float, Any], bool]:
    def report(iteration: int, _error: float, _embedding: Any) -> bool:
        on_progress("Laying out with t-SNE", done + iteration, total)
        return False

    return report


def _embedding(neighbours: Neighbours, state: Unfinished) -> Any:
    from openTSNE import TSNEEmbedding
    from openTSNE.affinity import PerplexityBasedNN
    from openTSNE.nearest_neighbors import PrecomputedNeighbors

    jobs = this_machine().usable_cores
    affinities = PerplexityBasedNN(
        perplexity=min(state.settings.perplexity, neighbours.k / NEIGHBOURS_FOR_PERPLEXITY),
        knn_index=PrecomputedNeighbors(neighbours.rows, neighbours.distances.astype(np.float64)),
        n_jobs=jobs,
    )
    return TSNEEmbedding(
        state.coordinates,
        affinities,
        learning_rate=state.settings.learning_rate or "auto",
        negative_gradient_method="fft" if state.coordinates.shape[1] == 2 and len(neighbours.rows) >= MANY else "bh",
        random_state=state.settings.seed,
        n_jobs=jobs,
    )
