"""Requests sent when they are due, whether or not earlier ones have been answered: an open loop.

A sender that waits for an answer before its next request slows down with the server, and leaves out the waiting times
that it should measure (Tene's "coordinated omission"; Schroeder, Wierman and Harchol-Balter 2006 on open and closed
systems). So a request's latency begins when it was due, even if it had to wait here for a free connection.
"""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass

from core.load.client import Reply
from core.progress import HEARTBEAT_SECONDS

MOST_IN_FLIGHT = 256
LEAD_SECONDS = 0.02

Post = Callable[[int], Reply]


@dataclass(frozen=True)
class Outcome:
    """A request and what became of it; all times are seconds from the beginning.

    Attributes
    ----------
    due, began, ended : float
        When it was to be sent, when it was sent, and when its answer was here.
    """

    due: float
    began: float
    ended: float
    reply: Reply

    @property
    def latency(self) -> float:
        """Seconds from when it was due to its answer."""
        return self.ended - self.due


def send(
    due: Sequence[float],
    post: Post,
    *,
    seconds: float,
    on_time: Callable[[float], None],
    most_in_flight: int = MOST_IN_FLIGHT,
) -> list[Outcome]:
    """Send each request when it is due, then wait for the answers under way.

    Parameters
    ----------
    due : sequence of float
        Seconds from the beginning, in ascending order.
    post : callable
        Sends the request of a number and returns its reply; called from many threads.
    seconds : float
        When to give up requests that still wait for one of the `most_in_flight` places: they have no outcome.
    on_time : callable
        Called every now and then with the seconds since the beginning; may raise to cancel.
    """
    outcomes: list[Outcome] = []
    start = time.perf_counter() + LEAD_SECONDS

    def exchange(number: int, planned: float) -> None:
        began = time.perf_counter() - start
        reply = post(number)
        outcomes.append(Outcome(planned, began, reply.ended - start, reply))

    senders = ThreadPoolExecutor(most_in_flight, "sender")
    try:
        sent = []
        for number, planned in enumerate(due):
            _sleep_until(start + planned, start, on_time)
            sent.append(senders.submit(exchange, number, float(planned)))
        while wait(sent, HEARTBEAT_SECONDS / 4).not_done:
            passed = time.perf_counter() - start
            on_time(passed)
            if passed >= seconds:
                for waiting in sent:
                    waiting.cancel()
    finally:
        senders.shutdown(cancel_futures=True)
    return outcomes


def most_at_once(outcomes: Sequence[Outcome]) -> int:
    """The largest number of requests that were under way at the same time."""
    changes = sorted([*((one.began, 1) for one in outcomes), *((one.ended, -1) for one in outcomes)])
    most = now = 0
    for _, change in changes:
        now += change
        most = max(most, now)
    return most


def _sleep_until(moment: float, start: float, on_time: Callable[[float], None]) -> None:
    while (left := moment - time.perf_counter()) > 0:
        on_time(time.perf_counter() - start)
        time.sleep(min(left, HEARTBEAT_SECONDS))
