"""What only a browser can do: clicks on canvases, addresses that follow from page to page."""

from playwright.sync_api import Page, expect

from tests.e2e.conftest import PATIENCE_MS, settle
from tests.e2e.test_pages import charts, open_page

ROW_HEIGHT, HEADER_HEIGHT, TICK_X = 35, 38, 17


def tick(page: Page, row: int) -> None:
    """Click the tick box of a row of the table, which is drawn on a canvas."""
    box = page.locator('[data-testid="stDataFrame"]').first.bounding_box()
    assert box
    page.mouse.click(box["x"] + TICK_X, box["y"] + HEADER_HEIGHT + ROW_HEIGHT * row + ROW_HEIGHT / 2)
    settle(page)


def show_original_six(page: Page) -> None:
    """The table of the first six models, the best first."""
    page.get_by_text("Original six", exact=True).click()
    page.wait_for_selector('[data-testid="stDataFrame"] canvas')
    settle(page)


def test_ticked_rows_are_the_picked_models_of_all_pages_and_a_fifth_is_refused(page: Page, server: str) -> None:
    open_page(page, server, "")
    show_original_six(page)
    tick(page, 2)  # bge-large-en-v1.5: the one picked of the six stands on top
    tick(page, 0)  # all-MiniLM-L6-v2
    assert "models=bge-large-en-v1.5&models=wordllama-256" in page.url
    page.get_by_role("link", name="Similarity").click()
    expect(page.get_by_text("bge-large-en-v1.5 is not on this machine")).to_be_visible(timeout=PATIENCE_MS)
    assert "models=bge-large-en-v1.5&models=wordllama-256" in page.url
    assert charts(page, 1)[0][0]["type"] == "heatmap"
    expect(page.get_by_role("heading", name="wordllama-256").first).to_be_visible()
    expect(page.get_by_role("heading", name="bge-large-en-v1.5")).to_have_count(0)
    page.get_by_role("link", name="Models").click()
    show_original_six(page)
    for row in (2, 3, 4):  # bge-small-en-v1.5, all-mpnet-base-v2, all-MiniLM-L12-v2
        tick(page, row)
    expect(page.get_by_text("You can pick up to 4 models")).to_be_visible()
    assert "all-mpnet-base-v2" in page.url
    assert "all-MiniLM-L12-v2" not in page.url


def test_few_results_on_one_page_and_many_neighbours_on_another_leave_each_other_alone(page: Page, server: str) -> None:
    open_page(page, server, "projector?models=wordllama-256&method=PCA")
    page.get_by_role("link", name="Search").click()
    page.get_by_text("3 results", exact=True).click()
    settle(page)
    page.get_by_role("link", name="Projector").click()
    page.get_by_role("button", name="Appearance").click()
    neighbours = page.get_by_role("slider", name="Neighbours per text")
    expect(neighbours).to_have_value("10", timeout=PATIENCE_MS)
    neighbours.press("End")
    settle(page)
    assert "neighbours=500" in page.url
    page.keyboard.press("Escape")
    page.get_by_role("link", name="Search").click()
    expect(page.get_by_text("3 results", exact=True)).to_be_visible(timeout=PATIENCE_MS)
    settle(page)
    assert "k=3" in page.url
    assert page.get_by_test_id("stException").count() == 0
