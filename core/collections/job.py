"""Work on collections that goes on in this process whoever watches: each job in a thread, computed by a child process.

One job runs at a time, the others wait. Whatever ends one, what is committed stays, and the next goes on from there.
"""

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from core import visitors
from core.collections import uploads
from core.collections.completion import Step, missing
from core.collections.creation import READING, create
from core.collections.dataset import check_name, delete, names, open_collection
from core.errors import EmbedscopeError, InputError
from core.jobs import limits
from core.jobs.child import NICENESS, Child
from core.jobs.queue import Turn
from core.models import ModelSpec
from core.progress import Progress, silent

ENVIRONMENT = {NICENESS: "5", "OMP_WAIT_POLICY": "passive"}  # pages come first

State = Literal["running", "cancelled", "ended"]


@dataclass(frozen=True)
class Reading:
    """How uploaded files are read: the columns of texts and ids, and the most tokens of a passage, as by `create`."""

    text: str | None = None
    own_id: str | None = None
    passages: int | None = None


@dataclass(frozen=True)
class Request:
    """What a job shall do.

    Attributes
    ----------
    name : str
        The collection's.
    specs : tuple of ModelSpec
        The models for which it is completed, on this device and in this precision.
    reading : Reading, optional
        How its uploaded files are read first; None if none are to be read.
    """

    name: str
    specs: tuple[ModelSpec, ...]
    device: str = "auto"
    precision: str = "auto"
    reading: Reading | None = None


@dataclass(frozen=True)
class Doing:
    """What a job is at.

    Attributes
    ----------
    title : str
        Its step.
    what, done, total : str, int and int
        What is done of that just now, and how much of how much.
    before, began : int and float
        How much was done when that began, and when that was, by `time.monotonic`.
    """

    title: str = ""
    what: str = "Starting"
    done: int = 0
    total: int = 1
    before: int = 0
    began: float = field(default_factory=time.monotonic)

    def reported(self, what: str, done: int, total: int) -> "Doing":
        """The same once this is reported."""
        if what == self.what:
            return replace(self, done=done, total=total)
        return Doing(self.title, what, done, total, done)


class _CancelledError(Exception):
    """Somebody has cancelled the job."""


class Job:
    """Work on one collection.

    Attributes
    ----------
    doing : Doing
        What it is at.
    done : list of str
        The titles of the steps that are done.
    failures : list of str
        A sentence for each step that failed.
    is_reading : bool
        Whether files are still to be read.
    """

    def __init__(self, request: Request) -> None:
        self.request = request
        self._visitor = visitors.current()
        self.state: State = "running"
        self.doing = Doing()
        self.done: list[str] = []
        self.failures: list[str] = []
        self.is_reading = request.reading is not None
        self._is_cancelled, self._has_ended = threading.Event(), threading.Event()

    @property
    def name(self) -> str:
        """The collection's name."""
        return self.request.name

    def cancel(self) -> None:
        """End it within a moment; what is committed stays."""
        self._is_cancelled.set()

    def wait(self, seconds: float | None = None) -> None:
        """Wait until it has ended, or for so long."""
        self._has_ended.wait(seconds)

    def run(self, turn: Turn) -> None:
        """Do all of it once the turn has come; errors become sentences."""
        child = Child(f"collection {self.name}", ENVIRONMENT)
        try:
            with visitors.serving(self._visitor), limits.JOBS.hold(), turn.hold(self._report):
                self._do_all(child)
        except _CancelledError:
            self.state = "cancelled"
        except EmbedscopeError as error:
            self.failures.append(str(error))
        except Exception as error:  # noqa: BLE001  whoever watches must hear of any failure
            self.failures.append(f"{self.doing.title or self.name} failed: {type(error).__name__}: {error}")
        finally:
            child.end()
            self.state = "ended" if self.state == "running" else self.state
            self._has_ended.set()

    def _do_all(self, child: Child) -> None:
        """Read the files, if that is asked for, and compute what is missing; what fails is left out."""
        asked, tried = self.request, set[Step]()
        if asked.reading:
            self._do(child, READING, "core.collections.job:read", reading=asked.reading)
            self.is_reading = False
        specs = list(asked.specs)
        while steps := [step for step in missing(open_collection(self.name), specs) if step not in tried]:
            tried.add(step := steps[0])
            how = {"device": asked.device, "precision": asked.precision}
            try:
                self._do(child, step.title, "core.collections.completion:compute", step=step, **how)
            except EmbedscopeError as error:
                self.failures.append(f"{step.title} failed: {error}")
                specs = [spec for spec in specs if (step.kind, step.spec) != ("vectors", spec)]

    def _do(self, child: Child, title: str, function: str, **arguments: Any) -> None:
        """Run a step in the child."""
        self.doing = Doing(title)
        child.call(function, name=self.name, on_progress=self._report, **arguments)
        self.done.append(title)

    def _report(self, what: str, done: int, total: int) -> None:
        if self._is_cancelled.is_set():
            raise _CancelledError
        self.doing = self.doing.reported(what, done, total)


