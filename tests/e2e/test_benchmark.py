"""The Benchmark page in a browser: one click fills the chart, runs wait their turn, and end at once."""

import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psutil
import pytest
from playwright.sync_api import BrowserContext, ConsoleMessage, Page, expect

from core import models
from core.benchmark import Run, StoredRun, grid
from core.machine import this_machine
from core.models import memory
from pages.parts.benchmark.runs import title
from tests.e2e.conftest import AT_REST, PATIENCE_MS, jobs, running_server, settle
from tests.e2e.test_pages import charts, open_page

MINILM, WORDLLAMA = "all-MiniLM-L6-v2", "wordllama-256"
ORIGINAL = {spec.name: spec.original for spec in models.catalogue() if spec.original}
MODELS_BYTES = 110_000_000  # what the host lets models take: timing the large ones takes minutes and shows nothing new
TIMED = [name for name in (*ORIGINAL, WORDLLAMA) if not memory.shortage(models.get(name), "cpu", {"cpu": MODELS_BYTES})]
STATES = ("waiting", "timing …", "not timed yet")
QUICK = "samples=10&seconds=0.1&other_models=true"
AT_ONCE_SECONDS = 2
PATIENCE_SECONDS = 5 * PATIENCE_MS / 1000
SEEN = "element => element.checkVisibility({opacityProperty: true, visibilityProperty: true})"
LANES = f"""() => {{
    const chart = [...document.querySelectorAll('.drawing, .js-plotly-plot')].find({SEEN});
    if (chart?.data) {{
        const [bars, words] = chart.data, {{tickvals, ticktext}} = chart.layout.yaxis;
        const figures = row => ticktext[row].split('<br>').at(-1);
        return tickvals.map((place, row) => [ticktext[row], bars.x[row], words.text[row] || figures(row)]);
    }}
    if (!chart) return [];
    const middle = element => {{
        const {{top, bottom}} = element.getBoundingClientRect();
        return (top + bottom) / 2;
    }};
    const [labels, plot] = chart.children;
    const bars = [...plot.querySelectorAll(':scope > [title]')].filter({SEEN});
    return [...labels.children].map((label, row) => {{
        const words = plot.querySelectorAll(':scope > span')[row].textContent;
        const bar = bars.find(bar => Math.abs(middle(bar) - middle(label)) < 15);
        const figures = label.innerHTML.split('<br>').at(-1);
        return [label.innerHTML, bar ? parseFloat(figures) : null, words || figures];
    }});
}}"""

IS_FINISHED = f"[...document.querySelectorAll('.drawing')].every(element => !({SEEN})(element))"
COUNT_CHARTS = f"""() => {{
    window.chartsSeen = new Set();
    const seen = () => [...document.querySelectorAll('.drawing, .js-plotly-plot .main-svg:first-child')].filter({SEEN});
    setInterval(() => window.chartsSeen.add(seen().length), 20);
}}"""

Lanes = dict[str, tuple[float | None, str]]


@dataclass
class Filled:
    """A dashboard on which one click has timed all models, and what was seen meanwhile."""

    address: str
    home: Path
    lanes: Lanes
    counts: list[int]
    charts_seen: set[int]
    run: Run
    errors: list[str]

    @property
    def link(self) -> str:
        """What names the run in an address."""
        return quote(title(StoredRun("", "here", self.run)))


@pytest.fixture(scope="module")
def filled(context: BrowserContext, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Filled]:
    """The one click, on a server that has timed nothing before."""
    home = tmp_path_factory.mktemp("timed")
    errors: list[str] = []

    def note(message: ConsoleMessage) -> None:
        if message.type == "error" and "/_stcore/" not in message.location.get("url", ""):
            errors.append(message.text)

    limit = {"EMBEDSCOPE_RAM_SHARE": str(MODELS_BYTES / this_machine().memory_bytes)}
    with running_server(home, settings=limit) as address:
        page = context.new_page()
        page.on("console", note)
        page.on("pageerror", lambda error: errors.append(str(error)))
        started = time.monotonic()
        page.goto(f"{address}/benchmark?{QUICK}")
        page.get_by_role("button", name="Time all models").click()
        wait_until(page, lambda: sum(says(words, *STATES[:2]) for _, words in lanes(page).values()) > len(TIMED) / 2)
        page.evaluate(COUNT_CHARTS)
        counts = watch(page)
        print(f"All rows were filled {time.monotonic() - started:.0f} s after the page was opened.")
        page.wait_for_function(IS_FINISHED)  # the page is drawn once more when all is timed
        settle(page)
        seen, charts_seen = lanes(page), set(page.evaluate("[...window.chartsSeen]"))
        errors += page.get_by_test_id("stException").all_inner_texts()
        errors += page.get_by_test_id("stAlertContentError").all_inner_texts()
        page.close()
        yield Filled(address, home, seen, counts, charts_seen, runs_in(home)[-1], errors)


