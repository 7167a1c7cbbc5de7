"""What is loaded before anybody asks: it is in nobody's way, and its failure is a line in the log."""

import subprocess
import sys

import pytest

from core.errors import ModelUnavailableError
from pages.shared import cache
from tests.conftest import ROOT

ENDING = """
import threading, time
from core import encoders
from pages.shared import cache

began = threading.Event()

def load(*_arguments, **_options):  # Python refuses late imports of this kind once it has begun to end
    began.set()
    time.sleep(1)
    import concurrent.futures.process

encoders.load = load
threading.Thread(target=cache._prepare, daemon=True).start()
assert began.wait(60)
threading.Thread(target=time.sleep, args=(3,)).start()  # as a server's own threads linger
"""


def test_a_process_that_ends_while_it_warms_up_ends_without_an_error() -> None:
    ended = subprocess.run([sys.executable, "-c", ENDING], cwd=ROOT, capture_output=True, text=True, check=True)
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize("error", [ModelUnavailableError("It is not here."), RuntimeError("A library failed.")])
def test_what_cannot_be_warmed_up_is_a_line_in_the_log(
    error: Exception, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_arguments: object, **_options: object) -> None:
        raise error

    monkeypatch.setattr("core.embedding.encoder", fail)
    cache._prepare()
    assert f"Not warmed up: {error}" in caplog.text
