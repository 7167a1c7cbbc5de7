"""The hits of a search."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import numpy.typing as npt

Scores = TypeVar("Scores", npt.NDArray[np.float32], npt.NDArray[np.float64])

NEARLY_ZERO = float(np.finfo(np.float32).tiny)  # in place of a score of 0, which means no hit


@dataclass(frozen=True)
class Hits:
    """The best documents for each of q queries.

    Attributes
    ----------
    rows : (q, k) int array of document rows, best first
    scores : (q, k) float array, descending; 0 in an unused place
    """

    rows: npt.NDArray[np.int64]
    scores: npt.NDArray[np.float32]

    def rows_of(self, query: int = 0) -> npt.NDArray[np.int64]:
        """The rows of one query's hits, best first; a score that is exactly 0 or NaN is not a hit."""
        return self.rows[query][self.is_found[query]]

    @property
    def is_found(self) -> npt.NDArray[np.bool_]:
        """Whether each place, (q, k), holds a document that was found."""
        return np.isfinite(self.scores) & (self.scores != 0)

    @classmethod
    def merged(cls, parts: Sequence["Hits"], k: int) -> "Hits":
        """The k best of hits of the same queries in several parts of a corpus; of equal scores the earlier row.

        Parameters
        ----------
        parts : sequence of Hits, at least one
            Without unused places: as many hits as there are documents, or as were wanted.
        """
        rows = np.concatenate([part.rows for part in parts], axis=1)
        scores = np.concatenate([part.scores for part in parts], axis=1)
        order = np.lexsort((rows, -scores))[:, :k]
        return cls(np.take_along_axis(rows, order, 1), np.take_along_axis(scores, order, 1))

    def as_run(self, queries: Sequence[str], documents: Sequence[str]) -> dict[str, dict[str, float]]:
        """The hits by query id and document id, for evaluation; a score that is exactly 0 or NaN is not a hit.

        If rows share an id, like the passages of a document, the best of them counts.
        """
        run: dict[str, dict[str, float]] = {query: {} for query in queries}
        for query, rows, scores, is_found in zip(queries, self.rows, self.scores, self.is_found, strict=True):
            for row, score in zip(rows[is_found], scores[is_found], strict=True):
                run[query].setdefault(documents[row], float(score))  # the best comes first
        return run


def never_zero(scores: Scores) -> Scores:
    """The scores with 0 replaced by a tiny number: that of a document at distance 0, or of half the signs."""
    return np.where(scores == 0, scores.dtype.type(NEARLY_ZERO), scores)
