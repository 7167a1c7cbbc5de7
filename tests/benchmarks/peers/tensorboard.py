"""TensorFlow's Embedding Projector, as TensorBoard serves it: from the click that starts UMAP to the finished map."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Page

from core.maps import Floats
from tests.benchmarks.peers.chromium import fresh_page
from tests.benchmarks.peers.server import answering, free_port

REQUIREMENTS = ("tensorboard==2.21.0",)
PACKAGES = ("tensorboard", "numpy")
UMAP = "3D, 15 neighbours, min_dist 0.1, on the sphered data (all as the page is opened)"
PAGE = "data/plugin/projector/projector_binary.html"
ITERATION = ".run-tsne-iter"
TSNE_SECONDS = 10


def write_logs(folder: Path, vectors: Floats, texts: Sequence[str]) -> None:
    """What TensorBoard reads: (n, d) vectors and their labels."""
    n, d = vectors.shape
    vectors.tofile(folder / "vectors.bytes")
    (folder / "metadata.tsv").write_text("".join(f"{' '.join(text.split())}\n" for text in texts), encoding="utf-8")
    (folder / "projector_config.pbtxt").write_text(
        'embeddings { tensor_name: "vectors" tensor_path: "vectors.bytes" '
        f'tensor_shape: {n} tensor_shape: {d} metadata_path: "metadata.tsv" }}'
    )


def seconds_to_map(commands: Path, logs: Path, points: int) -> float:
    """Seconds from the click on its UMAP tab, which starts the run, until the run's button is free again."""
    with _loaded(commands, logs, points) as page:
        started = time.perf_counter()
        page.click("#umap-tab")
        page.wait_for_selector("#run-umap[disabled]")
        page.wait_for_selector("#run-umap:not([disabled])")
        page.evaluate("() => new Promise(requestAnimationFrame)")
        return time.perf_counter() - started


def seconds_an_iteration(commands: Path, logs: Path, points: int) -> float:
    """Seconds of one iteration of its t-SNE, from those it does in a while after its first ones."""
    with _loaded(commands, logs, points) as page:
        page.click("#tsne-tab")
        page.wait_for_selector(f"{ITERATION}:text-matches('^[1-9]')")
        before, started = _iteration(page), time.perf_counter()
        page.wait_for_timeout(1000 * TSNE_SECONDS)
        return (time.perf_counter() - started) / (_iteration(page) - before)


def _iteration(page: Page) -> int:
    return int(page.locator(ITERATION).inner_text())


@contextmanager
def _loaded(commands: Path, logs: Path, points: int) -> Iterator[Page]:
    """The Projector's page with the vectors in it, at rest on its first view, PCA."""
    port = free_port()
    address = f"http://127.0.0.1:{port}/{PAGE}"
    command: list[str | Path] = [commands / "tensorboard", "--logdir", logs, "--host", "127.0.0.1", "--port", str(port)]
    with answering(command, address, {}), fresh_page() as page:
        page.goto(address)
        page.wait_for_selector(f"text=Points: {points}")
        page.wait_for_selector("text=Total variance described")
        yield page
