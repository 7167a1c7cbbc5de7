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
from core.figures.projector import LABEL_SHARE, LABELLED_CATEGORIES, text_map
from core.figures.similarity import heatmap
from core.figures.style import model_colour
from core.figures.vectors import arrows, barcode
from core.projection import Projection
from core.settings import DATA

HOSTILE = "<b>x</b> %{x} <img src=x onerror=1>"
FACTS = {row["name"]: row for row in json.loads((DATA / "models.json").read_text(encoding="utf-8"))["models"]}
COLOURED = ("bge-small-en-v1.5", "all-MiniLM-L6-v2")


def flat(points: list[tuple[float, ...]]) -> Projection:
    return Projection("umap", np.array(points, np.float32), (), None, {})


def scattered(rows: int, dimensions: int = 2) -> Projection:
    points = np.random.default_rng(0).normal(size=(rows, dimensions)).astype(np.float32)
    return Projection("umap", points, (), None, {})


def points_of(trace: Any) -> np.ndarray:
    return np.column_stack([trace.x, trace.y] if trace.type == "scattergl" else [trace.x, trace.y, trace.z])


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
    "map": text_map(scattered(4), [HOSTILE] * 4, [HOSTILE, HOSTILE, "b", "c"]),
    "lit map": text_map(scattered(4), [HOSTILE] * 4, ["a"] * 4, selected=0, neighbours=[1]),
    "map in 3D": text_map(scattered(4, 3), [HOSTILE] * 4, [HOSTILE, HOSTILE, "b", "c"], selected=0, neighbours=[1]),
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
    hover = HOSTILE_FIGURES["map"].data[0].text[0]
    assert html.unescape(hover.replace("<br>", " ")) == HOSTILE


def test_a_category_in_3d_reads_as_it_was_written() -> None:
    figure = text_map(scattered(4, 3), ["t"] * 4, ["R&D", "R&D", "law", "law"])  # WebGL text knows no entities
    assert figure.data[1].text[0].replace("<b>", "").replace("</b>", "") == "R&D"


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


@pytest.mark.parametrize("dimensions", [2, 3])
def test_a_map_holds_every_point_with_its_row_and_text(dimensions: int) -> None:
    projection = scattered(6, dimensions)
    points = text_map(projection, [f"text {row}" for row in range(6)], ["a"] * 6).data[0]
    assert np.array_equal(points_of(points), projection.coordinates)
    assert list(points.customdata) == list(range(6))
    assert points.text == tuple(f"text {row}" for row in range(6))


def test_points_of_a_category_share_a_colour_and_categories_differ() -> None:
    colours = text_map(scattered(5), ["t"] * 5, ["a", "b", "a", "c", "b"]).data[0].marker.color
    assert colours[0] == colours[2]
    assert colours[1] == colours[4]
    assert len(set(colours)) == 3


POINTS = [(0.0, 0.0, 5.0), (2.0, 1.0, 6.0), (9.0, 1.5, 7.0), (40.0, 50.0, 0.0), (41.0, 52.0, 1.0)]
MEDIANS = {"<b>near</b>": (2, 1, 6), "<b>remote</b>": (40.5, 51, 0.5)}


def test_a_category_is_named_in_2d_at_the_median_of_its_points() -> None:
    figure = text_map(flat([point[:2] for point in POINTS]), ["t"] * 5, ["near"] * 3 + ["remote"] * 2)
    places = {note.text: (note.x, note.y) for note in figure.layout.annotations}
    assert places == {name: median[:2] for name, median in MEDIANS.items()}


def test_a_category_is_named_in_3d_at_the_median_of_its_points() -> None:
    figure = text_map(flat([*POINTS]), ["t"] * 5, ["near"] * 3 + ["remote"] * 2)
    labels = figure.data[1]
    assert dict(zip(labels.text, map(tuple, points_of(labels).tolist()), strict=True)) == MEDIANS


def test_no_category_label_covers_another() -> None:
    points = [(0.3, 0.5), (0.3, 0.501), (0.35, 0.502), (0.6, 0.503), (0.5, 0.504), (0.0, 0.0), (1.0, 1.0)]
    figure = text_map(flat([*points]), ["t"] * 7, list("abcdefg"))
    labels = np.array([(note.x, note.y) for note in figure.layout.annotations])
    near = np.abs(labels[:, None] - labels) < LABEL_SHARE * 0.999
    assert np.count_nonzero(near.all(axis=2)) == 7, "each label is near itself alone"


@pytest.mark.parametrize("categories", [1, LABELLED_CATEGORIES + 1])
def test_one_category_or_very_many_are_not_named(categories: int) -> None:
    figure = text_map(scattered(40), ["t"] * 40, [str(row % categories) for row in range(40)])
    assert figure.layout.annotations == ()


@pytest.mark.parametrize("dimensions", [2, 3])
def test_the_selected_text_and_its_neighbours_are_lit_and_the_rest_fade(dimensions: int) -> None:
    projection, texts = scattered(6, dimensions), list("abcdef")
    rest, lit = text_map(projection, texts, ["c"] * 6, selected=0, neighbours=[4, 2]).data
    assert list(lit.customdata) == [4, 2, 0]
    assert lit.text == ("e", "c", "a")
    assert np.array_equal(points_of(lit), projection.coordinates[[4, 2, 0]])
    assert lit.marker.size[2] > lit.marker.size[0] == lit.marker.size[1]
    assert rest.marker.opacity < text_map(projection, texts, ["c"] * 6).data[0].marker.opacity


def test_pca_axes_tell_their_share_of_the_variance_and_umap_axes_tell_nothing() -> None:
    by_pca = Projection("pca", scattered(5).coordinates, (0.4213, 0.2), None, {})
    axes = text_map(by_pca, ["t"] * 5, ["c"] * 5).layout
    assert axes.xaxis.title.text == "PC1 (42.1% of the variance)"
    assert axes.yaxis.title.text == "PC2 (20.0% of the variance)"
    assert not text_map(scattered(5), ["t"] * 5, ["c"] * 5).layout.xaxis.title.text


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
