"""The content of a map."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Rows = Sequence[int] | NDArray[np.integer]

VIRIDIS = ("#440154", "#472D7B", "#3B528B", "#2C728E", "#21918C", "#28AE80", "#5EC962", "#ADDC30", "#FDE725")


@dataclass(frozen=True)
class Map:
    """One map: a title, and a place for every row.

    `coordinates` is (n, 2) or (n, 3); a row that is not finite is not drawn. `axes` are the titles of the axes, such as
    the shares of principal components; without them no axes are drawn, because they have no meaning. `counts` are the
    points of the whole map in each cell of its square, as in `map_files.Density`, if only some of them are rows.
    """

    title: str
    coordinates: NDArray[np.floating]
    axes: tuple[str, ...] = ()
    counts: NDArray[np.integer] | None = None


@dataclass(frozen=True)
class Categories:
    """A colour for each category: `codes` (n,) uint8 point into `names` and `colours` ("#RRGGBB").

    A code beyond the names is drawn grey, like a row without a category. `shapes` are 0 for a circle, 1 for a square, 2
    for a triangle, 3 for a diamond; without them all points are circles.
    """

    codes: NDArray[np.uint8]
    names: tuple[str, ...]
    colours: tuple[str, ...]
    shapes: tuple[int, ...] = ()


@dataclass(frozen=True)
class Gradient:
    """A colour for each value between `low` and `high`, by a scale of "#RRGGBB" stops; NaN is grey.

    `format` is the format of the bar's ends: a "date" is in seconds since 1970 (UTC), a "percent" is a share of 1.
    """

    values: NDArray[np.floating]
    low: float
    high: float
    title: str
    scale: tuple[str, ...] = VIRIDIS
    format: Literal["number", "date", "percent"] = "number"


@dataclass(frozen=True)
class Label:
    """A text at a place of one map, in the map's own coordinates. Earlier labels win if two would overlap."""

    map: int
    text: str
    place: tuple[float, ...]
    colour: str


@dataclass(frozen=True)
class Marks:
    """The user's marks: one row, a selection of rows, and the only rows drawn (None: all)."""

    point: int | None = None
    selected: Rows = ()
    isolated: Rows | None = None


@dataclass(frozen=True)
class Look:
    """Size of the points in pixels (0: automatic, by density), labels, lines to neighbours."""

    size: float = 0.0
    labels: bool = True
    edges: bool = False
