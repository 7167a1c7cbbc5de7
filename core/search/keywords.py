"""Keyword search: BM25 over words."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from core.search.hits import Hits
from core.search.words import Words, words_of
from core.wording import shorten


class KeywordIndex:
    """BM25 (bm25s, its default k1 and b) over the words of documents, in their language.

    Attributes
    ----------
    words : Words
        What counts as a word: stemmed without stop words where the language is known, pairs of characters where the
        script has no blanks between words. Single letters and characters are words too, scored by themselves.
    """

    def __init__(self, documents: Sequence[str], words: Words | None = None) -> None:
        self.words = words or words_of(documents)
        tokens = [self.words.of_document(text) for text in documents]
        self._size = len(documents)
        self._words = _index([text.words for text in tokens])
        self._singles = _index([text.singles for text in tokens])

    def search(self, queries: Sequence[str], k: int = 10, among: npt.NDArray[np.int64] | None = None) -> Hits:
        """The k documents of highest BM25 score for each query, of equal ones the earlier; without a common word, 0.

        Parameters
        ----------
        among : int array, optional
            Rows of the only documents to search; word rarity is still over all documents.
        """
        rows = np.arange(self._size) if among is None else np.sort(among)
        k = min(k, len(rows))
        hits = Hits(np.zeros((len(queries), k), np.int64), np.zeros((len(queries), k), np.float32))
        for place, query in enumerate(queries):
            scores = self._score(query)[rows]
            best = _best(scores, k)
            hits.rows[place], hits.scores[place] = rows[best], scores[best]
        return hits

    def explain_nothing(self, query: str) -> str:
        """Why a query found nothing, in a sentence."""
        if any(self.words.of_query(query)):
            what = "pair of characters" if self.words.has_pairs and not self.words.has_words else "word"
            return f"None of the texts searched shares a {what} with the query."
        return f"BM25 has nothing to search for in “{shorten(query, 60)}”: it leaves out very common words and symbols."

    def _score(self, query: str) -> npt.NDArray[np.float32]:
        """The BM25 score of each document."""
        tokens = self.words.of_query(query)
        scores = np.zeros(self._size, np.float32)
        for index, asked in ((self._words, tokens.words), (self._singles, tokens.singles)):
            if index and asked:
                scores += index.get_scores(asked)
        return scores


def _index(texts: Sequence[list[str]]) -> Any:
    """bm25s' index of texts as lists of words; None if none has any."""
    import bm25s

    if not any(texts):
        return None
    index = bm25s.BM25()
    index.index(texts, show_progress=False)
    return index


def _best(scores: npt.NDArray[np.float32], k: int) -> npt.NDArray[np.int64]:
    """Places of the k highest of (n,) scores, the highest first; of equal ones the earlier."""
    found = np.flatnonzero(scores)
    if len(found) > k > 0:
        least = np.partition(scores[found], -k)[-k]
        found = found[scores[found] >= least]
    best = found[np.argsort(-scores[found], kind="stable")][:k]
    return np.concatenate([best, np.flatnonzero(scores == 0)[: k - len(best)]])
