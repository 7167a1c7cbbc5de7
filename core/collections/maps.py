"""Maps of collections: fitted on a sample of the texts, where the others are placed by their neighbours in it."""

import random
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from core import maps
from core.collections.cluster import Cluster
from core.collections.columns import add_file, fill, write_part
from core.collections.dataset import Collection, Facts, add_columns, open_collection
from core.collections.embedding import Model
from core.collections.searching import OnDisk
from core.map_files import Density, count_cells, frame_of
from core.maps.faithfulness import SAMPLED_ROWS, Faithfulness, faithfulness
from core.maps.placement import place
from core.progress import Progress, silent
from core.search.exact import Rows
from core.storage import digests

if TYPE_CHECKING:
    import pyarrow
    from lance.fragment import DataFile

Floats = npt.NDArray[np.float32]

FITTED = 20_000  # texts
NEIGHBOURS = 15  # by which a text is placed
ROWS_AT_ONCE = 8192
COUNTED_AT_ONCE = 2**16  # rows
PLACING = "Placing the texts"


@dataclass(frozen=True)
class Map:
    """A map of a collection's texts.

    Attributes
    ----------
    column : str
        The column that holds the coordinates; NaN where a vector is not finite.
    model : str
        The column of vectors.
    method, neighbours, metric, seed : the settings of the layout
    dimensions : int
        2 or 3.
    asked, fitted, drawn_from : int
        On how many texts it was to be fitted, on how many it is, and of how many they were drawn.
    """

    column: str
    model: str
    method: str
    neighbours: int
    metric: maps.Metric
    seed: int
    dimensions: int
    asked: int
    fitted: int
    drawn_from: int


@dataclass(frozen=True, eq=False)
class _Fit:
    """A fitted sample: its rows, (m,), vectors, (m, d), and coordinates, (m, 2 or 3)."""

    rows: Rows
    vectors: Floats
    coordinates: Floats


@dataclass(frozen=True, eq=False)
class _Placing:
    """What places the texts of a part on a map, here or on a node."""

    model: Model
    fit: _Fit
    of: Map

    def write(self, collection: Collection, number: int, on_progress: Progress) -> "DataFile":
        """Write a part's coordinates."""
        blocks = _coordinates(OnDisk(collection, self.model), self.fit, number, self.of, on_progress)
        return write_part(collection, self.of.column, blocks)


def maps_of(collection: Collection) -> list[Map]:
    """The maps of a collection, the latest last."""
    return [Map(**facts) for facts in collection.facts.maps.values()]


def not_placed(collection: Collection, of: Map) -> int:
    """How many texts a map does not place yet."""
    return sum(part.physical_rows for part in collection.without(of.column))


def lay_out(
    collection: Collection,
    model: Model,
    *,
    fitted: int = FITTED,
    dimensions: int = 2,
    seed: int = 42,
    cluster: Cluster | None = None,
    on_progress: Progress = silent,
) -> tuple[Collection, Map]:
    """The collection with a UMAP map of all its texts; only texts that it does not place yet are placed.

    Parameters
    ----------
    cluster : Cluster, optional
        Where texts are placed; the map is always fitted on this machine.

    Raises
    ------
    InputError
        There are too few texts, or `dimensions` or `seed` is not offered.
    """
    import pyarrow as pa

    settings = maps.Umap(metric=maps.metric_of(model.identity.similarity), seed=seed)
    exact = OnDisk(collection, model)
    known = [each for each in maps_of(collection) if _is_of(each, model, settings, dimensions, fitted)]
    fit = _fit_on_disk(exact, known[-1]) if known else None
    if fit:
        chosen = known[-1]
    else:
        fit = _fit(exact, settings, fitted, dimensions, on_progress)
        chosen = _describe(fit, model, settings, len(collection), fitted)
    collection = add_columns(collection, [pa.field(chosen.column, pa.list_(pa.float32(), dimensions))])
    if cluster and collection.without(chosen.column):
        collection = _place_on(cluster, collection, _Placing(model, fit, chosen), on_progress)
    while missing := collection.without(chosen.column):
        part = random.choice(missing).id  # noqa: S311 - so that several processes seldom place the same
        file = _Placing(model, fit, chosen).write(collection, part, on_progress)
        collection = add_file(collection, part, chosen.column, file, partial(_facts_with, chosen))
    return collection, chosen


def _place_on(cluster: Cluster, collection: Collection, placing: _Placing, on_progress: Progress) -> Collection:
    """Place the rest on a cluster: coordinates are computed and written there, and committed here."""

    def report(current: Collection) -> None:
        on_progress(PLACING, len(current) - not_placed(current, placing.of), len(current))

    with cluster.workers(_Placing, placing.model, placing.fit, placing.of) as workers:
        return fill(
            collection,
            placing.of.column,
            workers,
            partial(_place_there, collection.name),
            _facts_with,
            report,
        )


def _place_there(name: str, placing: _Placing, number: int, on_progress: Progress) -> "tuple[DataFile, Map]":
    """Write a part's coordinates, on a node."""
    return placing.write(open_collection(name), number, on_progress), placing.of


def coordinates_of(collection: Collection, of: Map, rows: Rows) -> Floats:
    """The points of some rows on a map, (m, 2 or 3); NaN where it does not place them yet."""
    column = collection.data.take(rows, columns=[of.column])[of.column].combine_chunks()
    return _points(column, of)


