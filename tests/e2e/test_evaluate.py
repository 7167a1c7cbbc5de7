"""The Evaluate page in a browser: the sample, files brought and figures taken away, marks that a link brings back."""

import json
import re
import zipfile
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import numpy as np
import pytest
import pytrec_eval
from playwright.sync_api import BrowserContext, Download, Locator, Page, expect
from scipy.stats import spearmanr

from core import corpus, embedding, models
from core.corpus.labels import as_beir, qrels_of
from tests.e2e.conftest import assert_accessible, settle, upload
from tests.e2e.test_pages import charts

WORDLLAMA = "wordllama-256"
ROW_HEIGHT, HEADER_HEIGHT, TICK_X = 35, 38, 17
DOTS = "markers"
HOSTILE = "<img src=x onerror=alert(1)> %{x}"
OTHER_PAGES = {
    "Search": "Agreement",
    "Similarity": "pairs of two different texts",
    "Verdict": f"Take {WORDLLAMA}",
}


def opened(page: Page, server: str, **choices: object) -> Locator:
    """The page with one quick model; gives what is below the title."""
    page.goto(f"{server}/evaluate?" + urlencode({"models": WORDLLAMA, **choices}, doseq=True))
    page.wait_for_selector("h1")
    settle(page)
    return page.get_by_test_id("stMain")


def dots(page: Page, number: int) -> list[float]:
    """The means in the ranking's chart, the worst first."""
    traces: list[dict[str, Any]] = charts(page, number)[0]
    return [float(trace["x"][0]) for trace in traces if trace.get("mode") == DOTS]


def taken(page: Page, button: str) -> Download:
    with page.expect_download() as waiting:
        page.get_by_role("button", name=button).click()
    return waiting.value


def tick(table: Locator, line: int) -> None:
    """Choose a row of a table by the box at its left, the first line counted as 0."""
    table.scroll_into_view_if_needed()
    box = table.bounding_box()
    assert box
    table.page.mouse.click(box["x"] + TICK_X, box["y"] + HEADER_HEIGHT + ROW_HEIGHT * line + ROW_HEIGHT / 2)


def go_to(page: Page, view: str) -> None:
    page.get_by_role("radio", name=view).click()
    settle(page)


def shown_queries(main: Locator) -> list[int]:
    """The sample queries that stand as a heading."""
    headings = set(main.locator("h2").all_inner_texts())
    return [place for place, text in enumerate(corpus.sample_queries().texts) if text in headings]


def measured(qrels: dict[str, dict[str, int]], run: dict[str, dict[str, float]]) -> float:
    """nDCG@10 by pytrec_eval."""
    values = pytrec_eval.RelevanceEvaluator(qrels, {"ndcg_cut.10"}).evaluate(run)
    return float(np.mean([values.get(query, {"ndcg_cut_10": 0.0})["ndcg_cut_10"] for query in qrels]))


def test_the_sample_is_ranked_at_first_visit_and_a_lost_query_can_be_looked_into(
    page: Page, server: str, console_errors: list[str]
) -> None:
    main = opened(page, server)
    means = dots(page, 2)
    assert means == sorted(means)
    assert len(means) == 3
    expect(main.locator(".answer")).to_have_text(
        re.compile(r"ranks best: nDCG@10 0\.\d\d, ahead of .* \(0\.\d\d\) by ")
    )
    chart = page.locator(".js-plotly-plot").first.bounding_box()
    assert chart
    assert chart["y"] + chart["height"] < 900  # above the fold
    assert_accessible(page)
    expect(main.locator("h3")).to_have_count(0)  # no list before a query is chosen
    tick(page.get_by_test_id("stDataFrame").nth(1), 3)
    settle(page)
    expect(main.locator("h3")).to_have_count(2)
    assert not console_errors


def own_files(folder: Path) -> tuple[list[str], list[str], dict[str, dict[str, int]]]:
    """Write own.tsv, questions.tsv and labels.tsv; gives the documents' ids, the questions, and their labels."""
    texts, labels = corpus.sample(), corpus.sample_labels()
    chosen = [place for place, kind in enumerate(texts.fields["subject"]) if kind in ("animals", "biology")]
    rows = [f"{texts.ids[place]}\t{texts.titles[place]} {texts.texts[place]}".replace('"', "'") for place in chosen]
    (folder / "own.tsv").write_text("_id\ttext\n" + "\n".join(rows), encoding="utf-8")
    asked = [place for place, name in enumerate(labels.queries.ids) if name.startswith(("animals", "biology"))]
    questions = [labels.queries.texts[place] for place in asked]
    lines = [f"{labels.queries.ids[place]}\t{labels.queries.texts[place]}" for place in asked]
    (folder / "questions.tsv").write_text("_id\ttext\n" + "\n".join(lines), encoding="utf-8")
    qrels = {labels.queries.ids[place]: dict(labels.qrels[labels.queries.ids[place]]) for place in asked}
    qrels[labels.queries.ids[asked[0]]]["nobody-has-this"] = 2
    (folder / "labels.tsv").write_text(as_beir(qrels), encoding="utf-8")
    return [texts.ids[place] for place in chosen], questions, qrels


