"""Figures hold the data they are given, a model keeps its colour, and no text is taken for markup."""

import html
import json
import re
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
import pytest
from plotly.colors import get_colorscale, hex_to_rgb
from scipy.stats import percentileofscore

from core import models
from core.charts.models import score_against_cost, task_scores
from core.charts.similarity import (
    CELLS_HEIGHT,
    PERCENTILES,
    Scale,
    cosines_from,
    densities,
    differences,
    heatmap,
    percent,
    scores_between,
    token_heatmap,
)
from core.charts.style import NEUTRAL, model_colour
from core.charts.vectors import arrows, barcode, journey
from core.comparison import Dot, dots, front, stand, task_types
from core.settings import DATA
from core.similarity import Background, clusters
from tests.core.charts.test_benchmark import contrast

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
    "heatmap": heatmap(np.eye(3, dtype=np.float32), [HOSTILE, HOSTILE, "tame"], scale=cosines_from(0)),
    "tokens": token_heatmap(np.eye(2, dtype=np.float32), [HOSTILE, "a"], [HOSTILE, "b"], None, "#000000"),
    "barcode": barcode(np.ones((2, 4), np.float32), [HOSTILE, "tame"]),
    "journey": journey(
        np.ones((1, 4), np.float32), [HOSTILE], np.ones(4, np.float32), np.ones((1, 4), np.float32), title="one"
    ),
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
    hover = HOSTILE_FIGURES["heatmap"].layout.xaxis.ticktext[0]
    assert html.unescape(hover).split("<br>")[0] == HOSTILE


@pytest.mark.parametrize(
    "text", ["日本語の文章" * 20, "https://example.org/" + "a" * 100], ids=["Japanese", "an address"]
)
def test_the_label_of_a_long_text_without_spaces_shows_its_beginning(text: str) -> None:
    for figure in (
        heatmap(np.eye(2, dtype=np.float32), [text, "b"], scale=cosines_from(0)),
        barcode(np.eye(2, dtype=np.float32), [text, "b"]),
    ):
        label = figure.layout.yaxis.ticktext[0]
        assert label.removeprefix("1 · ").startswith(text[:10])
        assert label.endswith("…")
        assert len(label) <= 26


def bare(number: str) -> str:
    """A cell's number without its colour."""
    return re.sub("<[^>]*>", "", number)


def test_a_heatmap_holds_the_cosines_and_each_text_once_for_the_hover_of_its_row_and_column() -> None:
    matrix = np.array([[1, -0.25, 0.5], [-0.25, 1, 0.75], [0.5, 0.75, 1]], np.float32)
    figure = heatmap(matrix, ["red", "green", "blue"], scale=cosines_from(-0.25))
    cells = figure.data[0]
    assert np.array_equal(cells.z, matrix)
    assert (cells.zmin, cells.zmax) == (-0.25, 1)
    assert figure.layout.yaxis.ticktext == ("1 · red", "2 · green", "3 · blue")
    assert (figure.layout.xaxis3.ticktext, figure.layout.xaxis3.tickangle) == (("1", "2", "3"), 0)
    assert figure.layout.xaxis.ticktext == figure.layout.yaxis2.ticktext == ("red", "green", "blue")
    assert cells.hovertemplate == "cosine <b>%{z:.3f}</b><br><br>%{y}<br><br>%{x}<extra></extra>"
    assert cells.customdata is None


