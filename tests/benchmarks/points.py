"""What many points take on the Projector page: `python -m tests.benchmarks.points [SENTENCES.csv]`.

- drawn: a Parquet of texts with places, in clusters: seconds from giving the file to all points drawn, of which reading
  it takes so many when it is read alone; bytes sent; how soon hover, pan, zoom, a click and a box are answered;
- known: a CSV of 10,000 texts that another server has embedded and laid out: seconds from giving it to the map drawn;
- beside: while one session's UMAP is fitted, seconds until another session's pages are painted, for a person who has
  been here before and for newcomers, whose browsers load all of Streamlit first; and the same without a fit.

All in headless Chromium, drawing in software. A table goes to standard error, JSON to standard output.
"""

import argparse
import json
import os
import re
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from playwright.sync_api import Page, WebSocket, expect

from core import map_files
from core.machine import power
from tests.benchmarks.maps import FEW_TEXTS, TEXTS, texts_of, written
from tests.benchmarks.peers.chromium import fresh_page
from tests.benchmarks.peers.embedscope import DATA, FILES, MAP, seconds_to_map
from tests.e2e.conftest import PATIENCE_MS, running_server, settle

AIMS = {"drawn": 4.0, "answer": 0.3, "megabytes": 15.0, "known": 2.0, "beside": 2.0}
CLUSTERS = 40
TRIALS = 5
FITTED, DIMENSIONS = 20_000, 384
FIRST_VISITS = 3
PAGES = ("", "search", "projector?models=wordllama-256&method=PCA")
FITTING = re.compile("Preparing UMAP|Laying out with UMAP")

PAINTED = """() => {
    const heading = '[data-testid="stMain"] h1';
    new MutationObserver(() => document.querySelector(heading)?.setAttribute("elementtiming", "heading"))
        .observe(document, {childList: true, subtree: true});
    new PerformanceObserver((list) => window.painted ??= performance.timeOrigin + list.getEntries()[0].renderTime)
        .observe({type: "element", buffered: true});
}"""

ANSWERS = """async (map, trials) => {
    const stage = map.querySelector(".stage"), box = stage.getBoundingClientRect();
    const at = (dx, dy) => ({clientX: box.left + box.width / 2 + dx, clientY: box.top + box.height / 2 + dy,
        pointerId: 1, pointerType: "mouse", isPrimary: true, bubbles: true, buttons: 1});
    const send = (name, dx, dy, more = {}) => stage.dispatchEvent(new PointerEvent(name, {...at(dx, dy), ...more}));
    stage.setPointerCapture = () => {};
    const frame = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
    const rest = () => new Promise((done) => setTimeout(done, 700));
    let painted = performance.now();
    const frames = new MutationObserver(() => painted = performance.now());
    frames.observe(map, {attributes: true, attributeFilter: ["data-frame-ms"]});
    const seconds = {};
    const measure = async (name, act, isAnswered) => {
        await rest();
        const began = performance.now();
        act();
        while (!isAnswered() && performance.now() - began < 10_000) await frame();
        const answered = performance.now();
        await rest();
        (seconds[name] ??= []).push((answered - began) / 1000);
        if (painted > began) (seconds[`${name}, all points again`] ??= []).push((painted - began) / 1000);
    };
    const tooltip = map.querySelector(".tooltip");
    const drawnSince = (began) => () => painted > began;
    const isInside = ([x, y]) => x > box.left + 50 && x < box.right - 50 && y > box.top + 50 && y < box.bottom - 50;
    const someRow = (from) => { // whose point is well within the map
        for (let row = from; ; row++) if (isInside(map.placeOf(row, 0))) return map.placeOf(row, 0);
    };
    for (let trial = 0; trial < trials; trial++) {
        const [x, y] = someRow(trial * 101);
        const onPoint = [x - box.left - box.width / 2, y - box.top - box.height / 2];
        await measure("hover", () => send("pointermove", ...onPoint, {buttons: 0}), () => !tooltip.hidden);
        send("pointermove", -box.width / 2 + 1, -box.height / 2 + 1, {buttons: 0});
        await measure("pan", () => {
            send("pointerdown", 0, 0), send("pointermove", 40 + 9 * trial, 30);
        }, drawnSince(performance.now() + 700));
        send("pointerup", 40, 30);
        await measure("zoom", () => stage.dispatchEvent(new WheelEvent("wheel",
            {...at(0, 0), deltaY: trial % 2 ? 120 : -120, cancelable: true})), drawnSince(performance.now() + 700));
        const [cx, cy] = someRow(trial * 101 + 50);
        const click = [cx - box.left - box.width / 2, cy - box.top - box.height / 2];
        const before = map.dataset.point;
        await measure("click", () => { send("pointerdown", ...click), send("pointerup", ...click); },
            () => map.dataset.point !== before);
        const selected = map.dataset.selected;
        await measure("lasso", () => {
            send("pointerdown", -150, -150, {shiftKey: true});
            for (const corner of [[150, -140], [140 - 9 * trial, 150], [-150, 140]]) send("pointermove", ...corner);
            send("pointerup", -150, -150);
        }, () => map.dataset.selected !== selected);
    }
    frames.disconnect();
    return seconds;
}"""