def lanes(page: Page) -> Lanes:
    """The milliseconds and the words of each row of the first chart, as the browser holds them now."""
    return {name(label): (bar, words.strip()) for label, bar, words in page.evaluate(LANES)}


def name(label: str) -> str:
    return label.partition("<br>")[0].removeprefix("<b>").removesuffix("</b>")


def says(words: str, *states: str) -> bool:
    return words.endswith(states)


def watch(page: Page) -> list[int]:
    """The numbers of bars that are seen one after the other, until no row waits any more."""
    counts: list[int] = []

    def is_full() -> bool:
        rows = lanes(page).values()
        count = sum(bar is not None for bar, _ in rows)
        if rows and count not in counts[-1:]:
            counts.append(count)
        return bool(rows) and not any(says(words, *STATES) for _, words in rows)

    wait_until(page, is_full)
    return counts


def wait_until(page: Page, is_so: Callable[[], bool]) -> None:
    """Look again and again, while the browser goes on."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not is_so():
        assert time.monotonic() < deadline
        page.wait_for_timeout(100)


def runs_in(home: Path) -> list[Run]:
    """The runs that are kept, in the order in which they were finished."""
    paths = sorted((home / "runs").glob("*.json"), key=lambda path: path.stat().st_mtime_ns)
    return [Run.from_json(path.read_text(encoding="utf-8")) for path in paths]


def is_at_rest(page: Page) -> bool:
    return bool(page.evaluate(AT_REST))


def seconds_until_gone(process: psutil.Process) -> float:
    """How long a timing process lives on; looked at until it is certain that it is too long."""
    started = time.monotonic()
    while process in jobs("timing") and time.monotonic() < started + 2 * AT_ONCE_SECONDS:
        time.sleep(0.02)
    return time.monotonic() - started


def only_process(page: Page) -> psutil.Process:
    """The one process that times, once it has begun."""
    wait_until(page, lambda: bool(jobs("timing")))
    (process,) = jobs("timing")
    return process


def test_one_click_fills_every_row_with_a_bar_or_a_reason(filled: Filled) -> None:
    assert sorted(filled.lanes) == sorted([*ORIGINAL, WORDLLAMA])
    bars = {name: bar for name, (bar, _) in filled.lanes.items() if bar is not None}
    assert sorted(bars) == sorted(TIMED)
    assert list(filled.lanes)[: len(bars)] == sorted(bars, key=bars.__getitem__)  # the fastest first
    assert bars == {row.model: row.median_ms for row in filled.run.results if not row.failure and row.device == "cpu"}
    assert {"CPU: needs" in words for bar, words in filled.lanes.values() if bar is None} <= {True}
    assert filled.errors == []


def test_the_bars_fill_one_after_the_other(filled: Filled) -> None:
    assert filled.counts == list(range(len(TIMED) + 1))


def test_there_is_one_chart_all_the_time_that_the_bars_fill(filled: Filled) -> None:
    assert filled.charts_seen == {1}


def test_what_was_timed_is_compared_taken_elsewhere_and_set_against_accuracy_in_a_picture(
    page: Page, filled: Filled, console_errors: list[str]
) -> None:
    open_page(page, filled.address, f"benchmark?benchmark=Runs&first_run={filled.link}&accuracy=MTEB+v1")
    bars: dict[str, Any] = charts(page, 1)[0][0]
    here = {name: bar for name, (bar, _) in filled.lanes.items()}
    both = [(here[name], row.cpu_ms) for name, row in ORIGINAL.items() if row and row.cpu_ms]
    assert bars["x"] == [milliseconds for pair in both for milliseconds in pair]
    with page.expect_download() as download:
        page.get_by_role("button", name="Download JSON").click()
    assert Run.from_json(download.value.path().read_text(encoding="utf-8")) == filled.run

    page.get_by_text("Accuracy and speed", exact=True).click()
    expect(page.locator(".answer")).to_have_text(re.compile("^On this machine, "))  # other tests may disturb timings
    settle(page)
    points: dict[str, Any] = next(trace for trace in charts(page, 2)[0] if trace.get("mode") == "markers+text")
    expected = {
        (bar, (models.get(name).mteb_v1 or {})["average"]) for name, bar in here.items() if bar and name in ORIGINAL
    }
    assert set(zip(points["x"], points["y"], strict=True)) == expected
    for kind, beginning in {"SVG": b"<svg", "PNG": b"\x89PNG\r\n\x1a\n"}.items():
        page.get_by_text(kind, exact=True).click()
        settle(page)
        charts(page, 2)
        with page.expect_download() as download:
            page.locator(".js-plotly-plot").first.locator(".modebar-btn").first.click()
        assert download.value.suggested_filename == f"embedscope-accuracy-and-speed.{kind.lower()}"
        assert download.value.path().read_bytes().startswith(beginning)
    assert console_errors == []


def test_one_waits_for_another_and_cancelling_or_closing_the_tab_ends_a_process_at_once(
    page: Page, context: BrowserContext, filled: Filled, console_errors: list[str]
) -> None:
    before, other = runs_in(filled.home), context.new_page()
    for each, seconds in ((page, 30), (other, 0.1)):
        open_page(each, filled.address, f"benchmark?models={WORDLLAMA}&samples=10&seconds={seconds}")
    page.get_by_role("button", name="Time this machine").click()
    cancelled = only_process(page)
    other.get_by_role("button", name="Time this machine").click()
    expect(other.get_by_text("Waiting: place 1 in the queue for benchmarks, about")).to_be_visible()
    assert jobs("timing") == [cancelled]

    page.get_by_role("button", name="Cancel").click()
    assert seconds_until_gone(cancelled) < AT_ONCE_SECONDS
    assert only_process(other) != cancelled
    wait_until(other, lambda: is_at_rest(other))
    other.wait_for_function(IS_FINISHED)  # until then the bars that grow are seen, with rounded figures
    settle(other)
    *kept, last = runs_in(filled.home)
    assert kept == before
    assert [(row.model, row.median_ms) for row in last.results] == [(WORDLLAMA, lanes(other)[WORDLLAMA][0])]
    settle(page)
    assert lanes(page)[WORDLLAMA][0] in (filled.lanes[WORDLLAMA][0], last.results[0].median_ms)

    page.get_by_role("button", name="Time this machine").click()
    closed = only_process(page)
    page.close()
    assert seconds_until_gone(closed) < AT_ONCE_SECONDS
    assert console_errors == []


def test_who_leaves_a_sweep_for_another_view_keeps_what_was_measured(
    page: Page, filled: Filled, console_errors: list[str]
) -> None:
    before = runs_in(filled.home)
    open_page(page, filled.address, f"benchmark?benchmark=Sweep&sweep_model={WORDLLAMA}")
    page.get_by_role("button", name=f"Sweep {WORDLLAMA}").click()
    process = only_process(page)
    expect(page.get_by_text(re.compile(r"^[2-9] of \d+: ")).first).to_be_visible()
    page.get_by_text("Runs", exact=True).click()
    assert seconds_until_gone(process) < AT_ONCE_SECONDS
    settle(page)
    *kept, last = runs_in(filled.home)
    assert kept == before
    assert 0 < len(last.results) < len(grid())
    assert last.results[0].median_ms

    page.get_by_text("Sweep", exact=True).click()
    page.wait_for_function(IS_FINISHED)
    settle(page)
    cells: dict[str, Any] = charts(page, 1)[0][1]
    assert len(cells["text"]) == len(last.results)
    assert page.get_by_test_id("stException").count() == 0
    assert console_errors == []
