"""Timings: how long a model takes from text to vector, measured in a process of its own.

Each (model, device) is measured in a fresh child process, one after the other, so that nothing else in the server
disturbs it. Phases are kept apart: load, first call, warm-up, samples.
"""

import hashlib
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from core.encoders.files import availability
from core.errors import EmbedscopeError, InputError
from core.jobs import Child, Progress, Turn, silent
from core.machine import Machine, this_machine
from core.models import get
from core.settings import cache_folder

SCHEMA = 1
HELLO = "Hello World"
WARM_UP_CALLS = 10
LEAST_SAMPLES = 30
MOST_SAMPLES = 2000
LEAST_SECONDS = 1.0
MOST_BATCH = 1024

_turn = Turn("benchmarks")


@dataclass(frozen=True)
class Timing:
    """One model on one device.

    Attributes
    ----------
    median_ms, p95_ms, quartile1_ms, quartile3_ms : float or None
        Over the samples, end to end: text in, vector out. None if it failed.
    load_seconds, first_call_ms : float or None
        What is not part of the samples; a model's first load here includes finding its fastest engine.
    peak_memory_bytes : int or None
        Largest resident memory of the process, libraries included.
    threads : int or None
        Threads that torch computed with.
    failure : str
        Why there is no timing; empty if there is one.
    """

    model: str
    revision: str
    device: str
    engine: str
    precision: str
    batch_size: int
    text: str
    median_ms: float | None = None
    p95_ms: float | None = None
    quartile1_ms: float | None = None
    quartile3_ms: float | None = None
    samples: int = 0
    load_seconds: float | None = None
    first_call_ms: float | None = None
    peak_memory_bytes: int | None = None
    threads: int | None = None
    failure: str = ""


@dataclass(frozen=True)
class Run:
    """Timings of one occasion on one machine."""

    schema: int
    created: str
    machine: Machine
    results: tuple[Timing, ...]

    def to_json(self) -> str:
        """The run as JSON text."""
        return json.dumps(asdict(self), indent=1)

    @staticmethod
    def from_json(text: str) -> "Run":
        """The run a JSON text holds.

        Raises
        ------
        InputError
            It is not a run, or of another schema.
        """
        from pydantic import TypeAdapter, ValidationError

        try:
            run = TypeAdapter(Run).validate_json(text)
        except ValidationError:
            raise InputError("This is not a benchmark run of Embedscope.") from None
        if run.schema != SCHEMA:
            raise InputError(f"The run is of schema {run.schema}; this version reads schema {SCHEMA}.")
        return run


def run(
    models: Sequence[str],
    devices: Sequence[str] = ("cpu",),
    *,
    engine: str = "auto",
    precision: str = "auto",
    text: str = HELLO,
    batch_size: int = 1,
    on_progress: Progress = silent,
    on_result: Callable[[Timing], None] | None = None,
) -> Run:
    """Time each model on each device, one fresh process at a time; benchmarks of other sessions wait their turn.

    A model that cannot be timed costs its own row, with the reason in `failure`. If `on_progress` raises, the running
    process is killed.

    Raises
    ------
    UnknownModelError
        Before anything is timed.
    InputError
        No model, no text, or a batch size out of range.
    """
    if not models or not devices or not text.strip():
        raise InputError("A benchmark needs at least one model, one device and a text.")
    for name in models:
        get(name)
    if not 1 <= batch_size <= MOST_BATCH:
        raise InputError(f"The batch size goes from 1 to {MOST_BATCH:,}.")
    results = []
    with _turn.taken(on_progress):
        for name in models:
            for device in devices:
                blank = Timing(name, "", device, engine, precision, batch_size, text)
                timing = _time_in_child(blank, on_progress)
                results.append(timing)
                if on_result:
                    on_result(timing)
    return Run(SCHEMA, datetime.now(UTC).isoformat(timespec="seconds"), this_machine(), tuple(results))


def _time_in_child(blank: Timing, on_progress: Progress) -> Timing:
    state = availability(get(blank.model))
    if not state.is_ready:
        return replace(blank, failure=state.sentence)
    child = Child(f"timing {blank.model}")
    try:
        timing: Timing = child.call("core.benchmark:measure", blank=blank, on_progress=on_progress)
        return timing
    except EmbedscopeError as error:
        return replace(blank, failure=str(error))
    finally:
        child.end()


