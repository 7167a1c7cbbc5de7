"""Whose turn it is: each visitor gets as much as the others, however much anyone asks for."""

import threading
from collections import Counter
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import visitors
from core.collections.job import Job, Request
from core.jobs.queue import Turn
from core.jobs.shared import SharedWork
from core.jobs.turns import Ticket, Turns
from core.jobs.worker import Worker

SECONDS = 30
COSTS = st.lists(st.tuples(st.sampled_from("abc"), st.floats(0.1, 100)), max_size=40)


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr("core.jobs.turns.monotonic", clock)
    return clock


@pytest.fixture
def worker() -> Iterator[Worker]:
    worker = Worker("tests")
    yield worker
    worker._thread.shutdown()


def waiting(*tickets: Ticket) -> Turns:
    turns = Turns("tests", "visitors take turns")
    for ticket in tickets:
        turns.join(ticket)
    return turns


def serve(turns: Turns) -> Ticket | None:
    """Let the next one have its turn, and end it."""
    if served := turns.advance():
        turns.leave(served)
    return served


def test_a_visitor_who_asks_for_much_holds_up_nobody_who_asks_for_one_thing() -> None:
    turns = waiting(*[Ticket(100, visitor="much") for _ in range(1000)])
    assert turns.advance()
    one = Ticket(1, visitor="one")
    turns.join(one)
    assert len(turns.before(one)) == 1


def test_two_who_always_wait_get_the_same_whatever_the_size_of_their_pieces() -> None:
    turns = waiting(*[Ticket(cost, visitor=str(cost)) for cost in (10, 40) for _ in range(1000)])
    had = Counter[str]()
    for _ in range(500):
        served = serve(turns)
        assert served
        had[served.visitor] += int(served.cost)
    assert had["10"] == pytest.approx(had["40"], abs=40)


def test_who_asks_for_one_piece_after_the_other_gets_as_much_as_who_has_asked_for_all() -> None:
    turns = waiting(*[Ticket(10, visitor="all at once") for _ in range(1000)])
    had = Counter[str]()
    turns.join(Ticket(10, visitor="one by one"))
    for _ in range(200):
        served = turns.advance()
        assert served
        had[served.visitor] += 1
        turns.leave(served)
        if served.visitor == "one by one":
            turns.advance()  # the next begins before it can ask again
            turns.join(Ticket(10, visitor="one by one"))
    assert had["one by one"] == pytest.approx(had["all at once"], abs=2)


def test_nobody_saves_up_turns_by_waiting_for_long() -> None:
    turns = waiting(Ticket(10, visitor="late"), *[Ticket(10, visitor="early") for _ in range(1000)])
    for _ in range(500):
        serve(turns)
    for _ in range(100):
        turns.join(Ticket(10, visitor="late"))
    served = [ticket.visitor for _ in range(100) if (ticket := serve(turns))]
    assert Counter(served) == {"late": 50, "early": 50}


@given(COSTS)
def test_the_order_that_is_foretold_is_the_one_that_comes(costs: list[tuple[str, float]]) -> None:
    tickets = [Ticket(cost, visitor=visitor) for visitor, cost in costs]
    turns = waiting(*tickets)
    foretold = [len(turns.before(ticket)) for ticket in tickets]
    served = [serve(turns) for _ in tickets]
    assert foretold == [served.index(ticket) for ticket in tickets]
    assert serve(turns) is None


def test_the_wait_is_expected_by_the_pace_so_far(clock: Clock) -> None:
    turns = waiting(Ticket(10, None, "one"))
    turns.advance()
    clock.now += 20
    last = Ticket(1, None, "another")
    turns.leave(turns.advance() or last)
    for visitor in ("one", "one"):
        turns.join(Ticket(10, None, visitor))
    turns.advance()
    clock.now += 5
    turns.join(last)
    assert turns.sentence(last) == "Waiting: place 1 in the queue for tests, about 15 s (visitors take turns)"


def test_it_is_shared_while_another_visitor_has_asked_within_a_minute(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.jobs.turns.SECONDS_PRESENT", 60.0)
    turns = waiting(Ticket(visitor="one"))
    with visitors.serving("one"):
        assert not turns.is_shared()
    with visitors.serving("another"):
        assert turns.is_shared()
        clock.now += 61
        assert not turns.is_shared()


def test_a_worker_does_everything_in_one_thread_and_by_turns(worker: Worker) -> None:
    may_begin, done, threads = threading.Event(), list[str](), set[int]()

    def note(visitor: str) -> str:
        threads.add(threading.get_ident())
        done.append(visitor)
        return visitor

    worker.submit(may_begin.wait, SECONDS)
    pieces = []
    for visitor in ("much", "much", "much", "one"):
        with visitors.serving(visitor):
            pieces.append(worker.submit(note, visitor, cost=5))
    may_begin.set()
    assert [worker.result(piece) for piece in pieces] == ["much", "much", "much", "one"]
    assert done == ["much", "one", "much", "much"]
    assert threads.isdisjoint({threading.get_ident()})
    assert len(threads) == 1


def test_who_waits_for_a_worker_hears_the_place_and_can_leave(worker: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.jobs.worker.PATIENCE_SECONDS", 0.01)
    may_end, has_begun, done = threading.Event(), threading.Event(), list[str]()

    def hold() -> None:
        has_begun.set()
        may_end.wait(SECONDS)

    holding = worker.submit(hold)
    assert has_begun.wait(SECONDS)

    def leave(what: str) -> None:
        raise InterruptedError(what)

    with pytest.raises(InterruptedError, match=r"^Waiting: place 1 in the queue for tests \(visitors take turns\)$"):
        worker.result(worker.submit(done.append, "never"), leave)
    may_end.set()
    worker.result(holding)
    assert worker.result(worker.submit(lambda: "next")) == "next"
    assert done == []


def test_an_error_in_a_piece_is_its_own_and_the_next_is_done(worker: Worker) -> None:
    failing, other = worker.submit(np.ones, -1), worker.submit(np.ones, 2)
    with pytest.raises(ValueError, match="negative"):
        worker.result(failing)
    assert worker.result(other).tolist() == [1, 1]


def test_shared_work_is_done_for_whoever_has_begun_it() -> None:
    with visitors.serving("one"):
        assert SharedWork().result("key", lambda _: visitors.current()) == "one"
    assert visitors.current() == ""


def test_a_turn_is_each_visitors_in_turn() -> None:
    turn, served = Turn("tests"), list[str]()

    def take(visitor: str, is_waiting: threading.Event) -> None:
        with visitors.serving(visitor), turn.hold(lambda *_: is_waiting.set()):
            served.append(visitor)

    with visitors.serving("first"), turn.hold():
        threads = []
        for visitor in ("much", "much", "much", "one"):
            is_waiting = threading.Event()
            threads.append(threading.Thread(target=take, args=(visitor, is_waiting)))
            threads[-1].start()
            assert is_waiting.wait(SECONDS)
    for thread in threads:
        thread.join(SECONDS)
    assert served == ["much", "one", "much", "much"]


def test_the_work_on_a_collection_is_for_whoever_has_started_it(monkeypatch: pytest.MonkeyPatch) -> None:
    found = list[str]()
    monkeypatch.setattr(Job, "_do_all", lambda *_: found.append(visitors.current()))
    with visitors.serving("one"):
        job = Job(Request("name", ()))
    job.run(Turn("tests"))
    assert found == ["one"]
