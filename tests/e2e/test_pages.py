"""Each page in a browser, opened by deep link."""

import base64
import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from core import benchmark, corpus, embedding, evaluation, models, search
from core.charts.vectors import EMBEDDING_PIXELS, TOKEN_PIXELS
from core.maps.faithfulness import faithfulness
from core.similarity import clusters, score_matrix
from tests.conftest import ROOT
from tests.e2e.conftest import assert_accessible, settle

MINILM = models.get("all-MiniLM-L6-v2")
PICTURES = ROOT / "screenshots"
BOTTOMS = "charts => charts.map(chart => chart.getBoundingClientRect().bottom)"
CUT = "boxes => boxes.map(box => box.scrollWidth > box.clientWidth)"
DRAWN = "[...document.querySelectorAll('.js-plotly-plot')].filter(chart => chart.querySelector('.main-svg'))"


def charts(page: Page, number: int) -> list[list[dict[str, Any]]]:
    """The traces of each of the page's charts, as plotly holds them in the browser once it has drawn them."""
    page.wait_for_function(f"n => {DRAWN}.length >= n", arg=number)
    drawn = page.evaluate(f"() => {DRAWN}.map(chart => chart.data.map(t => JSON.stringify(t)))")
    return [[{key: decoded(value) for key, value in json.loads(trace).items()} for trace in chart] for chart in drawn]


def decoded(value: Any) -> Any:
    """An array that travelled as plotly's binary form; anything else as it is."""
    if not (isinstance(value, dict) and "bdata" in value):
        return value
    array = np.frombuffer(base64.b64decode(value["bdata"]), np.dtype(value["dtype"]))
    return array.reshape([int(side) for side in value["shape"].split(",")]) if "shape" in value else array


def open_page(page: Page, address: str, path: str) -> None:
    page.goto(f"{address}/{path}")
    page.wait_for_selector("h1")
    settle(page)
    assert page.locator('[data-testid="stException"]').count() == 0
    assert page.locator('[data-testid="stAlertContentError"]').count() == 0


def take_pictures(page: Page, name: str) -> None:
    """The page in light and dark, wide and narrow, for a person to look at."""
    PICTURES.mkdir(exist_ok=True)
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
        for width in (1440, 1024):
            page.set_viewport_size({"width": width, "height": 900})
            page.wait_for_timeout(900)
            content = page.evaluate("""() => document.querySelector('[data-testid="stMain"]').scrollHeight""")
            page.set_viewport_size({"width": width, "height": max(900, content + 60)})
            page.wait_for_timeout(900)
            page.screenshot(path=PICTURES / f"{name}-{theme}-{width}.png")


@pytest.fixture
def opened(page: Page, server: str, console_errors: list[str], request: pytest.FixtureRequest) -> Any:
    """Open a page by deep link; at the end it must be accessible in light and dark, without a console error."""
    name = request.param
    open_page(page, server, name)
    yield page
    assert_accessible(page)
    if request.config.getoption("--pictures"):
        take_pictures(page, name or "models")
    assert console_errors == []


@pytest.mark.parametrize("opened", ["models?against=Dimensions"], indirect=True)
def test_models_draws_the_catalogues_scores_against_their_sizes(opened: Page) -> None:
    assert opened.get_by_role("dialog").count() == 0  # its own address is empty, but its name leads there too
    address = urlsplit(opened.url)
    assert (address.path, parse_qs(address.query)["against"]) == ("/", ["Dimensions"])
    assert opened.locator('[data-testid="stDataFrame"] canvas').first.is_visible()
    marks = [trace for trace in charts(opened, 2)[0] if trace.get("hovertext")]
    points = {
        text.partition("<br>")[0]: y for marks in marks for text, y in zip(marks["hovertext"], marks["y"], strict=True)
    }
    assert points[MINILM.name] == pytest.approx(MINILM.mteb_v2, abs=0.006)
    assert points["e5-mistral-7b-instruct"] == pytest.approx(67.97, abs=0.006)
    assert len(points) > 150
    opened.get_by_label("Ranked for", exact=True).click()
    opened.get_by_role("option", name="Search and RAG").click()
    expect(opened.locator(".answer")).to_have_text(
        re.compile("leads on 10 tasks, but its lead over .+ and 7 more may be chance")
    )
    settle(opened)
    opened.locator(".st-key-models_table .dvn-scroller").click(position={"x": 150, "y": 60})
    expect(opened.locator(".st-key-card_box")).to_be_in_viewport(ratio=0.5)
    settle(opened)
    opened.get_by_label("One model in full", exact=True).click()
    opened.get_by_label("One model in full", exact=True).press_sequentially("baai/bge-m3")
    opened.get_by_role("option", name="BAAI/bge-m3", exact=True).click()
    expect(opened.get_by_text("tasks have no score")).to_be_visible()
    settle(opened)


