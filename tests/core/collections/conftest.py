"""Collections in a folder of the test's own, cut into parts of a few rows."""

import os
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from core import collections
from core.collections import Collection
from core.progress import Progress
from core.tables import parts
from tests.core.cli.conftest import answer, command  # noqa: F401 - fixtures

ROWS = 7


def stop_after(reports: int) -> Progress:
    """Progress that cancels after so many reports."""
    left = iter(range(reports))

    def report(*_: object) -> None:
        next(left)

    return report


@pytest.fixture(scope="session", autouse=True)
def _the_library_is_here() -> None:
    """In the gate collections are checked; elsewhere these tests skip visibly without the library."""
    if find_spec("lance") is None:
        if "CI" in os.environ:
            pytest.fail("Install requirements-scale.txt: the gate checks collections too.")
        pytest.skip("pylance is not installed (requirements-scale.txt): collections are not checked")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("EMBEDSCOPE_COLLECTIONS", str(tmp_path / "collections"))
    monkeypatch.setattr(parts, "MOST_ROWS", ROWS)
    return tmp_path / "collections"


@pytest.fixture
def texts(tmp_path: Path) -> Path:
    """Texts in four parts."""
    path = tmp_path / "texts.csv"
    rows = [f"d{row},text number {row} of a {'fox' if row % 3 else 'cat'}?,{row % 4}" for row in range(25)]
    path.write_text("\n".join(["id,text,kind", *rows]))
    return path


@pytest.fixture
def embedded(texts: Path, fake_encoder: Any) -> Callable[[], Collection]:
    """The texts as a collection, with the vectors of the fake encoder."""

    def make() -> Collection:
        return collections.embed_with(collections.create("texts", [texts]), fake_encoder)[0]

    return make
