"""A corpus of one's own in a browser: two files, columns, passages, another page, and what was left out."""

import csv
import io
from pathlib import Path

from playwright.sync_api import Page, expect

from core import corpus
from tests.e2e.conftest import settle, upload

HOSTILE = "<img src=x onerror=alert(1)>"
SENTENCES = " ".join(f"Sentence {number} is about cats that sleep all day." for number in range(60))
ARTICLES = (
    f"key,headline,body,{HOSTILE}\n"
    f'k1,Cats,"{SENTENCES} The last one says that owls hunt at night.",![x](http://evil.example/x.png)\n'
    "k2,Dogs,Dogs bark at the postman.,%{x}\n"
    "=1+1,torn,by,too,many,cells\n"
)
MORE = '{"_id": "k1", "title": "Owls", "text": "=SUM(A1) is no owl."}\nnot JSON\n'


def open_corpus(page: Page) -> None:
    page.get_by_role("button", name="Your texts:").click()
    page.get_by_test_id("stFileUploaderDropzoneInput").wait_for(state="attached")


def test_files_of_ones_own_are_searched_in_passages_on_every_page_and_what_was_left_out_is_downloaded(
    page: Page, server: str, console_errors: list[str], tmp_path: Path
) -> None:
    (tmp_path / "articles.csv").write_text(ARTICLES)
    (tmp_path / "more.jsonl").write_text(MORE)
    outside: list[str] = []
    page.on("request", lambda request: outside.append(request.url) if "evil.example" in request.url else None)
    page.goto(f"{server}/search?corpus=File&models=wordllama-256&q=Do%20owls%20hunt%3F")
    settle(page)
    expect(page.get_by_text("No file is uploaded in this session")).to_be_visible()

    open_corpus(page)
    upload(page.get_by_test_id("stFileUploaderDropzoneInput"), tmp_path / "articles.csv", tmp_path / "more.jsonl")
    choice = page.get_by_test_id("stPopoverBody")
    expect(choice.get_by_text("Metadata")).to_be_visible()  # still open, and its columns are offered
    expect(choice.get_by_text(HOSTILE)).to_be_visible()
    assert page.locator("img[src='x']").count() == 0

    choice.get_by_text("Split long texts into passages").click()
    settle(page)
    choice.get_by_role("spinbutton", name="Tokens per passage").fill("40")
    choice.get_by_role("spinbutton", name="Tokens per passage").press("Enter")
    settle(page)
    expect(choice.get_by_text("3 documents split into")).to_be_visible()

    with page.expect_download() as download:
        choice.get_by_role("button", name="Download skipped rows").click()
    listed = list(csv.DictReader(io.StringIO(Path(download.value.path()).read_text(encoding="utf-8-sig"))))
    assert [(row["file"], row["line or row"], row["beginning of the text"]) for row in listed] == [
        ("articles.csv", "4", "'=1+1,torn,by,too,many,cells"),
        ("more.jsonl", "2", "not JSON"),
    ]

    page.keyboard.press("Escape")
    expect(page.get_by_text("owls hunt at night").first).to_be_visible()

    page.get_by_role("link", name="Similarity").click()  # another page, the same corpus
    settle(page)
    expect(page.get_by_role("button", name="Your texts: articles.csv and")).to_be_visible()
    page.get_by_role("link", name="Search").click()
    settle(page)
    open_corpus(page)
    expect(page.get_by_test_id("stPopoverBody").get_by_text("more.jsonl").first).to_be_visible()
    expect(page.get_by_test_id("stPopoverBody").get_by_text("3 documents split into")).to_be_visible()

    page.reload()  # a new session, which has no files
    settle(page)
    expect(page.get_by_text("No file is uploaded in this session, so this page shows the sample")).to_be_visible()
    expect(page.get_by_role("button", name="Your texts: sample")).to_be_visible()
    assert outside == []
    assert console_errors == []


REMEMBER_SOCKETS = """window.sockets = []; window.WebSocket = class extends WebSocket {
    constructor(...given) { super(...given); window.sockets.push(this); }
}"""


def test_a_break_of_the_connection_loses_neither_files_nor_typed_texts(page: Page, server: str, tmp_path: Path) -> None:
    hello, bank, _ = corpus.EMBEDDED  # shipped with their vectors: no model is loaded
    (tmp_path / "two.txt").write_text(f"{hello}\n{bank}\n")
    page.add_init_script(REMEMBER_SOCKETS)
    page.goto(f"{server}/embed?models=wordllama-256")
    settle(page)
    typed, many = page.get_by_label("Texts, one per line"), "\n".join([hello] * 150)
    typed.fill(many)  # too long for the address
    typed.press("Control+Enter")
    expect(page.get_by_text("150 texts, one embedding each.")).to_be_visible()
    page.get_by_role("radio", name="Your texts").click()
    page.get_by_role("button", name="Your texts:").click()
    page.get_by_test_id("stPopoverBody").get_by_role("radio", name="File").click()
    page.get_by_test_id("stFileUploaderDropzoneInput").set_input_files([tmp_path / "two.txt"])
    expect(page.get_by_text("2 texts, one embedding each.")).to_be_visible()

    app = page.get_by_test_id("stApp")
    page.context.set_offline(True)  # as when a lid is closed: no new connection
    page.evaluate("sockets.forEach(socket => socket.close())")
    expect(app).not_to_have_attribute("data-test-connection-state", "CONNECTED")
    page.context.set_offline(False)
    expect(app).to_have_attribute("data-test-connection-state", "CONNECTED")
    settle(page)
    expect(page.get_by_text("2 texts, one embedding each.")).to_be_visible()
    page.get_by_role("radio", name="Type").click()
    expect(typed).to_have_value(many)