@pytest.mark.parametrize(("texts", "down", "across"), [(16, 1, 1), (20, 1, 2), (30, 2, 2), (500, 25, 40)])
def test_a_large_heatmap_has_no_numbers_and_a_label_at_every_nth_text(texts: int, down: int, across: int) -> None:
    named, numbers = [f"text {row}" for row in range(texts)], list(range(texts, 0, -1))
    figure = heatmap(np.eye(texts, dtype=np.float32), named, scale=cosines_from(0), numbers=numbers)
    assert bool(figure.data[0].texttemplate) == (texts <= 20)
    axis = figure.layout.yaxis
    assert axis.tickvals == tuple(range(0, texts, down))
    assert axis.ticktext == tuple(f"{numbers[row]} · text {row}" for row in axis.tickvals)
    axis = figure.layout.xaxis3
    assert axis.tickvals == tuple(range(0, texts, across))
    assert axis.ticktext == tuple(str(number) for number in numbers[::across])
    assert 16 * 0.5 * len(str(texts)) < CELLS_HEIGHT * across / texts, "numbers of columns have room"
    assert figure.layout.xaxis.ticktext == tuple(named)


def test_columns_of_other_texts_than_the_rows_keep_their_words() -> None:
    figure = heatmap(np.ones((1, 2), np.float32), ["which?"], ["this", "that"], scale=cosines_from(0))
    assert (figure.layout.yaxis.ticktext, figure.layout.xaxis3.ticktext) == (("which?",), ("this", "that"))


@pytest.mark.parametrize("texts", [4, 16, 20])
@pytest.mark.parametrize("scale", [cosines_from(-1), PERCENTILES, differences("d", np.ones((1, 1), np.float32), ".3f")])
def test_numbers_fit_their_cells_with_fewer_digits_where_these_are_small(texts: int, scale: Scale) -> None:
    values = np.full((texts, texts), -0.23 if scale.low < 0 else 100, np.float32)
    cells = heatmap(values, [str(row) for row in range(texts)], scale=scale).data[0]
    if cells.text is None:
        assert texts == 20  # even one digit with its sign, of a size that can be read, is wider than a cell
        return
    widths = [0.5 * len(re.sub("[.]", "", bare(number))) + 0.25 * ("." in bare(number)) for number in cells.text[0]]
    assert cells.textfont.size >= 12
    assert cells.textfont.size * max(widths) < CELLS_HEIGHT / texts


@pytest.mark.parametrize(
    ("scale", "values", "written"),
    [
        (cosines_from(-1), (0.449, -0.054, -0.001, 0.999), (".45", "−.05", ".00", "1")),
        (PERCENTILES, (99.86, 4.4), ("100", "4")),
        (scores_between("dot", 0, 9), (7.1234,), ("7.123",)),
    ],
)
def test_a_cell_has_its_score_in_few_characters(
    scale: Scale, values: tuple[float, ...], written: tuple[str, ...]
) -> None:
    figure = heatmap(np.array([values], np.float32), ["a"], list("bcde")[: len(values)], scale=scale)
    assert tuple(bare(number) for number in figure.data[0].text[0]) == written


PAPERS = {"light": ((255, 255, 255), "#0F1317"), "dark": ((14, 17, 22), "#E8ECF1")}  # and the ink of each theme


def colour_at(scale: Scale, value: float, paper: Sequence[int]) -> list[float]:
    """The colour of a value on paper, interpolated between the scale's stops."""
    stops: Any = get_colorscale(scale.colours) if isinstance(scale.colours, str) else scale.colours
    parts = [
        [*(hex_to_rgb(colour) if colour[0] == "#" else map(float, re.findall(r"[\d.]+", colour))), 1][:4]
        for _, colour in stops
    ]
    place = (value - scale.low) / (scale.high - scale.low)
    *colour, alpha = (np.interp(place, [stop for stop, _ in stops], part) for part in zip(*parts, strict=True))
    return [alpha * part + (1 - alpha) * below for part, below in zip(colour, paper, strict=True)]


@pytest.mark.parametrize("paper", PAPERS)
@pytest.mark.parametrize("scale", [cosines_from(-1), differences("d", np.ones((1, 1), np.float32), ".3f")])
def test_a_cells_number_can_be_read_on_each_colour_of_the_scale(scale: Scale, paper: str) -> None:
    ground, ink = PAPERS[paper]
    for value in np.linspace(-1, 1, 101):
        (number,) = heatmap(np.array([[value]], np.float32), ["a"], ["b"], scale=scale).data[0].text[0]
        written = re.search("color:(#......)", number)
        assert contrast(hex_to_rgb(written[1] if written else ink), colour_at(scale, value, ground)) >= 4.5


