"""Figures hold the data they are given, a model keeps its colour, and no text is taken for markup."""

import html
import json
from collections.abc import Iterator
from typing import Any

import numpy as np
import plotly.graph_objects as go
import pytest

from core import models
from core.figures.models import score_against_size, task_radar
from core.figures.similarity import heatmap
from core.figures.style import model_colour
from core.figures.vectors import arrows, barcode
from core.settings import DATA

HOSTILE = "<b>x</b> %{x} <img src=x onerror=1>"
FACTS = {row["name"]: row for row in json.loads((DATA / "models.json").read_text(encoding="utf-8"))["models"]}
COLOURED = ("bge-small-en-v1.5", "all-MiniLM-L6-v2")


def strings(part: Any) -> Iterator[str]:
    if isinstance(part, str):
        yield part
    elif isinstance(part, dict | list):
        for inner in part.values() if isinstance(part, dict) else part:
            yield from strings(inner)


def drawn_strings(figure: go.Figure) -> list[str]:
    content = json.loads(figure.to_json())
    content["layout"].pop("template", None)
    return list(strings(content))


HOSTILE_FIGURES = {
    "heatmap": heatmap(np.eye(3, dtype=np.float32), [HOSTILE, HOSTILE, "tame"], lowest=0),
    "barcode": barcode(np.ones((2, 4), np.float32), [HOSTILE, "tame"]),
    "arrows": arrows([HOSTILE, HOSTILE], [1, 0.5], "#000000"),
}


@pytest.mark.parametrize("name", HOSTILE_FIGURES)
def test_no_markup_in_a_text_reaches_a_figure_unescaped(name: str) -> None:
    drawn = drawn_strings(HOSTILE_FIGURES[name])
    assert any(" %{x} " in text for text in drawn), "the text is drawn at all"
    assert not [text for text in drawn if "<b>x" in text or "<img" in text]


@pytest.mark.parametrize("name", HOSTILE_FIGURES)
def test_no_text_becomes_part_of_a_template_that_plotly_fills_in(name: str) -> None:
    for trace in HOSTILE_FIGURES[name].data:
        templates = [trace.hovertemplate or "", getattr(trace, "texttemplate", None) or ""]
        assert not any("onerror" in template or "%{x} " in template for template in templates)


def test_the_whole_of_a_short_text_stands_in_its_hover() -> None:
    hover = HOSTILE_FIGURES["heatmap"].data[0].customdata[0][2]
    assert html.unescape(hover).split("<br>")[0] == HOSTILE


@pytest.mark.parametrize(
    "text", ["日本語の文章" * 20, "https://example.org/" + "a" * 100], ids=["Japanese", "an address"]
)
def test_the_label_of_a_long_text_without_spaces_shows_its_beginning(text: str) -> None:
    for figure in (
        heatmap(np.eye(2, dtype=np.float32), [text, "b"], lowest=0),
        barcode(np.eye(2, dtype=np.float32), [text, "b"]),
    ):
        label = figure.layout.yaxis.ticktext[0]
        assert label.startswith(text[:10])
        assert label.endswith("…")
        assert len(label) <= 26


def test_a_heatmap_holds_the_cosines_and_names_both_texts_of_a_cell() -> None:
    matrix = np.array([[1, -0.25, 0.5], [-0.25, 1, 0.75], [0.5, 0.75, 1]], np.float32)
    figure = heatmap(matrix, ["red", "green", "blue"], lowest=-0.25)
    (cells,) = figure.data
    assert np.array_equal(cells.z, matrix)
    assert (cells.zmin, cells.zmax) == (-0.25, 1)
    assert figure.layout.yaxis.ticktext == ("red", "green", "blue")
    assert cells.customdata[0][2] == "red<br><br>blue"


@pytest.mark.parametrize(("texts", "numbers", "labels"), [(8, True, 8), (9, False, 9), (40, False, 40), (41, False, 0)])
def test_a_large_heatmap_drops_the_numbers_first_and_then_the_labels(texts: int, numbers: bool, labels: int) -> None:
    figure = heatmap(np.eye(texts, dtype=np.float32), [f"text {row}" for row in range(texts)], lowest=0)
    assert bool(figure.data[0].texttemplate) == numbers
    assert len(figure.layout.yaxis.ticktext) == labels


