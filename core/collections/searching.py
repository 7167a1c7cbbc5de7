"""Search in a collection: exact, through its vectors as they are read from its files."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from core.collections.dataset import Collection
from core.collections.embedding import Model
from core.progress import Progress, silent
from core.search import Hits, nearest_in
from core.search.exact import AnyFloats, Rows
from core.search.hits import NEARLY_ZERO

Block = tuple[Rows, npt.NDArray[np.float32]]

BYTES_AT_ONCE = 2**23
READ_AHEAD = 2  # blocks
FEW_ROWS = 50_000  # that are read one by one rather than among all


@dataclass(frozen=True, eq=False)
class OnDisk:
    """Exact search in a model's vectors in a collection; reports how many are read."""

    collection: Collection
    model: Model
    on_progress: Progress = silent

    def find(self, queries: AnyFloats, k: int, among: Rows | None = None) -> Hits:  # noqa: D102
        if among is None:
            blocks = self._all()
        elif len(among) <= FEW_ROWS:
            blocks = self._few(among)
        else:
            blocks = self._many(among)
        return nearest_in(queries, blocks, k, similarity=self.model.identity.similarity)

    def vectors_of(self, rows: Rows) -> npt.NDArray[np.float32]:
        """The vectors of some rows."""
        return np.concatenate([vectors for _, vectors in self._few(rows)])

    @property
    def _rows_at_once(self) -> int:
        return max(1, BYTES_AT_ONCE // (4 * self.model.identity.dimensions))

    def _all(self) -> Iterator[Block]:
        """All vectors, some at a time."""
        batches = self.collection.data.to_batches(
            columns=[self.model.column],
            batch_size=self._rows_at_once,
            batch_readahead=READ_AHEAD,
            fragment_readahead=1,
            io_buffer_size=READ_AHEAD * BYTES_AT_ONCE,
            scan_in_order=True,
        )
        start = 0
        for batch in batches:
            yield np.arange(start, start + len(batch)), self._vectors(batch)
            start += len(batch)
            self.on_progress("Searching", start, len(self.collection))

    def _few(self, rows: Rows) -> Iterator[Block]:
        for start in range(0, len(rows), self._rows_at_once):
            part = rows[start : start + self._rows_at_once]
            (batch,) = self.collection.data.take(part, columns=[self.model.column]).combine_chunks().to_batches()
            yield part, self._vectors(batch)

    def _many(self, rows: Rows) -> Iterator[Block]:
        for block, vectors in self._all():
            start, end = np.searchsorted(rows, [block[0], block[-1] + 1])
            yield rows[start:end], vectors[rows[start:end] - block[0]]

    def _vectors(self, batch: Any) -> npt.NDArray[np.float32]:
        numbers = batch.column(0).flatten().to_numpy(zero_copy_only=True)
        return np.asarray(numbers, np.float32).reshape(len(batch), self.model.identity.dimensions)


def results(collection: Collection, hits: Hits, query: int = 0) -> list[dict[str, Any]]:
    """The hits of one of the queries, best first: the id, score and text of each."""
    is_found = hits.is_found[query]
    found = collection.data.take(hits.rows[query][is_found], columns=["id", "text"]).to_pylist()
    scores = hits.scores[query][is_found].tolist()
    return [
        {"id": row["id"], "score": 0.0 if score == NEARLY_ZERO else score, "text": row["text"]}
        for row, score in zip(found, scores, strict=True)
    ]
