"""Places a new text on a map that has no method for it: where its true neighbours are."""

import numpy as np
import numpy.typing as npt

from core.errors import InputError
from core.maps.neighbours import Floats, Indices

TWIN = 1e-6  # distances below are rounding errors: the same text
LOWER_QUARTER = 0.25
WIDTH = 2


def place(rows: Indices, distances: Floats, coordinates: Floats) -> Floats:
    """Points on a map, (q, 2 or 3), for q new texts, by their k true neighbours among the n texts on it.

    Nearer neighbours weigh more. The point is the weighted mean of the heaviest group of neighbours: one step of mean
    shift (Comaniciu and Meer 2002) from the neighbour around which the weight is densest. A mean over all would put a
    text between two groups that it resembles, where there is no text. An exact duplicate is placed on its original.

    Parameters
    ----------
    rows, distances : (q, k) arrays
        The neighbours, nearest first, as `nearest_to` finds them.
    coordinates : (n, 2 or 3) array
        The map.

    Raises
    ------
    InputError
        There are no neighbours.
    """
    if not rows.shape[1]:
        raise InputError("A text without neighbours can't be placed: the map needs at least one text.")
    around = coordinates[rows].astype(np.float64)
    gathered = _weights(distances)[:, None, :] * _kernel(around)
    heaviest = gathered[np.arange(len(rows)), gathered.sum(2).argmax(1)]
    placed = np.einsum("qk,qkd->qd", heaviest / heaviest.sum(1, keepdims=True), around)
    twins = distances[:, 0] <= TWIN
    placed[twins] = around[twins, 0]
    return placed.astype(np.float32)


def _weights(distances: Floats) -> npt.NDArray[np.float64]:
    """1 for the nearest, 1/e for one at the mean distance, and so on: independent of the unit."""
    beyond = (distances - distances[:, :1]).astype(np.float64)
    mean = beyond.mean(axis=1, keepdims=True)
    return np.exp(-beyond / np.where(mean > 0, mean, 1))


def _kernel(points: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """The affinity of each pair of k points, (q, k, k) from 0 to 1.

    The width of the Gaussian is WIDTH times the lower quartile of the distances, which for two or three groups is a
    distance within a group: wide enough that a group's weight counts, not its tightness.
    """
    queries, k, _ = points.shape
    between = np.linalg.norm(points[:, :, None] - points[:, None, :], axis=3)
    width = WIDTH * np.quantile(between.reshape(queries, k * k), LOWER_QUARTER, axis=1)
    return np.exp(-np.square(between / np.maximum(width, np.finfo(np.float32).tiny)[:, None, None]) / 2)