def test_texts_compared_with_each_other_have_square_cells_and_queries_use_the_height() -> None:
    matrix = np.eye(3, dtype=np.float32)
    assert heatmap(matrix, list("abc"), scale=cosines_from(0)).layout.xaxis.scaleanchor == "y"
    assert heatmap(matrix, list("abc"), list("def"), scale=cosines_from(0)).layout.xaxis.scaleanchor is None


def test_queries_are_rows_and_texts_columns_each_with_a_tree_on_the_axis_it_belongs_to() -> None:
    vectors = np.random.default_rng(0).normal(size=(7, 4)).astype(np.float32)
    rows, columns = clusters(vectors[:3]), clusters(vectors)
    figure = heatmap(
        np.zeros((3, 7), np.float32), list("abc"), list("defghij"), scale=cosines_from(0), row_tree=rows,
        column_tree=columns, marked=(2, 5),
    )  # fmt: skip
    cells, _, _, row_tree, column_tree = figure.data
    (mark,) = figure.layout.shapes
    assert rows is not None
    assert columns is not None
    assert cells.z.shape == (3, 7)
    assert (row_tree.yaxis, figure.layout.yaxis2.matches) == ("y", "y")
    assert (column_tree.xaxis, cells.xaxis or "x") == ("x", "x")
    assert np.nanmax(row_tree.x) == pytest.approx(rows.tree[:, 2].max())
    assert np.nanmax(column_tree.y) == pytest.approx(columns.tree[:, 2].max())
    pixels = CELLS_HEIGHT / 7
    for middle, low, high in ((5, mark.x0, mark.x1), (2, mark.y0, mark.y1)):
        assert high - middle == pytest.approx(middle - low)
        assert (high - middle - 0.5) * pixels >= mark.line.width / 2, "the frame is around the cell, not on its number"


def test_the_figure_of_500_long_texts_stays_small() -> None:
    texts = [f"{row} " + "word " * 4000 for row in range(500)]
    tree = clusters(np.random.default_rng(0).normal(size=(500, 8)).astype(np.float32))
    figure = heatmap(np.zeros((500, 500), np.float32), texts, scale=cosines_from(0), column_tree=tree)
    assert len(figure.to_json()) < 2_000_000


def test_a_difference_is_even_about_a_neutral_zero() -> None:
    values = np.array([[0, -0.5], [0.25, 0]], np.float32)
    figure = heatmap(values, ["a", "b"], scale=differences("difference", values, ".3f"))
    assert (figure.data[0].zmin, figure.data[0].zmax) == (-0.5, 0.5)
    middle = [colour for place, colour in figure.data[0].colorscale if place == 0.5]
    assert all(colour.endswith(",0)") for colour in middle)


def test_no_difference_at_all_can_be_drawn() -> None:
    scale = differences("difference", np.zeros((2, 2), np.float32), ".3f")
    assert (scale.low, scale.high) == (-1, 1)


def test_a_density_integrates_to_one_and_the_marked_cosine_is_told_with_its_percentile() -> None:
    cosines = np.sort(np.random.default_rng(0).normal(0.3, 0.1, 5000).astype(np.float32))
    figure = densities(
        {"wordllama-256": Background(cosines, 5000, 0)}, {"wordllama-256": 0.4}, colours={"wordllama-256": NEUTRAL}
    )
    (line,) = figure.data
    assert np.trapezoid(line.y, line.x) == pytest.approx(1, abs=0.02)
    assert line.name == f"wordllama-256: 0.40 is above {percentileofscore(cosines, np.float32(0.4), 'mean'):.1f}%"
    assert figure.layout.shapes[0].x0 == 0.4


