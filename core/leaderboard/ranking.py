"""Models ranked by the tasks of a use, and which of them the tasks cannot tell apart.

The tasks are drawn anew, as many as there are, with replacement and the same for all models (a paired bootstrap over
tasks, RESAMPLES times). A rank's interval is that of its percentiles 2.5 and 97.5. The first group are the models whose
difference to the best has an interval of 95 % that includes zero; the best of the others begins the second, and so on.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from core.leaderboard.snapshot import Entry, Snapshot
from core.wording import join

RESAMPLES = 2000
MOST_NAMED = 3
CERTAIN = 0.975
ROUNDING = 1e-9  # of sums in another order
SEED = 0

Floats = npt.NDArray[np.float64]
Ranks = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Ranking:
    """Models ranked by the weighted mean over some tasks; all arrays are in the order of `entries`, best mean first.

    Attributes
    ----------
    weights : dict of str to float
        The weight of each task.
    means : (n,) array
        In percent.
    ranks : (n,) array
        By the mean; equal means share the better rank.
    borda : (n,) array
        By Borda count: each task orders the models, and a model's ranks count together.
    groups : (n,) array
        From 1: the models of a group cannot be told from its best.
    low, high : (n,) arrays
        The interval of the rank.
    """

    weights: Mapping[str, float]
    entries: tuple[Entry, ...]
    means: Floats
    ranks: Ranks
    borda: Ranks
    groups: Ranks
    low: Ranks
    high: Ranks

    @cached_property
    def rows(self) -> dict[str, int]:
        """The row of each model, by its id."""
        return {entry.id: row for row, entry in enumerate(self.entries)}

    @property
    def leaders(self) -> tuple[Entry, ...]:
        """The models that cannot be told from the best."""
        return tuple(entry for entry, group in zip(self.entries, self.groups, strict=True) if group == 1)

    @property
    def sentence(self) -> str:
        """Who leads, and which others cannot be told from the first."""
        tasks = f"{len(self.weights)} {'task' if len(self.weights) == 1 else 'tasks'}"
        if not self.entries:
            return f"No model has a score for each of the {tasks}."
        first, *others = self.leaders
        if not others:
            return f"{first.name} leads on {tasks}, beyond chance."
        named = join([entry.name for entry in others], most=MOST_NAMED)
        return f"{first.name} leads on {tasks}, but its lead over {named} may be chance."


def rank(snapshot: Snapshot, weights: Mapping[str, float], keep: Sequence[str] | None = None) -> Ranking:
    """Rank the models that have a score for every task, by the tasks with a weight.

    Parameters
    ----------
    weights : dict of str to float
        Of at least one task, above 0.
    keep : sequence of str or None
        The ids of the models to rank; None ranks all.

    Raises
    ------
    ValueError
        No task has a weight.
    """
    columns = [column for column, task in enumerate(snapshot.tasks) if weights.get(task, 0) > 0]
    if not columns:
        raise ValueError("No task has a weight.")
    kept = None if keep is None else set(keep)
    rows = [row for row, entry in enumerate(snapshot.complete) if kept is None or entry.id in kept]
    scores = snapshot.scores[np.ix_(rows, columns)]
    names = list(snapshot.tasks)
    weight = np.array([weights[names[column]] for column in columns], np.float64)
    means = scores @ (weight / weight.sum())
    order = np.argsort(-means, kind="stable")
    ordered, weighed = scores[order], {names[column]: float(weights[names[column]]) for column in columns}
    entries = tuple(snapshot.complete[rows[row]] for row in order)
    resampled = _resampled_means(ordered, weight)
    low, high = _rank_intervals(resampled)
    return Ranking(
        weighed,
        entries,
        means[order],
        ranks_of(means[order]),
        borda_ranks(ordered, weight),
        _groups(resampled),
        low,
        high,
    )


def mean(entry: Entry, weights: Mapping[str, float], types: Mapping[str, str]) -> float | None:
    """A model's weighted mean over some tasks, in percent; of tasks of one whole type also where only that is known."""
    if all(task in entry.scores for task in weights):
        return sum(weight * entry.scores[task] for task, weight in weights.items()) / sum(weights.values())
    kinds = {types[task] for task in weights}
    whole = {task for task, kind in types.items() if kind in kinds} == set(weights)
    alike = len(set(weights.values())) == 1
    return entry.types.get(*kinds) if len(kinds) == 1 and whole and alike else None


def ranks_of(values: Floats) -> Ranks:
    """Ranks of values, the highest first; equal ones share the better rank."""
    return np.asarray(1 + np.searchsorted(np.sort(-values), -values), np.int64)


def borda_ranks(scores: Floats, weights: Floats) -> Ranks:
    """Ranks by Borda count over the columns of (n, t) scores, which MTEB orders its leaderboard by.

    In each task a model counts as many points as models it beats, and half a point for each that is equal.
    """
    points = np.zeros(len(scores))
    for column, weight in zip(scores.T, weights, strict=True):
        below = np.searchsorted(np.sort(column), column)
        above = np.searchsorted(np.sort(column), column, side="right")
        points += weight * (below + above - 1) / 2
    return ranks_of(points)


def pareto(costs: Floats, values: Floats) -> list[int]:
    """The rows that no other beats: none costs as little and is worth as much, and is better in one of the two.

    They come in the order of their cost; rows with an unknown (NaN) cost or value are never among them.
    """
    best, front = -np.inf, []
    for row in np.lexsort((-values, costs)):
        if np.isfinite(costs[row]) and values[row] > best:
            best = values[row]
            front.append(int(row))
    return front


def _resampled_means(scores: Floats, weights: Floats) -> Floats:
    """The mean of each model (n, t) in each resample of the tasks, (n, r)."""
    tasks = scores.shape[1]
    drawn = np.random.default_rng(SEED).multinomial(tasks, np.full(tasks, 1 / tasks), size=RESAMPLES) * weights
    known = drawn[drawn.sum(axis=1) > 0]
    return np.asarray(scores @ (known / known.sum(axis=1, keepdims=True)).T)


def _groups(resampled: Floats) -> Ranks:
    """The group of each model, from its means (n, r), the best first."""
    groups, number = np.zeros(len(resampled), np.int64), 0
    while (rest := np.flatnonzero(groups == 0)).size:
        number += 1
        least = np.quantile(resampled[rest[0]] - resampled[rest], 1 - CERTAIN, axis=1)
        groups[rest[least <= ROUNDING]] = number
    return groups


def _rank_intervals(resampled: Floats) -> tuple[Ranks, Ranks]:
    ranks = np.array([ranks_of(column) for column in resampled.T])
    low, high = np.quantile(ranks, [1 - CERTAIN, CERTAIN], axis=0)
    return np.floor(low).astype(np.int64), np.ceil(high).astype(np.int64)
