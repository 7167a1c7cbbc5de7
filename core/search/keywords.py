"""Keyword search: BM25 over stemmed words."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from core.search.hits import Hits


class KeywordIndex:
    """BM25 over English words, stop words removed and the rest stemmed (bm25s, its default k1 and b)."""

    def __init__(self, documents: Sequence[str]) -> None:
        import bm25s

        tokens = _tokens(documents)
        self._size = len(documents)
        self._index = bm25s.BM25() if any(map(len, tokens.ids)) else None
        if self._index:
            self._index.index(tokens, show_progress=False)

    def search(self, queries: Sequence[str], k: int = 10, among: npt.NDArray[np.int64] | None = None) -> Hits:
        """The k documents of highest BM25 score for each query; documents without a common word score 0.

        Parameters
        ----------
        among : int array, optional
            Rows of the only documents to search; word rarity is still over all documents.
        """
        k = min(k, self._size)
        mask = None
        if among is not None:
            k = min(k, len(among))
            mask = np.zeros(self._size, np.float32)
            mask[among] = 1
        if not queries or not self._index:
            return Hits(np.tile(np.arange(k), (len(queries), 1)), np.zeros((len(queries), k), np.float32))
        rows, scores = self._index.retrieve(_tokens(queries), k=k, weight_mask=mask, show_progress=False)
        return Hits(np.asarray(rows, np.int64), np.asarray(scores, np.float32))


def _tokens(texts: Sequence[str]) -> Any:
    import bm25s
    import Stemmer

    return bm25s.tokenize(list(texts), stopwords="en", stemmer=Stemmer.Stemmer("english"), show_progress=False)
