"""How much models agree on which texts are neighbours."""

from collections.abc import Sequence
from itertools import combinations

import numpy as np
import numpy.typing as npt

from core.errors import InputError
from core.maps.neighbours import Floats, Indices, Neighbours


def overlaps(first: Neighbours, second: Neighbours) -> Floats:
    """For each of n rows, the share, (n,) from 0 to 1, of its k nearest that both have in common.

    k is the smaller of the two. A row without neighbours counts as 1.

    Raises
    ------
    InputError
        The two have different numbers of rows.
    """
    if len(first.rows) != len(second.rows):
        raise InputError(
            f"Neighbours of {len(first.rows):,} and of {len(second.rows):,} texts can't be compared: use the same "
            "texts for both."
        )
    k = min(first.k, second.k)
    if k == 0:
        return np.ones(len(first.rows), np.float32)
    both = np.sort(np.hstack([first.rows[:, :k], second.rows[:, :k]]), axis=1)
    return ((both[:, 1:] == both[:, :-1]).sum(1) / k).astype(np.float32)  # no row is listed twice, so a pair is shared


def agreement_matrix(models: Sequence[Neighbours]) -> npt.NDArray[np.float64]:
    """The mean overlap of each of m models with each other, (m, m), from 0 to 1; each agrees with itself.

    Raises
    ------
    InputError
        They have different numbers of texts, or there are no texts.
    """
    if any(not len(model.rows) for model in models):
        raise InputError("There are no texts to compare the models on: add at least one.")
    matrix = np.eye(len(models))
    for first, second in combinations(range(len(models)), 2):
        shares = overlaps(models[first], models[second])
        matrix[first, second] = matrix[second, first] = shares.mean(dtype=np.float64)
    return matrix


def per_text(models: Sequence[Neighbours]) -> Floats:
    """For each of n texts the mean overlap, (n,) from 0 to 1, over all pairs of models.

    Raises
    ------
    InputError
        There are fewer than two models, or they have different numbers of texts.
    """
    if len(models) < 2:
        raise InputError("Agreement needs at least two models.")
    pairs = list(combinations(models, 2))
    total = np.zeros(len(models[0].rows))
    for first, second in pairs:
        total += overlaps(first, second)
    return (total / len(pairs)).astype(np.float32)


def largest_disagreements(models: Sequence[Neighbours], count: int) -> Indices:
    """Rows of the `count` texts on which models disagree most, most first; of equal ones the earlier first.

    Raises
    ------
    InputError
        As `per_text`.
    """
    return np.argsort(per_text(models), kind="stable")[:count]
