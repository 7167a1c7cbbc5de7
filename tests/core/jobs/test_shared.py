"""Work that several wait for: done once, kept going for a while, stopped when nobody wants it."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from core.jobs.shared import SharedWork

SECONDS = 30


class LeftError(Exception):
    pass


class Counting:
    """Work that reports numbers until it may end."""

    def __init__(self):
        self.begun, self.done, self.may_end = 0, 0, threading.Event()

    def __call__(self, on_progress):
        self.begun += 1
        while not self.may_end.is_set():
            self.done += 1
            on_progress("Counting", self.done, 10**6)
            time.sleep(0.005)
        return "the result"


def leave(*_):
    raise LeftError


def wait_until(is_so):
    deadline = time.monotonic() + SECONDS
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_ten_who_ask_for_the_same_wait_for_one_piece_of_work_and_see_its_progress():
    shared, work, seen = SharedWork(), Counting(), set()

    def watch(*progress):
        seen.add((threading.get_ident(), progress[0]))
        if len(seen) == 10:
            work.may_end.set()

    with ThreadPoolExecutor(10) as threads:
        results = list(threads.map(lambda _: shared.result("key", work, watch), range(10)))
    assert results == ["the result"] * 10
    assert work.begun == 1
    assert {what for _, what in seen} == {"Counting"}


def test_who_leaves_and_comes_back_finds_it_going_on():
    shared, work = SharedWork(), Counting()
    with pytest.raises(LeftError):
        shared.result("key", work, leave)
    done = work.done
    wait_until(lambda: work.done > done + 5)
    work.may_end.set()
    assert shared.result("key", work) == "the result"
    assert work.begun <= 2  # begun anew only if it had ended in between


def test_what_nobody_wants_for_a_while_stops_and_is_begun_anew_by_who_comes_later():
    shared, work = SharedWork(grace_seconds=0.05), Counting()
    with pytest.raises(LeftError):
        shared.result("key", work, leave)
    wait_until(lambda: not shared._jobs)
    done = work.done
    time.sleep(0.05)
    assert work.done == done
    work.may_end.set()
    assert shared.result("key", work) == "the result"
    assert work.begun == 2


def test_it_is_stopped_at_once_when_asked_unless_somebody_waits():
    shared, work = SharedWork(), Counting()
    with pytest.raises(LeftError):
        shared.result("key", work, leave)
    with ThreadPoolExecutor(1) as threads:
        other = threads.submit(shared.result, "key", work)
        wait_until(lambda: shared._jobs["key"].waiting == 1)
        shared.stop("key")
        done = work.done
        wait_until(lambda: work.done > done)
        work.may_end.set()
        assert other.result(SECONDS) == "the result"
    work.may_end.clear()
    with pytest.raises(LeftError):
        shared.result("key", work, leave)
    shared.stop("key")
    wait_until(lambda: not shared._jobs)


def test_an_error_reaches_all_who_wait_and_the_next_begins_anew():
    shared, outcomes = SharedWork(), [ValueError("too large"), "the result"]

    def work(on_progress):
        outcome = outcomes.pop(0)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    with pytest.raises(ValueError, match="too large"):
        shared.result("key", work)
    assert shared.result("key", work) == "the result"