def measure(*, blank: Timing, on_progress: Progress) -> Timing:
    """Fill in a timing; meant to run in a child process of its own."""
    from core import encoders

    on_progress(f"Loading {blank.model} on {blank.device}", 0, 1)
    started = time.perf_counter()
    encoder = encoders.load(
        get(blank.model),
        device=blank.device,
        engine=blank.engine,
        precision=blank.precision,
        on_progress=on_progress,
    )
    load_seconds = time.perf_counter() - started
    texts = [blank.text] * blank.batch_size
    first_call_ms = _milliseconds(encoder.encode, texts)
    for call in range(WARM_UP_CALLS):
        on_progress(f"Warming up {blank.model} on {blank.device}", call, WARM_UP_CALLS)
        encoder.encode(texts)
    samples = _sample(
        lambda: _milliseconds(encoder.encode, texts), f"Timing {blank.model} on {blank.device}", on_progress
    )
    quartile1, median, quartile3, p95 = np.percentile(samples, [25, 50, 75, 95])
    return replace(
        blank,
        revision=encoder.revision,
        device=encoder.device,
        engine=encoder.engine,
        precision=encoder.precision,
        median_ms=float(median),
        p95_ms=float(p95),
        quartile1_ms=float(quartile1),
        quartile3_ms=float(quartile3),
        samples=len(samples),
        load_seconds=load_seconds,
        first_call_ms=first_call_ms,
        peak_memory_bytes=_peak_memory(),
        threads=_threads(),
    )


def _sample(once: Callable[[], float], what: str, on_progress: Progress) -> list[float]:
    """Milliseconds of at least LEAST_SAMPLES calls over at least LEAST_SECONDS.

    Progress is told twice a second: drawing it more often, on the same machine, would disturb the timing.
    """
    samples: list[float] = []
    started = told = time.perf_counter()
    while len(samples) < MOST_SAMPLES:
        samples.append(once())
        now = time.perf_counter()
        if len(samples) >= LEAST_SAMPLES and now - started >= LEAST_SECONDS:
            break
        if now - told > 0.5:
            told = now
            on_progress(what, int(100 * min(len(samples) / LEAST_SAMPLES, (now - started) / LEAST_SECONDS)), 100)
    return samples


def _milliseconds(encode: Callable[[list[str]], Any], texts: list[str]) -> float:
    """Time of one call; the vector comes back to the CPU, so a GPU has finished too."""
    started = time.perf_counter()
    encode(texts)
    return (time.perf_counter() - started) * 1000


def _threads() -> int:
    import torch

    return torch.get_num_threads()


def _peak_memory() -> int | None:
    """Largest resident memory of this process in bytes; None where the system does not tell."""
    try:
        import resource
        import sys
    except ImportError:
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return int(peak if sys.platform == "darwin" else peak * 1024)


def keep(finished: Run) -> Path:
    """Write a run among the kept ones and return its file.

    Raises
    ------
    InputError
        The folder cannot be written.
    """
    content = finished.to_json()
    digest = hashlib.blake2b(content.encode(), digest_size=4).hexdigest()
    path = _runs_folder() / f"{finished.created.replace(':', '').replace('+0000', 'Z')}-{digest}.json"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    except OSError as error:
        raise InputError(
            f"The run cannot be kept in {path.parent} ({error.strerror}). Let EMBEDSCOPE_HOME name a folder that "
            "can be written."
        ) from None
    return path


def kept_timings() -> dict[tuple[str, str], Timing]:
    """The latest kept "Hello World" timing, or failure, of each (model, device) on this machine.

    Files that cannot be read are passed over.
    """
    latest: dict[tuple[str, str], Timing] = {}
    for path in sorted(_runs_folder().glob("*.json")):
        try:
            kept = Run.from_json(path.read_text(encoding="utf-8"))
        except (InputError, OSError, UnicodeDecodeError):
            continue
        if kept.machine.cpu == this_machine().cpu and kept.machine.gpus == this_machine().gpus:
            rows = [row for row in kept.results if row.text == HELLO and row.batch_size == 1]
            latest |= {(row.model, row.device): row for row in rows}
    return latest


def _runs_folder() -> Path:
    return cache_folder() / "runs"