def density_of(collection: Collection, of: Map, points: Floats) -> Density:
    """The density of a whole map in the frame of some of its points, counted part by part."""
    if of.dimensions != 2:
        return Density(len(collection))
    batches = collection.data.to_batches(columns=[of.column], batch_size=COUNTED_AT_ONCE)
    return Density(len(collection), count_cells((_points(batch.column(0), of) for batch in batches), *frame_of(points)))


def _points(column: "pyarrow.FixedSizeListArray", of: Map) -> Floats:
    """The points of a column; NaN where there is none."""
    points = np.full((len(column), of.dimensions), np.nan, np.float32)
    points[column.is_valid().to_numpy(zero_copy_only=False)] = column.flatten().to_numpy().reshape(-1, of.dimensions)
    return points


def measure_map(collection: Collection, model: Model, of: Map) -> Faithfulness | None:
    """How far a map can be trusted, on a sample of all texts; None if they are too few."""
    rows = _draw(len(collection), SAMPLED_ROWS, seed=1)
    vectors, points = OnDisk(collection, model).vectors_of(rows), coordinates_of(collection, of, rows)
    is_placed = np.isfinite(points).all(axis=1)
    return faithfulness(vectors[is_placed], points[is_placed], metric=of.metric)


def _is_of(known: Map, model: Model, settings: maps.Umap, dimensions: int, fitted: int) -> bool:
    """Whether a map is one of the model's vectors with these settings."""
    asked = (model.column, settings.neighbours, settings.metric, settings.seed, dimensions, fitted)
    return (known.model, known.neighbours, known.metric, known.seed, known.dimensions, known.asked) == asked


def _describe(fit: _Fit, model: Model, settings: maps.Umap, size: int, asked: int) -> Map:
    """What is known of a new map; its column is named by its fit, so that two fits never mix."""
    column = f"m_{digests.of(model.column.encode(), digests.of_array(fit.coordinates).encode(), size=8)}"
    how = (settings.method, settings.neighbours, settings.metric, settings.seed)
    return Map(column, model.column, *how, fit.coordinates.shape[1], asked, len(fit.rows), size)


def _fit(exact: OnDisk, settings: maps.Umap, fitted: int, dimensions: int, on_progress: Progress) -> _Fit:
    """Fit a map on a sample of the rows; it is known again after an interruption."""
    rows, vectors = _sample(exact, len(exact.collection), fitted)
    laid_out = maps.project(vectors, settings, dimensions=dimensions, on_progress=on_progress)
    return _Fit(rows, vectors, laid_out.coordinates)


def _fit_on_disk(exact: OnDisk, known: Map) -> _Fit | None:
    """The fit of a map that is there already; None if some of its parts are missing."""
    rows, vectors = _sample(exact, known.drawn_from, known.asked)
    missing = {part.id for part in exact.collection.without(known.column)}
    parts = np.searchsorted(exact.collection.starts, rows, side="right") - 1
    if any(exact.collection.fragments[part].id in missing for part in np.unique(parts)):
        return None
    return _Fit(rows, vectors, coordinates_of(exact.collection, known, rows))


def _sample(exact: OnDisk, size: int, count: int) -> tuple[Rows, Floats]:
    """The rows of a sample of the first `size` rows, but for those with NaN, and their vectors."""
    rows = _draw(size, count, seed=0)
    vectors = exact.vectors_of(rows)
    is_finite = np.isfinite(vectors).all(axis=1)
    return rows[is_finite], vectors[is_finite]


def _draw(size: int, count: int, seed: int) -> Rows:
    return np.sort(np.random.default_rng(seed).choice(size, min(size, count), replace=False))


def _coordinates(exact: OnDisk, fit: _Fit, number: int, of: Map, on_progress: Progress) -> Iterator[Floats]:
    """The points of a part's rows, some at a time: the fitted as they are, the others by their neighbours."""
    collection = exact.collection
    place_of_part = [part.id for part in collection.fragments].index(number)
    start, end = collection.starts[place_of_part : place_of_part + 2]
    placed = len(collection) - not_placed(collection, of)
    for first in range(start, end, ROWS_AT_ONCE):
        rows = np.arange(first, min(first + ROWS_AT_ONCE, end))
        on_progress(PLACING, placed + int(first - start), len(collection))
        yield _place(rows, exact.vectors_of(rows), fit, of.metric)


def _place(rows: Rows, vectors: Floats, fit: _Fit, metric: maps.Metric) -> Floats:
    points = np.full((len(rows), fit.coordinates.shape[1]), np.nan, np.float32)
    is_finite = np.isfinite(vectors).all(axis=1)
    near = maps.nearest_to(vectors[is_finite], fit.vectors, NEIGHBOURS, metric=metric)
    points[is_finite] = place(near.rows, near.distances, fit.coordinates)
    places = np.minimum(np.searchsorted(fit.rows, rows), len(fit.rows) - 1)
    is_fitted = fit.rows[places] == rows
    points[is_fitted] = fit.coordinates[places[is_fitted]]
    return points


def _facts_with(of: Map, collection: Collection) -> Facts:
    facts = collection.facts
    others = {name: known for name, known in facts.maps.items() if name != of.column}
    return replace(facts, maps=others | {of.column: asdict(of)})
