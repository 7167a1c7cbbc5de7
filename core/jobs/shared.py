"""Work that several may wait for: done once, in a thread of its own, and stopped when nobody wants it any more."""

import threading
import time
from collections.abc import Callable, Hashable
from concurrent.futures import Future, wait
from dataclasses import dataclass, field
from typing import Any, TypeVar

from core import visitors
from core.errors import LimitError
from core.jobs import limits
from core.progress import HEARTBEAT_SECONDS, Progress, silent

Result = TypeVar("Result")

GRACE_SECONDS = 30.0  # without anybody waiting, after which work stops


class AbandonedError(Exception):
    """Nobody wants this work any more."""


@dataclass
class _Job:
    """Work under way: for whom it was begun, its result, its latest progress, and how many wait for it."""

    grace_seconds: float
    visitor: str = field(default_factory=visitors.current)
    result: "Future[Any]" = field(default_factory=Future)
    progress: tuple[str, int, int] = ("Starting", 0, 1)
    waiting: int = 0
    left: float = 0.0
    is_stopped: bool = False

    def report(self, what: str, done: int, total: int) -> None:
        self.progress = (what, done, total)
        if self.is_stopped or (not self.waiting and time.monotonic() - self.left > self.grace_seconds):
            self.is_stopped = True  # who comes later starts anew
            raise AbandonedError


class SharedWork:
    """The work under way, by key; whoever asks for a key that is being worked on waits for the same result."""

    def __init__(self, grace_seconds: float = GRACE_SECONDS) -> None:
        self._grace_seconds = grace_seconds
        self._jobs: dict[Hashable, _Job] = {}
        self._lock = threading.Lock()

    def result(self, key: Hashable, work: Callable[[Progress], Result], on_progress: Progress = silent) -> Result:
        """The result of the work under a key, begun if nobody has begun it.

        If `on_progress` raises, the caller leaves; the work goes on for a while, in case somebody comes back for it.

        Raises
        ------
        LimitError
            Whoever asks has too much work under way already. Other errors are those of the work.
        """
        while True:
            job = self._join(key, work)
            try:
                while not wait([job.result], timeout=HEARTBEAT_SECONDS).done:
                    on_progress(*job.progress)
                found: Result = job.result.result()
                return found
            except AbandonedError:
                continue  # it was stopped just as this caller joined
            except LimitError:
                if job.visitor == visitors.current():
                    raise
                continue  # another visitor's limit, who had begun it
            finally:
                self._leave(job)

    def stop(self, key: Hashable) -> None:
        """Stop the work under a key, unless somebody waits for it."""
        with self._lock:
            job = self._jobs.get(key)
            if job and not job.waiting:
                job.is_stopped = True

    def _join(self, key: Hashable, work: Callable[[Progress], Result]) -> _Job:
        with self._lock:
            job = self._jobs.get(key)
            if job is None or job.is_stopped:
                job = self._jobs[key] = _Job(self._grace_seconds, waiting=1)
                threading.Thread(target=self._do, args=(key, job, work), name="shared work", daemon=True).start()
            else:
                job.waiting += 1
            return job

    def _leave(self, job: _Job) -> None:
        with self._lock:
            job.waiting -= 1
            job.left = time.monotonic()

    def _do(self, key: Hashable, job: _Job, work: Callable[[Progress], Result]) -> None:
        try:
            with visitors.serving(job.visitor), limits.JOBS.hold():
                done = work(job.report)
        except BaseException as error:  # noqa: BLE001  whatever it was, those who wait must hear it
            self._forget(key, job)
            job.result.set_exception(error)
        else:
            self._forget(key, job)
            job.result.set_result(done)

    def _forget(self, key: Hashable, job: _Job) -> None:
        """Before its outcome is known: who asks after an error begins anew."""
        with self._lock:
            if self._jobs.get(key) is job:
                del self._jobs[key]
