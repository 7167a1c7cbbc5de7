"""Bootstrap intervals against scipy's, and what they say of two systems."""

import numpy as np
import pytest
from scipy.stats import bootstrap

from core.errors import InputError
from core.evaluation import Difference, difference, interval, sentence
from core.evaluation.bootstrap import RESAMPLES


def values(seed: int, size: int = 80, shift: float = 0.0) -> np.ndarray:
    return np.clip(np.random.default_rng(seed).beta(0.6, 0.6, size) + shift, 0, 1)


def by_scipy(sample: np.ndarray) -> tuple[float, float]:
    found = bootstrap((sample,), np.mean, n_resamples=RESAMPLES, method="percentile", rng=np.random.default_rng(0))
    return float(found.confidence_interval.low), float(found.confidence_interval.high)


@pytest.mark.parametrize("size", [7, 80, 1000])
def test_an_interval_is_scipys_percentile_bootstrap_of_the_same_seed(size: int) -> None:
    sample = values(1, size)
    ours = interval(sample)
    assert ours.mean == pytest.approx(sample.mean())
    assert (ours.low, ours.high) == pytest.approx(by_scipy(sample), rel=1e-12)


def test_a_difference_is_paired_query_by_query() -> None:
    hard = values(2)
    slightly_better = np.clip(hard + 0.02, 0, 1)
    gap = slightly_better - hard
    paired = difference(slightly_better, hard)
    assert (paired.low, paired.high) == pytest.approx(by_scipy(gap), abs=0.002)
    assert not paired.is_within_chance
    alone, other = interval(slightly_better), interval(hard)
    assert alone.low < other.high  # unpaired intervals overlap and would not tell


def test_with_many_queries_the_interval_is_that_of_the_central_limit() -> None:
    sample = values(1, 3000)
    error = 1.96 * float(sample.std()) / np.sqrt(3000)
    found = interval(sample)
    assert (found.low, found.high) == pytest.approx((found.mean - error, found.mean + error), abs=0.1 * error)


def test_of_one_query_the_interval_is_its_value() -> None:
    assert (interval([0.25]).low, interval([0.25]).mean, interval([0.25]).high) == (0.25, 0.25, 0.25)


def test_two_systems_alike_are_within_chance_and_the_sentence_says_so() -> None:
    found = difference(values(3), values(4))
    assert found.low < 0 < found.high
    assert sentence("A", "B", found) == (
        f"A and B: the difference could be chance ({found.low:.2f} to {found.high:.2f})"
    )


def test_the_better_of_two_is_named_first_whichever_was_given_first() -> None:
    good, bad = values(5, shift=0.4), values(5) * 0.5
    forth, back = difference(good, bad), difference(bad, good)
    assert sentence("A", "B", forth) == sentence("B", "A", back)
    assert sentence("B", "A", back).startswith(f"A is better than B by {forth.mean:.2f} (")


def test_few_queries_tell_nothing_however_one_sided_they_are() -> None:
    found = difference([1.0] * 5, [0.0] * 5)
    assert found.is_within_chance
    assert "5 queries are too few" in sentence("A", "B", found)
    assert not difference([1.0] * 6, [0.0] * 6).is_within_chance


def test_equal_values_have_no_difference() -> None:
    found = difference([0.5] * 40, [0.5] * 40)
    assert found == Difference(0, 0, 0, 40)
    assert found.is_within_chance


def test_the_same_seed_gives_the_same_interval_and_another_seed_another() -> None:
    assert interval(values(6)) == interval(values(6))
    assert interval(values(6)) != interval(values(6), seed=1)


def test_no_values_or_unpaired_ones_are_a_clear_error() -> None:
    with pytest.raises(InputError, match="no queries"):
        interval([])
    with pytest.raises(InputError, match="2 queries of one system can't be compared with 3"):
        difference([0, 1], [0, 1, 1])
