"""What all tests share: no network, a cache of their own, the bundled models loaded once, and a fake encoder."""

import fcntl
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

if "PYTEST_XDIST_WORKER_COUNT" in os.environ:  # together the workers have as many threads as there are cores
    os.environ["OMP_NUM_THREADS"] = str(-(-(os.cpu_count() or 1) // int(os.environ["PYTEST_XDIST_WORKER_COUNT"])))
os.environ["OMP_WAIT_POLICY"] = "passive"  # threads that spin while they wait take the cores from the other worker
os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["TOKENIZERS_PARALLELISM"] = "false"
if "EMBEDSCOPE_TESTS" not in os.environ:  # the folder that the workers have in common
    os.environ["EMBEDSCOPE_TESTS"] = tempfile.mkdtemp(prefix="embedscope-tests-")
os.environ["EMBEDSCOPE_HOME"] = f"{os.environ['EMBEDSCOPE_TESTS']}/{os.environ.get('PYTEST_XDIST_WORKER', 'home')}"
os.environ["EMBEDSCOPE_CLUSTER"] = ""
os.environ["OPENAI_API_KEY"] = os.environ["OPENAI_BASE_URL"] = ""  # no secrets.toml of this machine's user counts

import numpy as np
import psutil
import pytest

from core import embedding, models, settings
from core.collections import job
from core.encoders import Encoder, endpoint, light, runtime
from core.encoders.base import Kind, Vectors
from core.jobs import turns
from core.maps import process
from core.models import ModelSpec
from core.progress import Progress, silent
from tests.jobs import Steps

ROOT = Path(__file__).parent.parent
SHARED = ROOT.parent / "shared"
BYTES_PER_WORKER = 5 * 2**30  # a worker, its servers, its browser and its process for maps
COMMON = Path(os.environ["EMBEDSCOPE_TESTS"])


def _direction(content: str, dimensions: int) -> np.ndarray:
    seed = int.from_bytes(hashlib.sha256(content.encode()).digest()[:4], "little")
    vector = np.random.default_rng(seed).normal(size=dimensions)
    return vector / np.linalg.norm(vector)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """Let a test that is marked `alone` have the machine to itself."""
    with _place(alone=item.get_closest_marker("alone") is not None):
        return (yield)


@contextmanager
def _place(*, alone: bool) -> Iterator[None]:
    """A place on the machine beside the test of the other worker or, once that has ended, without one."""
    with (COMMON / "queue").open("w") as queue, (COMMON / "machine").open("w") as machine:
        fcntl.flock(queue, fcntl.LOCK_EX)  # who waits for the machine is next, whatever the other worker begins
        fcntl.flock(machine, fcntl.LOCK_EX if alone else fcntl.LOCK_SH)
        fcntl.flock(queue, fcntl.LOCK_UN)
        yield


def share_engines(home: Path) -> None:
    """Let a home find the engines that others have chosen in this run, and the networks converted for them.

    Both take a while to make, and are alike.
    """
    home.mkdir(exist_ok=True)
    for name in ("engines", "networks"):
        if not (home / name).exists():
            (COMMON / name).mkdir(exist_ok=True)
            (home / name).symlink_to(COMMON / name)


share_engines(Path(os.environ["EMBEDSCOPE_HOME"]))


def pytest_xdist_auto_num_workers() -> int:
    """One worker more than cores, since browser tests wait a third of their time; at most 4, and as memory allows."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(cores + 1, 4, psutil.virtual_memory().available // BYTES_PER_WORKER))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Browsers first, which take longest, and the many short tests of the core last: both workers end together.

    In CI a browser test that fails is tried once more, and the summary lists it as a rerun: on a busy machine one in
    some hundred is disturbed. What always fails does so twice.
    """
    for item in items if os.environ.get("CI") else []:
        if item.path.is_relative_to(ROOT / "tests/e2e"):
            item.add_marker(pytest.mark.flaky(reruns=1))
    items.sort(
        key=lambda item: [item.path.is_relative_to(ROOT / "tests" / first) for first in ("e2e", "pages")], reverse=True
    )


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Why tests were tried once more, which having passed then would hide."""
    for report in terminalreporter.getreports("rerun"):
        terminalreporter.section(f"first try of {report.nodeid}")
        terminalreporter.write_line(report.longreprtext)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--pictures", action="store_true", help="Keep pictures of each page in screenshots/.")


LIGHT_OFFERS = light.offers


class FakeEncoder:
    """Vectors that depend on the text alone; counts what it is asked to compute."""

    revision = "fake"
    device = "cpu"
    engine = "fake"
    precision = "float32"
    reason = ""
    memory_bytes = 0
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

    def may_be_unknown(self, text: str) -> bool:
        return "?" in text

    def count_known_tokens(self, texts: Sequence[str]) -> list[int]:
        return [sum(word != "?" for word in text.split()) for text in texts]


def pytest_unconfigure(config: pytest.Config) -> None:
    """Remove what the workers have left, once they have all ended."""
    if "PYTEST_XDIST_WORKER" not in os.environ:
        shutil.rmtree(COMMON)


@pytest.fixture(scope="session", autouse=True)
def _the_process_for_maps_ends_with_the_session() -> Iterator[None]:
    yield
    process.process().end()


@pytest.fixture(scope="session", autouse=True)
def _visitors_of_other_tests_have_left() -> Iterator[None]:
    """Models that tests share would else compute smaller batches."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(turns, "SECONDS_PRESENT", 0.0)
        yield


@pytest.fixture(scope="session", autouse=True)
def _models_answer_when_they_are_loaded() -> Iterator[None]:
    """Which engine answers would else depend on which test comes first."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(light, "offers", lambda *_: False)
        yield


@pytest.fixture
def light_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bundled models answer with numpy as long as they are not loaded."""
    monkeypatch.setattr(light, "offers", LIGHT_OFFERS)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of the test's own, in which nothing is kept yet."""
    monkeypatch.setenv("EMBEDSCOPE_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch) -> Iterator[Steps]:
    """The steps of jobs of collections, which are then done without a process of their own."""
    made = Steps()
    monkeypatch.setattr(job, "Child", made)
    yield made
    made.release()


@pytest.fixture
def fake_encoder() -> FakeEncoder:
    return FakeEncoder(models.get("wordllama-256"))


@pytest.fixture(scope="session")
def minilm() -> Encoder:
    """The reference: torch in float32."""
    return embedding.encoder(models.get("all-MiniLM-L6-v2"), device="cpu", engine="torch", precision="float32")


@pytest.fixture(scope="session")
def wordllama() -> Encoder:
    return embedding.encoder(models.get("wordllama-256"), device="cpu")


@pytest.fixture(scope="session")
def tiny_models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a tiny model of each architecture."""
    from tests.core.encoders.architectures import FAMILIES, tiny

    folder = tmp_path_factory.mktemp("tiny-models")
    for name in FAMILIES:
        tiny(name, folder / name)
    return folder


@pytest.fixture(scope="module")
def models_directory(tiny_models: Path) -> Iterator[Path]:
    """The tiny models as the host's models directory: `models.get("folder:bert")`."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EMBEDSCOPE_MODELS", str(tiny_models))
        yield tiny_models


@pytest.fixture(scope="session")
def tiny_models_of_functions(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a tiny model, without Normalize, for each similarity function."""
    from core.similarity.functions import SIMILARITIES
    from tests.core.encoders.architectures import tiny

    root = tmp_path_factory.mktemp("similarities")
    for similarity in SIMILARITIES:
        folder = tiny("bert", root / similarity)
        modules = json.loads((folder / "modules.json").read_text())
        (folder / "modules.json").write_text(json.dumps(modules[:2]))
        (folder / "config_sentence_transformers.json").write_text(json.dumps({"similarity_fn_name": similarity}))
    return root


@pytest.fixture(scope="module")
def models_of_functions(tiny_models_of_functions: Path) -> Iterator[Path]:
    """Those tiny models as the host's models directory: `models.get("folder:dot")`."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EMBEDSCOPE_MODELS", str(tiny_models_of_functions))
        yield tiny_models_of_functions


@pytest.fixture(scope="module")
def one_thread() -> Iterator[None]:
    """Let torch compute on one thread: tiny networks lose more by waiting for further ones than they gain."""
    import torch

    usual = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(usual)


@pytest.fixture(scope="session")
def bfloat16_cpu() -> None:
    """A CPU that computes in bfloat16; where it does not, tests of that precision skip visibly."""
    if not runtime.computes_bfloat16():
        pytest.skip("This CPU does not compute in bfloat16: OpenVINO is not checked in it")


@pytest.fixture
def shared_data() -> Path:
    """The folder of real sentence pairs beside the project; tests that need it skip visibly without it."""
    folder = SHARED / "data"
    if not folder.exists():
        pytest.skip("../shared/data is not here: real sentence pairs are not checked")
    return folder


@pytest.fixture
def no_secrets_and_short_waits(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No secrets.toml of this machine's user counts, and a refused request is soon tried again."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr(settings, "PROJECT", tmp_path / "project")
    monkeypatch.setattr(endpoint, "FIRST_WAIT_SECONDS", 0.001)


@pytest.fixture
def models_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty directory of the host's models."""
    monkeypatch.setenv("EMBEDSCOPE_MODELS", str(tmp_path / "models"))
    return tmp_path / "models"
