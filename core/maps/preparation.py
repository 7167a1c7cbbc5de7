"""Prepares a fresh process for maps: it imports and compiles what maps need."""

import numpy as np

from core.maps import tsne, umap
from core.maps.neighbours import nearest_rows
from core.progress import Progress, silent


def prepare(on_progress: Progress = silent) -> None:
    """Fit a small map of each kind; runs in the child, see `process.warm_up`."""
    points = np.random.default_rng(0).normal(size=(64, 8)).astype(np.float32)
    neighbours = nearest_rows(points, 15, metric="euclidean")
    umap.fit(
        neighbours=neighbours,
        vectors=points,
        settings=umap.Umap(metric="euclidean"),
        dimensions=2,
        on_progress=on_progress,
    )
    state = tsne.begin(points, tsne.Tsne(iterations=2), 2)
    tsne.step(run="", neighbours=neighbours, state=state, iterations=2, on_progress=on_progress)
