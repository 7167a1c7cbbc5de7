"""The Similarity page in-process: what it draws and says, checked against scipy and the core called by hand."""

import json
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import streamlit
from scipy.stats import percentileofscore
from sentence_transformers import SentenceTransformer
from streamlit.testing.v1 import AppTest

from core import corpus, embedding, models
from core.charts.similarity import percent
from core.similarity import background, clusters, score_matrix
from core.wording import opening
from tests.conftest import ROOT
from tests.e2e.test_pages import decoded
from tests.pages.conftest import TIMEOUT_SECONDS, open_page, said

TABLE, NETWORK = "wordllama-256", "all-MiniLM-L6-v2"
TEXTS = ("A cat sat on the mat.", "The kitten sits on the rug.", "Interest rates rise.", "The bank raised its rates.")


def opened(specs: tuple[str, ...] = (TABLE,), texts: tuple[str, ...] = TEXTS, **address: str) -> AppTest:
    """The page in a session of its own, with these models and texts, as given in its address."""
    app = AppTest.from_file(str(ROOT / "streamlit_app.py"), default_timeout=TIMEOUT_SECONDS)
    app.query_params.update({"models": list(specs), "similarity_texts": "\n".join(texts), "order": "As given"})
    app.query_params.update(address)
    return open_page(app, "similarity")


def cells(app: AppTest, key: str = "heatmap_0") -> np.ndarray:
    """What a heatmap holds."""
    element: Any = next(chart for chart in app.get("plotly_chart") if chart.key == key)
    return np.array(decoded(json.loads(element.proto.spec)["data"][0]["z"]))


def vectors(name: str, texts: tuple[str, ...], kind: str = "document") -> np.ndarray:
    return embedding.embed(texts, models.get(name), kind="query" if kind == "query" else "document").vectors


def percentiles(name: str, cosines: np.ndarray) -> np.ndarray:
    found = background(vectors(name, corpus.sample().documents), corpus.sample().documents).scores
    return np.array([[percentileofscore(found, value, "mean") for value in row] for row in cosines])


def test_models_of_other_functions_are_scored_by_their_own(models_of_functions: Path) -> None:
    app = opened(("folder:dot", "folder:manhattan"), precision="float32", heatmaps="Difference", pair="3-4")
    for place, similarity in enumerate(("dot", "manhattan")):
        model = SentenceTransformer(str(models_of_functions / similarity), device="cpu")
        expected = model.similarity(*[model.encode(TEXTS)] * 2).numpy()
        np.testing.assert_allclose(cells(app, f"heatmap_{place}"), expected, rtol=1e-3, atol=1e-3)
    names = [metric.label.replace("\\", "") for metric in app.metric]
    assert names == ["folder:dot, dot product", "folder:manhattan, negative Manhattan distance"]
    functions = "folder:dot by dot product and folder:manhattan by Manhattan distance"
    assert f"{functions}: choose Percentile to see the difference." in said(app).replace("\\", "")
    assert "The framed pair has a dot product of **" in said(app)
    assert "compared by Manhattan distance" in said(app)
    assert "This model compares by dot product: only a cosine is split by token here." in said(app)
    assert not any("Most disagreed" in control.options for control in app.main.button_group)


@pytest.fixture
def downloads(monkeypatch: pytest.MonkeyPatch) -> dict[str, Callable[[], bytes]]:
    """What the page's downloads would hold, by the names of their files."""
    offered: dict[str, Callable[[], bytes]] = {}
    usual = streamlit.download_button

    def note(label: str, data: Any, *, file_name: str, **options: Any) -> bool:
        offered[file_name] = data
        return usual(label, data, file_name=file_name, **options)

    monkeypatch.setattr(streamlit, "download_button", note)
    return offered


