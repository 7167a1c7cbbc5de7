"""The Search page in a browser: a query typed, lists, a filter, a mark, the other views, hostile files."""

import json

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from core import corpus, embedding, models, search
from tests.e2e.conftest import PATIENCE_MS, settle, upload
from tests.e2e.test_pages import open_page

WORDLLAMA = models.get("wordllama-256")
HOSTILE = '<img src="http://example.org/x.png" onerror="alert(1)"> ![x](http://example.org/y.png) %{x}'
CARDS = '[data-testid="stHtml"]:has(mark), [data-testid="stHtml"]:has(b + span)'

CUT = """group => {
    const frame = group.firstElementChild.getBoundingClientRect();
    return [...group.querySelectorAll("button")].map((button) => [button.innerText, button.getBoundingClientRect()])
        .filter(([, box]) => box.top < frame.bottom && (box.bottom > frame.bottom || box.right > frame.right))
        .map(([text]) => text);
}"""


def cards(page: Page) -> list[str]:
    return page.locator(CARDS).all_inner_texts()


def test_a_query_is_typed_filtered_and_marked_and_the_link_brings_it_back(
    page: Page, server: str, context: BrowserContext, console_errors: list[str]
) -> None:
    open_page(page, server, "search?models=wordllama-256")
    page.get_by_label("Query", exact=True).fill("how do volcanoes erupt")
    page.keyboard.press("Enter")
    settle(page)
    documents = corpus.sample()
    vectors = embedding.embed(documents.documents, WORDLLAMA).vectors
    asked = embedding.embed(["how do volcanoes erupt"], WORDLLAMA, kind="query").vectors
    best = search.nearest(asked, vectors, 5)
    shown = cards(page)
    assert len(shown) == 15
    for rank, row in enumerate(best.rows[0], start=1):
        assert documents.titles[row] in shown[rank - 1]
    first = page.locator(CARDS).first.bounding_box()
    assert first
    assert first["y"] < 510, "below the answer, the results are the first thing to be seen"

    page.get_by_test_id("stFeedback").first.get_by_role("radio").first.click()
    settle(page)
    assert "marks=" in page.url
    page.get_by_role("button", name="Filter").click()
    page.get_by_label("subject", exact=True).click()
    page.get_by_role("option").first.click()
    page.keyboard.press("Escape")
    settle(page)
    expect(page.get_by_text("texts: subject is")).to_be_visible(timeout=PATIENCE_MS)

    other = context.new_page()
    other.set_viewport_size({"width": 1024, "height": 900})
    open_page(other, page.url.partition("/search")[0], "search" + page.url.partition("/search")[2])
    expect(other.get_by_text("texts: subject is")).to_be_visible(timeout=PATIENCE_MS)
    expect(other.locator(CARDS)).to_have_count(15, timeout=PATIENCE_MS)  # the sentence above stands before them
    assert cards(other) == cards(page)
    cut = other.get_by_test_id("stButtonGroup").filter(has_text="at night").evaluate(CUT)
    assert cut == [], "an example is whole, or left out"
    other.get_by_role("link", name="1 mark on 1 query: evaluate").click()
    expect(other.get_by_text("1 labelled queries (judgements made by clicking)")).to_be_visible(timeout=PATIENCE_MS)
    expect(other.get_by_role("button", name="Labels: marked by clicking")).to_be_visible()
    other.close()
    assert console_errors == []


def test_a_hostile_file_is_searched_in_all_views_and_reaches_nobody(
    page: Page, server: str, console_errors: list[str]
) -> None:
    page.on("dialog", lambda dialog: pytest.fail(f"a script ran: {dialog.message}"))
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    open_page(page, server, "search?models=wordllama-256&corpus=File")
    page.get_by_role("button", name="Your texts").click()
    lines = [
        {"text": HOSTILE, "kind": HOSTILE},
        {"text": "=1+1 a fox", "kind": "b"},
        {"text": "a fox =1+1", "kind": "b"},
    ]
    content = "\n".join(map(json.dumps, lines)).encode()
    uploads = page.get_by_test_id("stFileUploaderDropzoneInput")
    upload(uploads.first, {"name": "hostile.jsonl", "mimeType": "application/jsonl", "buffer": content})
    page.keyboard.press("Escape")
    expect(page.locator(CARDS).filter(has_text=HOSTILE).first).to_be_visible()
    for view in ("Indexes", "Duplicates"):
        page.get_by_role("radio", name=view).or_(page.get_by_role("button", name=view)).first.click()
        settle(page)
        assert f"view={view}" in page.url
        assert page.locator('[data-testid="stException"]').count() == 0
        expect(page.locator('[data-testid="stDataFrame"] canvas').first).to_be_visible(timeout=PATIENCE_MS)
    assert not [url for url in asked if "example.org" in url]
    assert console_errors == []
