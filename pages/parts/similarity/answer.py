"""The page's answer: the most similar pair under each model, or the pair on which two models differ most."""

from collections.abc import Mapping, Sequence
from itertools import groupby

import numpy as np

from core.charts.similarity import PERCENTILES, Scale, percent
from core.similarity import Matrix
from core.wording import join, opening
from pages.parts.similarity import pairs
from pages.parts.similarity.pair import Pair
from pages.parts.similarity.sources import Compared

SHOWN_OF_TEXT = 32


def sentence(values: Mapping[str, Matrix], scales: Mapping[str, Scale], compared: Compared) -> str:
    """The most similar pair of each model with its score; models that agree on a pair share a clause."""
    best = {name: best_pair(matrix, compared) for name, matrix in values.items()}
    clauses = [
        f"{_named(compared, pair)} ({join(_scores(pair, list(names), values, scales))})"
        for pair, names in groupby(best, key=lambda name: best[name])
    ]
    return f"Most alike: {'; '.join(clauses)}."


def sentence_of_difference(
    names: tuple[str, str], values: Mapping[str, Matrix], scales: Mapping[str, Scale], compared: Compared
) -> str:
    """The pair on which two models differ most, with both scores and how far apart these are."""
    gaps = gaps_of(names, values)
    pair = best_pair(gaps, compared)
    gap = float(gaps[pair])
    apart = f"{gap:.0f} points" if scales[names[0]] is PERCENTILES else f"{gap:.2f}"
    scores = ", ".join(_scores(pair, names, values, scales))
    return f"The models differ most on {_named(compared, pair)}: {scores}, {apart} apart."


def gaps_of(names: tuple[str, str], values: Mapping[str, Matrix]) -> Matrix:
    """How far the scores of two models are apart, for each pair of texts."""
    one, other = (values[name] for name in names)
    return np.abs(one - other)


def best_pair(matrix: Matrix, compared: Compared) -> Pair:
    """The pair of different texts, a row and a column, with the highest value."""
    rows, columns = pairs.rank({"": matrix}, pairs.ORDERS[0], compared)
    return int(rows[0]), int(columns[0])


def _scores(pair: Pair, names: Sequence[str], values: Mapping[str, Matrix], scales: Mapping[str, Scale]) -> list[str]:
    """A pair's score with each model; of percentiles, the first says what of."""
    return [
        f"{_score(float(values[name][pair]), scales[name], is_first=not place)} with {name}"
        for place, name in enumerate(names)
    ]


def _score(value: float, scale: Scale, *, is_first: bool) -> str:
    if scale is PERCENTILES:
        return f"above {percent(value)}{' of random pairs' if is_first else ''}"
    return f"{scale.title} {value:{scale.short or scale.number}}"


def _named(compared: Compared, pair: Pair) -> str:
    first, second = (opening(text, SHOWN_OF_TEXT) for text in (compared.rows[pair[0]], compared.texts[pair[1]]))
    return f"“{first}” and “{second}”"
