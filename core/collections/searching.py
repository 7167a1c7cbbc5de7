"""Search in a collection: exact, through its vectors as they are read from its files, here or on a cluster."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from core.collections.cluster import Cluster
from core.collections.dataset import Collection, open_collection
from core.collections.embedding import Model
from core.progress import Progress, silent
from core.retrieval import SEARCHES
from core.search import Hits, nearest_in
from core.search.exact import AnyFloats, Rows
from core.search.hits import NEARLY_ZERO

Block = tuple[Rows, npt.NDArray[np.float32]]

BYTES_AT_ONCE = 2**23
READ_AHEAD = 2  # blocks
FEW_ROWS = 50_000  # that are read one by one rather than among all
SHARES = 4  # of the parts for each worker of a cluster
SEARCHING = "Searching"


@dataclass(frozen=True, eq=False)
class OnDisk:
    """Exact search in a model's vectors in a collection; reports how many are read.

    On a cluster, if one is given, what is more than `FEW_ROWS`.
    """

    collection: Collection
    model: Model
    on_progress: Progress = silent
    cluster: Cluster | None = None

    def find(self, queries: AnyFloats, k: int, among: Rows | None = None) -> Hits:  # noqa: D102
        if among is not None and len(among) <= FEW_ROWS:
            return nearest_in(queries, self._few(among), k, similarity=self.model.identity.similarity)
        if self.cluster:
            return self._find_on(self.cluster, queries, k, among)
        return self.find_in(slice(0, None), queries, k, among)

    def find_in(self, parts: slice, queries: AnyFloats, k: int, among: Rows | None = None) -> Hits:
        """As `find`, in some parts alone, of which all vectors are read."""
        blocks = self._all(parts) if among is None else self._many(parts, among)
        return nearest_in(queries, self._in_turns(blocks, len(queries)), k, similarity=self.model.identity.similarity)

    def _in_turns(self, blocks: Iterator[Block], queries: int) -> Iterator[Block]:
        """The blocks, each of which is searched by turns of the visitors."""
        for rows, vectors in blocks:
            with SEARCHES.hold(self.on_progress, None, cost=max(1, queries * len(rows))):
                yield rows, vectors

    def _find_on(self, cluster: Cluster, queries: AnyFloats, k: int, among: Rows | None) -> Hits:
        """Each worker searches shares of the parts, and what they find is merged."""
        best: Hits | None = None
        done, size = 0, len(self.collection)
        asked = (self.collection.name, self.collection.data.version, self.model, queries, k, among)
        with cluster.workers(_Search, *asked) as workers:
            shares = iter(self._shares(SHARES * workers.size))
            work, wait = _Search.find_in, lambda: self.on_progress(SEARCHING, done, size)
            for share, hits in workers.run(work, lambda: next(shares, None), wait):
                best = Hits.merged([best, hits], k) if best else hits
                done += int(self.collection.starts[share.stop] - self.collection.starts[share.start])
        self.on_progress(SEARCHING, size, size)
        assert best
        return best

    def _shares(self, count: int) -> list[slice]:
        """The parts, divided among so many."""
        parts = len(self.collection.fragments)
        ends = np.unique(np.linspace(0, parts, min(count, parts) + 1).astype(int)).tolist()
        return [slice(start, end) for start, end in pairwise(ends)]

    def vectors_of(self, rows: Rows) -> npt.NDArray[np.float32]:
        """The vectors of some rows."""
        return np.concatenate([vectors for _, vectors in self._few(rows)])

    @property
    def _rows_at_once(self) -> int:
        return max(1, BYTES_AT_ONCE // (4 * self.model.identity.dimensions))

    def _all(self, parts: slice) -> Iterator[Block]:
        """All vectors of some parts, some at a time."""
        scanner = self.collection.data.scanner(
            columns=[self.model.column],
            fragments=self.collection.data.get_fragments()[parts],
            batch_size=self._rows_at_once,
            batch_readahead=READ_AHEAD,
            fragment_readahead=1,
            io_buffer_size=READ_AHEAD * BYTES_AT_ONCE,
            scan_in_order=True,
        )
        start = int(self.collection.starts[parts.start])
        for batch in scanner.to_batches():
            yield np.arange(start, start + len(batch)), self._vectors(batch)
            start += len(batch)
            self.on_progress(SEARCHING, start, len(self.collection))

    def _few(self, rows: Rows) -> Iterator[Block]:
        for start in range(0, len(rows), self._rows_at_once):
            part = rows[start : start + self._rows_at_once]
            (batch,) = self.collection.data.take(part, columns=[self.model.column]).combine_chunks().to_batches()
            yield part, self._vectors(batch)

    def _many(self, parts: slice, rows: Rows) -> Iterator[Block]:
        for block, vectors in self._all(parts):
            start, end = np.searchsorted(rows, [block[0], block[-1] + 1])
            yield rows[start:end], vectors[rows[start:end] - block[0]]

    def _vectors(self, batch: Any) -> npt.NDArray[np.float32]:
        numbers = batch.column(0).flatten().to_numpy(zero_copy_only=True)
        return np.asarray(numbers, np.float32).reshape(len(batch), self.model.identity.dimensions)


@dataclass(frozen=True, eq=False)
class _Search:
    """A search on a node, in the collection as whoever asks has opened it."""

    name: str
    version: int
    model: Model
    queries: AnyFloats
    k: int
    among: Rows | None

    def find_in(self, share: slice, on_progress: Progress) -> Hits:
        exact = OnDisk(open_collection(self.name, self.version), self.model, on_progress)
        return exact.find_in(share, self.queries, self.k, self.among)


def results(collection: Collection, hits: Hits, query: int = 0) -> list[dict[str, Any]]:
    """The hits of one of the queries, best first: the id, score and text of each."""
    is_found = hits.is_found[query]
    found = collection.data.take(hits.rows[query][is_found], columns=["id", "text"]).to_pylist()
    scores = hits.scores[query][is_found].tolist()
    return [
        {"id": row["id"], "score": 0.0 if score == NEARLY_ZERO else score, "text": row["text"]}
        for row, score in zip(found, scores, strict=True)
    ]
