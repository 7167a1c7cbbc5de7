"""The Similarity page in a browser: clicks on cells, hover labels, zoom, hostile texts, 500 texts."""

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from playwright.sync_api import Page, expect

from core import corpus, embedding, models
from core.similarity import score_matrix
from tests.e2e.conftest import PATIENCE_MS, settle
from tests.e2e.test_pages import charts, open_page

TABLE = models.get("wordllama-256")
TEXTS = ["A cat sat.", "<img src=x onerror=f()> %{x}", "=1+1", "The kitten sits.", "![a](http://x/y) $x$"]


def point(page: Page, row: float, column: float, chart: int = 0) -> tuple[float, float]:
    """Where a cell of a heatmap is on the screen."""
    return tuple(
        page.evaluate(
            """([row, column, chart]) => {
                const plot = document.querySelectorAll('.js-plotly-plot')[chart]
                plot.scrollIntoView({block: 'center'})
                const {left, top} = plot.getBoundingClientRect()
                const {xaxis, yaxis2} = plot._fullLayout
                return [left + xaxis._offset + xaxis.l2p(column), top + yaxis2._offset + yaxis2.l2p(row)]
            }""",
            [row, column, chart],
        )
    )


def shown_range(page: Page, axis: str) -> list[float]:
    return page.evaluate("axis => document.querySelector('.js-plotly-plot')._fullLayout[axis].range", axis)


def test_a_click_on_a_cell_opens_its_pair_whatever_the_texts(
    page: Page, server: str, console_errors: list[str], tmp_path: Path
) -> None:
    page.on("dialog", lambda dialog: pytest.fail(f"a script ran: {dialog.message}"))
    open_page(page, server, "similarity?models=wordllama-256&models=all-MiniLM-L6-v2&order=As+given")
    page.get_by_role("button", name="Edit texts").click()
    page.get_by_label("Texts, one per line").fill("\n".join(TEXTS))
    page.get_by_label("Texts, one per line").press("Control+Enter")
    settle(page)
    page.keyboard.press("Escape")
    ticks = page.locator(".js-plotly-plot .ytick").all_text_contents()
    assert {f"{number} · {text[:12]}" for number, text in enumerate(TEXTS, start=1)} <= {tick[:16] for tick in ticks}
    assert page.locator(".js-plotly-plot img").count() == 0
    page.mouse.move(*point(page, 1, 4))
    expect(page.locator(".hovertext").first).to_contain_text(f"{TEXTS[1]}{TEXTS[4]}")
    page.mouse.click(*point(page, 1, 4))
    settle(page)
    assert "pair=2-5" in page.url
    main = page.get_by_test_id("stMain")
    expect(main.get_by_test_id("stText").filter(has_text=TEXTS[1])).to_be_visible()
    expect(main.get_by_test_id("stText").filter(has_text=TEXTS[4])).to_be_visible()
    cosine = score_matrix(embedding.embed(TEXTS, TABLE).vectors)[1, 4]
    expect(page.get_by_test_id("stMetric").filter(has_text="wordllama")).to_contain_text(f"{cosine:.3f}")
    assert page.locator(".js-plotly-plot img, [data-testid=stMain] img[src='x']").count() == 0

    page.mouse.click(*point(page, 0, 3, chart=1))  # the other model's heatmap, drawn again since
    expect(page).to_have_url(re.compile("pair=1-4"), timeout=PATIENCE_MS)
    settle(page)
    page.get_by_text("Percentile", exact=True).click()
    settle(page)
    sizes = page.evaluate("""() => [...document.querySelectorAll('.js-plotly-plot')].slice(0, 2).map(plot => {
        const {xaxis, yaxis2} = plot._fullLayout
        return [xaxis._length, yaxis2._length, xaxis._offset + xaxis._length <= plot.clientWidth]
    })""")
    assert all(width == pytest.approx(height, abs=1) and inside for width, height, inside in sizes), "cells are square"
    percentiles = charts(page, 2)[0][0]
    assert (percentiles["zmin"], percentiles["zmax"]) == (0, 100)
    page.get_by_text("Difference", exact=True).click()
    settle(page)
    difference = charts(page, 1)[0][0]
    assert difference["zmin"] == -difference["zmax"]
    with page.expect_download() as offered:
        page.get_by_role("button", name="Matrix of wordllama-256").click()
    offered.value.save_as(tmp_path / "matrix.csv")
    matrix = pd.read_csv(tmp_path / "matrix.csv", index_col=0)
    np.testing.assert_allclose(matrix, score_matrix(embedding.embed(TEXTS, TABLE).vectors), atol=1e-6)
    assert list(matrix.columns) == [f"{number} {text}" for number, text in enumerate(TEXTS, start=1)]
    assert console_errors == []


def test_500_texts_are_zoomed_with_their_tree_and_a_cell_opens_still(
    page: Page, server: str, console_errors: list[str]
) -> None:
    address = "similarity?models=wordllama-256&texts_from=Corpus&from_corpus=500&which=First&order=As+given"
    open_page(page, server, address.replace("&order=As+given", ""))
    cells, _, _, tree = charts(page, 1)[0][:4]
    assert np.shape(cells["z"]) == (500, 500)
    assert len(tree["x"]) == 499 * 5
    page.mouse.move(*point(page, 100, 100))
    page.mouse.down()
    page.mouse.move(*point(page, 140, 140), steps=4)
    page.mouse.up()
    settle(page)
    assert shown_range(page, "yaxis") == shown_range(page, "yaxis2") == pytest.approx([140, 100], abs=3)
    open_page(page, server, address)
    page.mouse.click(*point(page, 250, 17))
    expect(page).to_have_url(re.compile("pair=[0-9]+-[0-9]+"), timeout=PATIENCE_MS)
    settle(page)
    row, column = map(int, re.findall(r"pair=(\d+)-(\d+)", page.url)[0])
    assert (abs(row - 251), abs(column - 18)) <= (1, 1)
    texts = page.get_by_test_id("stText").all_inner_texts()
    assert corpus.sample().documents[row - 1] in texts
    assert corpus.sample().documents[column - 1] in texts
    assert console_errors == []
