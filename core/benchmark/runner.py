"""A run: subjects one after the other, each in a fresh process, while other benchmarks wait their turn."""

import math
import random
import time
from collections.abc import Callable, Iterator, Sequence, Sized
from dataclasses import replace
from datetime import UTC, datetime

from core import encoders, wording
from core.benchmark import history, turn
from core.benchmark.timing import (
    MOST_BATCH,
    SCHEMA,
    Run,
    Settings,
    Subject,
    Timing,
    Workload,
    behind_api,
)
from core.devices import NAMES
from core.encoders import PRECISIONS
from core.encoders.base import require_offered
from core.encoders.choice import engines
from core.errors import DeviceError, EmbedscopeError, InputError, JobError, ModelError
from core.jobs.child import Child
from core.machine import power, this_machine
from core.models import ModelSpec, get
from core.models.files import availability, beyond_memory
from core.progress import Progress, silent

ENGINES = (*(engine for engine in encoders.ENGINES if engine != "openai"), "library")
ALL = "all"
MOST_THREADS = 1024
LEAST_CALLS = 3  # a workload that cannot reach this many calls in its time is skipped
FORESIGHT = 8  # how many times as large a workload may be to be predicted: with few tokens, more take hardly longer
SECONDS_TO_START = 8.0  # of a process with its libraries; the queue's estimate until there is a measured one

OnBegin = Callable[[Subject], None]
OnResult = Callable[[Timing], None]


def subjects(
    models: Sequence[str],
    devices: Sequence[str] = ("cpu",),
    *,
    engine: str = "auto",
    precision: str = "auto",
    weights: str = "own",
) -> tuple[Subject, ...]:
    """Each model on each device; with the weights "any", random ones where a model's own are not installed.

    The engine "all" is the library with its defaults, then each engine and precision that the device computes.

    Raises
    ------
    UnknownModelError, InputError
    """
    if weights not in ("own", "random", "any"):
        raise InputError(f"Unknown weights {weights!r}: choose own, random or any.")
    specs = [get(name) for name in models]
    takes_random = {
        spec.name: weights == "random" or (weights == "any" and not availability(spec).is_ready) for spec in specs
    }
    return tuple(
        Subject(spec.name, device, *pair, "random" if takes_random[spec.name] else "own")
        for spec in specs
        for device in devices
        for pair in (_engines(spec, device) if engine == ALL else [(engine, precision)])
    )


def _engines(spec: ModelSpec, device: str) -> list[tuple[str, str]]:
    """The library with its defaults, then the engines and precisions in which the device computes the model."""
    return [("library", "float32"), *([("static", "float32")] if spec.is_static else engines(device))]


def run(
    subjects: Sequence[Subject],
    workloads: Sequence[Workload] = (Workload(),),
    settings: Settings = Settings(),  # noqa: B008  frozen
    *,
    on_progress: Progress = silent,
    on_begin: OnBegin | None = None,
    on_result: OnResult | None = None,
) -> Run:
    """Time each subject under each workload, in shuffled order, and save the run, even if it is cut short.

    A timing that fails holds the reason in `failure`; the others go ahead. If one of the callables raises, the running
    process is killed.

    Parameters
    ----------
    on_progress : Progress
        Called with the place in the queue, then with the run's progress in percent of one timing.
    on_begin, on_result : callable, optional
        Called with each subject when its turn begins, and with each timing when it is done.

    Returns
    -------
    Run
        Its timings in the order asked for.

    Raises
    ------
    UnknownModelError, DeviceError
        There is no such model, device, engine or precision; raised before anything is timed.
    InputError
        Nothing to time, a workload or a setting out of range, or no writable folder for the run.
    """
    _check(subjects, workloads, settings)
    results: dict[tuple[int, int], Timing] = {}
    order = random.sample(range(len(subjects)), len(subjects))
    created, powered = datetime.now(UTC).isoformat(timespec="milliseconds"), power()

    def so_far() -> Run:
        timings = tuple(results[place] for place in sorted(results))
        return Run(SCHEMA, created, this_machine(), powered, settings, timings)

    with turn.hold(on_progress, expected_seconds(subjects, workloads, settings)):
        report = _count_whole_run(on_progress, results, len(subjects) * len(workloads))
        try:
            for number_of_turn, place in enumerate(order, start=1):
                if on_begin:
                    on_begin(subjects[place])
                for number, timing in enumerate(_time(subjects[place], workloads, settings, report)):
                    results[place, number] = replace(timing, turn=number_of_turn)
                    if on_result:
                        on_result(results[place, number])
        finally:
            if results:
                history.save(so_far())
    return so_far()


def expected_seconds(subjects: Sequence[Subject], workloads: Sequence[Workload], settings: Settings) -> float:
    """Roughly how long a run will take, shown to anyone waiting in the queue."""
    sampling = settings.least_seconds * (2 if settings.with_forward else 1)
    guess = SECONDS_TO_START + len(workloads) * sampling
    known = {row: timing.seconds for row, timing in history.latest_timings().items()} if len(workloads) == 1 else {}
    return sum(known.get((subject.model, subject.device)) or guess for subject in subjects)


