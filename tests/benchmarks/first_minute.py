"""Seconds until a newcomer sees each page's first result: `python -m tests.benchmarks.first_minute`.

Each figure is from a freshly started server, an empty home and a fresh browser, which opens the page's address. Beside
them stands a script that is one header and one table, opened in the same round: what Streamlit itself takes on this
machine. "Own text" is the time from Explain's first chart, when a sentence is typed at once, to the tokens of it.

An element counts from the frame in which the browser shows it, by the browser's own clock: asked from outside, it would
answer only once it has a moment between drawing what follows.
"""

import argparse
import json
import statistics
import tempfile
import time
from pathlib import Path

from playwright.sync_api import sync_playwright

from core.machine import this_machine
from tests.conftest import ROOT
from tests.e2e.conftest import CHROMIUM, FLAGS, running_server

OWN_TEXT = "A zebra crosses the road"
SHOWS_OWN_TEXT = (
    "[...document.querySelectorAll('.js-plotly-plot text')].some(text => text.textContent.endsWith(' zebra'))"
)
PATIENCE_MS = 300_000
SEEN = """selector => {
    const find = root => root.querySelector(selector)
        ?? [...root.querySelectorAll("*")].map(({shadowRoot}) => shadowRoot && find(shadowRoot)).find(Boolean);
    const look = () => {
        if (find(document)?.checkVisibility())
            window.seenAt = performance.timeOrigin + performance.now();
        else requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
}"""
BARE = "import streamlit as st\nst.header('bare')\nimport pandas\nst.dataframe(pandas.DataFrame({'n': range(14)}))\n"
TABLE = '[data-testid="stDataFrame"] canvas'
CHART = ".js-plotly-plot .main-svg"
RESULTS = {
    "models": TABLE,
    "explain": CHART,
    "embed": CHART,
    "similarity": CHART,
    "search": '[data-testid="stFeedback"]',
    "evaluate": CHART,
    "projector": '[data-testid="map"]',
    "benchmark": CHART,
    "verdict": CHART,
}


def seconds_until(selector: str, script: Path, path: str = "") -> float:
    """Seconds from opening an address until an element is on screen."""
    home = Path(tempfile.mkdtemp())
    (home / "engines").mkdir()  # a home of its own, with no engine chosen yet
    with running_server(home, script) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        page.add_init_script(f"({SEEN})({json.dumps(selector)})")
        started = time.time()
        page.goto(f"{address}/{path}", wait_until="commit")
        seen_at = page.wait_for_function("window.seenAt", timeout=PATIENCE_MS).json_value() / 1000
        browser.close()
        return float(seen_at) - started


def seconds_until_own_text() -> float:
    """Seconds until Explain shows the tokens of a sentence that is typed as soon as its first chart is there."""
    home = Path(tempfile.mkdtemp())
    (home / "engines").mkdir()
    with running_server(home) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        page.goto(f"{address}/explain", wait_until="commit")
        page.wait_for_selector(CHART, timeout=PATIENCE_MS)
        started = time.perf_counter()
        page.get_by_label("Your sentence").fill(OWN_TEXT)
        page.keyboard.press("Enter")
        page.wait_for_function(SHOWS_OWN_TEXT, timeout=PATIENCE_MS)
        seconds = time.perf_counter() - started
        browser.close()
        return seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--pages", nargs="+", default=list(RESULTS), choices=RESULTS)
    asked = parser.parse_args()
    bare = Path(tempfile.mkdtemp()) / "bare.py"
    bare.write_text(BARE)
    print(this_machine().sentence)
    taken: dict[str, list[float]] = {name: [] for name in ("bare", *asked.pages)}
    for _ in range(asked.rounds):
        taken["bare"].append(seconds_until(TABLE, bare))
        for name in asked.pages:
            taken[name].append(seconds_until(RESULTS[name], ROOT / "streamlit_app.py", name))
    own = [seconds_until_own_text() for _ in range(asked.rounds)]
    print(f"own text   median {statistics.median(own):6.2f} s; of {' '.join(f'{value:.2f}' for value in own)}")
    for name, seconds in taken.items():
        ratio = statistics.median(one / floor for one, floor in zip(seconds, taken["bare"], strict=True))
        listed = " ".join(f"{value:.2f}" for value in seconds)
        print(f"{name:10} median {statistics.median(seconds):6.2f} s, {ratio:4.1f} times bare; of {listed}")


if __name__ == "__main__":
    main()