def main() -> None:
    """Measure what is asked for, and print a table and JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sentences", type=Path, nargs="?", help="for `known`: a CSV with a column named text")
    parser.add_argument("--points", type=int, nargs="+", default=[100_000])
    parser.add_argument("--only", choices=("drawn", "known", "beside"), nargs="+", default=["drawn", "beside"])
    options = parser.parse_args()
    figures: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if "drawn" in options.only:
            for count in options.points:
                figures[f"{count:,} points"] = told(f"{count:,} points", drawn(folder, count))
        if "known" in options.only:
            if options.sentences is None:
                parser.error("known needs a file of sentences")
            figures["known"] = told("known", known(folder, texts_of(options.sentences)))
        if "beside" in options.only:
            figures["beside"] = told("beside", beside(folder))
    print(json.dumps({"power": power(), "load_average": os.getloadavg(), "aims": AIMS, **figures}, indent=2))


def drawn(folder: Path, count: int) -> dict[str, Any]:
    """Points with given places from a file to the screen, and how soon they answer."""
    file = clustered(folder / f"points-{count}.parquet", count)
    os.environ["EMBEDSCOPE_MOST_ROWS"] = str(count)
    reading = seconds_of_reading(file)
    with running_server(folder) as address, fresh_page() as page:
        page.set_default_timeout(PATIENCE_MS)
        received = frames_of(page)
        page.goto(f"{address}/projector?corpus=File&models=wordllama-256&method=PCA")
        page.wait_for_selector(MAP)
        settle(page)
        received.clear()
        page.click(DATA)
        files = page.wait_for_selector(FILES, state="attached")
        assert files
        started = time.perf_counter()
        files.set_input_files(file)
        page.wait_for_selector(f'{MAP}[data-points="{count}"]')
        total = time.perf_counter() - started
        settle(page)
        found: dict[str, Any] = {
            "seconds_from_file": total,
            "seconds_of_reading": reading,
            "seconds_from_data_ready": total - reading,
            "megabytes": sum(received) / 1e6,
        }
        print(f"{count:,} points drawn", found, sep="\n  ", file=sys.stderr, flush=True)  # the answers may take long
        page.keyboard.press("Escape")
        answers = page.get_by_test_id("map").evaluate(ANSWERS, TRIALS if count <= 200_000 else 1)
        found["seconds_to_answer"] = {name: max(seconds) for name, seconds in answers.items()}
        found["seconds_until_the_selection_is_listed"] = seconds_until_listed(page)
        return found


def clustered(file: Path, count: int) -> Path:
    """Texts of a subject each, whose places are drawn around the subject's own."""
    random = np.random.default_rng(0)
    subjects = random.integers(0, CLUSTERS, count)
    places = random.normal(scale=9, size=(CLUSTERS, 2))[subjects] + random.normal(size=(count, 2))
    texts = [
        f"Text {row:,} of subject {subject}, told in some words that differ" for row, subject in enumerate(subjects)
    ]
    columns = {"text": texts, "subject": [f"subject {subject}" for subject in subjects]}
    pd.DataFrame({**columns, "x": places[:, 0], "y": places[:, 1]}).to_parquet(file)
    return file


def seconds_of_reading(file: Path) -> float:
    """Seconds in which the file becomes texts and places."""
    started = time.perf_counter()
    map_files.from_files([(file.name, file.read_bytes())])
    return time.perf_counter() - started


