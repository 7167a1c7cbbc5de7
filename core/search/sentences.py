"""The sentence of a passage that answers a query best."""

from collections.abc import Sequence

import numpy as np

from core.search.keywords import KeywordIndex
from core.search.words import Words
from core.similarity.functions import Matrix, Similarity, score_matrix

MOST_SENTENCES = 60


def sentences(text: str) -> tuple[str, ...]:
    """The sentences of a text; joined they are the text. Anything after MOST_SENTENCES is one more."""
    from sentencex import segment

    parts = tuple(part for part in segment("en", text) if part)
    if "".join(parts) != text:
        return (text,)
    return (*parts[:MOST_SENTENCES], "".join(parts[MOST_SENTENCES:])) if len(parts) > MOST_SENTENCES else parts


def nearest_sentence(query: Matrix, vectors: Matrix, similarity: Similarity = "cosine") -> int:
    """The place of the sentence of highest score: (d,) query, (s, d) sentences."""
    return int(np.argmax(np.nan_to_num(score_matrix(query[None], vectors, similarity)[0], nan=-np.inf)))


def sentences_by_words(query: str, passages: Sequence[Sequence[str]], words: Words | None = None) -> list[int | None]:
    """For each passage, given as its sentences, the place of the one of highest BM25; None if no word is shared.

    A word's rarity is measured among all sentences given; `words` are taken as in the corpus.
    """
    every = [sentence for passage in passages for sentence in passage]
    hits = KeywordIndex(every, words).search([query], len(every))
    scores = np.zeros(len(every), np.float32)
    scores[hits.rows[0]] = hits.scores[0]
    best: list[int | None] = []
    start = 0
    for passage in passages:
        own = scores[start : start + len(passage)]
        best.append(int(np.argmax(own)) if own.any() else None)
        start += len(passage)
    return best
