"""The page's answer: the most similar pair under each model, or the pair on which two models differ most."""

from collections.abc import Mapping, Sequence
from itertools import groupby

import numpy as np

from core.charts.similarity import PERCENTILES, Scale, percent
from core.similarity import Matrix
from core.wording import join, minus, opening
from pages.parts.similarity import pairs
from pages.parts.similarity.pair import Pair
from pages.parts.similarity.scores import Scored
from pages.parts.similarity.sources import Compared

SHOWN_OF_TEXT = 32


def sentence(
    values: Mapping[str, Matrix], results: Mapping[str, Scored], scales: Mapping[str, Scale], compared: Compared
) -> str:
    """The most similar pair of each model with its score; models that agree on a pair share a clause.

    Texts that a model does not know are no pair, however alike their vectors are: the sentence says how many there are.
    """
    known = {name: results[name].of_known(matrix) for name, matrix in values.items()}
    pairs = {name: best_pair(matrix, compared) for name, matrix in known.items()}
    best = {name: pair for name, pair in pairs.items() if np.isfinite(known[name][pair])}
    clauses = [
        f"{_named(compared, pair)} ({join(_scores(pair, list(names), values, scales))})"
        for pair, names in groupby(best, key=lambda name: best[name])
    ]
    alike = f"Most alike: {'; '.join(clauses)}." if clauses else ""
    return " ".join(filter(None, [alike, *(results[name].lacks for name in values)]))


def sentence_of_difference(
    names: tuple[str, str],
    values: Mapping[str, Matrix],
    results: Mapping[str, Scored],
    scales: Mapping[str, Scale],
    compared: Compared,
) -> str:
    """The pair on which two models differ most, with both scores and how far apart these are."""
    gaps = gaps_of(names, values, results)
    pair = best_pair(gaps, compared)
    lacks = [results[name].lacks for name in names]
    if not np.isfinite(gaps[pair]):
        return " ".join(filter(None, lacks))
    gap = float(gaps[pair])
    apart = f"{gap:.0f} points" if scales[names[0]] is PERCENTILES else f"{gap:.2f}"
    scores = ", ".join(_scores(pair, names, values, scales))
    most = f"The models differ most on {_named(compared, pair)}: {scores}, {apart} apart."
    return " ".join(filter(None, [most, *lacks]))


def gaps_of(names: tuple[str, str], values: Mapping[str, Matrix], results: Mapping[str, Scored]) -> Matrix:
    """How far the scores of two models are apart, for each pair of texts that both know; else minus infinity."""
    one, other = names
    return results[one].of_known(results[other].of_known(np.abs(values[one] - values[other])))


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
    return f"{scale.title} {minus(f'{value:{scale.short or scale.number}}')}"


def _named(compared: Compared, pair: Pair) -> str:
    first, second = (opening(text, SHOWN_OF_TEXT) for text in (compared.rows[pair[0]], compared.texts[pair[1]]))
    return f"“{first}” and “{second}”"
