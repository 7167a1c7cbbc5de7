"""UMAP (McInnes, Healy and Melville 2018) by umap-learn, on neighbours that are already known."""

from dataclasses import dataclass
from functools import cache
from typing import ClassVar

import numpy as np

from core.errors import InputError
from core.maps import process
from core.maps.neighbours import Floats, Metric, Neighbours
from core.progress import Progress

EPOCHS = {2: 200, 3: 100}  # for many points, more gain little, and in three dimensions they converge sooner
EPOCHS_OF_FEW, FEW = 500, 2000  # for few points, more cost nothing


@dataclass(frozen=True)
class Umap:
    """UMAP's settings.

    Attributes
    ----------
    neighbours : int
        The number of neighbours that attract a point: few show fine structure, many the overall shape.
    min_dist : float
        How close two points may be drawn, from 0 to 1.
    """

    neighbours: int = 15
    min_dist: float = 0.1
    metric: Metric = "cosine"
    seed: int = 42

    method: ClassVar[str] = "umap"
    least_rows: ClassVar[int] = 4

    def __post_init__(self) -> None:
        if self.neighbours < 2 or not 0 <= self.min_dist <= 1:
            raise InputError("UMAP needs at least 2 neighbours and a min_dist from 0 to 1.")

    @property
    def known_neighbours(self) -> int:
        """The number of true neighbours of each point that it needs; umap-learn counts the point itself."""
        return self.neighbours - 1


def lay_out(vectors: Floats, neighbours: Neighbours, settings: Umap, dimensions: int, on_progress: Progress) -> Floats:
    """A map of (n, d) vectors whose true neighbours are known, fitted in the child: (n, dimensions)."""
    coordinates: Floats = process.fit(
        "core.maps.umap:fit",
        vectors=vectors,
        neighbours=neighbours,
        settings=settings,
        dimensions=dimensions,
        on_progress=on_progress,
    )
    return coordinates


def fit(*, vectors: Floats, neighbours: Neighbours, settings: Umap, dimensions: int, on_progress: Progress) -> Floats:
    """Fit UMAP on neighbours that are known, which spares umap-learn its search; meant to run in the child."""
    epochs = EPOCHS_OF_FEW if len(vectors) <= FEW else EPOCHS[dimensions]
    on_progress("Preparing UMAP", 0, epochs)
    import umap

    _cache_compiled()
    own = np.arange(len(neighbours.rows))[:, None]  # umap-learn expects each point as its own first neighbour
    mapper = umap.UMAP(
        n_components=dimensions,
        n_neighbors=neighbours.k + 1,
        min_dist=settings.min_dist,
        metric=settings.metric,
        precomputed_knn=(np.hstack([own, neighbours.rows]), np.pad(neighbours.distances, ((0, 0), (1, 0)))),
        n_epochs=epochs,
        init="spectral" if len(vectors) > dimensions + 2 else "random",
        random_state=settings.seed,
        tqdm_kwds={"file": _EpochCounter(epochs, on_progress), "disable": False, "mininterval": 0.1},
    )
    return np.asarray(mapper.fit_transform(vectors), np.float32)


@cache
def _cache_compiled() -> None:
    """Make numba cache umap-learn's compiled code on disk, which would take each new process seven seconds."""
    from umap import layouts, umap_

    for function in (
        umap_.smooth_knn_dist,
        umap_.compute_membership_strengths,
        layouts._nb_optimize_layout_euclidean_single_epoch,
    ):
        function.enable_caching()


class _EpochCounter:
    """A file for tqdm's bar that reads the epoch off it."""

    def __init__(self, epochs: int, on_progress: Progress) -> None:
        self._epochs = epochs
        self._on_progress = on_progress

    def write(self, text: str) -> int:
        done, slash, _ = text.rpartition("/")
        digits = done.rpartition(" ")[2]
        if slash and digits.isdigit():
            self._on_progress("Laying out with UMAP", int(digits), self._epochs)
        return len(text)

    def flush(self) -> None:
        """Do nothing: writes are not buffered."""
