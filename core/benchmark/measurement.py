"""The child's side: make a subject ready once, then time it under one workload after another."""

import gc
import time
from bisect import bisect_right
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Protocol

import numpy as np

from core.benchmark.interference import await_quiet
from core.benchmark.sampling import clock, device_clock, sample, warm_up
from core.benchmark.timing import Settings, Statistics, Subject, Timing, Workload, behind_api
from core.devices import forget_peak_memory, limit_threads, peak_memory
from core.encoders.choice import REFERENCE, probe
from core.errors import DeviceError, InputError
from core.models import ModelSpec, get
from core.progress import Progress
from core.similarity import score_pairs

FILLER = "data "


class Timeable(Protocol):
    """What can be timed: an encoder, an architecture, or the library itself."""

    revision: str
    device: str
    engine: str
    precision: str
    max_tokens: int | None

    def encode(self, texts: Sequence[str]) -> object:
        """Texts in, vectors out."""
        ...

    def prepare_forward(self, texts: Sequence[str]) -> Callable[[], object]:
        """The forward pass alone of these texts, to be called again and again."""
        ...

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Tokens of each text, special tokens included."""
        ...


@dataclass(frozen=True)
class Ready:
    """A subject made ready, and how many seconds that took."""

    timeable: Timeable
    seconds: float


_made: dict[Subject, Ready] = {}  # at most one: each subject has its own process


def measure(*, subject: Subject, workload: Workload, settings: Settings, on_progress: Progress) -> Timing:
    """Time a subject under a workload; the first call in a process makes the subject ready.

    `on_progress` counts samples only: it stays at 0 while the subject loads and warms up.

    Raises
    ------
    InputError
        The workload has longer texts than the model takes.
    ModelUnavailableError, DamagedModelError, DeviceError
        The subject is not available here.
    """
    where = f"{subject.model} on {subject.device}"
    preparing = _hide_count(on_progress)
    preparing(f"Loading {where}", 0, 1)
    threads = _pin_threads(settings.threads)
    ready = _ready(subject, preparing)
    _forget_peaks(ready.timeable.device)
    timeable = ready.timeable
    texts = _texts(timeable, workload)
    tokens = timeable.count_tokens(texts[:1])[0]
    once = clock(lambda: timeable.encode(texts), timeable.device)
    await_quiet(settings.patience_seconds)
    first_call_ms = once()
    warm_up_calls = warm_up(once, settings, f"Warming up {where}", preparing)
    end_to_end = sample(once, settings, f"Timing {where}", on_progress)
    forward = _forward(timeable, texts, settings, where, on_progress) if settings.with_forward else None
    peak_memory_bytes, (gpu_allocated_bytes, gpu_reserved_bytes) = _peak_memory(), peak_memory(timeable.device)
    return Timing(
        model=subject.model,
        device=timeable.device,
        engine=timeable.engine,
        precision=timeable.precision,
        weights=subject.weights,
        asked_engine=subject.engine,
        asked_precision=subject.precision,
        revision=timeable.revision,
        batch_size=workload.batch_size,
        text="" if workload.tokens else workload.text,
        tokens=min(tokens, timeable.max_tokens or tokens),
        **asdict(end_to_end),
        forward=forward,
        warm_up_calls=warm_up_calls,
        load_seconds=ready.seconds,
        first_call_ms=first_call_ms,
        threads=threads,
        peak_memory_bytes=peak_memory_bytes,
        gpu_allocated_bytes=gpu_allocated_bytes,
        gpu_reserved_bytes=gpu_reserved_bytes,
        cosine=_cosine(subject, timeable) if settings.with_cosine else None,
        document_prompt="" if subject.engine == "library" else get(subject.model).document_prompt,
    )


def text_of(timeable: Timeable, tokens: int) -> str:
    """The longest text of one repeated word that has at most so many tokens, special tokens included."""
    words = bisect_right(range(1, tokens + 1), tokens, key=lambda count: timeable.count_tokens([FILLER * count])[0])
    return FILLER * max(1, words)


def _hide_count(on_progress: Progress) -> Progress:
    """Progress without a count, for the steps before the samples."""
    return lambda what, _done, _total: on_progress(what, 0, 1)


def _ready(subject: Subject, on_progress: Progress) -> Ready:
    """The subject, made ready at the first call."""
    if subject not in _made:
        started = time.perf_counter()
        timeable = _make_ready(get(subject.model), subject, on_progress)
        _made[subject] = Ready(timeable, time.perf_counter() - started)
    return _made[subject]


def _make_ready(spec: ModelSpec, subject: Subject, on_progress: Progress) -> Timeable:
    if subject.engine == "library":
        from core.benchmark.library import Library

        return Library(spec, subject.device, subject.precision, subject.weights)
    if subject.weights == "random":
        from core.encoders.random_weights import RandomWeights

        return RandomWeights(spec, subject.device, subject.engine, subject.precision)
    from core.encoders import load
    from core.encoders.local import LocalEncoder

    encoder = load(
        spec, device=subject.device, engine=subject.engine, precision=subject.precision, on_progress=on_progress
    )
    if not isinstance(encoder, LocalEncoder):
        raise DeviceError(behind_api(spec))
    return encoder


def _texts(timeable: Timeable, workload: Workload) -> list[str]:
    """The texts of each call."""
    if workload.tokens is None:
        return [workload.text] * workload.batch_size
    if timeable.max_tokens and workload.tokens > timeable.max_tokens:
        raise InputError(f"This model reads at most {timeable.max_tokens:,} tokens.")
    return [text_of(timeable, workload.tokens)] * workload.batch_size


def _forward(timeable: Timeable, texts: list[str], settings: Settings, where: str, on_progress: Progress) -> Statistics:
    """The forward pass alone."""
    once = device_clock(timeable.prepare_forward(texts), timeable.device)
    warm_up(once, settings, f"Warming up the forward pass of {where}", _hide_count(on_progress))
    return sample(once, settings, f"Timing the forward pass of {where}", on_progress)


def _pin_threads(threads: int | None) -> int:
    """Fix the number of threads that compute on the CPU, for every engine; by default as many as cores can be used."""
    import torch

    limit_threads()
    torch.set_num_threads(threads or torch.get_num_threads())
    return torch.get_num_threads()


def _cosine(subject: Subject, timeable: Timeable) -> float | None:
    """The smallest cosine of a probe text's vector to torch's in float32; None if there is nothing to compare."""
    spec = get(subject.model)
    if subject.weights == "random" or spec.is_static or (timeable.engine, timeable.precision) == REFERENCE:
        return None
    from core.encoders import load

    texts = probe()
    reference = load(spec, device=timeable.device, engine=REFERENCE[0], precision=REFERENCE[1]).encode(texts)
    vectors = np.asarray(timeable.encode(texts), np.float32)
    rows = np.arange(len(texts))
    return float(score_pairs(vectors, reference, rows, rows).min())


def _forget_peaks(device: str) -> None:
    """Reset the memory peaks: finding the fastest engine holds several at once, which is not the model's own use."""
    gc.collect()
    with suppress(OSError):  # only on Linux; elsewhere the peak counts from the start
        Path("/proc/self/clear_refs").write_text("5")
    forget_peak_memory(device)


def _peak_memory() -> int | None:
    """Largest resident memory of this process in bytes; None where the system does not report it."""
    status = Path("/proc/self/status")
    if status.exists():  # getrusage would count what the parent held when it started us
        peak = next((line for line in status.read_text().splitlines() if line.startswith("VmHWM")), None)
        return int(peak.split()[1]) * 1024 if peak else None
    try:
        import resource
        import sys
    except ImportError:
        return None
    peak_rss = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return int(peak_rss if sys.platform == "darwin" else peak_rss * 1024)
