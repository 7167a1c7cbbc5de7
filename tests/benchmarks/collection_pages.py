"""Seconds until pages show their first result of a large collection: `python -m tests.benchmarks.collection_pages`.

Each page is opened on a freshly started server, whose home holds nothing but the choice of an engine, by the browser's
own clock as in `tests.benchmarks.first_minute`: first on the sample until nothing is left to load, then once more,
which counts, then by a link to the collection. On Evaluate and Verdict labels are then uploaded, on both sides, and the
seconds until the figures are on screen are added. Projector counts once all points are drawn.

The collection's texts are numbered passages of the sample; their vectors are drawn around those of the passages under
all-MiniLM-L6-v2, so that the sample's labelled queries find theirs. It has an index, an index of words and a map.
"""

import argparse
import csv
import json
import os
import statistics
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pyarrow as pa
import pyarrow.parquet
from playwright.sync_api import Page, sync_playwright

from core import collections, corpus, embedding, models
from core.corpus.labels import as_beir
from core.encoders import Encoder
from core.machine import this_machine
from core.search.indexes import Floats
from tests.benchmarks.collections import NAME, PARTS, STEPS, Stored, said
from tests.benchmarks.first_minute import CHART, PATIENCE_MS, SEEN
from tests.benchmarks.indexes import DIMENSIONS, LATENT, unit
from tests.e2e.conftest import CHROMIUM, FLAGS, running_server

MODEL = "all-MiniLM-L6-v2"
RECALL, SPREAD = 0.98, 0.75
FITTED = 20_000  # texts of the map
AIM = 2.0
RESULTS = {
    "search": ".st-key-presented b",
    "evaluate": ".drawing, .js-plotly-plot .main-svg",
    "similarity": CHART,
    "projector": '[data-testid="map"][data-ready="true"]',
    "verdict": ".drawing, .js-plotly-plot .main-svg",
}
WITH_LABELS = {"evaluate": '[data-testid="stAlert"]', "verdict": '[data-testid="stAlert"]'}
WATCH = (
    f"(selector) => {{ window.seenAt = null; ({SEEN})(selector); return performance.timeOrigin + performance.now() }}"
)


class Drawn(Stored):
    """An encoder that is taken for another one; the vector of a text is that of the number it begins with."""

    def __init__(self, vectors: Floats, real: Encoder) -> None:
        super().__init__(vectors)
        self.spec, self.max_tokens = real.spec, real.max_tokens or 0
        self.revision, self.engine, self.precision = real.revision, real.engine, real.precision

    def encode(self, texts: Sequence[str], *_: object, **__: object) -> Floats:
        return self.vectors[[int(text.partition(" ")[0]) for text in texts]]


def main() -> None:
    """Make the collection, measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--pages", nargs="+", default=list(RESULTS), choices=RESULTS)
    parser.add_argument("--folder", type=Path, help="where the collection stays for another time")
    options = parser.parse_args()
    print(this_machine().sentence, f"load {os.getloadavg()[0]:.1f}", flush=True)
    with tempfile.TemporaryDirectory() as temporary:
        folder = (options.folder or Path(temporary)).absolute()
        folder.mkdir(exist_ok=True)
        os.environ["EMBEDSCOPE_COLLECTIONS"] = str(folder)
        os.environ["EMBEDSCOPE_HOME"] = str(folder / "home")
        if NAME not in collections.names():
            make(folder, options.size)
        for name in options.pages:
            times = [seconds_of(name, folder) for _ in range(options.rounds)]
            sample, collection = (statistics.median(side) for side in zip(*times, strict=True))
            listed = ", ".join(f"{one:.2f} and {other:.2f}" for one, other in times)
            within = "within" if collection - sample <= AIM else "beyond"
            print(
                f"{name:10} sample {sample:.2f} s, collection {collection:.2f} s: {collection - sample:+.2f} s, "
                f"{within} the aim of {AIM:g} s; of {listed}",
                flush=True,
            )
    print(f"load at the end {os.getloadavg()[0]:.1f}")


def make(folder: Path, size: int) -> None:
    """The collection with its indexes and its map, and labels for the sample's queries."""
    topics, vectors = drawn(size)
    write_labels(folder, topics)
    files = [folder / f"part{part}.parquet" for part in range(PARTS)]
    sample = corpus.sample()
    for file, rows in zip(files, np.array_split(np.arange(size), PARTS), strict=True):
        columns = {
            "id": [f"d{row}" for row in rows],
            "text": [f"{row} {sample.documents[topics[row]]}" for row in rows],
            "subject": [sample.fields["subject"][topics[row]] for row in rows],
            "step": rows % STEPS,
        }
        pyarrow.parquet.write_table(pa.table(columns), file)
    encoder: Any = Drawn(vectors, embedding.encoder(models.get(MODEL)))
    with said("created"):
        made = collections.create(NAME, files)
    with said("vectors written"):
        made, model = collections.embed_with(made, encoder)
    with said("words indexed"):
        made = collections.index_words(made)
    with said("vectors indexed"):
        made, index, reached = collections.build(made, model, RECALL)
    print(f"  {index.sentence if index else f'no index: a recall of {reached:.3f} at best'}", flush=True)
    with said("mapped"):
        collections.lay_out(made, model, fitted=min(FITTED, size))
    for file in files:
        file.unlink()


