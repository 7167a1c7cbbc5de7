"""Queues in virtual time: what a server with some workers, each busy for a fixed time, would answer, and when."""

import heapq
from collections.abc import Sequence
from typing import Any, ClassVar

from core.load import arrivals
from core.load.client import Reply
from core.load.measurement import summarise
from core.load.result import SCHEMA, LoadTest, Settings, Step, Unloaded
from core.load.sender import Outcome
from core.load.server import Served
from core.machine import this_machine
from core.models import revisions

USUAL = Settings()


def answers(due: Sequence[float], workers: int, service: float) -> list[Outcome]:
    """First come, first served: Kiefer and Wolfowitz's recursion for the wait, of one worker Lindley's."""
    free, outcomes = [0.0] * workers, []
    for moment in due:
        ended = max(moment, heapq.heappop(free)) + service
        heapq.heappush(free, ended)
        outcomes.append(Outcome(moment, moment, ended, Reply(ended)))
    return outcomes


def offer(rate: float, seed: int, *, workers: int, service: float, settings: Settings = USUAL) -> Step:
    """The step that the queue makes of a rate."""
    seconds = settings.seconds_of(rate)
    due = arrivals.draw(rate, seconds, seed).tolist()
    return summarise(answers(due, workers, service), len(due), seconds, unloaded(service), 1)


def unloaded(service: float = 0.02) -> Unloaded:
    return Unloaded(1000 * service, 1000 * service, 40)


def load_test(*steps: Step, model: str = "server:gpu", service: float = 0.02, **more: object) -> LoadTest:
    """The load test of a server that takes so many seconds without load."""
    facts: dict[str, object] = {"address": "http://gpu.example/v1", "fingerprint": "abc123", "texts": 2, **more}
    facts = {"settings": Settings(), "unloaded": unloaded(service), **facts}
    return LoadTest(
        SCHEMA,
        "2026-01-02T03:04:05+00:00",
        this_machine(),
        model,
        "m@gpu",
        steps=steps,
        **facts,  # type: ignore[arg-type]
    )


def a_step(**changes: object) -> Step:
    """A step with which the server keeps up."""
    usual = {"offered": 100.0, "seconds": 10.0, "requests": 1000, "answered": 1.0, "completed": 100.0}
    return Step(**{**usual, "p50_ms": 25.0, "p95_ms": 30.0, "sent_p95_ms": 30.0, **changes})  # type: ignore[arg-type]


class AnsweringChild:
    """What stands for the processes of a load test: a queue in virtual time with 50 requests a second.

    `asked` has the function and the arguments of each call.
    """

    asked: ClassVar[list[tuple[str, dict[str, Any]]]] = []

    def __init__(self, what: str) -> None:
        self.what = what

    def call(self, function: str, **how: Any) -> Served | Unloaded | Step:
        name = function.partition(":")[2]
        self.asked.append((name, how))
        if name == "serve":
            revision = revisions.look_up(how["spec"]) or ""
            return Served("http://127.0.0.1:9/v1", revision, "cpu", "fake", "float32")
        if name == "prepare":
            return unloaded()
        return offer(how["rate"], how["seed"], workers=1, service=0.02, settings=how["settings"])

    def end(self) -> None:
        """There is nothing to end."""
