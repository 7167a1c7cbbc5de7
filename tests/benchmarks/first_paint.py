"""Seconds from opening a page on a started server until it is on screen: `python -m tests.benchmarks.first_paint`.

Each figure is from a fresh server and a fresh browser. The same is measured of a script that is one header and
one table of 14 rows: what Streamlit itself takes on this machine.
"""

import statistics
import tempfile
import time
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.conftest import ROOT
from tests.e2e.conftest import CHROMIUM, FLAGS, running_server

RUNS = 5
MILESTONES = {
    "": {"heading": "h2", "controls": '[data-testid="stTextInput"]', "table": '[data-testid="stDataFrame"] canvas'},
    "search": {"heading": "h2", "controls": '[data-testid="stTextInput"]'},
    "projector": {"heading": "h2", "controls": '[data-testid="stButtonGroup"]'},
}


BARE = "import streamlit as st\nst.header('bare')\nimport pandas\nst.dataframe(pandas.DataFrame({'n': range(14)}))\n"


def seconds_to_paint(script: Path, path: str, milestones: dict[str, str]) -> dict[str, float]:
    home = script.parent if script.name == "bare.py" else Path(tempfile.mkdtemp())
    with running_server(home, script) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        page.goto("about:blank")
        started = time.perf_counter()
        page.goto(f"{address}/{path}", wait_until="commit")
        seconds = {}
        for name, selector in milestones.items():
            page.wait_for_selector(selector)
            seconds[name] = time.perf_counter() - started
        browser.close()
        return seconds


def report(title: str, runs: list[dict[str, float]]) -> None:
    for name in runs[0]:
        values = [run[name] for run in runs]
        listed = " ".join(f"{value:.2f}" for value in values)
        print(f"{title:10} {name:9} median {statistics.median(values):.2f} s of {listed}")


if __name__ == "__main__":
    app = ROOT / "streamlit_app.py"
    bare = Path(tempfile.mkdtemp()) / "bare.py"
    bare.write_text(BARE)
    floor, first = [], []
    for _ in range(RUNS):
        floor.append(seconds_to_paint(bare, "", {"heading": "h2", "table": MILESTONES[""]["table"]}))
        first.append(seconds_to_paint(app, "", MILESTONES[""]))
    report("bare", floor)
    report("models", first)
    for path in ("search", "projector"):
        report(path, [seconds_to_paint(app, path, MILESTONES[path]) for _ in range(RUNS)])
