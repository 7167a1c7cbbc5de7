"""What stands around every page, in a browser: Back, present mode, the groups of pages, the first visit."""

from playwright.sync_api import Page, expect

from tests.e2e.conftest import settle

SIZES = """() => [...document.querySelectorAll('.st-key-presented svg text')]
    .filter(text => text.textContent.trim()).map(text => parseFloat(getComputedStyle(text).fontSize))"""
GROUPS = """() => [...document.querySelectorAll('[data-testid="stTopNav"] .rc-overflow-item')]
    .map(item => getComputedStyle(item, '::before').content).filter(content => content !== 'none')"""


def test_back_undoes_choices_and_present_mode_fills_the_screen_from_page_to_page(
    page: Page, server: str, console_errors: list[str]
) -> None:
    page.goto(f"{server}/evaluate?models=wordllama-256")
    page.wait_for_selector("h1")
    settle(page)
    assert page.evaluate(GROUPS) == ['"Understand"', '"Explore"', '"Decide"']

    page.get_by_role("radio", name="Pairs").click()
    settle(page)
    page.get_by_role("radio", name="Pearson").click()
    settle(page)
    page.go_back()
    expect(page.get_by_role("radio", name="Spearman")).to_be_checked()
    page.go_back()
    expect(page.get_by_role("radio", name="Ranking")).to_be_checked()
    settle(page)

    page.get_by_text("Present", exact=True).click()
    expect(page.get_by_test_id("stSidebar")).to_be_hidden()
    settle(page)
    assert "present=true" in page.url
    expect(page.get_by_role("radio", name="Ranking")).to_be_hidden()
    expect(page.get_by_text("How this was computed")).to_be_hidden()
    sentence, chart = page.locator(".answer"), page.locator(".st-key-presented .js-plotly-plot")
    assert float(sentence.evaluate("e => parseFloat(getComputedStyle(e).fontSize)")) >= 30
    box = chart.bounding_box()
    assert box
    assert box["width"] > 1200
    assert box["height"] > 500
    sizes = page.evaluate(SIZES)
    assert sizes
    assert min(sizes) >= 20

    page.keyboard.press("ArrowLeft")
    expect(page.get_by_role("heading", name="Models", exact=True)).to_be_visible()
    settle(page)
    box = chart.bounding_box()  # what is hidden above it takes no room
    assert box
    assert box["y"] + box["height"] < 920
    assert "present=true" in page.url
    page.keyboard.press("PageDown")
    expect(page.get_by_role("heading", name="Evaluate", exact=True)).to_be_visible()
    settle(page)
    page.keyboard.press("Escape")
    expect(page.get_by_test_id("stSidebar")).to_be_visible()
    settle(page)
    assert "present" not in page.url
    assert console_errors == []
