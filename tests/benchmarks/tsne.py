"""t-SNE beside UMAP on the sample: `python -m tests.benchmarks.tsne`.

Seconds from choosing a method until its finished map and the sentence on how far to trust it are on screen, each round
with a seed that nobody has used, both methods in turns on one server; and of the two layouts alone, without a page.
"""

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, expect

from core import corpus, embedding, maps, models
from core.machine import this_machine
from tests.benchmarks.peers.chromium import fresh_page
from tests.benchmarks.peers.embedscope import MAP
from tests.e2e.conftest import running_server, settle

MODEL = "all-MiniLM-L6-v2"
PAGE = "projector?models={model}&method=PCA&umap_seed={seed}&tsne_seed={seed}"
METHODS = ("UMAP", "t-SNE")
PATIENCE_MS = 120_000
Seconds = dict[str, float]


def seconds_on_screen(page: Page, method: str) -> float:
    """Seconds from choosing a method until its finished map and how far to trust it are on screen."""
    started = time.perf_counter()
    page.get_by_role("radio", name=method, exact=True).click()
    expect(page.get_by_text(f"· {method} by cosine ·").first).to_be_visible(timeout=PATIENCE_MS)
    expect(page.get_by_text("true neighbours stay nearest").first).to_be_visible(timeout=PATIENCE_MS)
    page.wait_for_selector(MAP)
    return time.perf_counter() - started


def on_screen(address: str, seed: int) -> Seconds:
    """The seconds of both methods, each chosen on a page that shows PCA; the first is another one each round."""
    with fresh_page() as page:
        page.goto(f"{address}/{PAGE.format(model=MODEL, seed=seed)}")
        page.wait_for_selector(MAP)
        settle(page)
        seconds = {}
        for method in METHODS[:: 1 if seed % 2 else -1]:
            seconds[method] = seconds_on_screen(page, method)
            settle(page)
            page.get_by_role("radio", name="PCA", exact=True).click()
            settle(page)
        return seconds


def alone(seed: int) -> Seconds:
    """The seconds of both layouts without a page."""
    sample = corpus.sample()
    vectors = embedding.embed(sample.documents, models.get(MODEL)).vectors
    settings: dict[str, maps.Fitted] = {"UMAP": maps.Umap(seed=seed), "t-SNE": maps.Tsne(seed=seed)}
    return {method: maps.project(vectors, settings[method]).seconds["layout"] for method in METHODS}


def compare(what: str, rounds: int, measure: Callable[[int], Seconds]) -> None:
    """Print the seconds of each round and the medians; the first round warms up and does not count."""
    measured = [measure(seed) for seed in range(1000, 1001 + rounds)][1:]
    for method in METHODS:
        print(f"{what}, {method}: {statistics.median(each[method] for each in measured):.2f} s")
    ratios = [each["t-SNE"] / each["UMAP"] for each in measured]
    print(f"{what}, ratio: {statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    print(this_machine().sentence)
    with tempfile.TemporaryDirectory() as home:
        os.environ["EMBEDSCOPE_HOME"] = home
        compare("alone", rounds, alone)
    with tempfile.TemporaryDirectory() as home, running_server(Path(home)) as address:
        compare("on screen", rounds, lambda seed: on_screen(address, seed))
    print(f"load average {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
