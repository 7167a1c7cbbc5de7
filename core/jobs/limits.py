"""How much visitors may have at once, or use within an hour: each of them, and all together.

The limits are the host's settings. Where nobody logs in there are none unless they are set, and none for commands.
"""

import gc
import math
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from time import monotonic
from typing import Literal

from core import metrics, settings, visitors, wording
from core.errors import LimitError

HOUR = 3600.0
MINUTE = 60.0
MILLION = 1_000_000

Whose = Literal["one", "all"]


@dataclass(frozen=True)
class Limit:
    """What is limited, and how a refusal is worded.

    Attributes
    ----------
    setting : str
        How the names of its two settings end: EMBEDSCOPE_VISITOR_... and EMBEDSCOPE_TOTAL_...
    mine, everyones : str
        The refusals, with `{much}` that would be too much, the `{most}` and, where time helps, the `{wait}`.
    show : callable
        Writes an amount.
    unit : int
        What the settings count: a million bytes, or one.
    """

    setting: str
    mine: str
    everyones: str
    show: Callable[[float], str] = "{:,.0f}".format
    unit: int = 1

    @property
    def most_of_one(self) -> float:
        """The most for one visitor; infinity without a limit."""
        return settings.limit(f"EMBEDSCOPE_VISITOR_{self.setting}") * self.unit

    @property
    def most_of_all(self) -> float:
        """The most for all visitors together; infinity without a limit."""
        return settings.limit(f"EMBEDSCOPE_TOTAL_{self.setting}") * self.unit

    def refusal(self, whose: Whose, much: float, most: float, wait: float = 0.0) -> LimitError:
        """Count a refusal, and word it."""
        metrics.REFUSALS.add(limit=self.setting.lower(), whose=whose)
        words = self.mine if whose == "one" else self.everyones
        soon = f"{max(1, math.ceil(wait / MINUTE))} min"
        return LimitError(words.format(much=self.show(much), most=self.show(most), wait=soon))


class AtOnce:
    """A limit of what visitors have at once and give back."""

    def __init__(self, limit: Limit) -> None:
        self.limit = limit
        self._taken: dict[str, float] = {}
        self._lock = threading.RLock()  # an upload may be given back by a collection of garbage in between

    def take(self, amount: float = 1) -> Callable[[], None]:
        """Have so much until the function that is returned is called.

        Before a refusal Python collects what nobody refers to any more, as are uploads of sessions that have ended.

        Raises
        ------
        LimitError
            It would be too much for this visitor, or for all together.
        """
        visitor = visitors.current()
        if not visitor:
            return lambda: None
        with self._lock:
            if any(much > most for _, much, most in self._with(visitor, amount)):
                gc.collect()
            for whose, much, most in self._with(visitor, amount):
                if much > most:
                    raise self.limit.refusal(whose, much, most)
            self._taken[visitor] = self._taken.get(visitor, 0.0) + amount
        return partial(self._give_back, visitor, amount)

    def _with(self, visitor: str, amount: float) -> list[tuple[Whose, float, float]]:
        """What this visitor would have with so much more, and all together; each with the most that is allowed."""
        mine, everyones = self._taken.get(visitor, 0.0) + amount, sum(self._taken.values()) + amount
        return [("one", mine, self.limit.most_of_one), ("all", everyones, self.limit.most_of_all)]

    @contextmanager
    def hold(self, amount: float = 1) -> Iterator[None]:
        """Have so much in the context; raises as `take`."""
        give_back = self.take(amount)
        try:
            yield
        finally:
            give_back()

    def _give_back(self, visitor: str, amount: float) -> None:
        with self._lock:
            self._taken[visitor] -= amount
            if not self._taken[visitor]:
                del self._taken[visitor]


class Hourly:
    """A limit of what visitors use within an hour."""

    def __init__(self, limit: Limit) -> None:
        self.limit = limit
        self._used: deque[tuple[float, str, float]] = deque()  # when, by whom, how much
        self._lock = threading.Lock()

    def charge(self, amount: float) -> None:
        """Note that the present visitor has used so much."""
        if (visitor := visitors.current()) and amount:
            with self._lock:
                now = monotonic()
                self._forget(now)
                if self._used and self._used[-1][1] == visitor and now - self._used[-1][0] < MINUTE:
                    began, _, before = self._used.pop()
                    self._used.append((began, visitor, before + amount))
                else:
                    self._used.append((now, visitor, amount))

    def require(self) -> None:
        """Refuse further work while the limit is exceeded.

        Raises
        ------
        LimitError
            This visitor has used all that one may within an hour, or all visitors together have.
        """
        if not (visitor := visitors.current()):
            return
        with self._lock:
            now = monotonic()
            self._forget(now)
            everyones = [(when, amount) for when, _, amount in self._used]
            mine = [(when, amount) for when, who, amount in self._used if who == visitor]
        self._check("one", mine, self.limit.most_of_one, now)
        self._check("all", everyones, self.limit.most_of_all, now)

    def _check(self, whose: Whose, used: list[tuple[float, float]], most: float, now: float) -> None:
        """Refuse if too much is used; it will not be once the oldest of it is an hour ago."""
        rest = much = sum(amount for _, amount in used)
        for when, amount in used:
            if rest < most:
                return
            rest -= amount
            if rest < most:
                raise self.limit.refusal(whose, much, most, when + HOUR - now)

    def _forget(self, now: float) -> None:
        while self._used and self._used[0][0] < now - HOUR:
            self._used.popleft()


JOBS = AtOnce(
    Limit(
        "JOBS",
        "You would have {much} jobs at once, and the limit is {most}: wait until one has ended, or cancel one.",
        "This server has all the {most} jobs that it takes at once: try again in a few minutes.",
    )
)
ROWS = AtOnce(
    Limit(
        "ROWS",
        "You would have {much} texts embedded at once, and the limit is {most}: use fewer texts, or wait until your "
        "other work has ended.",
        "All visitors would have {much} texts embedded at once, and the limit is {most}: use fewer texts, or try again "
        "in a few minutes.",
    )
)
UPLOADS = AtOnce(
    Limit(
        "UPLOAD_MB",
        "Your uploads would total {much}, and the limit is {most}: remove a file first, or upload a smaller one.",
        "The uploads of all visitors would total {much}, and the limit is {most}: upload less, or try again later.",
        wording.size,
        MILLION,
    )
)
TOKENS = Hourly(
    Limit(
        "TOKENS",
        "You have sent {much} tokens to APIs within an hour, and the limit is {most}. Everything computed so far is "
        "saved: resume in {wait}, or pick a model that runs on this machine.",
        "All visitors have sent {much} tokens to APIs within an hour, and the limit is {most}. Everything computed so "
        "far is saved: resume in {wait}, or pick a model that runs on this machine.",
    )
)
GPU_SECONDS = Hourly(
    Limit(
        "GPU_SECONDS",
        "You have used the GPU for {much} within an hour, and the limit is {most}. Everything computed so far is "
        "saved: resume in {wait}, or choose device cpu.",
        "All visitors have used the GPU for {much} within an hour, and the limit is {most}. Everything computed so far "
        "is saved: resume in {wait}, or choose device cpu.",
        wording.wait,
    )
)
