"""Quality of similarity scores against gold scores of sentence pairs."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.errors import InputError
from core.evaluation.bootstrap import CONFIDENCE, Interval
from core.similarity import Matrix, Similarity, score_pairs

RESAMPLED_NUMBERS = 10**7
MOST_RESAMPLES, LEAST_RESAMPLES = 2_000, 200

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Agreement:
    """How well a model's scores follow gold scores over sentence pairs."""

    spearman: float
    pearson: float
    pairs: int


def scores_of(first: Matrix, second: Matrix, similarity: Similarity = "cosine") -> Matrix:
    """The score of each pair of rows, both (n, d)."""
    rows = np.arange(len(first))
    return score_pairs(first, second, rows, rows, similarity)


def agreement(scores: Matrix, gold: Sequence[float]) -> Agreement:
    """Spearman and Pearson correlation of the scores of n pairs with their gold scores.

    Raises
    ------
    InputError
        Fewer than two pairs, or all gold scores or all similarities equal: no correlation is defined.
    """
    if len(gold) < 2 or len(set(gold)) == 1:
        raise InputError("A correlation needs at least two pairs with different gold scores.")
    if np.ptp(scores) == 0:
        raise InputError("All pairs have the same similarity: there is no correlation with the gold scores.")
    from scipy.stats import pearsonr, spearmanr

    return Agreement(float(spearmanr(scores, gold)[0]), float(pearsonr(scores, gold)[0]), len(gold))


def intervals(scores: Matrix, gold: Sequence[float], *, seed: int = 0) -> tuple[Interval, Interval]:
    """Spearman's and Pearson's correlation with their percentile bootstrap intervals over pairs, 95 %.

    Resamples in which all gold scores or all similarities are equal define no correlation and are skipped.
    """
    from scipy.stats import rankdata

    values = np.stack([np.asarray(scores, np.float64), np.asarray(gold, np.float64)])
    count = values.shape[1]
    draw = np.random.default_rng(seed)  # not scipy.stats.bootstrap: it gives no interval if one resample is NaN
    spearmans, pearsons = [], []
    for _ in range(int(np.clip(RESAMPLED_NUMBERS // count, LEAST_RESAMPLES, MOST_RESAMPLES))):
        drawn = values[:, draw.integers(0, count, count)]
        pearsons.append(_correlation(drawn))
        spearmans.append(_correlation(rankdata(drawn, axis=1)))
    ranked = rankdata(values, axis=1)
    return (
        Interval(_correlation(ranked), *_ends(spearmans)),
        Interval(_correlation(values), *_ends(pearsons)),
    )


def displacement(scores: Matrix, gold: Sequence[float]) -> Floats:
    """For each pair, how much higher it ranks by similarity than by gold score, as a share of all pairs, -1 to 1."""
    from scipy.stats import rankdata

    return (rankdata(scores) - rankdata(gold)) / max(1, len(gold) - 1)


def _ends(resampled: Sequence[float]) -> tuple[float, float]:
    """The ends of the middle 95 % of the resamples' values, skipping NaN."""
    tail = 50 * (1 - CONFIDENCE)
    low, high = np.nanpercentile(resampled, [tail, 100 - tail])
    return float(low), float(high)


def _correlation(values: Floats) -> float:
    first, second = values - values.mean(axis=1, keepdims=True)
    scale = np.sqrt((first @ first) * (second @ second))
    return float(first @ second / scale) if scale > 0 else np.nan
