"""A peer's server as a process: started, waited for, ended."""

import os
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

PATIENCE_SECONDS = 600
HEARTBEAT_SECONDS = 0.05


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


@contextmanager
def answering(command: Sequence[str | Path], address: str, settings: Mapping[str, str]) -> Iterator[None]:
    """Run a command, with further settings in its environment, from when its server answers at the address."""
    with tempfile.TemporaryFile() as log:
        environment = {**os.environ, **settings}
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
        try:
            _wait_for_answer(address, process)
            yield
        except ServerDiedError:
            log.seek(0)
            raise RuntimeError(f"{command[0]} ended: {log.read().decode(errors='replace')[-2000:]}") from None
        finally:
            process.terminate()
            process.wait(60)


class ServerDiedError(Exception):
    """The process ended, or did not answer in time."""


def _wait_for_answer(address: str, process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(address, timeout=2):
                return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(HEARTBEAT_SECONDS)
    raise ServerDiedError
