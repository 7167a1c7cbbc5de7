"""Collections in a folder of the test's own, cut into parts of a few rows."""

import os
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core import collections, models
from core.collections import Collection
from core.progress import Progress
from core.tables import parts
from tests.conftest import FakeEncoder
from tests.core.cli.conftest import answer, command  # noqa: F401 - fixtures

ROWS = 7
SIZE, DIMENSIONS, GROUPS = 2000, 16, 20
Floats = np.ndarray[Any, np.dtype[np.float32]]


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


def cluster(numbers: list[int]) -> Floats:
    """Unit rows around a centre for each rest of their numbers by GROUPS."""
    centres = np.random.default_rng(0).normal(size=(GROUPS, DIMENSIONS))
    noise = np.random.default_rng(1).normal(size=(SIZE, DIMENSIONS))
    rows = np.array([centres[number % GROUPS] + 0.6 * noise[number] for number in numbers]).reshape(-1, DIMENSIONS)
    return (rows / np.linalg.norm(rows, axis=1)[:, None]).astype(np.float32)


class Clustered(FakeEncoder):
    """The vectors of `cluster` for texts of a number."""

    def encode(self, texts, kind="document", on_progress=None):
        return cluster([int(text) for text in texts])


@pytest.fixture
def encoder() -> Any:
    made: Any = Clustered(models.get("wordllama-256"))
    made.dimensions = DIMENSIONS
    return made


@pytest.fixture
def numbers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(parts, "MOST_ROWS", 1000)
    path = tmp_path / "numbers.csv"
    path.write_text("\n".join(["id,text", *(f"d{row},{row}" for row in range(SIZE))]))
    return path
