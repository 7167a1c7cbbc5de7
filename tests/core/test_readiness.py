"""Whether a server is ready, and the log of a host's server."""

import io
import json
import logging
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from core import logs, readiness, settings
from core.machine import this_machine


def test_a_server_that_can_write_and_has_a_model_is_ready() -> None:
    assert readiness.problems() == []


def test_each_thing_that_keeps_it_from_its_work_is_a_sentence(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setattr(settings, "cache_folder", lambda: tmp_path / "file")
    monkeypatch.setenv("EMBEDSCOPE_MEMORY_SHARE", "0.0001")
    monkeypatch.setattr(readiness, "pickable", list)
    monkeypatch.setattr(readiness, "LEAST_FREE_BYTES", 10**18)
    written, disk, memory, models = readiness.problems()
    assert written == "EMBEDSCOPE_HOME can't be written to: nothing will be remembered."
    assert "MB left of the 1,000,000,000,000 MB it needs" in disk
    assert f"and may take {this_machine().memory_bytes / 1e13:.1f} GB" in memory
    assert models == "No model is ready."


def test_a_setting_that_is_wrong_is_the_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMBEDSCOPE_MEMORY_SHARE", "all")
    assert [problem.startswith("EMBEDSCOPE_MEMORY_SHARE is 'all'") for problem in readiness.problems()] == [True]


@pytest.fixture
def _own_root() -> Iterator[None]:
    """The root logger as it was, afterwards."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:], root.level = handlers, level


@pytest.mark.usefixtures("_own_root")
def test_the_log_is_json_and_an_exception_has_no_message(monkeypatch: pytest.MonkeyPatch) -> None:
    written = io.StringIO()
    monkeypatch.setattr(sys, "stderr", written)
    of_streamlit = logging.getLogger("streamlit.of_this_test")
    of_streamlit.addHandler(logging.NullHandler())
    of_streamlit.propagate = False
    logs.write_json()
    try:
        raise ValueError("a secret text")
    except ValueError:
        of_streamlit.exception("Uncaught")
    logging.getLogger("core").info("page", extra={"page": "search", "seconds": 0.1})
    uncaught, page = (json.loads(line) for line in written.getvalue().splitlines())
    assert (uncaught["level"], uncaught["logger"], uncaught["message"]) == (
        "ERROR",
        "streamlit.of_this_test",
        "Uncaught",
    )
    assert uncaught["error"].startswith(f"ValueError < {__file__}:")
    assert "secret" not in written.getvalue()
    assert (page["page"], page["seconds"]) == ("search", 0.1)