def test_a_switch_turns_cosines_into_percentiles_of_the_corpus_on_one_scale() -> None:
    cosines = {name: score_matrix(vectors(name, TEXTS)) for name in (TABLE, NETWORK)}  # by the engine it then has
    app = opened((TABLE, NETWORK))
    np.testing.assert_allclose(cells(app, "heatmap_0"), cosines[NETWORK], atol=1e-6)
    np.testing.assert_allclose(cells(app, "heatmap_1"), cosines[TABLE], atol=1e-6)
    app = opened((TABLE, NETWORK), scale="Percentile")
    np.testing.assert_allclose(cells(app, "heatmap_0"), percentiles(NETWORK, cosines[NETWORK]), atol=0.01)
    np.testing.assert_allclose(cells(app, "heatmap_1"), percentiles(TABLE, cosines[TABLE]), atol=0.01)
    assert "100,000 random pairs" in said(app)
    app = opened((TABLE, NETWORK), scale="Percentile", heatmaps="Difference")
    expected = percentiles(NETWORK, cosines[NETWORK]) - percentiles(TABLE, cosines[TABLE])
    np.testing.assert_allclose(cells(app), expected, atol=0.02)


def test_the_answer_names_the_most_similar_pair_under_each_model() -> None:
    texts: tuple[str, ...] = (TEXTS[0], "A cat sat on a mat.", TEXTS[2])
    shared = [f"cosine {score_matrix(vectors(name, texts))[0, 1]:.2f} with {name}" for name in (NETWORK, TABLE)]
    answer = f"Most alike: “{texts[0]}” and “{texts[1]}” ({' and '.join(shared)})."
    assert answer in said(opened((TABLE, NETWORK), texts))
    texts = tuple(corpus.from_paste(corpus.sample_sentences()).texts)
    clauses = []
    for name in (NETWORK, TABLE):
        cosines = score_matrix(vectors(name, texts))
        one, other = np.unravel_index(np.argmax(np.triu(cosines, 1)), cosines.shape)
        named = f"“{opening(texts[one], 32)}” and “{opening(texts[other], 32)}”"
        clauses.append(f"{named} (cosine {cosines[one, other]:.2f} with {name})")
    assert f"Most alike: {'; '.join(clauses)}." in said(opened((TABLE, NETWORK), texts))


def test_the_answer_of_a_difference_names_the_pair_on_which_the_models_differ_most_and_opens_it() -> None:
    one, other = (score_matrix(vectors(name, TEXTS)) for name in (TABLE, NETWORK))
    row, column = np.unravel_index(np.argmax(np.triu(np.abs(one - other), 1)), one.shape)
    named = f"“{opening(TEXTS[row], 32)}” and “{opening(TEXTS[column], 32)}”"
    scores = f"cosine {one[row, column]:.2f} with {TABLE}, cosine {other[row, column]:.2f} with {NETWORK}"
    app = opened((TABLE, NETWORK), heatmaps="Difference", difference=f"{TABLE} − {NETWORK}")
    found = said(app)
    assert f"The models differ most on {named}: " in found
    assert scores in found or ", ".join(reversed(scores.split(", "))) in found  # in the order of the picks
    assert f"{abs(one - other)[row, column]:.2f} apart." in found
    assert {TEXTS[row], TEXTS[column]} <= {text.value for text in app.text}


def test_texts_without_a_known_word_are_neither_the_most_alike_nor_those_the_models_differ_on() -> None:
    texts = ("🦄 🦓", "🐉 🐲", *TEXTS[:2])
    lack = f"2 texts have no word that {NETWORK} knows."
    cosine = score_matrix(vectors(NETWORK, TEXTS[:2]))[0, 1]
    alike = f"Most alike: “{TEXTS[0]}” and “{opening(TEXTS[1], 32)}” (cosine {cosine:.2f} with {NETWORK}). {lack}"
    assert alike in said(opened((NETWORK,), texts))
    found = said(opened((TABLE, NETWORK), texts, heatmaps="Difference"))
    assert f"The models differ most on “{TEXTS[0]}” and" in found
    assert lack in found
    alone = said(opened((NETWORK,), texts[:3]))
    assert lack in alone
    assert "Most alike" not in alone


def test_a_percentile_is_the_same_in_the_answer_as_in_the_pairs_card() -> None:
    app = opened(scale="Percentile")
    (card,) = (metric.delta for metric in app.metric)
    assert card.endswith(" of pairs")
    assert f"({card.removesuffix(' of pairs')} of random pairs with {TABLE})." in said(app)


