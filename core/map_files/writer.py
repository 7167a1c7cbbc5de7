"""Writes spaces: CSV safe for spreadsheets, Parquet and NPY."""

import codecs
import io
from collections.abc import Collection, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt

from core.map_files.space import Floats, Space, coordinates_of, vectors_of
from core.tables import harmless

AXES = ("x", "y", "z")  # readers take them for coordinates, ignoring case
VECTOR = "vector"


def describe(space: Space, taken: Collection[str] = ()) -> dict[str, list[str]]:
    """The columns id, text and the fields; a field whose name is taken gets an underscore at its end."""
    columns = {"id": list(space.corpus.ids), "text": list(space.corpus.texts)}
    for name, cells in space.corpus.fields.items():
        free = name
        while free in columns or free.lower() in taken:
            free += "_"
        columns[free] = list(cells)
    return columns


def coordinates_csv(space: Space) -> bytes:
    """Ids, texts, fields and the coordinates x, y and optionally z as CSV.

    Raises
    ------
    InputError
        The space has no coordinates.
    """
    axes = _axes(coordinates_of(space))
    return _csv(describe(space, axes), axes)


def neighbours_csv(
    ids: Sequence[str],
    rows: npt.NDArray[np.int64],
    distances: Floats,
    values: Mapping[str, object] = MappingProxyType({}),
) -> bytes:
    """Each id's neighbours, nearest first: rows and distances, both (n, k), measured among those n ids.

    Further columns have one value for all rows.
    """
    names = np.array([harmless(name) for name in ids], object)
    n, k = rows.shape
    columns = {"id": names.repeat(k), "rank": np.tile(np.arange(1, k + 1), n), "neighbour_id": names[rows.ravel()]}
    further = {name: [harmless(str(value))] * (n * k) for name, value in values.items()}
    return _bytes_of({**columns, "distance": distances.ravel(), **further})


def space_parquet(space: Space) -> bytes:
    """All of a space as Parquet: ids, texts, fields, and any coordinates and vectors."""
    import pyarrow
    import pyarrow.parquet

    axes: dict[str, Any] = {} if space.coordinates is None else _axes(space.coordinates)
    numbers = axes
    if space.vectors is not None:
        vectors = np.ascontiguousarray(vectors_of(space))
        numbers = axes | {VECTOR: pyarrow.FixedSizeListArray.from_arrays(vectors.ravel(), vectors.shape[1])}
    buffer = io.BytesIO()
    pyarrow.parquet.write_table(pyarrow.table({**describe(space, tuple(numbers)), **numbers}), buffer)
    return buffer.getvalue()


def _axes(coordinates: Floats) -> dict[str, Floats]:
    return {axis: np.ascontiguousarray(column) for axis, column in zip(AXES, coordinates.T, strict=False)}


def _csv(texts: dict[str, list[str]], numbers: dict[str, Floats]) -> bytes:
    """CSV in which cells and names that a spreadsheet would run as formulas become plain text."""
    safe = {harmless(name): [harmless(cell) for cell in cells] for name, cells in texts.items()}
    return _bytes_of({**safe, **numbers})


def _bytes_of(columns: dict[str, Any]) -> bytes:
    """The columns as CSV, with a byte order mark for spreadsheets; texts quoted, numbers exact."""
    import pyarrow
    import pyarrow.csv

    buffer = io.BytesIO(codecs.BOM_UTF8)
    buffer.seek(0, io.SEEK_END)
    pyarrow.csv.write_csv(pyarrow.table(columns), buffer)
    return buffer.getvalue()