def give(page: Page, popover: str, *given: Path) -> None:
    """Give each upload of a popover its file."""
    page.get_by_role("button", name=popover).click()
    uploads = page.get_by_test_id("stFileUploaderDropzoneInput")
    expect(uploads).to_have_count(len(given))
    for place, file in enumerate(given):
        upload(uploads.nth(place), file)
    page.keyboard.press("Escape")
    expect(page.get_by_test_id("stPopoverBody")).to_have_count(0)


def test_files_are_measured_as_trec_eval_measures_what_is_taken_away_and_go_through_every_view_and_page(
    page: Page, server: str, tmp_path: Path
) -> None:
    ids, questions, qrels = own_files(tmp_path)
    main = opened(page, server, corpus="File", labels="Files", queries_from="File")
    give(page, "Your texts:", tmp_path / "own.tsv")
    give(page, "Labels:", tmp_path / "questions.tsv", tmp_path / "labels.tsv")
    there = set(ids)
    missing = sum(name not in there for grades in qrels.values() for name in grades)
    expect(main.get_by_text(f"counted as not found ({missing})")).to_be_visible()
    means = dots(page, 2)

    main.get_by_role("button", name="More downloads").click()
    with zipfile.ZipFile(taken(page, "Rankings as TREC runs").path()) as archive:
        runs = {name: pytrec_eval.parse_run(archive.read(name).decode().splitlines()) for name in archive.namelist()}
    back = qrels_of("labels.qrels", Path(taken(page, "TREC qrels").path()).read_bytes())
    assert back == qrels
    assert sorted(measured(back, run) for run in runs.values()) == pytest.approx(means, abs=1e-6)
    assert set(runs) == {f"{WORDLLAMA}.run", "BM25.run", "Hybrid.run"}

    page.keyboard.press("Escape")
    go_to(page, "Compression")
    kept = [float(y) for trace in charts(page, 1)[0] for y in trace.get("y") or () if y is not None]
    assert any(y == pytest.approx(mean, abs=1e-6) for y in kept for mean in means)  # in float32, as it was ranked

    go_to(page, "Agreement")
    give(page, "Queries:", tmp_path / "questions.tsv")
    expect(main.get_by_text(f"documents over {len(questions)} queries")).to_be_visible()
    assert set(main.locator("h2").all_inner_texts()) & set(questions)
    main.get_by_role("radiogroup", name="Is it relevant to the query?").first.get_by_role("radio").first.click()
    settle(page)
    expect(main.get_by_text("1 mark on 1 query so far")).to_be_visible()
    qrels = qrels_of("marks.tsv", Path(taken(page, "BEIR TSV").path()).read_bytes())
    assert {document for grades in qrels.values() for document in grades} <= set(ids)

    pairs = [("An owl hunts.", HOSTILE, 0.0), ("A dog runs.", "A hound is running.", 4.5), ("It rains.", "=1+1", 1.0)]
    (tmp_path / "pairs.jsonl").write_text(
        "\n".join(json.dumps(dict(zip(("sentence1", "sentence2", "score"), pair, strict=True))) for pair in pairs)
    )
    go_to(page, "Pairs")
    page.get_by_role("button", name="Pairs:").click()
    page.get_by_test_id("stPopoverBody").get_by_role("radio", name="File").click()
    settle(page)
    page.keyboard.press("Escape")
    give(page, "Pairs:", tmp_path / "pairs.jsonl")
    ones, others, gold = zip(*pairs, strict=True)
    first, second = (embedding.embed(list(side), models.get(WORDLLAMA)).vectors for side in (ones, others))
    expected = spearmanr((first * second).sum(axis=1), gold).statistic
    expect(main.get_by_text(f"Spearman {expected:.3f}", exact=False).first).to_be_visible()
    expect(main.get_by_text("3 pairs (pairs.jsonl)")).to_be_visible()
    assert page.locator("img[src='x']").count() == 0

    go_to(page, "Ranking")
    for title, sign in OTHER_PAGES.items():
        page.get_by_role("link", name=title, exact=True).first.click()
        expect(page.get_by_role("heading", name=title, exact=True)).to_be_visible()
        settle(page)
        expect(main.get_by_text(sign).first).to_be_visible()
        expect(main.get_by_text("own.tsv").first).to_be_visible()
        assert main.get_by_test_id("stAlertContentError").count() == 0


def test_a_mark_made_in_place_stays_by_its_link(page: Page, server: str, context: BrowserContext) -> None:
    main = opened(page, server, evaluate="Agreement")
    main.get_by_role("radiogroup", name="Is it relevant to the query?").first.get_by_role("radio").first.click()
    settle(page)
    expect(main.get_by_text("1 mark on 1 query so far")).to_be_visible()
    assert re.search(r"[?&]marks=[0-9a-f]{32}", page.url)
    qrels = qrels_of("marks.tsv", Path(taken(page, "BEIR TSV").path()).read_bytes())
    assert [list(grades.values()) for grades in qrels.values()] == [[1]]
    link = page.url
    fresh = context.new_page()
    fresh.goto(link)
    expect(fresh.get_by_text("1 mark on 1 query so far")).to_be_visible()
    fresh.close()
    (query,) = (corpus.sample_queries().texts[place] for place in shown_queries(main))
    main.get_by_role("link", name="Open in Search").click()
    expect(page.get_by_role("heading", name="Search")).to_be_visible()
    settle(page)
    expect(page.get_by_label("Query")).to_have_value(query)
    assert re.search(r"[?&]marks=[0-9a-f]{32}", page.url)
    assert f"models={WORDLLAMA}" in page.url