def test_each_heatmap_is_ordered_by_the_first_models_clusters_or_by_its_own() -> None:
    cosines = score_matrix(vectors(TABLE, TEXTS))
    found = {name: clusters(vectors(name, TEXTS)) for name in (NETWORK, TABLE)}
    for order, leader in (("By cluster", NETWORK), ("Each model's own", TABLE)):
        app = opened((TABLE, NETWORK), order=order)
        leading = found[leader]
        assert leading
        rows = leading.order
        np.testing.assert_allclose(cells(app, "heatmap_1"), cosines[np.ix_(rows, rows)], atol=1e-6)
        trees = [len(_traces(app, f"heatmap_{place}")) > 3 for place in (0, 1)]
        assert trees == [True, order == "Each model's own"], "the tree is that of the cells below it"


def _traces(app: AppTest, key: str) -> list[Any]:
    element: Any = next(chart for chart in app.get("plotly_chart") if chart.key == key)
    return list(json.loads(element.proto.spec)["data"])


def test_the_framed_pair_has_each_models_own_cosine_and_its_percentile() -> None:
    app = opened((TABLE, NETWORK), pair="3-4")
    cosines = {name: score_matrix(vectors(name, TEXTS))[2, 3] for name in (NETWORK, TABLE)}
    shown = {metric.label.replace("\\", ""): metric.value for metric in app.metric}
    assert shown == {name: f"{cosine:.3f}" for name, cosine in cosines.items()}
    ranks = {name: percent(percentiles(name, cosines[name][None, None])[0, 0]) for name in (NETWORK, TABLE)}
    told = said(app).replace("\\", "")
    assert "The pair framed in pink." in told
    assert (
        f"The framed pair has a cosine of **{cosines[NETWORK]:.2f}** with {NETWORK}, higher than "
        f"**{ranks[NETWORK]}** of random pairs; **{cosines[TABLE]:.2f}** with {TABLE}, higher than **{ranks[TABLE]}**."
    ) in told


def test_queries_are_compared_with_texts_and_their_background_is_of_queries() -> None:
    queries = ("where does the cat sit", "money")
    app = opened(similarity_queries="\n".join(queries))
    expected = score_matrix(vectors(TABLE, queries, "query"), vectors(TABLE, TEXTS))
    np.testing.assert_allclose(cells(app), expected, atol=1e-6)
    assert "pairs of a query with a text" in said(app)
    assert list(app.dataframe[0].value.columns[:2]) == ["Query", "Text"]
    assert len(app.dataframe[0].value) == 8


def test_one_query_and_one_text_can_be_compared() -> None:
    app = opened(texts=TEXTS[:1], similarity_queries="cats")
    assert cells(app).shape == (1, 1)
    assert not app.error


def test_a_link_opens_its_pair_and_other_texts_close_it() -> None:
    app = opened(pair="4-1")
    assert {TEXTS[3], TEXTS[0]} <= {text.value for text in app.text}
    app.text_area(key="similarity_texts").set_value("one\ntwo\nthree\nfour").run()
    assert "pair" not in app.query_params
    assert {text.value for text in app.text} & set(TEXTS) == set()


@pytest.mark.parametrize("pair", ["0-1", "9-1", "1-999", "1--1", "x", "1-1-1", "²-1", ""])
def test_a_pair_that_is_not_there_is_passed_over(pair: str) -> None:
    app = opened(pair=pair)
    assert len(app.metric) == 1


def test_texts_can_be_taken_from_the_corpus_and_it_is_said_which() -> None:
    app = opened(texts_from="Your texts", from_corpus="500")
    assert cells(app).shape == (500, 500)
    assert "500 random texts out of 648 from sample corpus (seed 0)" in said(app).replace("\\", "")
    assert "Showing the first 1,000 of 124,750 pairs" in said(app)


def test_of_501_texts_500_are_compared_and_it_is_said() -> None:
    app = opened()
    app.text_area(key="similarity_texts").set_value("\n".join(f"text {number}" for number in range(501))).run()
    assert "Comparing the first 500 of 501 texts" in said(app)
    assert cells(app).shape == (500, 500)


