"""What all tests share: no network, a cache of their own, the bundled models loaded once, and a fake encoder."""

import hashlib
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["TOKENIZERS_PARALLELISM"] = "false"
os.environ["EMBEDSCOPE_HOME"] = tempfile.mkdtemp(prefix="embedscope-tests-")
os.environ.pop("OPENAI_API_KEY", None)

import numpy as np
import pytest

from core import embedding, models
from core.encoders import Encoder
from core.encoders.base import Kind, Vectors
from core.jobs import Progress, silent
from core.models import ModelSpec

ROOT = Path(__file__).parent.parent
SHARED = ROOT.parent / "shared"


def _direction(content: str, dimensions: int) -> np.ndarray:
    seed = int.from_bytes(hashlib.sha256(content.encode()).digest()[:4], "little")
    vector = np.random.default_rng(seed).normal(size=dimensions)
    return vector / np.linalg.norm(vector)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--pictures", action="store_true", help="Keep pictures of each page in screenshots/.")


class FakeEncoder:
    """Vectors that depend on the text alone; counts what it is asked to compute."""

    revision = "fake"
    device = "cpu"
    engine = "fake"
    precision = "float32"
    max_tokens = 16

    def __init__(self, spec: ModelSpec) -> None:
        self.spec = spec
        self.dimensions = spec.dimensions or 8
        self.computed: list[str] = []

    def encode(self, texts: Sequence[str], kind: Kind = "document", on_progress: Progress = silent) -> Vectors:
        on_progress("Embedding", 0, len(texts))
        self.computed += texts
        rows = [_direction(f"{kind} {text}", self.dimensions) for text in texts]
        return np.array(rows, np.float32).reshape(len(texts), self.dimensions)

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return [len(text.split()) for text in texts]


@pytest.fixture
def fake_encoder() -> FakeEncoder:
    return FakeEncoder(models.get("wordllama-256"))


@pytest.fixture(scope="session")
def minilm() -> Encoder:
    return embedding.encoder(models.get("all-MiniLM-L6-v2"), device="cpu")


@pytest.fixture(scope="session")
def wordllama() -> Encoder:
    return embedding.encoder(models.get("wordllama-256"), device="cpu")


@pytest.fixture
def shared_data() -> Path:
    """The folder of real sentence pairs beside the project; tests that need it skip visibly without it."""
    folder = SHARED / "data"
    if not folder.exists():
        pytest.skip("../shared/data is not here: real sentence pairs are not checked")
    return folder