def frames_of(page: Page) -> list[int]:
    """The sizes of what the server sends to the page from now on, as they come."""
    received: list[int] = []

    def listen(socket: WebSocket) -> None:
        socket.on("framereceived", lambda data: received.append(len(data)))

    page.on("websocket", listen)
    return received


def seconds_until_listed(page: Page) -> float:
    """Seconds from a click on a category of the legend until the server lists its texts."""
    chart = page.get_by_test_id("map")
    before = chart.get_attribute("data-selected")
    started = time.perf_counter()
    page.locator(".legend .category").first.click()
    expect(chart).not_to_have_attribute("data-selected", before or "")
    page.get_by_text(f"{int(chart.get_attribute('data-selected') or 0):,} texts selected").wait_for()
    return time.perf_counter() - started


def known(folder: Path, texts: list[str]) -> dict[str, Any]:
    """Texts whose map is on disk, given to a server that was just started, and given to it again."""
    file = written(folder / "known.csv", texts[:TEXTS])
    few = written(folder / "few.csv", texts[TEXTS : TEXTS + FEW_TEXTS])
    with running_server(folder) as address:
        seconds_to_map(address, file, TEXTS)
    with running_server(folder) as address:
        seconds_to_map(address, few, FEW_TEXTS)
        return {"seconds": [seconds_to_map(address, file, TEXTS) for _ in range(2)]}


def beside(folder: Path) -> dict[str, Any]:
    """Other people's pages while a map is computed, and before it is."""
    file = folder / "vectors.npy"
    np.save(file, np.random.default_rng(0).normal(size=(FITTED, DIMENSIONS)).astype(np.float32))
    with running_server(folder) as address, fresh_page() as fitting:
        other = another_person(fitting)
        for page in PAGES:
            seconds_to_paint(other, f"{address}/{page}")
        alone = {page: seconds_to_paint(other, f"{address}/{page}") for page in PAGES}
        other.goto("about:blank")
        newcomer_alone = first_visits(fitting, address)
        fitting.goto(f"{address}/projector?corpus=File&models=wordllama-256&method=PCA")
        fitting.wait_for_selector(MAP)
        fitting.click(DATA)
        files = fitting.wait_for_selector(FILES, state="attached")
        assert files
        files.set_input_files(file)
        fitting.wait_for_selector(f'{MAP}[data-points="{FITTED}"]')
        fitting.keyboard.press("Escape")
        fitting.get_by_text("UMAP", exact=True).click()
        fitting.get_by_text(FITTING).wait_for()
        during = {page: seconds_to_paint(other, f"{address}/{page}") for page in PAGES}
        newcomer_during = first_visits(fitting, address)
        return {
            "seconds_alone": alone,
            "seconds_during_a_fit": during,
            "seconds_of_a_first_visit_alone": newcomer_alone,
            "seconds_of_a_first_visit_during_a_fit": newcomer_during,
            "is_still_fitting": fitting.get_by_text(FITTING).count() > 0,
        }


def another_person(person: Page) -> Page:
    """A page of the same browser in a context of its own, which has nothing loaded yet and notes when it paints."""
    assert person.context.browser
    page = person.context.browser.new_page()
    page.add_init_script(f"({PAINTED})()")
    return page


def first_visits(person: Page, address: str) -> list[float]:
    """Seconds until people who have never been here see the first page: all of Streamlit is loaded anew."""
    seconds = []
    for _ in range(FIRST_VISITS):
        newcomer = another_person(person)
        seconds.append(seconds_to_paint(newcomer, address))
        newcomer.close()
    return seconds


def seconds_to_paint(page: Page, address: str) -> float:
    """Seconds from opening an address until its heading is painted, by the browser's own clock of paints.

    Playwright's waiting would add the seconds in which the browser is too busy with the rest of the page to answer it.
    """
    page.goto("about:blank")
    started = time.time()
    page.goto(address, wait_until="commit")
    painted = page.wait_for_function("window.painted")
    return float(painted.json_value()) / 1000 - started


def told(title: str, found: dict[str, Any]) -> dict[str, Any]:
    """The figures, written to standard error too."""
    print(title, *(f"{name}: {value}" for name, value in found.items()), sep="\n  ", file=sys.stderr, flush=True)
    return found


if __name__ == "__main__":
    main()