@pytest.mark.parametrize("texts", ["one text", "one text\nanother text"])
def test_a_corpus_of_few_texts_has_no_background_and_the_rest_stands(texts: str) -> None:
    app = opened((TABLE, NETWORK), corpus="Paste", corpus_pasted=texts)
    assert sum("a background needs at least 100" in info.value.replace("\\", "") for info in app.info) == 1
    assert not app.error
    assert cells(app).shape == (4, 4)
    assert not app.exception
    app = opened(corpus="Paste", corpus_pasted=texts, scale="Percentile")
    assert not app.exception
    assert "a background needs at least 100" in said(app).replace("\\", "")


def test_identical_texts_are_told_apart_by_their_numbers(downloads: dict[str, Any]) -> None:
    app = opened(texts=("same", "same"))
    assert cells(app) == pytest.approx(np.ones((2, 2)), abs=1e-6)
    matrix = pd.read_csv(BytesIO(downloads["matrix-wordllama-256.csv"]()))
    assert list(matrix.columns[1:]) == ["1 same", "2 same"]


def test_hostile_texts_are_shown_and_written_as_they_are_and_run_nowhere(downloads: dict[str, Any]) -> None:
    texts = (
        "<img src=x onerror=f()>",
        "![x](http://x/y)",
        "%{x} %{customdata}",
        '=HYPERLINK("http://x")',
        "$x$ :red[y]",
    )
    app = opened(texts=texts, pair="4-1", similarity_queries="=1+1")
    assert not app.exception
    assert texts[3] not in said(app)
    pairs = pd.read_csv(BytesIO(downloads["pairs.csv"]()))
    assert all(text[0] not in "=+-@" for text in [*pairs["Text"], *pairs["Query"]])
    matrix = downloads["matrix-wordllama-256.csv"]().decode("utf-8-sig")
    assert not any(cell.lstrip('"').startswith("=") for cell in matrix.replace("\n", ",").split(","))


def test_the_matrix_and_the_pairs_can_be_downloaded_whole(downloads: dict[str, Any]) -> None:
    opened()
    cosines = score_matrix(vectors(TABLE, TEXTS))
    matrix = pd.read_csv(BytesIO(downloads["matrix-wordllama-256.csv"]()), index_col=0)
    np.testing.assert_allclose(matrix.to_numpy(), cosines, atol=1e-6)
    assert list(matrix.columns) == [f"{number} {text}" for number, text in enumerate(TEXTS, start=1)]
    pairs = pd.read_csv(BytesIO(downloads["pairs.csv"]()))
    assert sorted(pairs[TABLE]) == pytest.approx(sorted(cosines[np.triu_indices(4, 1)]), abs=1e-6)


def test_pairs_are_listed_by_how_much_the_models_disagree() -> None:
    app = opened((TABLE, NETWORK), pairs_by="Most disagreed")
    pairs = app.dataframe[0].value
    assert (pairs[NETWORK] - pairs[TABLE]).abs().is_monotonic_decreasing
    app = opened((TABLE, NETWORK), pairs_by="Least similar")
    assert app.dataframe[0].value[NETWORK].is_monotonic_increasing


@pytest.mark.usefixtures("models_directory")
def test_four_models_of_any_pooling_have_their_heatmaps_and_two_of_them_a_difference() -> None:
    specs = (TABLE, NETWORK, "folder:modernbert", "folder:bert")
    app = opened(specs)
    assert not app.exception
    assert [cells(app, f"heatmap_{place}").shape for place in range(4)] == [(4, 4)] * 4
    assert said(app).count("add up to the cosine") == 3
    assert said(app).count("is not a plain mean of its tokens") == 1
    app = opened(specs, heatmaps="Difference")
    assert not app.exception
    assert cells(app).shape == (4, 4)


def test_a_file_of_texts_is_compared() -> None:
    app = opened(texts_from="File")
    assert "No file is uploaded in this session" in said(app).replace("\\", "")
    app.file_uploader[0].upload("mine.csv", ("text\n" + "\n".join(TEXTS)).encode()).run()
    assert not app.exception
    np.testing.assert_allclose(cells(app), score_matrix(vectors(TABLE, TEXTS)), atol=1e-6)
    assert "4 texts from mine.csv" in said(app).replace("\\", "")
