"""Aligns one map with another, so that the same texts are as close as possible."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.errors import InputError
from core.maps.neighbours import Floats

Points = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Aligned:
    """A map moved, rotated, mirrored and scaled onto another.

    Attributes
    ----------
    coordinates : (n, 2 or 3) float32 array
    residual : float
        What is left of the squared distances to the other map, from 0 (the same shape) to 1 (nothing in common):
        scipy.spatial.procrustes's disparity.
    turn, origin, place
        The transformation: a point p of the map moves to (p - origin) @ turn + place.
    """

    coordinates: Floats
    residual: float
    turn: Points
    origin: Points
    place: Points

    def apply(self, points: Floats) -> Floats:
        """Transform other points of the map, (q, 2 or 3)."""
        return np.asarray((points - self.origin) @ self.turn + self.place, np.float32)


def align(reference: Floats, coordinates: Floats) -> Aligned:
    """Align a map with a reference of the same texts by Procrustes analysis (Gower 1975); both (n, 2) or both (n, 3).

    Nothing within the map is distorted. If all points of either are at one place, only the centres are aligned.

    Raises
    ------
    InputError
        The two differ in rows or dimensions, or hold values that are not finite.
    """
    _check(reference, coordinates)
    if not len(reference):
        return _move(coordinates, 0.0, np.eye(coordinates.shape[1]), np.zeros(2), np.zeros(2))
    target, target_centre, target_size = _standardise(reference)
    source, source_centre, source_size = _standardise(coordinates)
    if not target_size or not source_size:
        same = float(target_size != source_size)
        return _move(coordinates, same, np.eye(coordinates.shape[1]), source_centre, target_centre)
    from scipy.linalg import orthogonal_procrustes

    rotation, fit = orthogonal_procrustes(source, target)
    turn = rotation * fit * target_size / source_size
    return _move(coordinates, max(0.0, 1 - fit**2), turn, source_centre, target_centre)


def _move(coordinates: Floats, residual: float, turn: Points, origin: Points, place: Points) -> Aligned:
    moved = np.asarray((coordinates - origin) @ turn + place, np.float32) if len(coordinates) else coordinates
    return Aligned(moved, residual, turn, origin, place)


def _standardise(points: Floats) -> tuple[Points, Points, float]:
    """The points centred and scaled to size 1 (the root of their summed squares), their centre and their size."""
    centre = points.mean(axis=0, dtype=np.float64)
    centred = points - centre
    size = float(np.linalg.norm(centred)) if np.ptp(points, axis=0).any() else 0.0
    return centred / (size or 1.0), centre, size


def _check(reference: Floats, coordinates: Floats) -> None:
    if len(reference) != len(coordinates):
        raise InputError(
            f"Maps of {len(reference):,} and {len(coordinates):,} points can't be aligned: both must show the same "
            "texts."
        )
    if reference.shape[1] != coordinates.shape[1] or reference.shape[1] not in (2, 3):
        raise InputError(
            f"A map of {coordinates.shape[1]} dimensions can't be aligned with one of {reference.shape[1]}: both "
            "need 2, or both 3."
        )
    if not (np.isfinite(reference).all() and np.isfinite(coordinates).all()):
        raise InputError("Some points contain values that are not finite numbers: remove those rows.")
