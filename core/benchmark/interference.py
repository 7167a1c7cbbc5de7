"""Interference: processor time that other sessions, the server and other programs take during a timing.

It is read from the system's processor times, which are exact to about 10 ms, so it is checked once per slice of
several samples. Only the processors that this process may use count.
"""

import os
import time

import psutil

SLICE_SECONDS = 0.2
DISTURBING_CORES = 0.3  # a quarter is the server's own heartbeat, drawing and the resolution of the counters


class Neighbours:
    """A watch on the processor time that other processes take, from one look to the next."""

    def __init__(self) -> None:
        self._seen = _now()

    def look(self) -> float:
        """Cores that other processes used since the last look, on average."""
        seconds, busy, own = _now()
        before, self._seen = self._seen, (seconds, busy, own)
        others = (busy - before[1]) - (own - before[2])
        return max(0.0, others / max(seconds - before[0], 1e-9))

    def have_disturbed(self) -> bool:
        """Whether other processes used so much since the last look that a timing may have suffered."""
        return self.look() > DISTURBING_CORES


def await_quiet(seconds: float) -> None:
    """Wait until the processors are quiet, for a limited time: a page is still drawing its latest result."""
    neighbours = Neighbours()
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        time.sleep(SLICE_SECONDS)
        if not neighbours.have_disturbed():
            return


def _now() -> tuple[float, float, float]:
    """The time, the busy seconds of our processors, and those of this process."""
    allowed = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else None
    processors = psutil.cpu_times(percpu=True)
    busy = sum(_busy(times) for number, times in enumerate(processors) if allowed is None or number in allowed)
    own = psutil.Process().cpu_times()
    return time.perf_counter(), busy, own.user + own.system


def _busy(times: object) -> float:
    """Seconds that a processor was not idle; steal is what other machines on the same hardware took."""
    names = ("user", "nice", "system", "irq", "softirq", "steal", "interrupt", "dpc")  # guest is part of user
    return sum(getattr(times, name, 0.0) for name in names)
