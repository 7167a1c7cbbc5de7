"""Which of several systems differ by more than chance, compared all at once: Tukey's HSD by randomisation."""

from collections.abc import Mapping
from functools import lru_cache
from itertools import permutations

import numpy as np

from core.errors import InputError
from core.evaluation.bootstrap import (
    CONFIDENCE,
    LEAST_QUERIES,
    MOST_REMEMBERED,
    Difference,
    Values,
    difference,
    resamples_of,
)


def differences(systems: Mapping[str, Values], *, seed: int = 0) -> dict[tuple[str, str], Difference]:
    """The mean difference of each pair of systems, in both directions, over the same queries in the same order.

    The more pairs are compared, the likelier one differs by chance alone. So of three systems and more the intervals
    are those of Tukey's HSD by randomisation (Carterette 2012, "Multiple testing in statistical significance testing"):
    under the hypothesis that all systems are alike, a query's values could belong to any of them, so each resample
    permutes them query by query, and the half width of every interval is the 95th percentile of the range of the
    systems' means. With 95 % confidence no difference is called real by mistake, in all pairs together. Two systems
    are compared as by `difference`, and so are systems on too few queries to tell anything.

    Raises
    ------
    InputError
        There is no value, or the systems have different numbers of values.
    """
    if len(systems) < 3 or min(map(len, systems.values())) < LEAST_QUERIES:
        return {
            (one, other): difference(systems[one], systems[other], seed=seed) for one, other in permutations(systems, 2)
        }
    arrays = {name: np.asarray(values, np.float64) for name, values in systems.items()}
    sizes = sorted({len(array) for array in arrays.values()})
    if len(sizes) > 1:
        raise InputError(
            f"{sizes[0]} queries of one system can't be compared with {sizes[-1]} of another: use the same queries."
        )
    content = np.stack([arrays[name] for name in sorted(arrays)], axis=1)
    margin = _honest_difference(content.tobytes(), len(systems), seed)
    means = {(one, other): float((arrays[one] - arrays[other]).mean()) for one, other in permutations(arrays, 2)}
    return {pair: Difference(mean, mean - margin, mean + margin, sizes[0]) for pair, mean in means.items()}


def describe_intervals(systems: int) -> str:
    """How the intervals of so many systems' differences are made, as the end of a sentence."""
    if systems < 3:
        return "paired for differences"
    return f"of differences allowing for all {systems * (systems - 1) // 2} pairs compared (Tukey's HSD, randomised)"


@lru_cache(MOST_REMEMBERED)
def _honest_difference(content: bytes, systems: int, seed: int) -> float:
    """Tukey's honestly significant difference of float64 values, (q, systems), as bytes; cached, as pages rerun.

    As scipy.stats.permutation_test draws it, whose import takes a second.
    """
    values, draw = np.frombuffer(content).reshape(-1, systems), np.random.default_rng(seed)
    resamples, at_once = resamples_of(values.size)
    copies = np.tile(values, (min(at_once, resamples), 1, 1))
    ranges = [
        np.ptp(draw.permuted(copies, axis=-1)[: resamples - start].mean(axis=1), axis=-1)
        for start in range(0, resamples, at_once)
    ]
    return float(np.quantile(np.concatenate(ranges), CONFIDENCE, method="higher"))
