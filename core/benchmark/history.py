"""The benchmark history: runs made on this machine, imported from another, or recorded in the project."""

import logging
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Literal, TypeVar

from core import wording
from core.benchmark.timing import HELLO, SCHEMA, Run, Settings, Timing
from core.errors import InputError
from core.machine import Machine, this_machine
from core.models import all_models, catalogue, original_machine, revisions
from core.settings import DATA, own_folder
from core.storage import digests, files

OWN_TEXT = "(a text of one's own)"
MOST_IMPORTED = 50
CLOCKS_DIFFER = timedelta(days=1)
MOST_BYTES = 2_000_000
RUNS_REMEMBERED = 2000
ORIGINAL = "original"

Key = TypeVar("Key", bound=Hashable)
Origin = Literal["here", "imported", "recorded"]

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class StoredRun:
    """A run, the name it is saved under, and where it was made."""

    name: str
    origin: Origin
    run: Run


def folder() -> Path:
    """The folder of saved runs."""
    return own_folder("runs")


def save(finished: Run) -> Path:
    """Save a run and return its file; of a custom text, only the number of tokens is saved.

    Everybody who opens the dashboard can see the saved runs; where there is a login, only whose they are.

    Raises
    ------
    InputError
        The folder cannot be written.
    """
    return _write(_without_texts(finished), folder())


def import_run(text: str) -> StoredRun:
    """Import a run made elsewhere; it never counts as a timing of this machine.

    Raises
    ------
    InputError
        It is too large, not a run, of another schema, or there are too many already.
    """
    if len(text) > MOST_BYTES:
        raise InputError(f"This run is too large: a run can have at most {wording.size(MOST_BYTES)}.")
    run = Run.from_json(text)
    if not run.results:
        raise InputError("This run contains no timings.")
    imported = folder() / "imported"
    if len(_files(imported)) >= MOST_IMPORTED:
        raise InputError(
            f"{MOST_IMPORTED} runs have been imported, the maximum: ask your administrator to delete some from "
            f"{imported}."
        )
    run = _without_texts(run)
    if len(run.to_json()) > MOST_BYTES:
        raise InputError(
            f"This run is too large: an imported run can have at most {wording.size(MOST_BYTES)} when unpacked."
        )
    if run.time > datetime.now(UTC) + CLOCKS_DIFFER:
        raise InputError("This run is dated in the future: correct that machine's clock and run the benchmark again.")
    return StoredRun(_name(_write(run, imported), "imported"), "imported", run)


def list_runs() -> list[StoredRun]:
    """All runs, the latest first, then those recorded in the project; unreadable files are skipped."""
    here = _read_folder(folder(), "here")
    imported = _read_folder(folder() / "imported", "imported")
    recorded = _read_folder(DATA / "runs", "recorded")
    by_time = sorted([*here, *imported], key=lambda stored: stored.run.time, reverse=True)
    return [*by_time, *recorded, StoredRun(ORIGINAL, "recorded", original_run())]


def latest_timings(precision: str = "auto", *, of_any_revision: bool = False) -> dict[tuple[str, str], Timing]:
    """The latest "Hello World" timing, or failure, of each (model, device) on this machine, by the engine chosen.

    A model's own weights count before random ones.

    Parameters
    ----------
    precision : str
        The precision that was asked for; "auto" where it was left to the machine.
    of_any_revision : bool
        Whether timings of other revisions count where the installed one has none.
    """
    rows = [row for row in _rows_here(precision, of_any_revision=of_any_revision) if row.is_hello]
    return _latest(rows, lambda row: (row.model, row.device))


def latest_sweeps(precision: str = "auto", *, of_any_revision: bool = False) -> list[Timing]:
    """The latest timing of each model, device and shape on this machine, by the engine chosen; see `latest_timings`."""
    rows = [row for row in _rows_here(precision, of_any_revision=of_any_revision) if not row.text]
    return list(_latest(rows, lambda row: (row.model, row.device, row.batch_size, row.tokens)).values())


def latest_engines(model: str) -> list[Timing]:
    """The latest "Hello World" timing of a model on this machine for each engine and precision asked for."""
    rows = [row for row in _rows_here() if row.model == model and row.is_hello and row.asked_engine != "auto"]
    return list(_latest(rows, lambda row: (row.device, row.engine, row.precision)).values())