@pytest.mark.parametrize(
    ("percentile", "told"),
    [
        (0, "0%"),
        (0.04, "0.04%"),
        (61, "61%"),
        (99.25, "99.2%"),
        (99.97, "99.97%"),
        (99.9996, "100%"),
        (100, "100%"),
    ],
)
def test_a_percentile_is_told_with_the_digits_that_it_needs(percentile: float, told: str) -> None:
    assert percent(percentile) == told


def test_a_barcode_holds_the_vectors_on_one_scale_that_is_even_about_zero() -> None:
    vectors = np.array([[0.5, -0.25, 0], [-1, 0.125, 0.75]], np.float32)
    figure = barcode(vectors, ["one", "two"])
    (bars,) = figure.data
    assert np.array_equal(bars.z, vectors)
    assert bars.zmax == -bars.zmin == pytest.approx(np.quantile([0.5, 0.25, 0, 1, 0.125, 0.75], 0.99))
    assert figure.layout.yaxis.ticktext == ("one", "two")
    assert bars.colorbar.ticktext[1] == "0"
    assert bars.colorbar.tickvals[1] == 0


def test_a_barcode_of_zeros_can_be_drawn() -> None:
    (bars,) = barcode(np.zeros((1, 3), np.float32), ["nothing"]).data
    assert bars.zmin < 0 < bars.zmax


def test_a_dimension_is_followed_from_the_tokens_to_what_it_adds_to_each_cosine() -> None:
    numbers = np.random.default_rng(0).normal(size=(6, 8)).astype(np.float32)
    tokens, embedding, others = numbers[:3], numbers[3], numbers[4:]
    figure = journey(tokens, list("abc"), embedding, others, title="One vector")
    above, below = figure.data
    assert np.array_equal(above.z, tokens)
    assert np.array_equal(below.z, embedding[None])
    assert (above.xaxis, above.yaxis or "y") == (below.xaxis, "y") != (below.xaxis, below.yaxis)
    assert np.array_equal(above.customdata, np.tile(embedding, (3, 1)))
    cosines = [float(np.dot(embedding, other) / np.linalg.norm(embedding) / np.linalg.norm(other)) for other in others]
    assert below.customdata.sum(axis=(0, 1)) == pytest.approx(cosines, abs=1e-6)
    assert (figure.layout.xaxis.showspikes, figure.layout.xaxis.spikemode) == (True, "across")


def test_two_sentences_at_the_same_angle_as_the_first_have_captions_apart() -> None:
    notes = [note for note in arrows(["one", "one", "one"], [1, 1, 1], "#123456").layout.annotations if note.text]
    assert [(note.y, note.yanchor) for note in notes] == [(0, None), (0.32, "bottom"), (-0.32, "top")]


def test_arrows_point_at_the_angle_whose_cosine_is_given() -> None:
    figure = arrows(["one", "two", "three"], [1, 0.5, -0.6], "#123456")
    assert (figure.layout.xaxis.constrain, figure.layout.yaxis.constrain) == ("domain", "domain"), "at any size"
    heads = [(note.x, note.y) for note in figure.layout.annotations if note.showarrow is None]
    captions = [note.text for note in figure.layout.annotations if note.text]
    assert np.array(heads) == pytest.approx(np.array([[1, 0], [0.5, 0.75**0.5], [-0.6, -0.8]]), abs=1e-6)
    assert captions == ["one", "two<br><b>60°, cosine 0.50</b>", "three<br><b>127°, cosine −0.60</b>"]
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
    points = dots(models.catalogue(), stand(models.catalogue(), board), "Download size", {})
    figure = score_against_cost(points, front(points), ["all-MiniLM-L6-v2"], cost="Download size", score=board)
    sizes = {name: row.get("download_bytes") for name, row in FACTS.items()}
    known = {name: score for name, score in scores.items() if score and sizes[name]}
    drawn = {dot.name: dot for dot in points}  # the leaderboard has scores that the facts lack
    assert {name: drawn[name].cost for name in known} == {name: sizes[name] for name in known}
    assert {name: drawn[name].score for name in known} == pytest.approx(known, abs=0.006)
    assert sum(len(trace.x) for trace in figure.data if trace.mode != "lines") == len(points)
    assert [trace.text[0] for trace in figure.data if trace.marker.size == 20] == ["<b>all-MiniLM-L6-v2</b>"]


