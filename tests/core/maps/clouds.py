"""Made-up vectors whose shape is known."""

import numpy as np

from core.maps import Floats
from core.progress import Progress

GROUPS, OF_EACH = 8, 25


def normal(rows: int, dimensions: int, seed: int = 0) -> Floats:
    """One round cloud, which has no groups."""
    return np.random.default_rng(seed).normal(size=(rows, dimensions)).astype(np.float32)


def unit(vectors: np.ndarray) -> Floats:
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def groups(of_each: int = OF_EACH) -> Floats:
    """Unit rows in eight groups, one after the other."""
    return unit(np.repeat(normal(GROUPS, 32, seed=1), of_each, axis=0) + 0.4 * normal(GROUPS * of_each, 32, seed=2))


def umap_by_hand(vectors: Floats, on_progress: Progress) -> Floats:
    """umap-learn without anything of ours; meant to run in a child."""
    from umap import UMAP

    return UMAP(n_neighbors=15, min_dist=0.1, metric="cosine", random_state=42).fit_transform(vectors)


def umap_functions_on_disk(on_progress: Progress) -> dict[str, int]:
    """How often each slow function of umap-learn was found on disk or left there; meant to run in a child."""
    from umap import umap_

    slow = (umap_.smooth_knn_dist, umap_.compute_membership_strengths)
    return {
        function.py_func.__name__: sum([*function.stats.cache_hits.values(), *function.stats.cache_misses.values()])
        for function in slow
        if function.stats.cache_path
    }