def _count_whole_run(on_progress: Progress, results: Sized, total: int) -> Progress:
    """Turn the progress of one timing into that of the whole run, in percent of one timing; it never decreases."""
    percent = 0

    def report(what: str, done: int, of: int) -> None:
        nonlocal percent
        percent = max(percent, 100 * len(results) + (100 * done // of if of else 0))
        on_progress(f"{len(results) + 1} of {total}: {what}", percent, 100 * total)

    return report


def _check(subjects: Sequence[Subject], workloads: Sequence[Workload], settings: Settings) -> None:
    if not subjects or not workloads:
        raise InputError("A benchmark needs at least one model, one device and one workload.")
    for subject in subjects:
        get(subject.model)
        require_offered("device", subject.device, NAMES)
        require_offered("engine", subject.engine, ENGINES)
        require_offered("precision", subject.precision, PRECISIONS)
    for workload in workloads:
        if workload.tokens is None and not workload.text.strip():
            raise InputError("A benchmark needs a text to encode.")
        if not 1 <= workload.batch_size <= MOST_BATCH:
            raise InputError(f"The batch size must be from 1 to {MOST_BATCH:,}.")
        if workload.tokens is not None and workload.tokens < 1:
            raise InputError("Texts must have at least one token.")
    if min(settings.warm_up_calls, settings.least_samples) < 1:
        raise InputError("A benchmark needs at least one warm-up call and one sample.")
    if settings.threads is not None and not 1 <= settings.threads <= MOST_THREADS:
        raise InputError(f"The number of threads must be from 1 to {MOST_THREADS:,}.")
    if not 0 < settings.least_seconds <= settings.most_seconds < math.inf:
        raise InputError(
            f"The seconds of samples must be above 0 and at most {settings.most_seconds:g}, the maximum per workload."
        )


def _time(
    subject: Subject, workloads: Sequence[Workload], settings: Settings, on_progress: Progress
) -> Iterator[Timing]:
    """A subject's timings under the workloads, in a process of its own."""
    limits = _Limits(settings, _refusal(subject))
    child = Child(f"timing {subject.model}")
    try:
        for workload in workloads:
            started = time.perf_counter()
            timing = Timing.missing(subject, workload, limits.reason(workload))
            if not timing.failure:
                timing = _in_child(child, subject, workload, settings, limits, on_progress)
            yield replace(timing, seconds=time.perf_counter() - started)
    finally:
        child.end()


def _in_child(
    child: Child, subject: Subject, workload: Workload, settings: Settings, limits: "_Limits", on_progress: Progress
) -> Timing:
    try:
        timing: Timing = child.call(
            "core.benchmark.measurement:measure",
            subject=subject,
            workload=workload,
            settings=settings,
            on_progress=on_progress,
        )
    except EmbedscopeError as error:
        limits.note_failure(workload, error)
        return Timing.missing(subject, workload, str(error))
    limits.note_timing(workload, timing)
    return timing


class _Limits:
    """Which workloads of a subject to skip, judging by those already run."""

    def __init__(self, settings: Settings, refusal: str) -> None:
        self._settings = settings
        self._refusal = refusal
        self._fatal: tuple[int, str] | None = None
        self._known = (1, 0.0)

    def reason(self, workload: Workload) -> str:
        """Why a workload is skipped; empty if it is timed."""
        if self._refusal:
            return self._refusal
        if self._fatal and workload.size >= self._fatal[0]:
            return self._fatal[1]
        size, call_seconds = self._known
        foreseen, most = call_seconds * workload.size / size, self._settings.most_seconds
        if LEAST_CALLS * foreseen <= most or workload.size > FORESIGHT * size:
            return ""
        self._known = workload.size, foreseen
        would_take = wording.wait(LEAST_CALLS * foreseen)
        return f"{LEAST_CALLS} calls would take about {would_take}, longer than the {most:g} s allowed."

    def note_failure(self, workload: Workload, error: EmbedscopeError) -> None:
        """An unavailable model fails for all workloads; a process that died, for workloads at least as large."""
        if isinstance(error, (ModelError, DeviceError)):
            self._refusal = str(error)
        elif isinstance(error, JobError):
            self._fatal = workload.size, str(error)

    def note_timing(self, workload: Workload, timing: Timing) -> None:
        """A workload that is a little larger takes about as long for each token."""
        self._known = workload.size, (timing.median_ms or 0) / 1000


def _refusal(subject: Subject) -> str:
    """Why a subject is skipped; empty if it is timed."""
    spec = get(subject.model)
    if spec.provider == "openai":
        return behind_api(spec)
    if subject.weights == "random":
        lacking = beyond_memory(spec)
        return lacking.sentence if lacking else ""
    state = availability(spec)
    return "" if state.is_ready else state.sentence
