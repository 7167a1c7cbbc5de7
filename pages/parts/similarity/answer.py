"""The page's answer: the most similar pair under each model."""

from collections.abc import Mapping
from itertools import groupby

from core.charts.similarity import Scale
from core.similarity import Matrix
from core.wording import join, opening
from pages.parts.similarity import pairs
from pages.parts.similarity.pair import Pair
from pages.parts.similarity.sources import Compared

SHOWN_OF_TEXT = 32


def sentence(values: Mapping[str, Matrix], scales: Mapping[str, Scale], compared: Compared) -> str:
    """The most similar pair of each model with its score; models that agree on a pair share a clause."""
    best = {name: _best(matrix, compared) for name, matrix in values.items()}
    clauses = []
    for pair, names in groupby(best, key=lambda name: best[name]):
        scores = [
            f"{scales[name].title} {values[name][pair]:{scales[name].short or scales[name].number}} with {name}"
            for name in names
        ]
        clauses.append(f"{_named(compared, pair)} ({join(scores)})")
    return f"Most alike: {'; '.join(clauses)}."


def _best(matrix: Matrix, compared: Compared) -> Pair:
    rows, columns = pairs.rank({"": matrix}, pairs.ORDERS[0], compared)
    return int(rows[0]), int(columns[0])


def _named(compared: Compared, pair: Pair) -> str:
    first, second = (opening(text, SHOWN_OF_TEXT) for text in (compared.rows[pair[0]], compared.texts[pair[1]]))
    return f"“{first}” and “{second}”"
