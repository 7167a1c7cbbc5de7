"""Samples of a call: its time, measured repeatedly on a warm machine while no other process interferes."""

import time
from collections.abc import Callable

import numpy as np

from core.benchmark.interference import SLICE_SECONDS, Neighbours
from core.benchmark.timing import Settings, Statistics
from core.devices import event, synchronise
from core.progress import Progress

LEAST_FOR_P99 = 100
REPORT_EVERY_SECONDS = 0.5  # drawing progress more often, on the same machine, would disturb the timing
WARM_UP_SHARE = 1 / 3  # of the time that a workload may take

Once = Callable[[], float]


def clock(call: Callable[[], object], device: str) -> Once:
    """Milliseconds of one call, with the device idle before and after."""
    wait = synchronise(device)

    def once() -> float:
        wait()
        started = time.perf_counter()
        call()
        wait()
        return (time.perf_counter() - started) * 1000

    return once


def device_clock(call: Callable[[], object], device: str) -> Once:
    """Milliseconds of one call on the device alone; on a GPU between two events of its own clock."""
    new_event = event(device)
    if new_event is None:
        return clock(call, device)

    def once() -> float:
        begin, end = new_event(), new_event()
        begin.record()
        call()
        end.record()
        end.synchronize()
        return float(begin.elapsed_time(end))

    return once


def warm_up(once: Once, settings: Settings, what: str, on_progress: Progress) -> int:
    """Call without counting; returns the number of calls, fewer than asked for if the time runs out."""
    end = time.perf_counter() + settings.most_seconds * WARM_UP_SHARE
    for call in range(settings.warm_up_calls):
        if time.perf_counter() >= end:
            return call
        on_progress(what, call, settings.warm_up_calls)
        once()
    return settings.warm_up_calls


def sample(once: Once, settings: Settings, what: str, on_progress: Progress) -> Statistics:
    """Call until there are enough undisturbed samples; after a while accept disturbed ones too, and count them.

    Samples are taken in slices. A slice is disturbed, and repeated, if other processes kept the processors busy.
    """
    quiet: list[float] = []
    disturbed: list[float] = []
    neighbours = Neighbours()
    started = reported = now = time.perf_counter()
    while (done := _share_done(quiet, settings)) < 1 and not _is_time_up(quiet + disturbed, now - started, settings):
        taken = _slice(once)
        (disturbed if neighbours.have_disturbed() else quiet).extend(taken)
        now = time.perf_counter()
        if now - reported > REPORT_EVERY_SECONDS:
            reported = now
            on_progress(what, int(100 * done), 100)
    if done < 1:
        return _statistics(quiet + disturbed, len(disturbed), 0)
    return _statistics(quiet, 0, len(disturbed))


def _share_done(samples: list[float], settings: Settings) -> float:
    """The share of the samples and of their time that is done; 1 or more when both are enough."""
    return min(len(samples) / settings.least_samples, sum(samples) / 1000 / settings.least_seconds)


def _is_time_up(samples: list[float], seconds: float, settings: Settings) -> bool:
    """Whether to stop with what there is: disturbed samples after some patience, fewer samples at the time limit."""
    if seconds >= settings.most_seconds * (1 - WARM_UP_SHARE):
        return True
    return seconds >= settings.patience_seconds and _share_done(samples, settings) >= 1


def _slice(once: Once) -> list[float]:
    """The samples of one slice, at least one."""
    taken: list[float] = []
    end = time.perf_counter() + SLICE_SECONDS
    while not taken or time.perf_counter() < end:
        taken.append(once())
    return taken


def _statistics(samples: list[float], disturbed: int, left_out: int) -> Statistics:
    quartile1, median, quartile3, p95, p99 = (float(value) for value in np.percentile(samples, [25, 50, 75, 95, 99]))
    return Statistics(
        median_ms=median,
        quartile1_ms=quartile1,
        quartile3_ms=quartile3,
        p95_ms=p95,
        p99_ms=p99 if len(samples) >= LEAST_FOR_P99 else None,
        samples=len(samples),
        disturbed=disturbed,
        left_out=left_out,
    )
