"""What is timed, how, and the result: a run of timings, stored as JSON with the version of its schema."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Literal

from core.errors import InputError
from core.machine import Machine
from core.models import ModelSpec
from core.storage import records

SCHEMA = 2
HELLO = "Hello World"
MOST_BATCH = 1024
MOST_NUMBER = 1e12  # milliseconds, seconds: no measurement exceeds these

Weights = Literal["own", "random"]
Measure = Literal["latency, ms", "texts/s", "tokens/s"]


@dataclass(frozen=True)
class Subject:
    """What is timed in one process.

    Attributes
    ----------
    engine : str
        One that `encoders.load` takes, or "library": `SentenceTransformer.encode` with its defaults.
    weights : "own" or "random"
        Random ones need no download and time the architecture.
    """

    model: str
    device: str = "cpu"
    engine: str = "auto"
    precision: str = "auto"
    weights: Weights = "own"


def behind_api(spec: ModelSpec) -> str:
    """Why a model behind an API is not timed."""
    return f"{spec.name} runs behind an API: its latency depends on the network, so it is not timed."


@dataclass(frozen=True)
class Workload:
    """The texts of each call: `batch_size` times a text or, if `tokens` is set, a text of that many tokens."""

    batch_size: int = 1
    text: str = HELLO
    tokens: int | None = None

    @property
    def size(self) -> int:
        """How much there is to compute: all tokens of a call, or all characters if tokens are not set."""
        return self.batch_size * (self.tokens or len(self.text))


@dataclass(frozen=True)
class Settings:
    """How each workload is timed.

    Attributes
    ----------
    warm_up_calls, least_samples, least_seconds
        The minimum number of calls before the samples, of samples, and of seconds of samples.
    patience_seconds
        How long to wait for samples that others do not disturb.
    most_seconds
        Time limit of warming up and sampling, which then end with fewer samples.
    with_forward
        Also time the forward pass by itself.
    with_cosine
        Measure how far the vectors are from those of torch in float32.
    threads
        Threads that compute on the CPU; None leaves their number to torch.
    """

    warm_up_calls: int = 10
    least_samples: int = 30
    least_seconds: float = 1.0
    patience_seconds: float = 5.0
    most_seconds: float = 60.0
    with_forward: bool = True
    with_cosine: bool = False
    threads: int | None = None


@dataclass(frozen=True)
class Statistics:
    """Milliseconds of repeated calls; the 99th percentile only from 100 samples on.

    Attributes
    ----------
    disturbed : int
        How many of the samples were taken while other processes kept the processors busy.
    left_out : int
        How many more such samples there were, replaced by undisturbed ones.
    """

    median_ms: float
    quartile1_ms: float
    quartile3_ms: float
    p95_ms: float
    p99_ms: float | None
    samples: int
    disturbed: int = 0
    left_out: int = 0


@dataclass(frozen=True)
class Timing:
    """One subject under one workload.

    Attributes
    ----------
    asked_engine, asked_precision : str
        What was asked for; "auto" leaves it to the machine, whose choice is in `engine` and `precision`.
    text : str
        Empty where texts of `tokens` tokens were generated for it.
    tokens : int or None
        Tokens of each text, special tokens included.
    turn : int
        Position in the shuffled order in which the subjects were timed.
    median_ms, quartile1_ms, quartile3_ms, p95_ms, p99_ms : float or None
        Over the samples, end to end: text in, vector out. None if it failed.
    forward : Statistics or None
        The forward pass alone: tokens in, vectors left on the device.
    disturbed, left_out : int
        See Statistics.
    load_seconds, first_call_ms : float or None
        Not part of the samples; a model's first load on a machine includes finding its fastest engine.
    peak_memory_bytes : int or None
        Largest resident memory of the process, libraries included.
    gpu_allocated_bytes, gpu_reserved_bytes : int or None
        Largest memory on the GPU: held by tensors, and held by torch.
    threads : int or None
        Threads that compute on the CPU.
    cosine : float or None
        The smallest cosine of a probe text's vector to the one by torch in float32; None if it was not asked for.
    seconds : float
        Total time of this timing, including the start of its process.
    failure : str
        Why there is no timing; empty if there is one.
    """

    model: str
    device: str
    engine: str
    precision: str
    weights: Weights = "own"
    asked_engine: str = "auto"
    asked_precision: str = "auto"
    revision: str = ""
    batch_size: int = 1
    text: str = HELLO
    tokens: int | None = None
    turn: int = 0
    median_ms: float | None = None
    quartile1_ms: float | None = None
    quartile3_ms: float | None = None
    p95_ms: float | None = None
    p99_ms: float | None = None
    samples: int = 0
    forward: Statistics | None = None
    disturbed: int = 0
    left_out: int = 0
    warm_up_calls: int = 0
    load_seconds: float | None = None
    first_call_ms: float | None = None
    peak_memory_bytes: int | None = None
    gpu_allocated_bytes: int | None = None
    gpu_reserved_bytes: int | None = None
    threads: int | None = None
    cosine: float | None = None
    seconds: float = 0.0
    failure: str = ""
    document_prompt: str = ""

    @classmethod
    def missing(cls, subject: Subject, workload: Workload, reason: str) -> "Timing":
        """A placeholder for a timing that failed or is still to come."""
        return cls(
            subject.model,
            subject.device,
            subject.engine,
            subject.precision,
            subject.weights,
            subject.engine,
            subject.precision,
            batch_size=workload.batch_size,
            text="" if workload.tokens else workload.text,
            tokens=workload.tokens,
            failure=reason,
        )

    @property
    def is_hello(self) -> bool:
        """Whether this is the original table's workload: "Hello World", one at a time."""
        return self.text == HELLO and self.batch_size == 1

    @property
    def is_disturbed(self) -> bool:
        """Whether other processes disturbed it, so that it is no basis for a comparison."""
        return self.disturbed > 0

    @property
    def texts_per_second(self) -> float | None:
        """Texts embedded in a second, by the median."""
        return 1000 * self.batch_size / self.median_ms if self.median_ms else None

    @property
    def tokens_per_second(self) -> float | None:
        """Tokens embedded in a second, by the median."""
        return self.texts_per_second * self.tokens if self.texts_per_second and self.tokens else None

    @property
    def memory_bytes(self) -> int | None:
        """Peak memory on the device used; the process's where the device's is not counted."""
        if self.device == "cpu" or self.gpu_reserved_bytes is None:
            return self.peak_memory_bytes
        return self.gpu_reserved_bytes


