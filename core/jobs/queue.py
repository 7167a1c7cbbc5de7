"""Queues for long work: one within this process, and a file lock among all processes."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from core import metrics
from core.errors import InputError
from core.jobs.turns import Ticket, Turns
from core.progress import HEARTBEAT_SECONDS, Progress, silent

if TYPE_CHECKING:
    from filelock import BaseFileLock


class Turn:
    """A queue in this process for what one does at a time; anyone waiting sees their place and the expected wait.

    It is first come, first served for each visitor, and visitors take turns.
    """

    def __init__(self, what: str, rule: str = "one runs at a time") -> None:
        self.what = what
        self._turns = Turns(what, rule)
        self._changed = threading.Condition()

    @contextmanager
    def hold(self, on_progress: Progress = silent, seconds: float | None = 0.0, cost: float = 1.0) -> Iterator[None]:
        """Wait for the turn and hold it.

        `on_progress` is called with the place in the queue, 1 being next, and the expected wait. If it raises, the
        caller leaves the queue.

        Parameters
        ----------
        seconds
            How long this caller expects to hold the turn; 0 if unknown, and then nobody behind sees an expected wait.
            If None, it is expected of the cost, and of how long others have taken for theirs.
        cost
            What counts against the visitor's share.
        """
        ticket = Ticket(cost, seconds)
        with self._changed:
            self._turns.join(ticket)
            self._advance()
        try:
            with metrics.WAITS.time(queue=self.what):
                while waiting := self._waiting(ticket):
                    on_progress(waiting, 0, 1)
                    with self._changed:
                        self._changed.wait_for(lambda: self._turns.holder is ticket, HEARTBEAT_SECONDS)
            yield
        finally:
            with self._changed:
                self._turns.leave(ticket)
                self._advance()
                self._changed.notify_all()

    def is_free(self) -> bool:
        """Whether nobody waits for it or holds it."""
        with self._changed:
            return not len(self._turns)

    def _advance(self) -> None:
        """Let the next one hold it, if nobody does."""
        self._turns.advance()
        metrics.WAITING.set(len(self._turns), queue=self.what)

    def _waiting(self, ticket: Ticket) -> str:
        """The place and the expected wait, in words; empty once the turn has come."""
        with self._changed:
            return "" if self._turns.holder is ticket else self._turns.sentence(ticket)


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