def recorded_run(is_wanted: Callable[[Timing], bool]) -> Run | None:
    """The latest run recorded in the project, with only its timings that are wanted; None if no run has one."""
    runs = [stored.run for stored in _read_folder(DATA / "runs", "recorded")]
    wanted = [replace(run, results=tuple(filter(is_wanted, run.results))) for run in runs]
    return max((run for run in wanted if run.results), key=lambda run: run.time, default=None)


def _latest(rows: Iterable[Timing], identity: Callable[[Timing], Key]) -> dict[Key, Timing]:
    """The last row of each identity; a timing with random weights never replaces one with the model's own."""
    latest: dict[Key, Timing] = {}
    for row in rows:
        before = latest.get(identity(row))
        if before is None or before.failure or before.weights == "random" or row.weights == "own":
            latest[identity(row)] = row
    return latest


def _rows_here(precision: str | None = None, *, of_any_revision: bool = False) -> list[Timing]:
    """All timings of this machine, the oldest first; with a precision, those with the engine chosen by the machine.

    Timings with a fixed number of threads are skipped: they do not show how fast the machine is. Timings of other
    revisions are skipped, or come first.
    """
    runs = sorted(_read_folder(folder(), "here"), key=lambda stored: stored.run.time)
    rows = [
        row
        for stored in runs
        if is_of_this_machine(stored.run.machine) and stored.run.settings.threads is None
        for row in stored.run.results
        if precision is None or (row.asked_engine, row.asked_precision) == ("auto", precision)
    ]
    here = {spec.name: revisions.look_up(spec) for spec in all_models() if spec.provider != "openai"}
    others = [row for row in rows if not _is_of_this_content(row, here)]
    current = [row for row in rows if _is_of_this_content(row, here)]
    return [*others, *current] if of_any_revision else current


def _is_of_this_content(row: Timing, here: Mapping[str, str | None]) -> bool:
    """Whether a timing is of the installed revision of its model; random weights have no revision."""
    return row.weights == "random" or not row.revision or row.model not in here or row.revision == here[row.model]


def original_run() -> Run:
    """The original table's milliseconds as a run; it recorded only the time, CPU and GPU."""
    rows = []
    for spec in catalogue():
        if spec.original and spec.original.cpu_ms and spec.original.gpu_ms:
            for device, milliseconds in (("cpu", spec.original.cpu_ms), ("cuda", spec.original.gpu_ms)):
                rows.append(Timing(spec.name, device, "library", "float32", median_ms=milliseconds))
    machine = Machine(original_machine(), 8, 32 * 2**30, ("Nvidia GeForce 2070, 8192 MiB, 525.147.05",), "", "", {})
    return Run(SCHEMA, "", machine, "", Settings(), tuple(rows))


def _without_texts(run: Run) -> Run:
    """The run without custom texts."""
    results = tuple(row if row.text in (HELLO, "") else replace(row, text=OWN_TEXT) for row in run.results)
    return replace(run, results=results)


def _write(run: Run, into: Path) -> Path:
    content = run.to_json().encode()
    path = into / f"{run.time:%Y-%m-%dT%H%M%SZ}-{digests.of(content, size=4)}.json"
    try:
        files.write(path, content)
    except OSError as error:
        raise InputError(
            f"Cannot save the run in {into} ({error.strerror}). Set EMBEDSCOPE_HOME to a writable folder."
        ) from None
    return path


def _read_folder(path: Path, origin: Origin) -> Iterator[StoredRun]:
    for file in _files(path):
        try:
            yield StoredRun(_name(file, origin), origin, _read(file, files.stamp(file)))
        except (InputError, OSError, UnicodeDecodeError) as error:
            log.debug("Skipped %s: %s", file, error)


def _files(path: Path) -> list[Path]:
    """The run files of a folder; none if it is missing or cannot be read."""
    try:
        return sorted(path.glob("*.json"))
    except OSError as error:
        log.warning("Cannot read the runs in %s: %s", path, error)
        return []


def _name(file: Path, origin: Origin) -> str:
    """The name of a run, unique across origins."""
    return file.stem if origin == "here" else f"{origin}/{file.stem}"


@lru_cache(RUNS_REMEMBERED)
def _read(path: Path, _stamp: files.Stamp) -> Run:
    return Run.from_json(path.read_text(encoding="utf-8"))


def is_of_this_machine(machine: Machine) -> bool:
    """Whether figures of that machine are figures of this one."""
    return _hardware(machine) == _hardware(this_machine())


def _hardware(machine: Machine) -> tuple[object, ...]:
    """What of a machine decides how fast it is."""
    return machine.cpu, machine.cores, machine.core_limit, machine.gpus
