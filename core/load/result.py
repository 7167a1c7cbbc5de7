"""What a load test found: the rates offered, what came back at each, and the highest that is kept up with."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Literal

from core.errors import InputError
from core.machine import Machine
from core.storage import records

SCHEMA = 1
MOST_SECONDS = 60.0  # of a rate
LEAST_ANSWERED = 0.95  # of the requests, in time
MOST_ERRORS = 0.01
GROWTH = 20.0  # how many times the unloaded 95th percentile a server's may be
UNNOTICED_MS = 100.0  # up to which people notice no wait (Nielsen 1993), so a fast server may take so long as well
LEAST_LATE_MS = 10.0

Trouble = Literal["errors", "sender", "unfinished", "waiting"]


@dataclass(frozen=True)
class Settings:
    """How a load test is made.

    Attributes
    ----------
    seconds : float
        Of each rate.
    least_requests : int
        A low rate takes longer than `seconds` until there are so many, but no longer than MOST_SECONDS.
    texts_per_request : int
    most_ms : float or None
        The 95th percentile that is still acceptable; None for GROWTH times that of the unloaded server, or
        UNNOTICED_MS where that is more.
    rates : tuple of float
        Requests a second to offer, in ascending order; empty to search for the limit.
    first_rate : float or None
        Where the search begins; by default half of what one request after the other reaches.
    seed : int
        Of the arrivals and of the choice of texts.
    """

    seconds: float = 5.0
    least_requests: int = 100
    texts_per_request: int = 1
    most_ms: float | None = None
    rates: tuple[float, ...] = ()
    first_rate: float | None = None
    seed: int = 0

    def seconds_of(self, rate: float) -> float:
        """How many seconds a rate, in requests a second, is offered."""
        return max(self.seconds, min(self.least_requests / rate, MOST_SECONDS))


@dataclass(frozen=True)
class Unloaded:
    """The server with one request at a time.

    Attributes
    ----------
    p50_ms, p95_ms : float
        Of its latency, in milliseconds.
    phases : dict of str to float
        Median milliseconds of the phases that the server names; see `client.PHASES`.
    """

    p50_ms: float
    p95_ms: float
    requests: int
    phases: dict[str, float] = field(default_factory=dict, hash=False)


@dataclass(frozen=True)
class Step:
    """One rate, offered for some seconds.

    Attributes
    ----------
    offered : float
        Requests a second that were due.
    answered : float
        The share of them that was answered without an error in time: by the end of the step and the unloaded 95th
        percentile more.
    completed : float
        Those answers a second.
    errors : dict of str to int
        How many requests failed, by reason.
    late : int
        Requests that this machine sent too late or not at all: later than the unloaded 95th percentile and than 10 ms.
    in_flight : int
        The most requests under way at once; at `sender.MOST_IN_FLIGHT`, further ones wait here.
    p50_ms, p95_ms, p99_ms : float or None
        Latency of the answered requests from when they were due; the 99th percentile only of 100 or more, None if there
        were too few.
    sent_p95_ms : float or None
        The 95th percentile from when requests were sent: without the wait on this machine.
    texts_per_second, tokens_per_second : float or None
        Of the answers in time; tokens None if the server does not count them.
    phases : dict of str to float
        As of Unloaded.
    is_repeated : bool
        Whether it is the second try of a rate with which the server did not keep up at first.
    """

    offered: float
    seconds: float
    requests: int
    answered: float
    completed: float
    errors: dict[str, int] = field(default_factory=dict, hash=False)
    late: int = 0
    in_flight: int = 0
    p50_ms: float | None = None
    p95_ms: float | None = None
    p99_ms: float | None = None
    sent_p95_ms: float | None = None
    texts_per_second: float = 0.0
    tokens_per_second: float | None = None
    phases: dict[str, float] = field(default_factory=dict, hash=False)
    is_repeated: bool = False

    @property
    def error_share(self) -> float:
        """The share of the requests that failed."""
        return sum(self.errors.values()) / self.requests


def trouble(step: Step, most_ms: float, most_in_flight: int) -> Trouble | None:
    """Why a server does not keep up with a rate; None if it does.

    "errors": more than 1 % failed. "unfinished": fewer than 95 % were answered in time. "waiting": the 95th percentile
    is above `most_ms`. "sender": neither would be so without the requests that this machine sent late, although fewer
    than `most_in_flight` were under way.
    """
    if step.error_share > MOST_ERRORS:
        return "errors"
    is_unfinished = step.answered < LEAST_ANSWERED
    if not is_unfinished and not _is_above(step.p95_ms, most_ms):
        return None
    on_time = step.answered + step.late / step.requests
    if step.in_flight < most_in_flight and on_time >= LEAST_ANSWERED and not _is_above(step.sent_p95_ms, most_ms):
        return "sender"
    return "unfinished" if is_unfinished else "waiting"


def _is_above(p95_ms: float | None, most_ms: float) -> bool:
    return p95_ms is None or p95_ms > most_ms


@dataclass(frozen=True)
class LoadTest:
    """The load test of one server or local model.

    Attributes
    ----------
    model, id : str
        Its name, and its id: of a server, the model and the address.
    address : str
        Of the server; empty for a local model behind a server of its own.
    revision, device, engine, precision : str
        What computes a local model; empty for a server's.
    document_prompt : str
        What is put before each text.
    fingerprint : str
        Of the corpus from which the texts are.
    texts : int
        Different texts that were sent.
    most_in_flight : int
        How many requests could be under way at once.
    steps : tuple of Step
        One for each rate, in the order in which they were offered.
    """

    schema: int
    created: str
    machine: Machine
    model: str
    id: str
    settings: Settings
    unloaded: Unloaded
    steps: tuple[Step, ...]
    address: str = ""
    revision: str = ""
    device: str = ""
    engine: str = ""
    precision: str = ""
    document_prompt: str = ""
    fingerprint: str = ""
    texts: int = 0
    most_in_flight: int = 256

    @property
    def most_ms(self) -> float:
        """The 95th percentile up to which the server keeps up, in milliseconds."""
        return self.settings.most_ms or max(UNNOTICED_MS, GROWTH * self.unloaded.p95_ms)

    @property
    def by_rate(self) -> tuple[Step, ...]:
        """The steps, the lowest rate first."""
        return tuple(sorted(self.steps, key=lambda step: step.offered))

    def trouble(self, step: Step) -> Trouble | None:
        """Why the server does not keep up with a step; None if it does."""
        return trouble(step, self.most_ms, self.most_in_flight)

    @property
    def beyond(self) -> Step | None:
        """The lowest rate with which it does not keep up; None if it keeps up with all."""
        return next((step for step in self.by_rate if self.trouble(step)), None)

    @property
    def limit(self) -> Step | None:
        """The highest rate below `beyond`, the limit; None if it keeps up with none."""
        beyond = self.beyond
        below = [step for step in self.by_rate if beyond is None or step.offered < beyond.offered]
        return below[-1] if below else None

    @property
    def is_at_least(self) -> bool:
        """Whether the limit may be higher: no rate was beyond it, or this machine could not send more to a server."""
        return self.beyond is None or (bool(self.address) and self.trouble(self.beyond) == "sender")

    def to_json(self) -> str:
        """The load test as JSON text."""
        return json.dumps(asdict(self), indent=1)

    @staticmethod
    def from_json(text: str | bytes) -> "LoadTest":
        """The load test in a JSON text.

        Raises
        ------
        InputError
            It is none, or of another schema.
        """
        try:
            test = records.parse(LoadTest, text)
        except ValueError:
            raise InputError("This file is not an Embedscope load test.") from None
        if test.schema != SCHEMA:
            raise InputError(f"This load test uses schema {test.schema}; this version of Embedscope reads {SCHEMA}.")
        return test


def median_phases(phases: list[Mapping[str, float]]) -> dict[str, float]:
    """The median of each phase over the replies that name it."""
    import statistics

    names = dict.fromkeys(name for one in phases for name in one)
    return {name: statistics.median(one[name] for one in phases if name in one) for name in names}
