"""A thread that computes for all visitors, piece by piece, and in turns."""

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from functools import partial
from time import monotonic
from typing import Any, Generic, TypeVar, cast

from core import metrics, visitors
from core.jobs.turns import Ticket, Turns

Result = TypeVar("Result")

PATIENCE_SECONDS = 1.0  # until those who wait are told so


@dataclass(eq=False)
class Piece(Ticket, Generic[Result]):
    """What a worker shall do, and what came of it."""

    work: Callable[[], Result] | None = None
    future: "Future[Result]" = field(default_factory=Future)
    asked: float = field(default_factory=monotonic)

    def do(self) -> None:
        """Do it, unless nobody wants it any more."""
        work, self.work = self.work, None  # what it refers to is free afterwards
        if work and self.future.set_running_or_notify_cancel():
            try:
                self.future.set_result(work())
            except BaseException as error:  # noqa: BLE001  whatever it was, who waits must hear it
                self.future.set_exception(error)


class Worker:
    """A thread that does one piece at a time, by turns of those for whom it is.

    Parameters
    ----------
    charge : callable, optional
        Called with the seconds of each piece, for the visitor who has had them.
    """

    def __init__(self, what: str, charge: Callable[[float], None] = lambda _: None) -> None:
        self.what = what
        self._charge = charge
        self._turns = Turns(what, "visitors take turns")
        self._lock = threading.Lock()
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix=what)

    def submit(self, work: Callable[..., Result], *arguments: Any, cost: float = 1.0) -> Piece[Result]:
        """Do this once it is the present visitor's turn; `cost` counts against the visitor's share."""
        piece = Piece(cost, None, work=partial(work, *arguments))
        with self._lock:
            self._turns.join(piece)
            self._note_length()
        self._thread.submit(self._do_next)
        return piece

    def result(self, piece: Piece[Result], on_wait: Callable[[str], None] = lambda _: None) -> Result:
        """What came of a piece, or its error.

        Who waits for more than a second is told the place in the queue and the expected wait. If `on_wait` raises, the
        piece is not done, unless it has begun.
        """
        try:
            while not wait([piece.future], timeout=PATIENCE_SECONDS).done:
                if waiting := self.waiting(piece):
                    on_wait(waiting)
        except BaseException:
            piece.future.cancel()
            raise
        return piece.future.result()

    def waiting(self, piece: Piece[Any]) -> str:
        """The place and the expected wait of a piece, in words; empty once it is being done."""
        with self._lock:
            return "" if self._turns.holder is piece or piece.future.done() else self._turns.sentence(piece)

    def is_shared(self) -> bool:
        """Whether another visitor has had something done lately."""
        with self._lock:
            return self._turns.is_shared()

    def is_free(self) -> bool:
        """Whether nothing is done or waits."""
        with self._lock:
            return not len(self._turns)

    def _do_next(self) -> None:
        with self._lock:
            piece = cast("Piece[Any]", self._turns.advance())
        metrics.WAITS.observe(monotonic() - piece.asked, queue=self.what)
        with visitors.serving(piece.visitor):
            began = monotonic()
            piece.do()
            self._charge(monotonic() - began)
        with self._lock:
            self._turns.leave(piece)
            self._note_length()

    def _note_length(self) -> None:
        metrics.WAITING.set(len(self._turns), queue=self.what)
