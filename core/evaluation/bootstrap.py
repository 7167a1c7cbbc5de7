"""How much a mean over queries would vary with other queries: the bootstrap, paired for two systems."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from core.errors import InputError

RESAMPLES, LEAST_RESAMPLES = 10_000, 1_000
MOST_DRAWS = 2 * 10**7  # with very many queries the ends are stable after fewer resamples
MOST_REMEMBERED = 256
CONFIDENCE = 0.95
LEAST_QUERIES = 6  # below it even unanimous queries agree by chance in more than one of twenty cases: 2 / 2**5
DRAWS_AT_ONCE = 2**21

Values = Sequence[float] | npt.NDArray[np.float64]


@dataclass(frozen=True)
class Interval:
    """A mean and the ends of its 95 % interval."""

    mean: float
    low: float
    high: float


@dataclass(frozen=True)
class Difference:
    """The mean of the first system's values less the second's, query by query, and its 95 % interval."""

    mean: float
    low: float
    high: float
    queries: int

    @property
    def is_within_chance(self) -> bool:
        """Whether other queries could have reversed it: the interval contains 0, or the queries are too few."""
        return self.queries < LEAST_QUERIES or self.low <= 0 <= self.high


def interval(values: Values, *, seed: int = 0) -> Interval:
    """The mean of values, one for each query, with its percentile bootstrap interval (Efron and Tibshirani 1993).

    Raises
    ------
    InputError
        There is no value.
    """
    array = np.asarray(values, np.float64)
    low, high = _ends(array, seed)
    return Interval(float(array.mean()), low, high)


def difference(first: Values, second: Values, *, seed: int = 0) -> Difference:
    """The mean difference of two systems' values for the same queries, in the same order, with its interval.

    Paired: each resample takes the same queries for both systems, as Smucker, Allan and Carterette 2007 compare it.

    Raises
    ------
    InputError
        There is no value, or the systems have different numbers of values.
    """
    one, other = np.asarray(first, np.float64), np.asarray(second, np.float64)
    if one.shape != other.shape:
        raise InputError(
            f"{len(one)} queries of one system can't be compared with {len(other)} of another: use the same queries."
        )
    gaps = one - other
    low, high = _ends(gaps, seed)
    return Difference(float(gaps.mean()), low, high, len(gaps))


def sentence(first: str, second: str, compared: Difference) -> str:
    """Which of two systems is better and by how much, or that the difference is within chance."""
    if compared.queries < LEAST_QUERIES:
        few = "one query is" if compared.queries == 1 else f"{compared.queries} queries are"
        return f"{first} and {second}: {few} too few to tell a difference from chance"
    if compared.is_within_chance:
        return f"{first} and {second}: the difference could be chance ({_range(compared.low, compared.high)})"
    better, worse = (first, second) if compared.mean > 0 else (second, first)
    low, high = sorted((abs(compared.low), abs(compared.high)))
    return f"{better} is better than {worse} by {abs(compared.mean):.2f} ({_range(low, high)})"


def _range(low: float, high: float) -> str:
    return f"{low:.2f} to {high:.2f}"


def _ends(values: npt.NDArray[np.float64], seed: int) -> tuple[float, float]:
    """The ends of the interval with the middle 95 % of the means of resamples."""
    if not len(values):
        raise InputError("There are no queries to measure.")
    return _resample(values.tobytes(), seed)


@lru_cache(MOST_REMEMBERED)
def _resample(content: bytes, seed: int) -> tuple[float, float]:
    """The same for the bytes of float64 values; cached, because a page reruns at every click.

    As scipy.stats.bootstrap draws them, whose import takes a second.
    """
    values, draw = np.frombuffer(content), np.random.default_rng(seed)
    count = len(values)
    resamples, at_once = resamples_of(count)
    means = [
        values[draw.integers(count, size=(min(at_once, resamples - start), count))].mean(axis=-1)
        for start in range(0, resamples, at_once)
    ]
    tail = (1 - CONFIDENCE) / 2
    low, high = np.quantile(np.concatenate(means), [tail, 1 - tail])
    return float(low), float(high)


def resamples_of(size: int) -> tuple[int, int]:
    """How many resamples of so many values to draw, and how many of them at once."""
    return int(np.clip(MOST_DRAWS // size, LEAST_RESAMPLES, RESAMPLES)), max(1, DRAWS_AT_ONCE // size)
