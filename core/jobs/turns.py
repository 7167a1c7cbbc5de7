"""Whose turn is next where all visitors share what does one thing at a time: each of those who wait gets as much of it.

Start-time fair queuing (Goyal et al. 1996), as virtual token counters serve language models (Sheng et al. 2024): the
turn goes to whoever has had least, and whoever comes anew starts with what the one who is served had: nobody saves up.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import takewhile
from time import monotonic

from core import visitors, wording

SMOOTHING = 0.3  # the weight of the latest in the pace
SECONDS_PRESENT = 60.0  # after which a visitor who asks for nothing more counts as gone


@dataclass(eq=False)
class Ticket:
    """A place among those who wait.

    Attributes
    ----------
    cost : float
        How much is to be done, in whatever unit all tickets of a queue share: tokens, scores, jobs.
    seconds : float, optional
        How long that is expected to take, 0 if unknown; if None, as long as the pace so far says.
    visitor : str
        For whom.
    held_since : float, optional
        When its turn came, by `monotonic`.
    """

    cost: float = 1.0
    seconds: float | None = 0.0
    visitor: str = field(default_factory=visitors.current)
    held_since: float | None = None


class Turns:
    """Those who wait for one place, and who holds it. It has no lock: its owner does."""

    def __init__(self, what: str, rule: str) -> None:
        self.what, self.rule = what, rule
        self.holder: Ticket | None = None
        self._waiting: list[Ticket] = []  # in the order of their arrival
        self._had: dict[str, float] = {}  # the cost of what each visitor has had
        self._least = 0.0  # what the one who is served had had
        self._pace: float | None = None  # seconds per cost
        self._present: dict[str, float] = {}  # when each visitor last asked for something

    def __len__(self) -> int:
        """How many wait for their turn or hold it."""
        return len(self._waiting) + (self.holder is not None)

    def join(self, ticket: Ticket) -> None:
        """Wait from now on."""
        self._present = self._still_present() | {ticket.visitor: monotonic()}
        self._had[ticket.visitor] = max(self._least, self._had.get(ticket.visitor, 0.0))
        self._waiting.append(ticket)

    def leave(self, ticket: Ticket) -> None:
        """Give the turn back, or wait no longer."""
        if ticket is not self.holder:
            self._waiting.remove(ticket)
            return
        self.holder = None
        if ticket.seconds is None and ticket.held_since is not None:
            pace = (monotonic() - ticket.held_since) / ticket.cost
            self._pace = pace if self._pace is None else (1 - SMOOTHING) * self._pace + SMOOTHING * pace

    def advance(self) -> Ticket | None:
        """Whoever holds the turn now: the next one, if nobody did."""
        if self.holder is None and self._waiting:
            self.holder = following = _first(self._waiting, self._had)
            following.held_since = monotonic()
            self._waiting.remove(following)
            self._least = self._had[following.visitor]
            self._had[following.visitor] += following.cost
            self._forget({ticket.visitor for ticket in self._waiting})
        return self.holder

    def before(self, ticket: Ticket) -> list[Ticket]:
        """All whose turns come before this one's, as far as that is known now; the holder first."""
        held = [self.holder] if self.holder else []
        return [*held, *takewhile(lambda other: other is not ticket, self._order())]

    def sentence(self, ticket: Ticket) -> str:
        """The place of a ticket that waits and, where it is known, the expected wait."""
        before = self.before(ticket)
        seconds = [self._seconds(each) for each in before]
        rests = [_rest(each, known) for each, known in zip(before, seconds, strict=True)]
        time = f", {_in_words(sum(rests))}" if all(seconds) else ""
        return f"Waiting: place {len(before)} in the queue for {self.what}{time} ({self.rule})"

    def is_shared(self) -> bool:
        """Whether somebody else than the present visitor has asked for something lately."""
        return bool(self._still_present().keys() - {visitors.current()})

    def _still_present(self) -> dict[str, float]:
        now = monotonic()
        return {one: asked for one, asked in self._present.items() if now - asked < SECONDS_PRESENT}

    def _forget(self, waiting: set[str]) -> None:
        """Forget what visitors have had who do not wait and would start with as much, did they come anew."""
        self._had = {who: had for who, had in self._had.items() if who in waiting or had > self._least}

    def _order(self) -> Iterator[Ticket]:
        """All who wait, in the order of their turns if nobody else comes."""
        waiting, had = self._waiting.copy(), self._had.copy()
        while waiting:
            following = _first(waiting, had)
            waiting.remove(following)
            had[following.visitor] += following.cost
            yield following

    def _seconds(self, ticket: Ticket) -> float:
        """How long a ticket is expected to hold its turn; 0 if unknown."""
        return ticket.cost * (self._pace or 0.0) if ticket.seconds is None else ticket.seconds


def _first(waiting: list[Ticket], had: dict[str, float]) -> Ticket:
    """A ticket of the visitor who has had least; of several the cheapest, and then the one that came first."""
    return min(waiting, key=lambda ticket: (had[ticket.visitor], ticket.cost))


def _rest(ticket: Ticket, seconds: float) -> float:
    """The expected seconds left, 0 once the holder is overdue."""
    held = 0.0 if ticket.held_since is None else monotonic() - ticket.held_since
    return max(0.0, seconds - held)


def _in_words(seconds: float) -> str:
    return "any moment now" if seconds < 1 else f"about {wording.wait(seconds)}"
