"""Commands run as `python -m core` does."""

import json
import sys

import pytest

from core import cli as command_line


@pytest.fixture
def command(monkeypatch, capsys, tmp_path):
    """Run a command as `python -m core` does; returns exit code, standard output and standard error."""

    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "empty hub cache"))

    def call(*arguments):
        monkeypatch.setattr(sys, "argv", ["core", *map(str, arguments)])
        with pytest.raises(SystemExit) as exited:
            command_line.main()
        return exited.value.code or 0, *capsys.readouterr()

    return call


@pytest.fixture
def answer(command):
    """The JSON object that a command prints."""

    def call(*arguments):
        code, out, _ = command(*arguments, "--json")
        assert code == 0
        return json.loads(out)

    return call
