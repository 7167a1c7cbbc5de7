"""Indexes of collections: built, their recall measured against exact search, and searched as cheaply as it allows."""

import math
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from core.collections.cluster import Cluster
from core.collections.dataset import Collection, Facts, commit, indexing, open_collection
from core.collections.embedding import Model
from core.collections.index import KIND, METRICS, ByIndex, Index, build_of
from core.collections.searching import OnDisk
from core.errors import InputError
from core.progress import Progress, silent
from core.search import Hits
from core.search.exact import AnyFloats, Rows

BITS = 5  # of a number in the index
LEAST_ROWS = 256  # in a partition, for its centre to be trained
SAMPLE = 200  # queries
AT = 10
REFINES = (1, 2, 4, 8, 16)
PAGE = 4096  # bytes that are read for a vector at least
SURE = 1.645  # standard errors below the mean, where nine in ten intervals of that width on both sides hold the truth
OF_ROWS = "texts of the collection, each without itself"
OF_QUERIES = "queries given"


@dataclass(frozen=True)
class Sample:
    """Queries to measure recall with, and the row that is the query itself, for those that are rows.

    Attributes
    ----------
    queries : (q, d) float32 array
    own : (q,) int array, or None
    """

    queries: AnyFloats
    own: Rows | None = None

    @property
    def name(self) -> str:
        """What the queries are."""
        return OF_QUERIES if self.own is None else OF_ROWS

    def find(self, finder: OnDisk | ByIndex) -> npt.NDArray[np.float32]:
        """The scores of the nearest of each query, (q, AT), without itself."""
        if self.own is None:
            return finder.find(self.queries, AT).scores
        hits = finder.find(self.queries, AT + 1)
        return np.array([_without(hits, place, own) for place, own in enumerate(self.own)])


def build(
    collection: Collection,
    model: Model,
    demanded: float,
    *,
    queries: AnyFloats | None = None,
    cluster: Cluster | None = None,
    on_progress: Progress = silent,
) -> tuple[Collection, Index | None, float]:
    """The collection with an index of a model's vectors, the index, and the recall reached.

    Of all settings that surely reach the demanded recall, to judge by a sample, the one that reads the fewest bytes is
    kept; if none does so surely, the best of those that reach it on the sample. If none does that, no index is kept,
    and the best recall is returned.

    Parameters
    ----------
    queries : (q, d) array, optional
        To measure with; by default some rows of the collection.
    cluster : Cluster, optional
        Where it is built, in one segment for each worker, and where the vectors are searched exactly.

    Raises
    ------
    InputError
        Such vectors, or so few, can't be indexed, or another process does so at the same time.
    """
    _check(collection, model)
    collection, uuid, partitions = _build(collection, model, cluster, on_progress)
    exact = OnDisk(collection, model, on_progress, cluster)
    sample = _sample(exact) if queries is None else Sample(queries[:SAMPLE])
    index = Index(uuid, partitions, 1, 1, 0.0, AT, len(sample.queries), sample.name, demanded)
    index = _measured(exact, sample, index, on_progress)
    if index.recall < demanded:
        collection.data.drop_index(_name_of(model))
        return _note(collection, model, None), None, index.recall
    return _note(collection, model, index), index, index.recall


def _check(collection: Collection, model: Model) -> None:
    identity = model.identity
    if identity.similarity not in METRICS:
        raise InputError(f"Lance has no index for {identity.similarity} distance: search stays exact.")
    if identity.dimensions % 8:
        raise InputError(f"An index needs a multiple of 8 dimensions, not {identity.dimensions}: search stays exact.")
    if len(collection) < LEAST_ROWS:
        raise InputError(
            f"An index needs {LEAST_ROWS} texts, and {collection.name} has {len(collection)}: search stays exact."
        )


def _build(
    collection: Collection, model: Model, cluster: Cluster | None, on_progress: Progress
) -> tuple[Collection, str, int]:
    """Build the index anew; also its name and the number of partitions."""
    on_progress("Building the index", 0, 1)
    partitions = max(1, min(math.isqrt(len(collection)), len(collection) // LEAST_ROWS))
    name = _name_of(model)
    metric = METRICS[model.identity.similarity]
    how: dict[str, Any] = {"metric": metric, "replace": True, "num_partitions": partitions, "num_bits": BITS}
    with indexing(collection):
        if cluster:
            cluster.create_index(collection.data, model.column, KIND, name, **how)
            collection = open_collection(collection.name)
        else:
            collection = Collection(collection.name, collection.data.create_index(model.column, KIND, name, **how))
    on_progress("Building the index", 1, 1)
    built = next(index for index in collection.data.describe_indices() if index.name == name)
    return collection, build_of(built), partitions


def _name_of(model: Model) -> str:
    return f"{model.column}_index"


def _sample(exact: OnDisk) -> Sample:
    """Rows that are drawn once and for all, but for those with NaN."""
    size = len(exact.collection)
    rows = np.sort(np.random.default_rng(0).choice(size, min(size, SAMPLE), replace=False))
    vectors = exact.vectors_of(rows)
    is_finite = np.isfinite(vectors).all(axis=1)
    return Sample(vectors[is_finite], rows[is_finite])


def _measured(exact: OnDisk, sample: Sample, index: Index, on_progress: Progress) -> Index:
    """The cheapest setting that surely reaches the recall demanded, or the best if none does."""
    least = sample.find(exact)[:, -1:]
    best = index
    settings = _settings(exact.collection, exact.model, index.partitions)
    quiet = replace(exact, on_progress=silent)
    for done, (nprobes, refine) in enumerate(settings):
        on_progress("Measuring recall", done, len(settings))
        tried = replace(index, nprobes=nprobes, refine=refine)
        recalls = (sample.find(ByIndex(quiet, tried)) >= least).mean(axis=1)
        tried = replace(tried, recall=float(recalls.mean()))
        if least_recall(recalls) >= index.demanded:
            return tried
        best = max(best, tried, key=lambda each: each.recall)
    return best


def least_recall(recalls: npt.NDArray[np.floating[Any]]) -> float:
    """The mean of some queries' recalls, less what it may owe to their choice: the lower end of its 90 % interval.

    The cheapest of many settings whose mean reaches a bound has often been lucky with the sample.
    """
    error = recalls.std(ddof=1) / math.sqrt(len(recalls)) if len(recalls) > 1 else 0.0
    return float(recalls.mean() - SURE * error)


def _settings(collection: Collection, model: Model, partitions: int) -> list[tuple[int, int]]:
    """Partitions to search and candidates to score, those first that read the fewest bytes."""
    dimensions = model.identity.dimensions
    in_partition = len(collection) / partitions * dimensions * BITS / 8
    of_candidate = AT * max(PAGE, 4 * dimensions)
    nprobes = sorted({2**power for power in range(partitions.bit_length())} | {partitions})
    return sorted(
        ((some, refine) for some in nprobes for refine in REFINES),
        key=lambda setting: setting[0] * in_partition + setting[1] * of_candidate,
    )


def _without(hits: Hits, place: int, own: int) -> npt.NDArray[np.float32]:
    """The scores of a query's hits without one row, or without the last if it is not among them."""
    others = hits.scores[place][hits.rows[place] != own]
    return others[:AT]


def _note(collection: Collection, model: Model, index: Index | None) -> Collection:
    """Note what is known of an index, or that there is none."""
    known = asdict(index) if index else None

    def change(current: Collection) -> tuple[list[Any], Facts]:
        models = current.facts.models
        changed = models | {model.column: models[model.column] | {"index": known}}
        return current.fragments, replace(current.facts, models=changed)

    return commit(collection, change)
