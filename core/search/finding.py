"""Where a corpus's vectors are searched: in memory, or wherever a finder keeps them."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from core.search.exact import AnyFloats, Rows, nearest, nearest_in
from core.search.hits import Hits
from core.similarity.functions import Similarity

NUMBERS_AT_ONCE = 2**25  # an eighth of a gigabyte


class Finder(Protocol):
    """Finds the nearest of a corpus's documents."""

    def find(self, queries: AnyFloats, k: int, among: Rows | None = None) -> Hits:
        """The k documents of highest score for each query, (q, d); ties in row order.

        Parameters
        ----------
        among : (m,) int array, optional
            Rows of the only documents to search, ascending.
        """
        ...


@dataclass(frozen=True, eq=False)
class InMemory:
    """Exact search in vectors, (n, d), that are in memory."""

    vectors: AnyFloats
    similarity: Similarity = "cosine"

    def find(self, queries: AnyFloats, k: int, among: Rows | None = None) -> Hits:  # noqa: D102
        if among is None:
            return nearest(queries, self.vectors, k, similarity=self.similarity)
        return nearest_in(queries, self._blocks(among), k, similarity=self.similarity)

    def _blocks(self, rows: Rows) -> Iterator[tuple[Rows, AnyFloats]]:
        """Copies of some vectors, never of all at once."""
        size = max(1, NUMBERS_AT_ONCE // max(1, self.vectors.shape[1]))
        for start in range(0, len(rows), size):
            part = rows[start : start + size]
            yield part, self.vectors[part]
