"""The page's answer: which texts each model finds most alike, and whether it has read them whole."""

from collections.abc import Mapping
from itertools import groupby

import numpy as np

from core.corpus import Corpus
from core.embedding import Embedded
from core.similarity import SCORES, score_matrix
from core.wording import decimal, join, opening

SHOWN_OF_TEXT = 40
MOST_COMPARED = 1_000

Pair = tuple[int, int]


def sentence(texts: Corpus, embedded: Mapping[str, Embedded]) -> str:
    """The answer, by the names of the models that have embedded the texts so far."""
    become = _most_alike if 1 < len(texts) <= MOST_COMPARED else _numbers
    unknown = [each.provenance.lack_in_short for each in embedded.values()]
    return " ".join(filter(None, [become(texts, embedded), *unknown, _read(texts, embedded)]))


def _most_alike(texts: Corpus, embedded: Mapping[str, Embedded]) -> str:
    """The most similar pair of each model with its score; models that agree on a pair share a clause.

    Texts that a model does not know are no pair, however alike their vectors are; empty if that leaves none.
    """
    best = {name: found for name, each in embedded.items() if (found := _best(each))}
    clauses = []
    for pair, names in groupby(best, key=lambda name: best[name][0]):
        first, second = (opening(texts.titles[row], SHOWN_OF_TEXT) for row in pair)
        scores = [
            f"{SCORES[embedded[name].provenance.similarity]} {decimal(best[name][1])} with {name}" for name in names
        ]
        clauses.append(f"“{first}” and “{second}” ({join(scores)})")
    return f"Most alike: {'; '.join(clauses)}." if clauses else ""


def _best(embedded: Embedded) -> tuple[Pair, float] | None:
    """The pair of known texts with the highest score; None if fewer than two are known."""
    if len(embedded.vectors) - len(embedded.unknown) < 2:
        return None
    scores = score_matrix(embedded.vectors, similarity=embedded.provenance.similarity)
    unknown = list(embedded.unknown)
    scores[unknown] = scores[:, unknown] = -np.inf
    scores[np.tril_indices(len(scores))] = -np.inf
    row, column = divmod(int(scores.argmax()), len(scores))
    return (row, column), float(scores[row, column])


def _numbers(texts: Corpus, embedded: Mapping[str, Embedded]) -> str:
    """What the texts have become, where they are not compared."""
    alone = f"“{opening(texts.titles[0], SHOWN_OF_TEXT)}” is now"
    subject = alone if len(texts) == 1 else f"Each of the {len(texts):,} texts is now"
    numbers = [
        f"{each.vectors.shape[1]:,}{'' if place else ' numbers'} with {name}"
        for place, (name, each) in enumerate(embedded.items())
    ]
    return f"{subject} {join(numbers)}."


def _read(texts: Corpus, embedded: Mapping[str, Embedded]) -> str:
    """Which models cut how many texts, or that none is cut; empty if a model does not tell."""
    cut = {name: each.provenance.truncated_texts for name, each in embedded.items()}
    if any(cut.values()):
        parts = [f"{count:,} of {len(texts):,} with {name}" for name, count in cut.items() if count]
        return f"Cut at the model's limit: {join(parts)}."
    return "" if None in cut.values() else "It is read whole." if len(texts) == 1 else "All texts are read whole."
