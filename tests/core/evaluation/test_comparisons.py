"""Tukey's HSD by randomisation against one drawn by hand, and what it says of many systems."""

import numpy as np
import pytest
from scipy.stats import permutation_test

from core.errors import InputError
from core.evaluation import describe_intervals, difference, differences
from core.evaluation.bootstrap import RESAMPLES


def values(seed: int, size: int = 60) -> np.ndarray:
    return np.random.default_rng(seed).beta(0.6, 0.6, size)


def test_the_intervals_half_width_is_the_range_of_permuted_systems_that_chance_exceeds_in_one_case_of_twenty() -> None:
    systems = {"a": values(1), "b": values(2), "c": values(3), "d": np.clip(values(1) + 0.2, 0, 1)}
    table = np.stack(list(systems.values()), axis=1)
    draw = np.random.default_rng(9)
    ranges = [np.ptp(np.array([draw.permutation(row) for row in table]).mean(axis=0)) for _ in range(4000)]
    margin = np.quantile(ranges, 0.95)
    found = differences(systems)
    assert len(found) == 12
    for (one, other), gap in found.items():
        assert gap.mean == pytest.approx((systems[one] - systems[other]).mean())
        assert (gap.high - gap.low) / 2 == pytest.approx(margin, rel=0.05)
        assert (gap.low + gap.high) / 2 == pytest.approx(gap.mean)


@pytest.mark.parametrize("count", [6, 60, 600])
def test_the_half_width_is_that_of_scipys_permutation_test_of_the_same_seed(count: int) -> None:
    systems = {name: values(seed, count) for seed, name in enumerate("abc")}
    drawn = permutation_test(
        tuple(systems.values()),
        lambda *samples, axis: np.ptp(np.stack([sample.mean(axis=axis) for sample in samples]), axis=0),
        permutation_type="samples",
        n_resamples=RESAMPLES,
        rng=np.random.default_rng(0),
    ).null_distribution
    found = differences(systems)["a", "b"]
    assert (found.high - found.low) / 2 == pytest.approx(np.quantile(drawn, 0.95, method="higher"), rel=1e-12)


def test_of_many_systems_alike_none_is_called_better_where_pairs_alone_would_be() -> None:
    wrong_alone = wrong_together = 0
    for seed in range(30):
        systems = {str(place): values(100 * seed + place, 40) for place in range(8)}
        names = list(systems)
        pairs = [(one, other) for place, one in enumerate(names) for other in names[place + 1 :]]
        together = differences(systems)
        wrong_alone += any(not difference(systems[one], systems[other]).is_within_chance for one, other in pairs)
        wrong_together += any(not together[pair].is_within_chance for pair in pairs)
    assert wrong_alone > 10
    assert wrong_together <= 4  # 5 % of 30, and some luck


def test_a_real_difference_stays_one() -> None:
    base = values(5, 200)
    found = differences({"good": np.clip(base + 0.3, 0, 1), "bad": base, "other": np.clip(base + 0.01, 0, 1)})
    assert not found["good", "bad"].is_within_chance
    assert found["good", "bad"].low > 0 > found["bad", "good"].high
    assert found["bad", "other"].is_within_chance


def test_two_systems_are_compared_by_their_paired_bootstrap() -> None:
    found = differences({"a": values(1), "b": values(2)})
    assert found["a", "b"] == difference(values(1), values(2))
    assert found["b", "a"] == difference(values(2), values(1))


def test_the_order_of_the_systems_changes_no_figure() -> None:
    systems = {name: values(seed) for seed, name in enumerate("abc")}
    assert differences(systems) == differences(dict(reversed(systems.items())))


def test_how_the_intervals_are_made_is_said() -> None:
    assert describe_intervals(2) == "paired for differences"
    assert "all 6 pairs compared" in describe_intervals(4)


@pytest.mark.parametrize(("lengths", "sentence"), [((2, 3, 3), "can't be compared"), ((0, 0, 0), "no queries")])
def test_unpaired_or_no_values_are_a_clear_error(lengths: tuple[int, ...], sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        differences({str(place): [0.5] * length for place, length in enumerate(lengths)})
