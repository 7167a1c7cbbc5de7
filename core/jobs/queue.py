"""Queues for long work: one within this process, and a file lock among all processes."""

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING

from core import metrics, wording
from core.errors import InputError
from core.progress import HEARTBEAT_SECONDS, Progress, silent

if TYPE_CHECKING:
    from filelock import BaseFileLock


@dataclass(eq=False)
class _Ticket:
    """A place in a queue: how many seconds its holder expects to hold the turn, 0 if unknown, and since when."""

    seconds: float
    held_since: float | None = None

    def rest(self) -> float:
        """The expected seconds left, 0 once the holder is overdue."""
        held = 0.0 if self.held_since is None else monotonic() - self.held_since
        return max(0.0, self.seconds - held)


class Turn:
    """A first-come, first-served queue in this process; anyone waiting sees their place and the expected wait."""

    def __init__(self, what: str) -> None:
        self.what = what
        self._queue: deque[_Ticket] = deque()
        self._changed = threading.Condition()

    @contextmanager
    def hold(self, on_progress: Progress = silent, seconds: float = 0.0) -> Iterator[None]:
        """Wait for the turn and hold it.

        `on_progress` is called with the place in the queue, 1 being next, and the expected wait. If it raises, the
        caller leaves the queue.

        Parameters
        ----------
        seconds
            How long this caller expects to hold the turn; 0 if unknown, and then nobody behind sees an expected wait.
        """
        ticket = _Ticket(seconds)
        with self._changed:
            self._queue.append(ticket)
            metrics.WAITING.set(len(self._queue), queue=self.what)
        try:
            with metrics.WAITS.time(queue=self.what):
                while before := self._before(ticket):
                    on_progress(self._wait_in_words(before), 0, 1)
                    with self._changed:
                        self._changed.wait_for(lambda: self._queue[0] is ticket, HEARTBEAT_SECONDS)
            ticket.held_since = monotonic()
            yield
        finally:
            with self._changed:
                self._queue.remove(ticket)
                metrics.WAITING.set(len(self._queue), queue=self.what)
                self._changed.notify_all()

    def _before(self, ticket: _Ticket) -> list[_Ticket]:
        with self._changed:
            return list(takewhile(lambda other: other is not ticket, self._queue))

    def _wait_in_words(self, before: list[_Ticket]) -> str:
        time = f", {_in_words(sum(each.rest() for each in before))}" if all(each.seconds for each in before) else ""
        place = f"place {len(before)} in the queue for {self.what}"
        return f"Waiting: {place}{time} (one runs at a time)"


def _in_words(seconds: float) -> str:
    if seconds < 1:
        return "any moment now"
    return f"about {wording.wait(seconds)}"


@contextmanager
def hold_lock(path: Path, on_progress: Progress, waiting: str) -> Iterator[None]:
    """Hold a file lock, which only one of the processes sharing the folder can hold at a time.

    The folder is created if missing. `on_progress` is called with `waiting` on each heartbeat until the lock is free;
    if it raises, the wait ends. The system frees the lock of a process that dies.

    Raises
    ------
    InputError
        The folder cannot be created or written.
    """
    from filelock import FileLock

    lock = FileLock(path, timeout=HEARTBEAT_SECONDS)
    while not _try_to_lock(lock):
        on_progress(waiting, 0, 1)
    try:
        yield
    finally:
        lock.release()


def _try_to_lock(lock: "BaseFileLock") -> bool:
    """Try for a heartbeat to acquire a lock, and return whether it was free."""
    from filelock import Timeout

    try:
        lock.acquire()
    except Timeout:
        return False
    except OSError as error:
        folder, reason = Path(lock.lock_file).parent, error.strerror or error
        raise InputError(f"Cannot write to {folder} ({reason}). Set EMBEDSCOPE_HOME to a writable folder.") from None
    return True
