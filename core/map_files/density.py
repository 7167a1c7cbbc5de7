"""The density of a flat map: how many of its points lie in each cell of the square in which it is drawn."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

CELLS = 256  # on each side, as in density.js

Floats = npt.NDArray[np.floating]
Counts = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Density:
    """The points of a whole map, of which only some are drawn.

    Attributes
    ----------
    total : int
        How many there are.
    counts : (CELLS, CELLS) int array, optional
        How many lie in each cell, line by line from the bottom; None in three dimensions.
    """

    total: int
    counts: Counts | None = None


def frame_of(coordinates: Floats) -> tuple[npt.NDArray[np.float64], float]:
    """The middle of the points, and the largest distance from it along an axis (1 if they all coincide)."""
    finite = coordinates[np.isfinite(coordinates).all(axis=1)].astype(np.float64)
    if not len(finite):
        return np.zeros(coordinates.shape[1]), 1.0
    low, high = finite.min(axis=0), finite.max(axis=0)
    return (low + high) / 2, float((high - low).max() / 2) or 1.0


def count_cells(blocks: Iterable[Floats], centre: npt.NDArray[np.float64], reach: float) -> Counts:
    """How many points of some blocks, (m, 2) each, lie in each cell of a frame; those outside are not counted."""
    counts = np.zeros(CELLS * CELLS, np.int64)
    for block in blocks:
        places = (block - centre) / reach
        cells = np.minimum((places[(np.abs(places) <= 1).all(axis=1)] + 1) / 2 * CELLS, CELLS - 1).astype(np.int64)
        counts += np.bincount(cells[:, 1] * CELLS + cells[:, 0], minlength=len(counts))
    return counts.reshape(CELLS, CELLS)