def test_the_labels_of_the_front_stand_apart() -> None:
    points = dots(models.pickable(), stand(models.pickable(), "MTEB v2"), "Parameters", {})
    figure = score_against_cost(points, front(points), [], cost="Parameters", score="MTEB v2")
    (labelled,) = (trace for trace in figure.data if trace.text)
    scores = [point.score for point in points]
    named = [score for score, name in zip(labelled.y, labelled.text, strict=True) if name]
    assert max(named) == max(point.score for point in front(points))
    assert np.diff(sorted(named)).min() > 0.05 * (max(scores) - min(scores))
    assert len(labelled.y) > len(named) >= 4


def dots_by_type(name: str, board: str) -> dict[str, float]:
    spec = models.get(name)
    figure = task_scores([spec], task_types([spec], board), board)
    (trace,) = (trace for trace in figure.data if trace.mode == "markers")
    return dict(zip(trace.y, trace.x, strict=True))


def test_a_dot_stands_for_each_of_the_seven_task_types() -> None:
    v1, v2 = (dots_by_type("all-MiniLM-L6-v2", board) for board in ("MTEB v1", "MTEB v2"))
    expected = FACTS["all-MiniLM-L6-v2"]["mteb_eng_v1"]
    assert v1["STS"] == expected["sts"]
    assert v1["PairClassification"] == expected["pair_classification"]
    assert sorted(v1.values()) == sorted(value for task, value in expected.items() if task in models.TASKS)
    assert v2.keys() == v1.keys()
    assert v2["Retrieval"] == pytest.approx(42.92, abs=0.01)


def by_type(*specs: models.ModelSpec) -> go.Figure:
    return task_scores(specs, task_types(specs, "MTEB v1"), "MTEB v1")


def against_size(spec: models.ModelSpec) -> go.Figure:
    points = dots([spec], stand([spec], "MTEB v1"), "Download size", {})
    return score_against_cost(points, points, [spec.name], cost="Download size", score="MTEB v1")


def test_a_model_has_one_colour_in_every_figure() -> None:
    specs = [models.get(name) for name in COLOURED]
    marks = {spec.name: against_size(spec).data[-1].marker.color for spec in specs}
    outlines = {trace.name: trace.marker.color for trace in by_type(*specs).data if trace.name}
    for name in COLOURED:
        assert {marks[name], outlines[name]} == {model_colour(models.get(name).id)}
    assert marks[COLOURED[0]] != marks[COLOURED[1]]


def test_a_models_colour_depends_neither_on_its_company_nor_on_its_place() -> None:
    one, two = (models.get(name) for name in COLOURED)
    assert by_type(one, two).data[-1].marker.color == by_type(two).data[-1].marker.color


def test_every_model_of_the_front_is_marked_though_not_every_one_has_room_for_its_name() -> None:
    points = [Dot(*at) for at in (("a", "a", 1, 50), ("b", "b", 2, 50.1), ("c", "c", 3, 60), ("d", "d", 4, 9))]
    figure = score_against_cost(points, points[:3], ["d"], cost="Parameters", score="score")
    sizes = {tuple(trace.x): trace.marker.size for trace in figure.data if trace.mode != "lines"}
    assert sizes == {(): 8, (1, 2, 3): 12, (4,): 20}
    (front,) = (trace for trace in figure.data if tuple(trace.x) == (1, 2, 3) and trace.mode != "lines")
    assert front.text == ("", "b", "c")
    assert front.marker.color == NEUTRAL, "of many models some would have the colour of a picked one"
    (picked,) = (trace for trace in figure.data if trace.marker.size == 20)
    assert picked.marker.color == model_colour("d")
