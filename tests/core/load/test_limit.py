"""The limit: the search finds the capacity of a queue that is known, and names what ends it."""

import numpy as np
import pytest

from core.load import limit
from core.load.result import LoadTest, Settings, Step, trouble
from tests.core.load.queues import a_step, load_test, offer

FEW_SECONDS = Settings(seconds=4.0)


def search(workers: int, service: float, first: float, seed: int = 0, settings: Settings = FEW_SECONDS) -> LoadTest:
    """The load test that the search makes of a queue."""
    steps: list[Step] = []

    def keeps_up(rate: float) -> bool:
        steps.append(offer(rate, 1000 * seed + len(steps), workers=workers, service=service, settings=settings))
        return load_test(*steps, service=service).trouble(steps[-1]) is None

    limit.search(keeps_up, first)
    return load_test(*steps, service=service)


@pytest.mark.parametrize(("workers", "service"), [(1, 0.02), (1, 0.004), (8, 0.1), (32, 0.2)])
def test_the_limit_is_within_15_percent_of_a_known_capacity(workers: int, service: float) -> None:
    capacity = workers / service
    found = [search(workers, service, 0.5 / service, seed).limit for seed in range(20)]
    rates = np.array([step.offered for step in found if step])
    assert len(rates) == len(found)
    assert np.mean(np.abs(rates / capacity - 1) < 0.15) >= 0.9
    assert abs(np.median(rates) / capacity - 1) < 0.1


def test_the_search_ends_with_two_rates_that_lie_close_together() -> None:
    asked: list[float] = []
    limit.search(lambda rate: not asked.append(rate) and rate <= 137, 10)  # type: ignore[func-returns-value]
    below, above = max(rate for rate in asked if rate <= 137), min(rate for rate in asked if rate > 137)
    assert asked[:5] == [10, 20, 40, 80, 160]
    assert above / below <= limit.TOLERANCE
    assert len(asked) <= 10


def test_a_first_rate_that_is_too_high_is_halved() -> None:
    asked: list[float] = []
    limit.search(lambda rate: not asked.append(rate) and rate <= 30, 100)  # type: ignore[func-returns-value]
    assert asked[:3] == [100, 50, 25]
    assert all(25 < rate < 50 for rate in asked[3:])


def test_a_server_that_keeps_up_with_nothing_is_soon_left_alone() -> None:
    asked: list[float] = []
    limit.search(lambda rate: bool(asked.append(rate)), 100)  # type: ignore[func-returns-value]
    assert asked == [100, 50, 25, 12.5]


def test_a_server_that_keeps_up_with_everything_is_offered_no_more_than_the_most() -> None:
    asked: list[float] = []
    limit.search(lambda rate: not asked.append(rate), 100)  # type: ignore[func-returns-value]
    assert max(asked) == 3200 <= limit.MOST_RATE


@pytest.mark.parametrize(
    ("step", "reason"),
    [
        (a_step(), None),
        (a_step(answered=0.951, p95_ms=400.0), None),
        (a_step(errors={"500": 10}), None),
        (a_step(errors={"500": 11}), "errors"),
        (a_step(answered=0.94), "unfinished"),
        (a_step(p95_ms=401.0, sent_p95_ms=401.0), "waiting"),
        (a_step(p95_ms=None, sent_p95_ms=None, answered=0.0), "unfinished"),
        (a_step(p95_ms=500.0, late=60, in_flight=9), "sender"),
        (a_step(answered=0.9, late=60, in_flight=9), "sender"),
        (a_step(p95_ms=500.0, late=60, in_flight=256), "waiting"),
        (a_step(answered=0.8, late=60, in_flight=9), "unfinished"),
    ],
)
def test_what_ends_the_limit_is_named(step: Step, reason: str | None) -> None:
    assert trouble(step, 400.0, 256) == reason


def test_a_low_rate_takes_longer_but_not_for_ever() -> None:
    usual = Settings(seconds=5.0, least_requests=100)
    assert [usual.seconds_of(rate) for rate in (100, 20, 10, 0.1)] == [5, 5, 10, 60]


def test_a_fast_server_may_take_as_long_as_nobody_notices() -> None:
    assert load_test(service=0.001).most_ms == 100.0
    assert load_test(service=0.02).most_ms == 20 * 20.0
    assert load_test(service=0.02, settings=Settings(most_ms=50.0)).most_ms == 50.0


def test_the_limit_lies_below_the_lowest_rate_with_trouble() -> None:
    fine, bad, again = a_step(), a_step(answered=0.5), a_step()
    lower, higher = Step(**{**vars(fine), "offered": 50.0}), Step(**{**vars(again), "offered": 200.0})
    tested = load_test(higher, bad, lower)
    assert (tested.limit, tested.beyond, tested.is_at_least) == (lower, bad, False)
    assert (load_test(lower).limit, load_test(lower).is_at_least) == (lower, True)
    assert (load_test(bad).limit, load_test(bad).beyond) == (None, bad)


def test_a_busy_sender_leaves_another_machines_limit_open_and_is_the_limit_of_its_own() -> None:
    fine, busy = Step(**{**vars(a_step()), "offered": 50.0}), a_step(p95_ms=500.0, late=60)
    assert load_test(fine, busy).is_at_least
    assert not load_test(fine, busy, address="").is_at_least
