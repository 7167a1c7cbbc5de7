"""Indexes of collections: built, their recall measured against exact search, and searched as cheaply as it allows."""

import math
from collections.abc import Iterator
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
from core.search import nearest
from core.search.exact import AnyFloats, Rows
from core.similarity.functions import Similarity

BITS = 5  # of a number in the index
LEAST_ROWS = 256  # in a partition, for its centre to be trained
SAMPLE = 200  # queries
AT = 10
QUERIES_AT_ONCE = 50  # whose candidates are read together
REFINES = (1, 2, 4, 8, 16)
PAGE = 4096  # bytes that are read for a vector at least
SURE = 1.645  # standard errors below the mean, where nine in ten intervals of that width on both sides hold the truth
OF_ROWS = "texts of the collection, each without itself"
OF_QUERIES = "queries given"

_Tried = tuple[Index, float]  # with its recall, and with the least that this surely is


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

    @property
    def wanted(self) -> int:
        """How many results are asked for, so that `AT` are left without the query itself."""
        return AT if self.own is None else AT + 1

    def find(self, finder: OnDisk | ByIndex) -> npt.NDArray[np.float32]:
        """The scores of the nearest of each query, (q, AT) or fewer if there are fewer texts, without itself."""
        hits = finder.find(self.queries, self.wanted)
        found = zip(hits.rows, hits.scores, strict=True)
        return np.array([self.without_itself(place, *each) for place, each in enumerate(found)])

    def without_itself(self, place: int, rows: Rows, scores: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """The scores of the nearest of a query, without its own, or without the last if it is not among them."""
        others = scores if self.own is None else scores[rows != self.own[place]]
        return others[:AT]

    def at(self, place: int) -> "Sample":
        """One of the queries."""
        return Sample(self.queries[[place]], None if self.own is None else self.own[[place]])


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


def can_be_indexed(similarity: Similarity, dimensions: int) -> bool:
    """Whether Lance has an index for such vectors."""
    return similarity in METRICS and dimensions % 8 == 0


def was_built(collection: Collection, model: Model) -> bool:
    """Whether an index of a model's vectors has been built, even if it was not kept for finding too little."""
    return "index" in collection.facts.models[model.column]


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
    truth = sample.find(exact)
    settings = _settings(exact.collection, exact.model, index.partitions)
    quiet = replace(exact, on_progress=silent)
    best, known = index, dict[int, dict[int, _Tried]]()
    for done, (nprobes, refine) in enumerate(settings):
        on_progress("Measuring recall", done, len(settings))
        if nprobes not in known:
            known[nprobes] = _refined(quiet, sample, replace(index, nprobes=nprobes), truth)
        tried, surely = known[nprobes][refine]
        if surely >= index.demanded:
            return tried
        best = max(best, tried, key=lambda each: each.recall)
    return best


def _refined(exact: OnDisk, sample: Sample, index: Index, truth: npt.NDArray[np.float32]) -> dict[int, _Tried]:
    """An index with each refinement, and the recall of searches with it: the share of scores from the last true one on.

    The candidates of a refinement are the first of those of a larger one, so each query is looked up only once.
    """
    found = {refine: np.empty_like(truth) for refine in REFINES}
    for place, (rows, scores) in enumerate(_candidates(exact, sample, index)):
        for refine in REFINES:
            wanted = sample.wanted * refine
            if len(rows) < min(wanted, len(exact.collection)):  # then a search goes on in more partitions
                (found[refine][place],) = sample.at(place).find(ByIndex(exact, replace(index, refine=refine)))
            else:
                best = np.argsort(-scores[:wanted], kind="stable")[: sample.wanted]
                found[refine][place] = sample.without_itself(place, rows[best], scores[best])
    recalls = {refine: (scores >= truth[:, -1:]).mean(axis=1) for refine, scores in found.items()}
    return {
        refine: (replace(index, refine=refine, recall=float(of_each.mean())), least_recall(of_each))
        for refine, of_each in recalls.items()
    }


def _candidates(exact: OnDisk, sample: Sample, index: Index) -> Iterator[tuple[Rows, npt.NDArray[np.float32]]]:
    """What an index finds for each query, nearest first as far as it can tell, and the scores by the full vectors."""
    finder, most, similarity = ByIndex(exact, index), sample.wanted * REFINES[-1], exact.model.identity.similarity
    for start in range(0, len(sample.queries), QUERIES_AT_ONCE):
        queries = sample.queries[start : start + QUERIES_AT_ONCE]
        found = [finder.nearest_in(index.nprobes, query, most) for query in queries]
        rows = np.unique(np.concatenate(found))
        vectors = exact.vectors_of(rows)
        for query, own in zip(queries, found, strict=True):
            hits = nearest(query[None], vectors[np.searchsorted(rows, own)], len(own), similarity=similarity)
            scores = np.empty(len(own), np.float32)
            scores[hits.rows[0]] = hits.scores[0]
            yield own, scores


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


def _note(collection: Collection, model: Model, index: Index | None) -> Collection:
    """Note what is known of an index, or that there is none."""
    known = asdict(index) if index else None

    def change(current: Collection) -> tuple[list[Any], Facts]:
        models = current.facts.models
        changed = models | {model.column: models[model.column] | {"index": known}}
        return current.fragments, replace(current.facts, models=changed)

    return commit(collection, change)