def drawn(size: int) -> tuple[np.ndarray[Any, np.dtype[np.int64]], Floats]:
    """For each text the passage it repeats, and a vector near that of the passage."""
    random = np.random.default_rng(0)
    passages = embedding.embed(corpus.sample().documents, models.get(MODEL)).vectors
    topics = random.integers(0, len(passages), size)
    turn = (
        SPREAD * random.normal(size=(LATENT, DIMENSIONS)).astype(np.float32) / np.float32(np.sqrt(LATENT * DIMENSIONS))
    )
    vectors = passages[topics]
    for start in range(0, size, 50_000):
        part = vectors[start : start + 50_000]
        part += random.standard_normal((len(part), LATENT), np.float32) @ turn
    return topics, unit(vectors)


def write_labels(folder: Path, topics: np.ndarray[Any, np.dtype[np.int64]]) -> None:
    """The sample's queries, and for each the first texts that repeat a passage that answers it."""
    queries, labels = corpus.sample_queries(), corpus.sample_labels()
    place = {name: row for row, name in enumerate(corpus.sample().ids)}
    grades = {
        query: {
            f"d{row}": 1
            for name, grade in relevant.items()
            if grade > 0
            for row in np.flatnonzero(topics == place[name])[:5]
        }
        for query, relevant in labels.qrels.items()
    }
    with (folder / "queries.csv").open("w", newline="") as file:
        csv.writer(file).writerows([("_id", "text"), *zip(queries.ids, queries.texts, strict=True)])
    (folder / "labels.tsv").write_text(as_beir(grades))
    (folder / "sample-labels.tsv").write_text(as_beir(labels.qrels))


def seconds_of(name: str, folder: Path) -> tuple[float, float]:
    """Seconds to a page's first result on the sample, warm, and then on the collection."""
    home = Path(tempfile.mkdtemp())
    for known in ("engines", "networks"):  # by which the collection's vectors were computed
        (folder / "home" / known).mkdir(parents=True, exist_ok=True)
        (home / known).symlink_to(folder / "home" / known)
    with running_server(home) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        context = browser.new_context(viewport={"width": 1440, "height": 900})
        context.set_default_timeout(PATIENCE_MS)
        link = f"{address}/{name}?models={MODEL}"
        opened(context.new_page(), link, RESULTS[name])
        until_idle()
        page = context.new_page()
        on_sample = opened(page, link, RESULTS[name])
        until_idle()
        if name in WITH_LABELS:
            on_sample += with_labels(page, RESULTS[name], folder / "sample-labels.tsv")
            until_idle()
        page.close()
        page = context.new_page()
        link = f"{link}&corpus=Collection&collection={NAME}"
        seconds = opened(page, link, WITH_LABELS.get(name, RESULTS[name]))
        if name in WITH_LABELS:
            seconds += with_labels(page, RESULTS[name], folder / "labels.tsv")
        browser.close()
    return on_sample, seconds


def opened(page: Page, link: str, selector: str) -> float:
    """Seconds from opening an address until an element is on screen."""
    page.add_init_script(f"({SEEN})({json.dumps(selector)})")
    started = time.time()
    page.goto(link, wait_until="commit")
    return float(page.wait_for_function("window.seenAt").json_value()) / 1000 - started


def with_labels(page: Page, selector: str, labels: Path) -> float:
    """Seconds from uploading relevance labels, after the queries, until an element is on screen."""
    page.get_by_role("button", name="Labels").click()
    if (choice := page.get_by_role("radio", name="Files")).count():
        choice.click()
    queries, grades = (page.locator('input[type="file"]').nth(place) for place in (0, 1))
    queries.set_input_files(labels.with_name("queries.csv"))
    page.get_by_text("Now upload the relevance labels.").wait_for()
    started = page.evaluate(WATCH, selector)
    grades.set_input_files(labels)
    return (float(page.wait_for_function("window.seenAt").json_value()) - float(started)) / 1000


def until_idle() -> None:
    """Wait until the server has nothing left to load or to prepare."""
    time.sleep(10)  # it prepares nothing before the first page had time to be painted
    while sum(child.cpu_percent(2) for child in psutil.Process().children() if "python" in child.name()) > 10:
        pass


if __name__ == "__main__":
    main()
