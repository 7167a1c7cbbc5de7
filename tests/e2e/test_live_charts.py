"""Charts that grow, in a browser: there is one all the time, nothing moves, and plotly draws what was drawn before."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.conftest import ROOT
from tests.e2e.conftest import running_server, settle

KINDS = ("bars", "cells", "engines")
CHARTS_SEEN = """() => {
    window.seen = new Set()
    const visible = element => element.checkVisibility({opacityProperty: true, visibilityProperty: true})
    const count = selector => [...document.querySelectorAll(selector)].filter(visible).length
    const name = () => [...document.querySelectorAll('.st-key-live_tried [role]')].filter(visible)
        .flatMap(({ariaLabel}) => ariaLabel ?? []).join()
    const note = () => {
        const below = [...document.querySelectorAll('p')].find(text => text.textContent === 'What stands below.')
        window.seen.add(JSON.stringify({
            plain: count('.drawing'),
            plotly: count('.js-plotly-plot .main-svg:first-child'),
            skeletons: count('[data-testid="stSkeleton"]'),
            name: name(),
            below: Math.round(below.getBoundingClientRect().top),
        }))
    }
    setInterval(note, 20)
    const frame = () => { note(); requestAnimationFrame(frame) }
    frame()
}"""
DRAWN = """selector => {
    const chart = document.querySelector(selector), corner = chart.getBoundingClientRect()
    const texts = [...chart.querySelectorAll('text, span, div[style*="writing-mode"]')].map(text => {
        const range = document.createRange()
        range.selectNodeContents(text)
        const {left, right, top, bottom} = range.getBoundingClientRect()
        return [text.textContent.replace(/\\s+/g, ' ').trim(), left - corner.left, right - corner.left,
            (top + bottom) / 2 - corner.top]
    })
    const bars = [...chart.querySelectorAll('.bars .point path, div[title]')].map(bar => {
        const {left, top, width, height} = bar.getBoundingClientRect()
        const edge = bar.tagName === 'DIV' && bar.style.border ? 1 : 0  // plotly's box does not count its outline
        return [left - corner.left + edge, top - corner.top + edge, width - 2 * edge, height - 2 * edge]
    })
    return {size: [corner.width, corner.height], texts: texts.filter(([text]) => text), bars}
}"""


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    quiet = {"STREAMLIT_BROWSER_GATHER_USAGE_STATS": "false"}
    with running_server(tmp_path_factory.mktemp("live"), ROOT / "tests/e2e/live_chart_script.py", quiet) as running:
        yield running


def open_chart(page: Page, address: str, query: str) -> None:
    page.goto(f"{address}/?{query}")
    page.wait_for_selector(".js-plotly-plot .main-svg")
    settle(page)


@pytest.mark.parametrize("kind", KINDS)
def test_there_is_one_chart_all_the_time_and_plotly_draws_everything_where_it_was_drawn_before(
    page: Page, address: str, console_errors: list[str], kind: str
) -> None:
    open_chart(page, address, f"chart={kind}&pause=0.2")
    page.evaluate(CHARTS_SEEN)
    for _ in range(2):
        page.get_by_role("button", name="Start").click()
        page.wait_for_timeout(800)
    settle(page)
    seen: list[dict[str, Any]] = [json.loads(state) for state in page.evaluate("[...window.seen]")]
    assert {(state["plain"], state["plotly"]) for state in seen} == {(1, 0), (0, 1)}
    assert {state["skeletons"] for state in seen} == {0}
    assert {state["name"] for state in seen} == {"What is tried"}
    assert len({state["below"] for state in seen}) == 1, "nothing moves"
    assert_drawn_alike(page, kind)

    page.set_viewport_size({"width": 1024, "height": 900})
    page.get_by_role("button", name="Start").click()
    settle(page)
    assert_drawn_alike(page, kind)
    assert console_errors == []


def drawn(page: Page, selector: str) -> tuple[dict[str, list[list[float]]], list[list[float]]]:
    """Each text's left and right end and its middle, and each bar's box, in pixels from the chart's corner."""
    content = page.evaluate(DRAWN, selector)
    texts: dict[str, list[list[float]]] = {}
    for text, *place in content["texts"]:
        texts.setdefault(text, []).append(place)
    return {text: sorted(places) for text, places in texts.items()}, [box for box in content["bars"] if box[2] > 0]


def assert_drawn_alike(page: Page, kind: str) -> None:
    """Plotly's texts and bars are in the places of those that grew."""
    plain_texts, plain_bars = drawn(page, ".drawing")
    texts, bars = drawn(page, ".js-plotly-plot")
    assert plain_texts.keys() == texts.keys()
    for text, places in texts.items():
        assert plain_texts[text] == [pytest.approx(place, abs=1.5) for place in places], text
    if kind != "cells":  # which plotly draws as one picture
        assert plain_bars == [pytest.approx(box, abs=1) for box in bars]


def test_a_first_chart_appears_with_names_as_texts_and_what_was_said_in_its_place_goes(
    page: Page, address: str
) -> None:
    page.on("dialog", lambda dialog: pytest.fail(f"a script ran: {dialog.message}"))
    page.goto(f"{address}/?empty=1&pause=0.5")
    page.get_by_text("Nothing is measured yet.").wait_for()
    page.get_by_role("button", name="Start").click()
    page.get_by_role("img", name="What is tried").wait_for()
    assert page.locator(".js-plotly-plot").count() == 0
    assert "<img src=x onerror=f()>" in page.locator(".drawing").inner_text()
    page.wait_for_selector(".js-plotly-plot .main-svg")
    settle(page)
    assert page.get_by_role("figure", name="What is tried").is_visible()
    assert not page.get_by_role("img", name="What is tried").is_visible()
    assert page.locator(".drawing img, .js-plotly-plot img").count() == 0