@pytest.mark.parametrize("opened", ["explain"], indirect=True)
def test_explain_draws_the_embedding_that_the_core_computes(opened: Page) -> None:
    tokens, pooled = next(chart for chart in charts(opened, 2) if chart[0]["type"] == "heatmap")
    sentence = opened.get_by_label("Your sentence", exact=True).input_value()
    expected = embedding.embed([sentence], MINILM).vectors
    np.testing.assert_allclose(pooled["z"], expected, atol=1e-5)
    assert max(opened.locator(".js-plotly-plot").evaluate_all(BOTTOMS)) < 900, "all four steps are on one screen"
    opened.set_viewport_size({"width": 1024, "height": 768})
    settle(opened)
    assert not any(opened.get_by_test_id("stMain").locator("input").evaluate_all(CUT)), (
        "sentences are whole in their boxes"
    )
    spacing = opened.locator("h2 span").evaluate_all("all => all.map(span => getComputedStyle(span).letterSpacing)")
    assert set(spacing) == {"normal"}, "words of headings are apart"
    opened.set_viewport_size({"width": 1440, "height": 900})
    opened.locator(".js-plotly-plot").first.hover(position={"x": 320, "y": 60})
    height = opened.locator("line.spikeline").first.evaluate("line => line.getBoundingClientRect().height")
    assert height > len(tokens["z"]) * TOKEN_PIXELS + EMBEDDING_PIXELS, "one line through both steps"


@pytest.mark.parametrize("opened", ["embed"], indirect=True)
def test_embed_draws_a_row_for_each_text_and_model(opened: Page) -> None:
    texts = opened.get_by_label("Texts, one per line").input_value().splitlines()
    first, second = charts(opened, 2)
    np.testing.assert_allclose(first[0]["z"], embedding.embed(texts, MINILM).vectors, atol=1e-5)
    np.testing.assert_allclose(second[0]["z"], embedding.embed(texts, models.get("wordllama-256")).vectors, atol=1e-5)


@pytest.mark.parametrize("opened", ["similarity"], indirect=True)
def test_similarity_draws_the_cosines_in_the_order_of_clusters(opened: Page) -> None:
    vectors = embedding.embed(corpus.from_paste(corpus.sample_sentences()).texts, MINILM).vectors
    found = clusters(vectors)
    assert found
    order = found.order
    drawn = charts(opened, 2)
    np.testing.assert_allclose(drawn[0][0]["z"], score_matrix(vectors)[np.ix_(order, order)], atol=1e-5)


@pytest.mark.parametrize("opened", ["search"], indirect=True)
def test_search_shows_what_the_core_finds_and_how_good_it_is(opened: Page) -> None:
    documents, queries = corpus.sample(), corpus.sample_queries()
    found = embedding.embed(documents.documents, MINILM).vectors
    query = opened.get_by_label("Query").input_value()
    best = search.nearest(embedding.embed([query], MINILM, kind="query").vectors, found, 1)
    shown = opened.locator('[data-testid="stMain"]').inner_text()
    title, score = documents.titles[best.rows[0, 0]], best.scores[0, 0]
    card = rf"1\s+cos {score:.3f}\s+✓ relevant\s+\w+\s+above [\d.]+% of random pairs\s+{re.escape(title)}"
    assert re.search(card, shown)
    asked = embedding.embed(queries.texts, MINILM, kind="query").vectors
    run = search.nearest(asked, found, 100).as_run(queries.ids, documents.ids)
    ndcg = evaluation.evaluate(run, corpus.sample_qrels()).means["ndcg@10"]
    assert f"nDCG@10 {ndcg:.2f}" in shown


@pytest.mark.parametrize("opened", ["projector"], indirect=True)
def test_projector_draws_every_passage_and_says_how_far_to_trust_the_map(opened: Page) -> None:
    vectors = embedding.embed(corpus.sample().documents, MINILM).vectors
    chart = opened.get_by_test_id("map")
    places = chart.evaluate("(map, count) => Array.from({length: count}, (_, row) => map.placeOf(row))", len(vectors))
    quality = faithfulness(vectors, np.array(places, np.float32))  # on the screen they are the map, moved and scaled
    assert quality
    shown = [float(text.rstrip("%")) for text in opened.get_by_test_id("stMetricValue").all_inner_texts()]
    measures = (quality.trustworthiness.value, quality.continuity.value, 100 * quality.neighbour_recall.value)
    assert shown == pytest.approx(measures, abs=1), shown
    assert shown[:2] == pytest.approx(measures[:2], abs=0.01)


@pytest.mark.parametrize("opened", ["benchmark"], indirect=True)
def test_benchmark_draws_the_recorded_run(opened: Page) -> None:
    recording = benchmark.recorded_run(lambda row: row.is_hello and row.asked_engine == "auto")
    assert recording
    bars = charts(opened, 1)[0][0]
    medians = [row.median_ms for row in recording.results if row.median_ms and row.model in models.DEFAULT_PICKS]
    assert [bar for bar in bars["x"] if bar is not None] == sorted(medians)
    said = opened.locator('[data-testid="stMain"]').inner_text()
    assert f"On {recording.machine.cpu} (recorded), " in said
    assert "Published table, in words or faint marks: on another machine" in said
    assert "Random weights" not in said, "none is drawn"


def test_the_readme_shows_the_projector_as_it_is() -> None:
    assert (ROOT / "docs" / "projector.png").stat().st_size > 10_000
    assert "docs/projector.png" in Path(ROOT / "README.md").read_text(encoding="utf-8")
