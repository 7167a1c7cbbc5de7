"""Coordinates in a table: columns called x, y and optionally z, or projection_x, umap_x, tsne_x, pca_x."""

from collections.abc import Iterator

import numpy as np

from core.map_files.columns import numbers
from core.map_files.space import Floats
from core.tables import Table

PREFIXES = ("", "projection_", "umap_", "tsne_", "pca_")
AXES = ("x", "y", "z")


def coordinate_columns(table: Table) -> dict[str, Floats]:
    """The columns, ignoring case, that hold the coordinates of the rows: two, three or none.

    A missing cell is NaN. A column with anything but numbers holds no coordinates.
    """
    known = {column.lower(): column for column in reversed(table.columns)}
    for prefix in PREFIXES:
        axes = dict(_axes(table, [known.get(prefix + axis) for axis in AXES]))
        if len(axes) >= 2:
            return axes
    return {}


def _axes(table: Table, columns: list[str | None]) -> Iterator[tuple[str, Floats]]:
    """The columns up to the first that is missing or not numeric."""
    for column in columns:
        values = None if column is None else numbers(table.cells[column])
        if column is None or values is None or np.isnan(values).all():
            return
        with np.errstate(over="ignore"):  # values beyond float32 become infinite and are skipped
            yield column, values.astype(np.float32) + 0  # no minus zero: equal places, equal fingerprints
