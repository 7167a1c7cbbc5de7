"""What tests of models behind an API share."""

from pathlib import Path

import pytest

from core import settings
from core.encoders import endpoint


@pytest.fixture
def no_secrets_and_short_waits(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No secrets.toml of this machine's user counts, and a refused request is soon tried again."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr(settings, "PROJECT", tmp_path / "project")
    monkeypatch.setattr(endpoint, "FIRST_WAIT_SECONDS", 0.001)
