"""An open loop: requests leave when they are due, and their latency counts from then on."""

import threading
import time

import numpy as np
import pytest
from scipy import stats

from core.load import arrivals
from core.load.client import Reply
from core.load.sender import Outcome, most_at_once, send


class CancelledError(Exception):
    pass


def at_once(_: int) -> Reply:
    return Reply(time.perf_counter())


def ignore(_: float) -> None:
    pass


def test_arrivals_are_those_of_a_poisson_process_and_the_same_for_the_same_seed() -> None:
    drawn = arrivals.draw(50, 100, seed=1)
    assert len(drawn) == 5000
    assert np.array_equal(drawn, arrivals.draw(50, 100, seed=1))
    assert not np.array_equal(drawn, arrivals.draw(50, 100, seed=2))
    assert stats.kstest(np.diff(drawn), stats.expon(scale=1 / 50).cdf).pvalue > 0.01  # waits between them
    assert stats.kstest(np.diff(np.arange(5000) / 50), stats.expon(scale=1 / 50).cdf).pvalue < 1e-9


def test_a_request_leaves_when_it_is_due_though_an_earlier_one_is_unanswered() -> None:
    others = threading.Semaphore(0)

    def post(number: int) -> Reply:
        if number == 0:
            for _ in range(3):
                assert others.acquire(timeout=10)  # answered only after all the later ones
        else:
            others.release()
        return Reply(time.perf_counter())

    outcomes = send([0.0, 0.01, 0.02, 0.03], post, seconds=0.05, on_time=ignore)
    assert len(outcomes) == 4
    assert outcomes[-1].due == 0.0


def test_latency_counts_the_wait_for_a_server_that_stalls() -> None:
    """Coordinated omission: of ten requests, a closed loop would find nine fast and one slow."""

    def post(number: int) -> Reply:
        time.sleep(0.3 if number == 0 else 0.0)
        return Reply(time.perf_counter())

    due = [0.02 * number for number in range(10)]
    outcomes = sorted(send(due, post, seconds=5, on_time=ignore, most_in_flight=1), key=lambda one: one.due)
    assert all(one.latency >= 0.3 - one.due for one in outcomes)
    assert all(one.began >= 0.3 for one in outcomes[1:])


def test_requests_that_find_no_place_in_time_have_no_outcome() -> None:
    is_over = threading.Event()

    def post(_: int) -> Reply:
        is_over.wait(10)
        return Reply(time.perf_counter())

    def note(passed: float) -> None:
        if passed >= 0.1:
            is_over.set()

    outcomes = send([0.0] * 5, post, seconds=0.1, on_time=note, most_in_flight=2)
    assert len(outcomes) == 2


def test_raising_ends_the_sending() -> None:
    sent: list[int] = []

    def post(number: int) -> Reply:
        sent.append(number)
        return at_once(number)

    def cancel(passed: float) -> None:
        if sent:
            raise CancelledError

    with pytest.raises(CancelledError):
        send([0.0, 0.5, 60.0], post, seconds=60, on_time=cancel)
    assert sent == [0]


def test_requests_under_way_are_counted() -> None:
    spans = [(0, 4), (1, 3), (2, 3), (3, 5)]
    outcomes = [Outcome(began, began, ended, Reply(ended)) for began, ended in spans]
    assert most_at_once(outcomes) == 3
    assert most_at_once([]) == 0
