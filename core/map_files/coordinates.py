"""Coordinates in a table: columns called x, y and optionally z, or projection_x, umap_x, tsne_x, pca_x."""

from collections.abc import Iterator

import numpy as np

from core.map_files.columns import find_stray, numbers
from core.map_files.space import Floats
from core.map_files.vectors import stray_cell
from core.tables import Table

PREFIXES = ("", "projection_", "umap_", "tsne_", "pca_")
AXES = ("x", "y", "z")


def coordinate_columns(name: str, table: Table) -> dict[str, Floats]:
    """The columns, ignoring case, that hold the coordinates of the rows: two, three or none.

    A missing cell is NaN. A column of something else than numbers holds no coordinates.

    Raises
    ------
    InputError
        A few cells of the first two are no numbers.
    """
    known = {column.lower(): column for column in reversed(table.columns)}
    for prefix in PREFIXES:
        axes = dict(_axes(table, [known.get(prefix + axis) for axis in AXES]))
        if len(axes) >= 2:
            return axes
        _refuse_stray_cells(name, table, [known.get(prefix + axis) for axis in AXES[:2]])
    return {}


def _refuse_stray_cells(name: str, table: Table, columns: list[str | None]) -> None:
    """Refuse two columns that hold numbers, but for a few cells."""
    found = {column: numbers(table.cells[column]) for column in columns if column is not None}
    if len(found) < len(columns):
        return
    strays = {column: find_stray(table.cells[column]) for column, values in found.items() if values is None}
    for column, row in strays.items():
        if row is not None and None not in strays.values():
            raise stray_cell(name, table, column, row, "coordinates")


def _axes(table: Table, columns: list[str | None]) -> Iterator[tuple[str, Floats]]:
    """The columns up to the first that is missing or not numeric."""
    for column in columns:
        values = None if column is None else numbers(table.cells[column])
        if column is None or values is None or np.isnan(values).all():
            return
        with np.errstate(over="ignore"):  # values beyond float32 become infinite and are skipped
            yield column, values.astype(np.float32) + 0  # no minus zero: equal places, equal fingerprints
