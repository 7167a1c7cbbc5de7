"""Custom axes: from a text or a group of texts to another."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from core.errors import InputError
from core.maps.neighbours import Floats
from core.maps.pca import Linear


@dataclass(frozen=True)
class Axes:
    """The start and end of each axis in words, for captions."""

    ends: tuple[tuple[str, str], ...] = ()

    method: ClassVar[str] = "axes"
    least_rows: ClassVar[int] = 1


def axes_between(ends: Sequence[tuple[Floats, Floats]]) -> Linear:
    """Custom axes: each from one vector, drawn at 0, to another, drawn at 1.

    Parameters
    ----------
    ends : pairs of (d,) arrays
        The start and end of each axis: the vector of a text, or the mean of a group's.

    Raises
    ------
    InputError
        The start and end of an axis are the same.
    """
    columns = []
    for start, end in ends:
        direction = np.subtract(end, start, dtype=np.float64)
        square = float(direction @ direction)
        if square < 1e-12:
            raise InputError("An axis needs two different ends: these two have the same embedding.")
        columns.append(direction / square)
    weights = np.stack(columns, axis=1)
    starts = np.array([start for start, _ in ends], np.float64)
    origin = starts.mean(axis=0).astype(np.float32)
    offset = ((origin - starts) * weights.T).sum(1)
    return Linear(origin, weights.astype(np.float32), offset.astype(np.float32))