def test_a_barcode_holds_the_vectors_on_one_scale_that_is_even_about_zero() -> None:
    vectors = np.array([[0.5, -0.25, 0], [-1, 0.125, 0.75]], np.float32)
    figure = barcode(vectors, ["one", "two"])
    (bars,) = figure.data
    assert np.array_equal(bars.z, vectors)
    assert bars.zmax == -bars.zmin == pytest.approx(np.quantile([0.5, 0.25, 0, 1, 0.125, 0.75], 0.99))
    assert figure.layout.yaxis.ticktext == ("one", "two")
    assert np.array(bars.customdata).tolist() == [["one"] * 3, ["two"] * 3]


def test_a_barcode_of_zeros_can_be_drawn() -> None:
    (bars,) = barcode(np.zeros((1, 3), np.float32), ["nothing"]).data
    assert bars.zmin < 0 < bars.zmax


def test_arrows_point_at_the_angle_whose_cosine_is_given() -> None:
    figure = arrows(["one", "two", "three"], [1, 0.5, -0.6], "#123456")
    heads = [(note.x, note.y) for note in figure.layout.annotations if note.showarrow is None]
    captions = [note.text for note in figure.layout.annotations if note.text]
    assert np.array(heads) == pytest.approx(np.array([[1, 0], [0.5, 0.75**0.5], [-0.6, -0.8]]), abs=1e-6)
    assert captions[0] == "one"
    assert "60°, cosine 0.50" in captions[1]
    assert "127°, cosine -0.60" in captions[2]
    assert [note.arrowcolor == "#123456" for note in figure.layout.annotations if note.arrowcolor] == [
        True,
        False,
        False,
    ]


@pytest.mark.parametrize(
    ("board", "scores"),
    [
        ("MTEB v1", {name: (row.get("mteb_eng_v1") or {}).get("average") for name, row in FACTS.items()}),
        ("MTEB v2", {name: (row.get("mteb_eng_v2") or {}).get("mean") for name, row in FACTS.items()}),
    ],
    ids=["v1", "v2"],
)
def test_scores_stand_over_sizes_and_models_without_either_are_left_out(
    board: str, scores: dict[str, float | None]
) -> None:
    figure = score_against_size(models.catalogue(), ["all-MiniLM-L6-v2"], board)
    sizes = {name: row.get("download_bytes") for name, row in FACTS.items()}
    drawn = {trace.text[0].replace("<b>", "").replace("</b>", ""): (trace.x[0], trace.y[0]) for trace in figure.data}
    assert drawn == {name: (sizes[name], score) for name, score in scores.items() if score and sizes[name]}
    assert [trace.text[0] for trace in figure.data if trace.marker.size > 12] == ["<b>all-MiniLM-L6-v2</b>"]


def test_the_radar_holds_the_seven_task_scores_and_closes() -> None:
    (outline,) = task_radar([models.get("all-MiniLM-L6-v2")]).data
    expected = FACTS["all-MiniLM-L6-v2"]["mteb_eng_v1"]
    scores = dict(zip(outline.theta, outline.r, strict=True))
    assert (len(outline.r), len(scores), outline.r[0]) == (8, 7, outline.r[-1])
    assert scores["STS"] == expected["sts"]
    assert scores["Pairs"] == expected["pair_classification"]
    assert sorted(scores.values()) == sorted(value for task, value in expected.items() if task in models.TASKS)


def test_a_model_has_one_colour_in_every_figure() -> None:
    specs = [models.get(name) for name in COLOURED]
    dots = {name: score_against_size([models.get(name)], [], "MTEB v1").data[0].marker.color for name in COLOURED}
    outlines = {trace.name: trace.line.color for trace in task_radar(specs).data}
    for name in COLOURED:
        assert {dots[name], outlines[name]} == {model_colour(name)}
    assert dots[COLOURED[0]] != dots[COLOURED[1]]


def test_a_models_colour_depends_neither_on_its_company_nor_on_its_place() -> None:
    one, two = (models.get(name) for name in COLOURED)
    assert task_radar([one, two]).data[1].line.color == task_radar([two]).data[0].line.color


def test_no_two_models_of_the_catalogue_share_a_colour_and_other_names_are_grey() -> None:
    colours = [model_colour(name) for name in FACTS]
    assert len(set(colours)) == len(FACTS)
    assert model_colour("bm25") == model_colour("another") not in colours
