"""A child process that computes and can be killed; run as a script, this module is that process."""

import importlib
import os
import pickle
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, BinaryIO

import psutil

from core.errors import EmbedscopeError, JobError
from core.jobs import room
from core.jobs.queue import Turn
from core.progress import HEARTBEAT_SECONDS, Progress, silent
from core.settings import PROJECT

NICENESS = "EMBEDSCOPE_NICENESS"  # in the environment of a child: how far it lets other processes go first


class InUseError(Exception):
    """Somebody has come to use the process."""


class Child:
    """A child process that runs one function at a time and dies with its parent.

    The child keeps its imports and compiled code from call to call, until it is killed or dies; the next call then
    starts a new one. Calls from several threads wait their turn. `environment` is added to the inherited one.
    """

    def __init__(self, what: str, environment: Mapping[str, str] | None = None) -> None:
        self.what = what
        self._environment = dict(environment or {})
        self._turn = Turn(what)
        self._process: subprocess.Popen[bytes] | None = None
        self._messages: queue.Queue[tuple[Any, ...]] = queue.Queue()

    def call(self, function: str, *, on_progress: Progress = silent, **arguments: Any) -> Any:
        """Run `function` ("package.module:name") in the child and return what it returns.

        The function gets `arguments` and its own `on_progress`. If the caller's `on_progress` raises, the child is
        killed: a computation that nobody waits for ends at once.

        Raises
        ------
        JobError
            The child died, or the function raised something other than an EmbedscopeError; those are re-raised.
        """
        room.make()
        with self._turn.hold(on_progress):
            try:
                self._send(function, arguments)
                kind, content = self._await_answer(on_progress)
            except BaseException:
                self.end()
                raise
            if kind == "error":
                raise content
            return content

    def end(self) -> None:
        """Kill the child, if any, and wait until its memory is free."""
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe:
                with suppress(OSError):  # discard what was still to be written
                    pipe.close()

    def idle(self) -> list[room.Idle]:
        """The process, if there is one and nobody uses it; see `room`."""
        process = self._process
        if process is None or not self._turn.is_free():
            return []
        with suppress(psutil.Error):
            size = room.resident(psutil.Process(process.pid))
            return [room.Idle(f"the process for {self.what}", size, self._end_if_idle)]
        return []

    def _end_if_idle(self) -> None:
        with suppress(InUseError), self._turn.hold(_leave):
            self.end()

    def _send(self, function: str, arguments: dict[str, Any]) -> None:
        request = pickle.dumps((function, arguments))
        for attempt in (1, 2):
            process = self._process or self._start()
            assert process.stdin
            try:
                process.stdin.write(request)
                process.stdin.flush()
                return
            except (OSError, ValueError):  # it has died, or another thread has killed it and closed its pipe
                self.end()
                if attempt == 2:
                    raise JobError(f"Could not start the process for {self.what}. Try again.") from None

    def _start(self) -> subprocess.Popen[bytes]:
        path = os.pathsep.join(filter(None, [str(PROJECT), os.environ.get("PYTHONPATH")]))
        self._process = subprocess.Popen(
            [
                sys.executable,
                "-W",
                "ignore",
                "-m",
                "core.jobs.child",
                self.what,
            ],  # the name appears in process lists
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, **self._environment, "PYTHONPATH": path},
        )
        self._messages = queue.Queue()
        threading.Thread(target=_receive, args=(self._process.stdout, self._messages), daemon=True).start()
        return self._process

    def _await_answer(self, on_progress: Progress) -> tuple[str, Any]:
        """The child's ("result", value) or ("error", exception)."""
        latest = (f"Starting the process for {self.what}", 0, 1)
        while True:
            try:
                kind, *content = self._messages.get(timeout=HEARTBEAT_SECONDS)
            except queue.Empty:
                on_progress(*latest)
                continue
            if kind == "progress":
                latest = (content[0], content[1], content[2])
                on_progress(*latest)
            elif kind in ("result", "error"):
                return kind, content[0]
            else:
                raise JobError(self._epitaph())

    def _epitaph(self) -> str:
        """Why the child died, in a sentence."""
        if self._process:
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(HEARTBEAT_SECONDS)
        code = self._process.poll() if self._process else None
        if code is None:
            reason = "ended, or sent an unreadable answer"
        elif code == -signal.SIGKILL:
            reason = "was killed, most likely because it ran out of memory"
        else:
            reason = f"was stopped by signal {-code}" if code < 0 else f"stopped with exit code {code}"
        return f"The process for {self.what} {reason}. Try again, with less data or a smaller model."


def _leave(_what: str, _done: int, _total: int) -> None:
    """Wait for no turn."""
    raise InUseError


def _receive(stdout: BinaryIO, messages: "queue.Queue[tuple[Any, ...]]") -> None:
    """Forward the child's messages until its end of the pipe closes."""
    try:
        while True:
            messages.put(pickle.load(stdout))
    except Exception:  # noqa: BLE001  whatever the child sent, somebody waits for an answer
        messages.put(("gone",))


def _serve() -> None:
    """The child's life: take requests from standard input until it closes, answer on standard output."""
    if niceness := os.environ.get(NICENESS):
        os.setpriority(os.PRIO_PROCESS, 0, int(niceness))
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal sends it to the child too; the parent ends the child
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # the libraries' output must not mix with the answers
    requests: queue.Queue[tuple[str, dict[str, Any]]] = queue.Queue()
    threading.Thread(target=_read_requests, args=(requests,), daemon=True).start()

    def answer(*message: Any) -> None:
        answers.write(pickle.dumps(message))
        answers.flush()

    while True:
        function, arguments = requests.get()
        try:
            module, _, name = function.partition(":")
            call = getattr(importlib.import_module(module), name)
            answer("result", call(**arguments, on_progress=lambda *progress: answer("progress", *progress)))
        except EmbedscopeError as error:
            answer("error", error)
        except SystemExit as leaving:
            os._exit(leaving.code if isinstance(leaving.code, int) else 1)
        except Exception as error:  # noqa: BLE001  the parent must hear of any failure, or it waits for ever
            answer("error", JobError(f"{name} failed: {type(error).__name__}: {error}"))


def _read_requests(requests: "queue.Queue[tuple[str, dict[str, Any]]]") -> None:
    try:
        while True:
            requests.put(pickle.load(sys.stdin.buffer))
    except EOFError:
        os._exit(0)  # the parent is gone: stop
    except Exception:  # noqa: BLE001  a request that cannot be read must not leave the parent waiting
        os._exit(1)


if __name__ == "__main__":
    _serve()
