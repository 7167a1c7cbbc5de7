"""One budget for all memory: above it the largest idle thing goes, and nothing that somebody uses."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from types import SimpleNamespace

import psutil
import pytest

from core import models
from core.encoders.pool import Pool
from core.jobs import room
from core.jobs.child import Child
from core.machine import this_machine
from pages.shared.cache import Memory
from tests.conftest import FakeEncoder

SECONDS = 30


class Shelf:
    """Idle things by their sizes."""

    def __init__(self, *sizes: int) -> None:
        self.sizes = list(sizes)
        room.watch(self.idle)

    def idle(self) -> list[room.Idle]:
        return [room.Idle(str(size), size, partial(self.sizes.remove, size)) for size in self.sizes]


@pytest.fixture(autouse=True)
def _machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine of 1,000 bytes, of which 850 may be used, and 800 are."""
    machine = replace(this_machine(), memory_bytes=1000)
    monkeypatch.setattr(room, "this_machine", lambda: machine)
    monkeypatch.setattr(room, "used", lambda: 800)
    monkeypatch.setattr(room, "_holders", [])
    monkeypatch.setattr(room, "_looked", 0.0)


@pytest.fixture
def child() -> Iterator[Child]:
    child = Child("tests")
    yield child
    child.end()


def test_the_largest_idle_things_go_until_what_is_needed_fits() -> None:
    shelf = Shelf(10, 40, 30, 20)
    room.make(50)
    assert shelf.sizes == [10, 40, 30, 20]
    room.make(90)
    assert shelf.sizes == [10, 30, 20]
    room.make(90)
    assert shelf.sizes == [10]


def test_where_nothing_idle_is_left_nothing_fails() -> None:
    shelf = Shelf(1)
    room.make(10**6)
    assert shelf.sizes == []


def test_without_a_need_it_looks_at_most_once_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [1000.0]
    monkeypatch.setattr(room, "used", lambda: 900)
    monkeypatch.setattr(room, "monotonic", lambda: now[0])
    shelf = Shelf(60, 70)
    room.make()
    assert shelf.sizes == [60]
    room.make()
    assert shelf.sizes == [60]
    now[0] += 1.1
    room.make()
    assert shelf.sizes == []


def test_the_share_can_be_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMBEDSCOPE_MEMORY_SHARE", "0.5")
    assert room.budget() == 500


def test_this_process_and_its_children_are_counted(monkeypatch: pytest.MonkeyPatch, child: Child) -> None:
    monkeypatch.undo()
    alone = psutil.Process().memory_info().rss
    child.call("tests.core.jobs.child_functions:echo", value=1)
    (idle,) = child.idle()
    assert idle.bytes > 2**20
    assert room.used() >= idle.bytes + 0.9 * alone


def test_a_model_that_computes_stays_and_an_idle_one_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    def load(spec: models.ModelSpec, **_: object) -> FakeEncoder:
        encoder = FakeEncoder(spec)
        encoder.memory_bytes = 10
        encoder.is_busy = spec.name == "busy"  # type: ignore[attr-defined]
        return encoder

    monkeypatch.setattr("core.encoders.load", load)
    pool = Pool({"cpu": 10**9})
    spec = models.get("wordllama-256")
    for name in ("busy", "idle"):
        pool.get(replace(spec, name=name, parameters=None))
    room.make(1000)
    assert [key[0].name for key in pool._places] == ["busy"]


def test_results_that_are_remembered_go(monkeypatch: pytest.MonkeyPatch) -> None:
    memory, computed = Memory(), list[int]()

    def compute() -> SimpleNamespace:
        computed.append(1)
        return SimpleNamespace(nbytes=2_000_000)

    for _ in range(2):
        memory.recall("key", compute)
    assert len(computed) == 1
    room.make(1000)
    memory.recall("key", compute)
    assert len(computed) == 2


def test_an_idle_child_is_ended_and_one_in_use_is_not(child: Child) -> None:
    room.watch(child.idle)
    first = child.call("tests.core.jobs.child_functions:own_process_id")
    asleep, found = threading.Event(), list[str]()

    def sleep() -> None:
        found.append(
            child.call(
                "tests.core.jobs.child_functions:report_process_id_and_sleep",
                seconds=0.3,
                on_progress=lambda what, *_: asleep.set() if what == "Sleeping" else None,
            )
        )

    sleeping = threading.Thread(target=sleep)
    sleeping.start()
    assert asleep.wait(SECONDS)
    room.make(1000)
    sleeping.join(SECONDS)
    assert found == ["slept"]
    assert child.call("tests.core.jobs.child_functions:own_process_id") == first
    room.make(1000)
    assert not psutil.pid_exists(first)
