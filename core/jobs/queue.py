"""Whose turn it is: a queue within this process, and a lock on a file among all processes."""

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING

from core import wording
from core.errors import InputError
from core.progress import HEARTBEAT_SECONDS, Progress, silent

if TYPE_CHECKING:
    from filelock import BaseFileLock


@dataclass(eq=False)
class _Ticket:
    """A place in a queue: how many seconds its holder expects to hold the turn, 0 if not known, and since when."""

    seconds: float
    held_since: float | None = None

    def rest(self) -> float:
        """Seconds that are expected to be left, 0 once the holder is overdue."""
        held = 0.0 if self.held_since is None else monotonic() - self.held_since
        return max(0.0, self.seconds - held)


class Turn:
    """A queue of one place in this process: who comes first is served first, the others hear when they may be."""

    def __init__(self, what: str) -> None:
        self.what = what
        self._queue: deque[_Ticket] = deque()
        self._changed = threading.Condition()

    @contextmanager
    def hold(self, on_progress: Progress = silent, seconds: float = 0.0) -> Iterator[None]:
        """Wait for the turn and hold it.

        `on_progress` hears the place in the queue, 1 for who is served next, and how long that may take. By raising
        it leaves the queue.

        Parameters
        ----------
        seconds
            How long this caller expects to hold the turn; 0 if that is not known, and nobody behind is told a time.
        """
        ticket = _Ticket(seconds)
        with self._changed:
            self._queue.append(ticket)
        try:
            while before := self._before(ticket):
                on_progress(self._wait_in_words(before), 0, 1)
                with self._changed:
                    self._changed.wait_for(lambda: self._queue[0] is ticket, HEARTBEAT_SECONDS)
            ticket.held_since = monotonic()
            yield
        finally:
            with self._changed:
                self._queue.remove(ticket)
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
    """Hold the lock on a file, which one of all processes that share the folder can hold at a time.

    The folder is made if it is not there. `on_progress` hears `waiting` on each heartbeat until the lock is free; by
    raising it gives up. The system frees the lock of a process that dies.

    Raises
    ------
    InputError
        The folder cannot be made or written.
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
    """Try for a heartbeat to take a lock, and tell whether it was free."""
    from filelock import Timeout

    try:
        lock.acquire()
    except Timeout:
        return False
    except OSError as error:
        folder, reason = Path(lock.lock_file).parent, error.strerror or error
        raise InputError(f"Cannot write to {folder} ({reason}). Set EMBEDSCOPE_HOME to a writable folder.") from None
    return True
