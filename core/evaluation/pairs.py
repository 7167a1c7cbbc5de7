"""Quality of cosines against gold scores of sentence pairs."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.errors import InputError


@dataclass(frozen=True)
class Agreement:
    """How well cosines follow gold scores over sentence pairs."""

    spearman: float
    pearson: float
    pairs: int


def agreement(first: npt.NDArray[np.float32], second: npt.NDArray[np.float32], gold: Sequence[float]) -> Agreement:
    """Spearman and Pearson correlation of the cosines of paired unit rows, both (n, d), with n gold scores.

    Raises
    ------
    InputError
        Fewer than two pairs, or all gold scores or all cosines equal: no correlation is defined.
    """
    if len(gold) < 2 or len(set(gold)) == 1:
        raise InputError("A correlation needs at least two pairs with different gold scores.")
    cosines = np.sum(first * second, axis=1)
    if np.ptp(cosines) == 0:
        raise InputError("All pairs have the same cosine: there is no correlation with the gold scores.")
    from scipy.stats import pearsonr, spearmanr

    return Agreement(float(spearmanr(cosines, gold)[0]), float(pearsonr(cosines, gold)[0]), len(gold))
