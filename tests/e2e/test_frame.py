"""What stands around every page, in a browser: Back, present mode, the groups of pages, the first visit."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, expect

from core import corpus
from pages.shared import navigation
from tests.e2e.conftest import PHONE, settle
from tests.e2e.test_pages import BOTTOMS, open_page

SMALL = """() => {
    const main = document.querySelector('[data-testid="stMain"]')
    const texts = document.createTreeWalker(main, NodeFilter.SHOW_TEXT)
    const small = []
    while (texts.nextNode()) {
        const part = texts.currentNode.parentElement
        const isRead = part.checkVisibility() && !part.closest('.values, [translate=no]')
        const {width} = part.getBoundingClientRect()
        const size = parseFloat(getComputedStyle(part).fontSize) * part.currentCSSZoom
        const words = texts.currentNode.data.trim()
        if (words && isRead && width > 1 && size < 20) small.push([words, size])
    }
    return small
}"""
PRESSED = """() => [...document.querySelectorAll('[data-testid="stMain"] :is(button, input, textarea, a)')]
    .filter(control => control.checkVisibility() && control.getBoundingClientRect().height)
    .map(control => control.textContent)"""
CAPTIONS = """() => [...document.querySelectorAll('.st-key-result [data-testid="stWidgetLabel"]')].slice(0, 3)
    .map(caption => [caption.textContent, Math.round(caption.getBoundingClientRect().top)])"""
GROUPS = """() => [...document.querySelectorAll('[data-testid="stTopNav"] .rc-overflow-item')]
    .map(item => getComputedStyle(item, '::before').content).filter(content => content !== 'none')"""

CUT_CAPTIONS = """() => [...document.querySelectorAll('.js-plotly-plot .annotation-text')].filter(caption => {
    const [box, chart] = [caption, caption.closest('.js-plotly-plot')].map(part => part.getBoundingClientRect())
    return box.bottom > chart.bottom || box.right > chart.right || box.top < chart.top
}).map(caption => caption.textContent)"""
TOUCHING_LABELS = """() => {
    const labels = [...document.querySelector('.js-plotly-plot').querySelectorAll('.ytick text')]
        .map(label => [label.textContent, label.getBoundingClientRect().y, getComputedStyle(label).fontSize])
        .sort((one, other) => one[1] - other[1])
    return labels.slice(1).filter(([, y, size], place) => y - labels[place][1] < parseFloat(size)).map(([text]) => text)
}"""


def assert_fills(chart: Locator, share: float = 0.85) -> None:
    """A chart takes so much of the width of the window, and its height from where it begins."""
    box, window = chart.bounding_box(), chart.page.viewport_size
    assert box
    assert window
    assert box["width"] > share * window["width"]
    assert window["height"] - 40 < box["y"] + box["height"] <= window["height"]


def test_back_undoes_choices_and_typed_texts_and_present_mode_fills_the_screen_from_page_to_page(
    page: Page, server: str, console_errors: list[str]
) -> None:
    page.goto(f"{server}/evaluate?models=wordllama-256")
    page.wait_for_selector("h1")
    settle(page)
    assert page.evaluate(GROUPS) == ['"Understand"', '"Explore"', '"Decide"']

    captions = dict(page.evaluate(CAPTIONS))
    assert list(captions) == ["View", "Measure", "Recall at k"]
    assert len(set(captions.values())) == 1

    page.get_by_role("radio", name="Pairs").click()
    settle(page)
    page.get_by_role("radio", name="Pearson").click()
    settle(page)
    page.go_back()
    expect(page.get_by_role("radio", name="Spearman")).to_be_checked()
    page.go_back()
    expect(page.get_by_role("radio", name="Ranking")).to_be_checked()
    settle(page)
    page.go_forward()
    expect(page.get_by_role("radio", name="Pairs")).to_be_checked()
    settle(page)

    page.get_by_text("Present", exact=True).click()
    expect(page.get_by_test_id("stSidebar")).to_be_hidden()
    settle(page)
    assert "present=true" in page.url
    expect(page.get_by_role("radio", name="Ranking")).to_be_hidden()
    expect(page.get_by_text("How this was computed")).to_be_hidden()
    sentence, charts = page.locator(".answer"), page.locator("[class*=st-key-presented_] .js-plotly-plot")
    assert float(sentence.evaluate("e => parseFloat(getComputedStyle(e).fontSize)")) >= 30
    assert_fills(charts.first)

    page.keyboard.press("ArrowLeft")
    expect(page.get_by_role("heading", name="Models", exact=True)).to_be_visible()
    settle(page)
    assert_fills(charts.first, 0.5)  # the task types stand beside it
    assert "present=true" in page.url
    page.keyboard.press("PageDown")
    expect(page.get_by_role("heading", name="Evaluate", exact=True)).to_be_visible()
    settle(page)
    page.keyboard.press("ArrowDown")
    expect(charts.nth(1)).to_be_in_viewport(ratio=0.9)
    page.keyboard.press("ArrowUp")
    expect(sentence).to_be_in_viewport()
    expect(page.get_by_role("button", name="Leave")).to_be_in_viewport()
    page.keyboard.press("Escape")  # clicks it
    expect(page.get_by_test_id("stSidebar")).to_be_visible()
    settle(page)
    assert "present" not in page.url

    page.get_by_test_id("stTopNav").get_by_role("link", name="Embed").click()
    expect(page.get_by_role("heading", name="Embed", exact=True)).to_be_visible()
    settle(page)
    texts = page.get_by_label("Texts, one per line")
    texts.fill("one\ntwo")
    texts.press("Control+Enter")
    expect(page.get_by_text("2 texts, one embedding each.")).to_be_visible()
    settle(page)
    page.get_by_test_id("stTopNav").get_by_role("link", name="Explain").click()
    expect(page.get_by_role("heading", name="Explain", exact=True)).to_be_visible()
    settle(page)
    page.go_back()
    expect(texts).to_have_value("one\ntwo")
    settle(page)
    page.go_back()
    expect(page.get_by_text("3 texts, one embedding each.")).to_be_visible()
    assert console_errors == []


def test_the_first_visits_step_leads_to_the_table_and_what_is_dismissed_stays_so(page: Page, server: str) -> None:
    page.goto(server)
    page.set_viewport_size({"width": 1440, "height": 600})
    step, answer = page.get_by_role("button", name="1 Pick models"), page.locator(".answer")
    expect(answer).to_be_visible()
    settle(page)
    step.click()
    table = page.locator(".st-key-models_table")
    expect(table).to_be_in_viewport(ratio=0.9)
    bottom = page.get_by_test_id("stHeader").evaluate("e => e.getBoundingClientRect().bottom")
    box = table.bounding_box()
    assert box
    assert box["y"] >= bottom
    page.get_by_role("button", name="Dismiss").click()
    expect(step).to_have_count(0)
    page.reload()
    expect(answer).to_be_visible()
    settle(page)
    expect(step).to_be_hidden()
    page.evaluate("localStorage.clear()")


def test_what_is_presented_can_be_read_from_the_back_and_nothing_else_is_shown(page: Page, server: str) -> None:
    open_page(page, server, "explain?present=true")
    for title in [title for title, _ in navigation.PAGES.values()]:
        expect(page.get_by_role("heading", name=title, exact=True)).to_be_visible()
        settle(page)
        assert page.evaluate(SMALL) == [], title
        assert [words for words in page.evaluate(PRESSED) if words] == ["closeLeave"], title  # the camera has no words
        if title == "Projector":
            legend = page.get_by_role("group", name="Legend")
            assert legend.get_by_role("button").all_inner_texts() == sorted(set(corpus.sample().fields["subject"]))
            assert float(legend.evaluate("legend => parseFloat(getComputedStyle(legend).fontSize)")) >= 20
            expect(legend.get_by_role("searchbox")).to_be_hidden()
            page.set_viewport_size({"width": 1024, "height": 768})
            expect(legend.get_by_text("and 10 more")).to_be_visible()
            page.set_viewport_size({"width": 1440, "height": 900})
        windows = page.get_by_test_id("stMain").evaluate("main => main.scrollHeight / innerHeight")
        assert windows <= (1 if title in ("Search", "Projector", "Evaluate", "Verdict") else 2), title
        page.keyboard.press("PageDown")


def test_a_phones_head_is_low_and_a_choice_in_a_popover_can_be_read_in_the_dark(page: Page, server: str) -> None:
    page.emulate_media(color_scheme="dark")
    open_page(page, server, "embed")
    page.get_by_role("button", name="Your texts").click()
    expect(page.get_by_role("radio", name="Sample")).to_be_visible()
    settle(page)
    assert Axe().run(page, options={"runOnly": ["color-contrast"]}).response["violations"] == []
    page.keyboard.press("Escape")
    page.set_viewport_size(PHONE)
    settle(page)
    boxes = [page.locator(f".st-key-{key}").bounding_box() for key in ("in_force", "result")]
    title, header = page.locator("h1").bounding_box(), page.get_by_test_id("stHeader").bounding_box()
    assert title
    assert header
    assert title["y"] + title["height"] <= header["height"] < 60, "the title stands in the bar"
    tops = [box["y"] for box in boxes if box]
    assert header["height"] <= tops[0]
    assert tops[1] < 140


@pytest.mark.parametrize("size", [(1280, 720), (1440, 900)])
def test_what_explain_and_similarity_present_first_is_whole_in_the_window(
    page: Page, server: str, size: tuple[int, int]
) -> None:
    width, height = size
    page.set_viewport_size({"width": width, "height": height})
    open_page(page, server, "explain?present=true")
    for step in ("1 · Tokens", "2 · Token vectors", "4 · An angle becomes a cosine"):
        expect(page.get_by_role("heading", name=step)).to_be_in_viewport()
    expect(page.get_by_text("##bly", exact=True).first).to_be_visible()
    assert page.get_by_test_id("stMain").evaluate("main => main.scrollHeight") <= height
    assert page.evaluate(CUT_CAPTIONS) == []
    open_page(page, server, "similarity?present=true")
    expect(page.locator(".js-plotly-plot .heatmap-label").first).to_be_in_viewport()
    numbers = page.locator(".js-plotly-plot").first.locator(".x3tick").all_text_contents()
    assert sorted(map(int, numbers)) == list(range(1, 17))
    assert page.locator(".js-plotly-plot").evaluate_all(BOTTOMS)[0] <= height
    assert page.evaluate(TOUCHING_LABELS) == []
