"""Keyword search: BM25 over words."""

import math
from array import array
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.search.hits import Hits
from core.search.words import Words, words_of
from core.wording import shorten

K1, B = 1.5, 0.75  # how soon repetitions of a word count no more, and how much long documents are discounted

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True)
class _Index:
    """BM25's score of each word in each document with it: those of word n are at `starts[n]` to `starts[n + 1]`."""

    numbers: dict[str, int]
    starts: npt.NDArray[np.int64]
    rows: npt.NDArray[np.int32]
    scores: Floats

    def sum(self, words: Sequence[str], size: int) -> Floats:
        """The sum of the words' scores in each of `size` documents; a word that is repeated counts again."""
        total = np.zeros(size, np.float32)
        for number in (self.numbers[word] for word in words if word in self.numbers):
            place = slice(self.starts[number], self.starts[number + 1])
            total[self.rows[place]] += self.scores[place]
        return total


class KeywordIndex:
    """BM25 (Lucene's variant, as bm25s computes it) over the words of documents, in their language.

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

    def known_share(self, query: str) -> float:
        """The share of a query's words that occur in the documents, from 0 to 1; 0 if it has none that counts."""
        tokens = self.words.of_query(query)
        known = [word in self._words.numbers for word in tokens.words]
        known += [single in self._singles.numbers for single in tokens.singles]
        return sum(known) / len(known) if known else 0.0

    def explain_nothing(self, query: str) -> str:
        """Why a query found nothing, in a sentence."""
        if any(self.words.of_query(query)):
            what = "pair of characters" if self.words.has_pairs and not self.words.has_words else "word"
            return f"None of the texts searched shares a {what} with the query."
        return f"BM25 has nothing to search for in “{shorten(query, 60)}”: it leaves out very common words and symbols."

    def _score(self, query: str) -> Floats:
        """The BM25 score of each document."""
        tokens = self.words.of_query(query)
        return self._words.sum(tokens.words, self._size) + self._singles.sum(tokens.singles, self._size)


def _index(texts: Sequence[list[str]]) -> _Index:
    """The index of documents as lists of words (Kamphuis et al. 2020, the variant of Lucene).

    Its numbers are those of bm25s to the last digit, whose import takes seconds.
    """
    numbers: dict[str, int] = {}
    words, rows, counts = array("i"), array("i"), array("i")
    for row, text in enumerate(texts):
        for word, count in Counter(text).items():
            words.append(numbers.setdefault(word, len(numbers)))
            rows.append(row)
            counts.append(count)
    by_word = np.argsort(np.asarray(words), kind="stable")
    frequencies = np.bincount(np.asarray(words, np.intp), minlength=len(numbers))
    lengths = np.array([len(text) for text in texts], np.int64)
    average = lengths.sum() / max(1, len(texts)) or 1
    ordered = np.asarray(rows)[by_word]
    discount = K1 * ((1 - B) + B * lengths[ordered] / average)
    times = np.asarray(counts, np.float32)[by_word]
    scores = np.repeat(_rarity(frequencies, len(texts)), frequencies) * (times / (discount + times))
    return _Index(numbers, np.cumsum([0, *frequencies]), ordered, scores.astype(np.float32))


def _rarity(frequencies: npt.NDArray[np.int64], documents: int) -> Floats:
    """The inverse document frequency of words that so many documents contain."""
    return np.array([math.log(1 + (documents - count + 0.5) / (count + 0.5)) for count in frequencies], np.float32)


def _best(scores: Floats, k: int) -> npt.NDArray[np.int64]:
    """Places of the k highest of (n,) scores, the highest first; of equal ones the earlier."""
    found = np.flatnonzero(scores)
    if len(found) > k > 0:
        least = np.partition(scores[found], -k)[-k]
        found = found[scores[found] >= least]
    best = found[np.argsort(-scores[found], kind="stable")][:k]
    return np.concatenate([best, np.flatnonzero(scores == 0)[: k - len(best)]])
