"""Approximate search in a collection by an index whose recall was measured; what it would miss is searched exactly."""

import math
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from core.collections.dataset import Collection
from core.collections.embedding import Model
from core.collections.searching import FEW_ROWS, OnDisk
from core.search import Hits, nearest
from core.search.exact import AnyFloats, Rows
from core.similarity.functions import Similarity
from core.wording import count

KIND = "IVF_RQ"  # inverted lists of vectors rounded by RaBitQ (Gao and Long 2024; Gao et al. 2025)
METRICS: dict[Similarity, str] = {"cosine": "dot", "dot": "dot", "euclidean": "l2"}  # cosines are of unit rows
SPARE = 2  # times as many candidates as meet a condition on average
MOST_CANDIDATES = 20_000
THREADS = 4  # that search for a query each


@dataclass(frozen=True)
class Index:
    """A model's index in a collection, how it is searched, and the recall measured with that.

    Attributes
    ----------
    uuid : str
        The name of its build, by Lance; of another build nothing is known.
    partitions, nprobes : int
        Into how many groups the vectors are divided, and how many of them a search reads.
    refine : int
        How many times as many candidates as results are scored with their full vectors.
    recall : float
        Share of the `at` nearest that are found; equally near texts all count.
    queries, sample : int and str
        On how many queries it was measured, and what these are.
    demanded : float
        The recall that was asked for.
    """

    uuid: str
    partitions: int
    nprobes: int
    refine: int
    recall: float
    at: int
    queries: int
    sample: str
    demanded: float

    @property
    def sentence(self) -> str:
        """What it finds, and how it is searched."""
        return (
            f"The index finds {self.recall:.1%} of the {self.at} nearest, measured on {self.queries:,} {self.sample}. "
            f"It searches {self.nprobes:,} of {count(self.partitions, 'partition')} and scores "
            f"{count(self.refine, 'candidate')} per result with the full vectors."
        )


def index_of(collection: Collection, model: Model) -> Index | None:
    """The index of a model's vectors; None if there is none, or none whose recall was measured."""
    facts = collection.facts.models[model.column].get("index")
    index = Index(**facts) if facts else None
    return index if index and index.uuid in parts_by_index(collection) else None


def unindexed(collection: Collection, index: Index) -> int:
    """How many rows came after an index; they are searched one by one."""
    indexed = parts_by_index(collection)[index.uuid]
    return sum(part.physical_rows for part in collection.fragments if part.id not in indexed)


def parts_by_index(collection: Collection) -> dict[str, set[int]]:
    """The numbers of the parts that each index holds, by the name of its build."""
    return {
        build_of(index): {part for segment in index.segments for part in segment.fragment_ids}
        for index in collection.data.describe_indices()
    }


def build_of(index: Any) -> str:
    """The name of an index's build: those of its segments, one for each worker that built it."""
    return "+".join(sorted(segment.uuid for segment in index.segments))


@dataclass(frozen=True, eq=False)
class ByIndex:
    """Search by an index, with the scores of exact search.

    Conditions that leave few rows, or rows that are rare among the nearest, are searched exactly.
    """

    exact: OnDisk
    index: Index

    def serves(self, among: Rows | None) -> bool:
        """Whether these rows, None for all, are searched by the index."""
        return among is None or len(among) > FEW_ROWS

    def find(self, queries: AnyFloats, k: int, among: Rows | None = None) -> Hits:  # noqa: D102
        if not self.serves(among):
            return self.exact.find(queries, k, among)
        size = len(self.exact.collection) if among is None else len(among)
        k = min(k, size)
        hits = Hits(np.empty((len(queries), k), np.int64), np.empty((len(queries), k), np.float32))
        is_short = np.zeros(len(queries), bool)
        with ThreadPoolExecutor(min(THREADS, len(queries))) as pool:
            for place, best in enumerate(pool.map(partial(self._find_one, k, size, among), queries)):
                is_short[place] = best is None
                if best is not None:
                    hits.rows[place], hits.scores[place] = best
                self.exact.on_progress("Searching", place + 1, len(queries))
        if is_short.any():
            found = self.exact.find(queries[is_short], k, among)
            hits.rows[is_short], hits.scores[is_short] = found.rows, found.scores
        return hits

    def _find_one(self, k: int, size: int, among: Rows | None, query: AnyFloats) -> tuple[Rows, AnyFloats] | None:
        """The k best rows for a query among so many; None if the index finds too few."""
        rows = self._candidates(query, min(size, k * self.index.refine), among)
        return None if rows is None else self._best(query, rows, k)

    def _candidates(self, query: AnyFloats, wanted: int, among: Rows | None) -> Rows | None:
        """That many of the nearest rows, ascending; None if so many are not found.

        Of rows that meet a condition as many are looked at as of all rows without one.
        """
        if among is None:
            rows = self._nearest(query, wanted, self.index.nprobes)
        else:
            times = len(self.exact.collection) / len(among)
            depth = math.ceil(SPARE * times * wanted)
            if depth > MOST_CANDIDATES:
                return None
            rows = self._nearest(query, depth, math.ceil(times * self.index.nprobes))
            rows = rows[np.isin(rows, among, assume_unique=True)][:wanted]
        return np.sort(rows) if len(rows) >= wanted else None

    def _nearest(self, query: AnyFloats, wanted: int, nprobes: int) -> Rows:
        """That many rows, nearest first, as far as the index can tell; partitions are added if they hold too few."""
        wanted = min(wanted, len(self.exact.collection))
        while True:
            rows = self.nearest_in(nprobes, query, wanted)
            if len(rows) >= wanted or nprobes >= self.index.partitions:
                return rows
            nprobes *= 2

    def nearest_in(self, nprobes: int, query: AnyFloats, wanted: int) -> Rows:
        """The rows of so many partitions, nearest first as far as the index can tell, and no more than wanted."""
        collection, model = self.exact.collection, self.exact.model
        how = {"column": model.column, "q": query.astype(np.float32), "metric": METRICS[model.identity.similarity]}
        scanner = collection.data.scanner(
            columns=["_distance"], with_row_address=True, nearest={**how, "k": wanted, "nprobes": nprobes}
        )
        return collection.rows_at(scanner.to_table()["_rowaddr"].to_numpy())

    def _best(self, query: AnyFloats, rows: Rows, k: int) -> tuple[Rows, AnyFloats]:
        vectors = self.exact.vectors_of(rows)
        best = nearest(query[None], vectors, k, similarity=self.exact.model.identity.similarity)
        return rows[best.rows[0]], best.scores[0]