class Jobs:
    """The latest job of each collection in this process."""

    def __init__(self) -> None:
        self._jobs: dict[str, Job] = {}
        self._turn = Turn("collections")
        self._lock = threading.Lock()

    def start(self, request: Request) -> Job:
        """The job under way for a collection, begun if there is none."""
        with self._lock:
            job = self._jobs.get(request.name)
            if job is None or job.state != "running":
                self._jobs.pop(request.name, None)  # the latest comes last
                job = self._jobs[request.name] = Job(request)
                threading.Thread(target=job.run, args=(self._turn,), name="collection", daemon=True).start()
            return job

    def of(self, name: str) -> Job | None:
        """The latest job of a collection."""
        return self._jobs.get(name)

    def running(self) -> list[Job]:
        """The jobs under way, the oldest first."""
        with self._lock:
            return [job for job in self._jobs.values() if job.state == "running"]

    def is_running(self, name: str) -> bool:
        """Whether a job of a collection is under way."""
        job = self.of(name)
        return job is not None and job.state == "running"

    def forget(self, name: str) -> None:
        """Cancel a collection's job, and forget what it has said."""
        if job := self._jobs.get(name):
            job.cancel()
            job.wait()
            with self._lock:
                self._jobs.pop(name, None)

    def delete(self, name: str) -> None:
        """Delete a collection with its vectors, its job and its uploaded files, as far as there are any."""
        self.forget(name)
        uploads.remove(name)
        if name in names():
            delete(name)


def check_new(name: str, files: Sequence[object]) -> None:
    """Refuse to begin a collection that there is already, or of no files.

    Raises
    ------
    InputError
        There is one, or a collection cannot be called so, or there is no file.
    """
    check_name(name)
    if name in names() and open_collection(name).facts.is_complete:
        raise InputError(f"There is a collection {name} already: delete it, or use another name.")
    if not files:
        raise InputError("A collection needs at least one file of texts: choose files or a folder.")


def reading_of(name: str) -> Reading | None:
    """How the uploaded files of an interrupted collection are read on; None if there are none."""
    if not uploads.paths(name):
        return None
    options = open_collection(name).facts.options
    return Reading(options["text"], options["id"], options["passages"])


def read(name: str, reading: Reading, on_progress: Progress = silent) -> None:
    """Read the uploaded files of a collection, which are then removed, as they are where they cannot be read.

    Raises
    ------
    InputError
        As by `create`; a collection without a text is removed as well.
    """
    how: dict[str, Any] = {"text": reading.text, "own_id": reading.own_id, "passages": reading.passages}
    try:
        create(name, uploads.paths(name), on_progress=on_progress, **how)
    except InputError:
        uploads.remove(name)
        if name in names() and not len(open_collection(name)):
            delete(name)
        raise
    uploads.remove(name)