@dataclass(frozen=True)
class Run:
    """The timings of one benchmark on one machine.

    Attributes
    ----------
    created : str
        ISO 8601, in UTC.
    power : str
        What is known of the machine's power: plugged in or on battery, the governor, the GPU's limit.
    """

    schema: int
    created: str
    machine: Machine
    power: str
    settings: Settings
    results: tuple[Timing, ...]

    @property
    def time(self) -> datetime:
        """The time it was made, in UTC.

        Raises
        ------
        ValueError
            `created` is not a time.
        """
        return datetime.fromisoformat(self.created).astimezone(UTC)

    def to_json(self) -> str:
        """The run as JSON text."""
        return json.dumps(asdict(self), indent=1)

    @staticmethod
    def from_json(text: str) -> "Run":
        """The run in a JSON text.

        Raises
        ------
        InputError
            It is not a run, or has another schema.
        """
        _require_schema(text)
        try:
            run = records.parse(Run, text)
            run.time  # noqa: B018  it names the run's file
        except (ValueError, OverflowError):
            raise _foreign() from None
        return run


def _require_schema(text: str) -> None:
    """Refuse another schema, and numbers that no run has."""
    try:
        content = json.loads(text, parse_constant=_refuse, parse_float=_finite, parse_int=_countable)
    except (ValueError, RecursionError):
        raise _foreign() from None
    schema = content.get("schema") if isinstance(content, dict) else None
    if not isinstance(schema, int):
        raise _foreign()
    if schema != SCHEMA:
        raise InputError(f"This run uses schema {schema}; this version of Embedscope reads schema {SCHEMA}.")


def _refuse(constant: str) -> float:
    raise ValueError(constant)


def _finite(number: str) -> float:
    return float(number) if 0 <= float(number) < MOST_NUMBER else _refuse(number)


def _countable(number: str) -> int:
    return int(number) if 0 <= int(number) < 2**63 else int(_refuse(number))


def _foreign() -> InputError:
    return InputError("This file is not an Embedscope benchmark run.")


def fastest_first(models: Iterable[str], timings: Mapping[tuple[str, str], Timing]) -> list[str]:
    """The models by their shortest median on any device; those without one last, in their order."""
    shortest: dict[str, float] = {}
    for (model, _), timing in timings.items():
        if timing.median_ms:
            shortest[model] = min(timing.median_ms, shortest.get(model, timing.median_ms))
    return sorted(models, key=lambda model: shortest.get(model, float("inf")))
