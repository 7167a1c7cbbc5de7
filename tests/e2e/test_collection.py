"""A collection in a browser, of the size it is for: from an uploaded folder to what is found, measured and drawn."""

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from core import corpus
from core.corpus.labels import as_beir
from tests.e2e.conftest import PATIENCE_MS, running_server, settle, upload
from tests.e2e.test_evaluate import dots
from tests.e2e.test_maps import READY

pytest.importorskip("lance", reason="requirements-scale.txt is not installed: collections are not checked")
import pyarrow as pa
import pyarrow.parquet as pq

WORDLLAMA = "wordllama-256"
TEXTS, FILES, SUBJECTS = 200_000, 4, 200
WORDS_OF_SUBJECT, WORDS_OF_TEXT = 40, 8
ASKED = (11, 77_777, 133_333, 199_999)
DONE = (
    "many is complete: Reading the files; Indexing the words; Embedding with wordllama-256; Indexing the vectors of "
    "wordllama-256; Mapping with wordllama-256."
)


def made_up() -> list[str]:
    """Texts of words that are drawn from those of a subject."""
    words = np.array(sorted(set(re.findall(r"[a-z]{4,}", " ".join(corpus.sample().texts).lower()))))
    draw = np.random.default_rng(0)
    subjects = draw.choice(words, (SUBJECTS, WORDS_OF_SUBJECT))
    places = draw.integers(WORDS_OF_SUBJECT, size=(TEXTS, WORDS_OF_TEXT))
    drawn = subjects[draw.integers(SUBJECTS, size=TEXTS)[:, None], places]
    return [" ".join(text) for text in drawn.tolist()]


@pytest.fixture(scope="module")
def texts() -> list[str]:
    return made_up()


@pytest.fixture
def folder(texts: list[str], tmp_path: Path) -> Path:
    """The texts in Parquet files, beside a file of another kind."""
    (tmp_path / "many").mkdir()
    for number, rows in enumerate(np.array_split(np.arange(TEXTS), FILES)):
        table = {"id": [f"d{row}" for row in rows], "text": [texts[row] for row in rows]}
        pq.write_table(pa.table(table), tmp_path / "many" / f"part-{number}.parquet")
    (tmp_path / "many" / "notes.md").write_text("Not a file of texts.")
    return tmp_path / "many"


@pytest.fixture
def dashboard(tmp_path: Path) -> Iterator[str]:
    with running_server(tmp_path / "home") as address:
        yield address


def asked(text: str) -> str:
    """A query whose vector is that of a text, with the same words in another order."""
    return " ".join(reversed(text.split()))


def open_page(page: Page, dashboard: str, name: str, **choices: str) -> None:
    page.goto(f"{dashboard}/{name}?" + urlencode({"models": WORDLLAMA, "corpus": "Collection", **choices}))
    page.wait_for_selector("h1")
    settle(page)


@pytest.mark.alone
def test_a_folder_becomes_a_collection_that_is_searched_measured_and_mapped(
    page: Page, dashboard: str, folder: Path, texts: list[str], tmp_path: Path, console_errors: list[str]
) -> None:
    query = asked(texts[ASKED[0]])
    open_page(page, dashboard, "search", q=query)
    page.get_by_role("button", name="Your texts:").click()
    page.get_by_role("radio", name="A folder").click()
    settle(page)
    page.get_by_test_id("stFileUploaderDropzoneInput").set_input_files(folder)
    for number in range(FILES):
        expect(page.get_by_role("button", name=re.compile(f"Remove .*part-{number}.parquet"))).to_be_visible()
    page.get_by_label("Name", exact=True).fill("many")
    page.get_by_role("button", name="Create", exact=True).click()
    page.keyboard.press("Escape")
    expect(page.get_by_text("many · Reading the files")).to_be_visible()
    page.reload()  # the server goes on
    expect(page.get_by_text(re.compile(r"many · Embedding with wordllama-256: [\d,]+ of 200,000"))).to_be_visible()
    expect(page.get_by_text(DONE)).to_be_visible(timeout=3 * PATIENCE_MS)
    settle(page)
    shown = page.get_by_test_id("stMain").inner_text()
    assert re.search(rf"1\s+cos 1\.00\s.*?{re.escape(texts[ASKED[0]])}", shown, re.DOTALL)
    (recall,) = re.findall(r"The index finds ([\d.]+)% of the 10 nearest", shown)
    assert float(recall) >= 98
    assert "Every list is of all 200,000 texts of many" in shown

    relevant = {f"q{number}": {f"d{row}": 1} for number, row in enumerate(ASKED)}
    relevant["q3"] = {f"d{ASKED[0]}": 1}  # which that query does not find: its text has another subject
    lines = ["_id,text", *(f"q{number},{asked(texts[row])}" for number, row in enumerate(ASKED))]
    (tmp_path / "queries.csv").write_text("\n".join(lines))
    (tmp_path / "labels.tsv").write_text(as_beir(relevant))
    open_page(page, dashboard, "evaluate", collection="many")
    page.get_by_role("button", name="Labels:").click()
    page.get_by_test_id("stPopoverBody").get_by_role("radio", name="Files").click()
    uploads = page.get_by_test_id("stFileUploaderDropzoneInput")
    upload(uploads.nth(0), tmp_path / "queries.csv")
    upload(uploads.nth(1), tmp_path / "labels.tsv")
    expect(page.get_by_text("4 labelled queries (labels.tsv) over all 200,000 texts of many")).to_be_visible()
    assert dots(page, 1) == [0.75]

    open_page(page, dashboard, "projector", collection="many")
    page.wait_for_selector(READY)
    settle(page)
    page.get_by_role("button", name="Your texts:").click()
    expect(page.get_by_text("go through all 200,000 texts; this page shows a sample of 50,000.")).to_be_visible()
    places = page.get_by_test_id("map").evaluate("map => [0, 49_999].map(row => map.placeOf(row))")
    assert all(places)
    assert console_errors == []
