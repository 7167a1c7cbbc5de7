"""Candidates ranked under weights, and how firm the first place is."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from core.verdict.candidate import Candidate
from core.verdict.weights import CRITERIA, MOST_WEIGHT, Weights, scores, weighted_mean

RESAMPLES = 2_000
DRAWS_AT_ONCE = 2**21


@dataclass(frozen=True)
class Ranked:
    """A candidate with its score.

    Attributes
    ----------
    scores : dict of criterion to float or None
        From 0 to 1; see `weights`.
    total : float
        Their weighted mean.
    """

    candidate: Candidate
    scores: dict[str, float | None]
    total: float

    @property
    def name(self) -> str:
        """The candidate's name."""
        return self.candidate.name

    @property
    def unknown(self) -> tuple[str, ...]:
        """The criteria on which its score is unknown."""
        return tuple(criterion for criterion in CRITERIA if self.scores[criterion] is None)


@dataclass(frozen=True)
class Turn:
    """A weight of one criterion beyond which another candidate comes first, the other weights as they are.

    Attributes
    ----------
    now, beyond : float
        The criterion's weight, and the one beyond which the first place changes.
    is_upward : bool
        Whether it changes above that weight, or below.
    """

    criterion: str
    now: float
    beyond: float
    is_upward: bool
    winner: str


@dataclass(frozen=True)
class Ranking:
    """Candidates, the best first, and those that cannot be ranked.

    Attributes
    ----------
    weights : Weights
        Those that the scores were made with: 0 for what is left out.
    ranked : tuple of Ranked
    unranked : tuple of Candidate
        Where quality has a weight, candidates without a measured one; then baselines, the best first; all where every
        weight is 0.
    left_out : tuple of str
        Criteria with a weight that are not counted, because some ranked candidate's figure is unknown.
    """

    weights: Weights
    ranked: tuple[Ranked, ...]
    unranked: tuple[Candidate, ...]
    left_out: tuple[str, ...] = ()

    @property
    def tied(self) -> tuple[Ranked, ...]:
        """The candidates that share the highest score."""
        return tuple(row for row in self.ranked if _is_level(row.total, self.ranked[0].total))

    @property
    def lacking(self) -> dict[tuple[str, ...], list[str]]:
        """The criteria that are left out, by the names of those whose figure is unknown."""
        criteria: dict[tuple[str, ...], list[str]] = {}
        for criterion in self.left_out:
            names = tuple(row.name for row in self.ranked if criterion in row.unknown)
            criteria.setdefault(names, []).append(criterion)
        return criteria


def rank(candidates: Sequence[Candidate], weights: Weights) -> Ranking:
    """Rank candidates by their weighted scores; ties by quality, then by name."""

    def can_be_ranked(candidate: Candidate) -> bool:
        has_quality = candidate.quality is not None or not weights.quality
        return candidate.is_model and has_quality and weights.total > 0

    chosen = [candidate for candidate in candidates if can_be_ranked(candidate)]
    left_out = _not_comparable(chosen, weights)
    asked, weights = weights, replace(weights, **dict.fromkeys(left_out, 0.0))
    share = weights.total / (asked.total or 1.0)  # so that equal means equal, whatever is left out
    rows = [_rank(candidate, weights) for candidate in chosen]
    order = sorted(rows, key=lambda row: (-round(share * row.total, 12), -(row.scores["quality"] or 0), row.name))
    unranked = sorted((one for one in candidates if one not in chosen), key=_order_of_unranked)
    return Ranking(weights, tuple(order), tuple(unranked), left_out)


def turns(ranking: Ranking) -> tuple[Turn, ...]:
    """For each criterion the nearest weights, above and below the present one, at which the first place changes.

    Each is exact: the lead of the first over another is linear in one weight.
    """
    results = []
    for criterion in (one for one in CRITERIA if one not in ranking.left_out):
        first, others = ranking.ranked[:1], ranking.ranked[1:]
        crossings = [turn for row in others if (turn := _turn(first[0], row, ranking.weights, criterion))]
        above = [turn for turn in crossings if turn.is_upward]
        below = [turn for turn in crossings if not turn.is_upward]
        results += [
            *sorted(above, key=lambda turn: turn.beyond)[:1],
            *sorted(below, key=lambda turn: -turn.beyond)[:1],
        ]
    return tuple(results)


def share_of_wins(ranking: Ranking, *, seed: int = 0) -> float | None:
    """How often the first stays first when the queries are resampled with replacement (the bootstrap).

    A tie counts for the first. None if there is no other, or they were not measured on the same queries.
    """
    rows = ranking.ranked
    queries = list(rows[0].candidate.per_query) if rows else []
    if len(rows) < 2 or not queries or any(row.candidate.per_query.keys() != set(queries) for row in rows):
        return None
    by_name = {row.name: tuple(row.candidate.per_query[query] for query in queries) for row in rows}
    names = sorted(by_name)
    means = _resample(tuple(by_name[name] for name in names), seed)[[names.index(row.name) for row in rows]]
    share = ranking.weights.quality / ranking.weights.total
    others = np.array([row.total - share * (row.scores["quality"] or 0) for row in rows])
    totals = others[:, None] + share * means
    return float((totals.argmax(axis=0) == 0).mean())


@lru_cache(16)
def _resample(values: tuple[tuple[float, ...], ...], seed: int) -> npt.NDArray[np.float64]:
    """Means of each row's values over the same RESAMPLES draws; cached, because only the weights change."""
    array = np.array(values)
    rows, count = array.shape
    draw = np.random.default_rng(seed)
    block = max(1, DRAWS_AT_ONCE // (rows * count))
    sizes = [min(block, RESAMPLES - done) for done in range(0, RESAMPLES, block)]
    return np.hstack([array[:, draw.integers(0, count, (size, count))].mean(axis=2) for size in sizes])


def _not_comparable(candidates: Sequence[Candidate], weights: Weights) -> tuple[str, ...]:
    """The criteria with a weight on which a candidate's figure is unknown; none if that would leave no weight."""
    known = [scores(candidate) for candidate in candidates]
    weighty = [criterion for criterion, weight in weights.by_criterion.items() if weight]
    unknown = tuple(criterion for criterion in weighty if any(row[criterion] is None for row in known))
    return unknown if len(unknown) < len(weighty) else ()


def _order_of_unranked(candidate: Candidate) -> tuple[bool, float]:
    """Models as they come, then baselines by quality."""
    return not candidate.is_model, 0.0 if candidate.is_model or not candidate.quality else -candidate.quality.mean


def _rank(candidate: Candidate, weights: Weights) -> Ranked:
    known = scores(candidate)
    return Ranked(candidate, known, weighted_mean(known, weights))


def _is_level(one: float, other: float) -> bool:
    return round(one, 12) == round(other, 12)


def _turn(first: Ranked, other: Ranked, weights: Weights, criterion: str) -> Turn | None:
    """The weight of a criterion at which two tie and beyond which the other leads; None if there is none."""

    def lead(of: str) -> float:
        return (first.scores[of] or 0) - (other.scores[of] or 0)

    rest = sum(weight * lead(of) for of, weight in weights.by_criterion.items() if of != criterion)
    slope, now = lead(criterion), weights.by_criterion[criterion]
    level = -rest / slope if slope else 0.0
    if slope < 0 and max(level, now) < MOST_WEIGHT:
        return Turn(criterion, now, max(level, now), True, other.name)
    if slope > 0 and level > 0:
        return Turn(criterion, now, min(level, now), False, other.name)
    return None
