"""Search: the nearest documents by exact cosine, or the best by BM25 over words."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

BLOCK = 1024


@dataclass(frozen=True)
class Hits:
    """The best documents for each of q queries.

    Attributes
    ----------
    rows : (q, k) int array of document rows, best first
    scores : (q, k) float array, falling
    """

    rows: npt.NDArray[np.int64]
    scores: npt.NDArray[np.float32]

    def as_run(self, queries: Sequence[str], documents: Sequence[str]) -> dict[str, dict[str, float]]:
        """The hits by query id and document id, as evaluation takes them; what scores exactly 0 was not found."""
        return {
            query: {documents[row]: float(score) for row, score in zip(rows, scores, strict=True) if score != 0}
            for query, rows, scores in zip(queries, self.rows, self.scores, strict=True)
        }


def nearest(queries: npt.NDArray[np.float32], documents: npt.NDArray[np.float32], k: int = 10) -> Hits:
    """The k documents of highest cosine for each query, exactly; of equal ones the earlier row stands first.

    Both are arrays of unit rows, (q, d) and (n, d). With fewer than k documents, all are returned.
    """
    k = min(k, len(documents))
    rows = np.empty((len(queries), k), np.int64)
    scores = np.empty((len(queries), k), np.float32)
    for start in range(0, len(queries), BLOCK):
        block = queries[start : start + BLOCK] @ documents.T
        best = _best_columns(block, k)
        rows[start : start + BLOCK] = best
        scores[start : start + BLOCK] = np.take_along_axis(block, best, 1)
    return Hits(rows, scores)


class KeywordIndex:
    """BM25 over English words, stop words left out and the rest stemmed (bm25s, its default k1 and b)."""

    def __init__(self, documents: Sequence[str]) -> None:
        import bm25s

        tokens = _tokens(documents)
        self._size = len(documents)
        self._index = bm25s.BM25() if any(map(len, tokens.ids)) else None
        if self._index:
            self._index.index(tokens, show_progress=False)

    def search(self, queries: Sequence[str], k: int = 10) -> Hits:
        """The k documents of highest BM25 score for each query; documents without a common word score 0."""
        k = min(k, self._size)
        if not queries or not self._index:
            return Hits(np.tile(np.arange(k), (len(queries), 1)), np.zeros((len(queries), k), np.float32))
        rows, scores = self._index.retrieve(_tokens(queries), k=k, show_progress=False)
        return Hits(np.asarray(rows, np.int64), np.asarray(scores, np.float32))


def _best_columns(scores: npt.NDArray[np.float32], k: int) -> npt.NDArray[np.int64]:
    """Columns of the k highest scores of each row, the highest first; of equal ones the earlier."""
    columns = np.broadcast_to(np.arange(scores.shape[1]), scores.shape)
    if k < scores.shape[1]:
        least = -np.partition(-scores, k - 1, axis=1)[:, k - 1 : k]
        above, equal = scores > least, scores == least
        chosen = above | (equal & (equal.cumsum(1) <= k - above.sum(1, keepdims=True)))
        columns = np.nonzero(chosen)[1].reshape(len(scores), k)
    order = np.argsort(-np.take_along_axis(scores, columns, 1), axis=1, kind="stable")
    return np.take_along_axis(columns, order, 1)


def _tokens(texts: Sequence[str]) -> Any:
    import bm25s
    import Stemmer

    return bm25s.tokenize(list(texts), stopwords="en", stemmer=Stemmer.Stemmer("english"), show_progress=False)
