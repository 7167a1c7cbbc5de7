"""Seconds from opening a page on a started server until it is on screen: `python -m tests.benchmarks.first_paint`.

Each figure is from a fresh server and a fresh browser; the median of the runs is printed last.
"""

import statistics
import tempfile
import time
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.e2e.conftest import CHROMIUM, FLAGS, running_server

RUNS = 5
PAGES = {"": '[data-testid="stDataFrame"] canvas', "search": '[data-testid="stTextInput"]', "projector": "h2"}


def seconds_to_paint(path: str, selector: str) -> float:
    with tempfile.TemporaryDirectory() as home, running_server(Path(home)) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        started = time.perf_counter()
        page.goto(f"{address}/{path}", wait_until="commit")
        page.wait_for_selector(selector)
        seconds = time.perf_counter() - started
        browser.close()
        return seconds


if __name__ == "__main__":
    for path, selector in PAGES.items():
        runs = [seconds_to_paint(path, selector) for _ in range(RUNS)]
        print(path or "models", " ".join(f"{run:.2f}" for run in runs), f"median {statistics.median(runs):.2f} s")
