"""Where a corpus's vectors are searched: in memory, or wherever a finder keeps them."""

from dataclasses import dataclass
from typing import Protocol

from core.search.exact import AnyFloats, Rows, nearest
from core.search.hits import Hits
from core.similarity.functions import Similarity


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
        hits = nearest(queries, self.vectors[among], k, similarity=self.similarity)
        return Hits(among[hits.rows], hits.scores)
