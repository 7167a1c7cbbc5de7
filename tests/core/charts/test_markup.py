"""Figures as plain HTML: each bar, cell and word where its value belongs, and texts that stay texts."""

import re
from collections import defaultdict
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

import plotly.graph_objects as go
import pytest
from plotly.colors import sample_colorscale

from core.benchmark.timing import Timing
from core.charts.markup import to_html
from core.charts.style import NEUTRAL, model_colours
from core.charts.sweeps import sweep_heatmap
from core.charts.timings import engine_bars, timing_bars
from core.charts.verdict import verdict_lanes
from core.verdict import Weights, lanes
from tests.core.verdict.verdicts import candidate, verdict_on

HOSTILE = "<script>f()</script><b>\"x' onmouseover='f()' <img src=x onerror=f()> %{x}"
LARGE, SMALL = "bge-large-en-v1.5", "all-MiniLM-L6-v2"
COLOURS = defaultdict(lambda: NEUTRAL, model_colours([LARGE, SMALL]))
ROWS = [(LARGE, "cpu"), (LARGE, "cuda"), (SMALL, "cpu"), (SMALL, "cuda")]


@dataclass
class Element:
    tag: str
    attributes: dict[str, str]
    text: str = ""
    style: dict[str, str] = field(default_factory=dict)

    @property
    def ends(self) -> tuple[float, float]:
        """Where a box begins and ends, in per cent of the plot, without the pixels of its outline."""
        left, width = (float(re.findall(r"-?[\d.]+(?=%)", self.style[name])[0]) for name in ("left", "width"))
        return left, left + width

    @property
    def rows(self) -> tuple[float, float]:
        """Where a box begins and ends, in pixels from the top of the plot."""
        top, height = (float(self.style[name].removesuffix("px")) for name in ("top", "height"))
        return top, top + height


class Elements(HTMLParser):
    """The elements of a drawing, each with the text in it."""

    def __init__(self, markup: str) -> None:
        super().__init__()
        self.all: list[Element] = []
        self._open: list[Element] = []
        self.feed(markup)
        assert self._open == []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        element = Element(tag, {name: value or "" for name, value in attributes})
        given = element.attributes.get("style", "").split(";")
        element.style = {name: value for name, _, value in (declaration.partition(":") for declaration in given)}
        self.all.append(element)
        if tag == "br":
            self.handle_data("\n")
        else:
            self._open.append(element)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop().tag == tag

    def handle_data(self, text: str) -> None:
        for element in self._open:
            element.text += text


def elements(figure: go.Figure) -> list[Element]:
    return Elements(to_html(figure, "what it shows")).all


def filled(figure: go.Figure, *colours: str) -> list[Element]:
    """The boxes of these colours, or all of any."""
    boxes = [element for element in elements(figure) if element.style.get("position") == "absolute"]
    boxes = [box for box in boxes if "background" in box.style and box.style.get("opacity") != "0"]
    return [box for box in boxes if not colours or box.style["background"] in colours]


def words(figure: go.Figure) -> list[str]:
    return [element.text.strip() for element in elements(figure) if element.tag == "span"]


def bars(figure: go.Figure) -> list[Element]:
    return [box for box in filled(figure) if "border" in box.style]


def timing(model: str, device: str, median: float | None, p95: float | None = None, **others: Any) -> Timing:
    others = {"engine": "torch", "precision": "float32", "samples": 40, **others}
    return Timing(model=model, device=device, median_ms=median, p95_ms=p95, **others)


def timed(*timings: Timing, **others: Any) -> go.Figure:
    return timing_bars(ROWS, {(row.model, row.device): row for row in timings}, colours=COLOURS, **others)


FILLED = (timing(LARGE, "cpu", 80, 84), timing(LARGE, "cuda", 8, 9), timing(SMALL, "cpu", 6.0, 6.5))


def test_it_is_one_image_with_a_name_as_tall_as_the_figure() -> None:
    figure = timed(*FILLED)
    root = elements(figure)[0]
    assert (root.attributes["role"], root.attributes["aria-label"]) == ("img", "what it shows")
    assert root.style["height"] == f"{figure.layout.height}px"


def test_each_bar_is_as_long_as_its_value_is_of_the_axis() -> None:
    figure = timed(*FILLED)
    end = figure.layout.xaxis.range[1]
    starts, ends = zip(*(bar.ends for bar in bars(figure)), strict=True)
    assert starts == (0, 0, 0)
    assert ends == pytest.approx([100 * ms / end for ms in (80, 8, 6)], abs=0.001)


def test_bars_lie_in_their_lanes_from_top_to_bottom_thirty_pixels_apart() -> None:
    middles = [sum(bar.rows) / 2 for bar in bars(timed(*FILLED, timing(SMALL, "cuda", 2.4)))]
    assert middles == pytest.approx([22.5, 52.5, 94.5, 124.5], abs=0.1)


def test_whiskers_reach_from_the_median_to_the_95th_percentile() -> None:
    figure = timed(*FILLED)
    end = figure.layout.xaxis.range[1]
    lines = [box.ends for box in filled(figure, "#8A929C") if box.ends[1] > box.ends[0]]
    expected = [(100 * low / end, 100 * high / end) for low, high in ((80, 84), (8, 9), (6, 6.5))]
    assert lines == [pytest.approx(ends, abs=0.002) for ends in expected]


def test_the_words_are_those_that_plotly_writes() -> None:
    figure = timed(*FILLED, states={ROWS[3]: "waiting"})
    labels = (f"{LARGE}\nCPU 80.0 ms\nGPU 8.00 ms · 10× as fast", f"{SMALL}\nCPU 6.00 ms\nGPU –")
    for text in (*labels, "GPU: waiting", "CPU", "GPU"):
        assert text in words(figure)
    ticks = [f"{tick:g}" for tick in figure.layout.xaxis.tickvals]
    assert [text for text in words(figure) if text in ticks] == ticks


def test_nothing_moves_while_the_bars_fill() -> None:
    def places(figure: go.Figure) -> list[tuple[str, str]]:
        labels = [one for one in elements(figure) if one.tag == "span" and one.text.startswith((LARGE, SMALL))]
        return [(one.style["top"], one.text.splitlines()[0]) for one in labels]

    steps = [timed(*FILLED[:count], states=dict.fromkeys(ROWS, "waiting")) for count in range(4)]
    assert len({str(places(figure)) for figure in steps}) == 1
    assert len({elements(figure)[0].attributes["style"] for figure in steps}) == 1
    assert [len(bars(figure)) for figure in steps] == [0, 1, 2, 3]


def test_the_cpu_is_light_the_gpu_full_and_random_weights_are_hatched() -> None:
    figure = timed(*FILLED[:2], timing(SMALL, "cpu", 6.0, weights="random"))
    light, full, hatched = (bar.style["background"] for bar in bars(figure))
    assert light.endswith(",0.4)")
    assert full.endswith(",1.0)")
    assert light.rpartition(",")[0] == full.rpartition(",")[0]
    assert hatched.startswith("repeating-linear-gradient")


def test_what_was_recorded_elsewhere_is_marked_at_its_milliseconds() -> None:
    figure = timed(*FILLED, marks={(LARGE, "cpu"): 67.7})
    end = figure.layout.xaxis.range[1]
    places = [one.style.get("left") for one in elements(figure) if one.tag == "div"]
    assert f"{67.7 / end:.3%}" in places
    assert "published, CPU" in words(figure)


def test_the_pointer_is_told_all_that_a_bar_stands_for_and_the_whole_reason_where_there_is_none() -> None:
    reason = "The model needs 28 GB of memory and this machine has 16 GB left: pick a smaller one, or free some memory."
    titles = [
        one.attributes["title"].replace("\n", " ")
        for one in elements(timed(*FILLED, timing(SMALL, "cuda", None, failure=reason)))
        if "title" in one.attributes
    ]
    assert "95th percentile 84.0 ms" in titles[0]
    assert reason in titles[-1]


def test_each_cell_of_a_sweep_has_its_place_colour_and_figure() -> None:
    grid = {(1, 8): 2.0, (1, 512): 20.0, (64, 8): 40.0}
    rows = [timing(SMALL, "cpu", ms, text="", batch_size=batch, tokens=n) for (batch, n), ms in grid.items()]
    figure = sweep_heatmap([*rows, timing(SMALL, "cpu", None, text="", batch_size=64, tokens=512)], "latency, ms")
    first, second, third = filled(figure)
    assert [cell.ends for cell in (first, second, third)] == [(0, 50), (50, 100), (0, 50)]
    assert first.rows == second.rows
    assert first.rows[0] > third.rows[1], "one text at a time stands at the bottom"
    assert (first.style["background"], third.style["background"]) == tuple(sample_colorscale("viridis", [1.0, 0.0]))
    assert {"2.00", "20.0", "40.0", "–", "8", "512", "64", "1", "Tokens per text"} <= set(words(figure))
    assert "Texts per batch" in [one.text for one in elements(figure) if one.tag == "div"]


def test_a_sweep_of_which_nothing_is_known_can_be_drawn() -> None:
    assert filled(sweep_heatmap([timing(SMALL, "cpu", None, tokens=None)], "texts/s")) == []


def test_the_verdicts_columns_stand_side_by_side_with_the_bars_that_they_head() -> None:
    decided = verdict_on(candidate("good", 0.8, 20.0, values=[0.7, 0.9] * 10), candidate("fast", 0.5, 0.2))
    figure = verdict_lanes(lanes(decided), Weights(), colours=COLOURS)
    boxes = filled(figure)
    tracks = [box.ends for box in boxes if box.style["background"].endswith(",0.13)")]
    assert len(tracks) == 12
    for (_, end), (start, _) in zip(tracks[::2], tracks[2::2], strict=False):
        assert end < start
    lengths = [box.ends for box in boxes if re.search(r",0\.(65|4)\)$", box.style["background"])]
    for (start, end), (left, right), length in zip(
        lengths[:4], tracks[:4], [*(row.total for row in decided.ranking.ranked), 0.8, 0.5], strict=True
    ):
        assert start == left
        assert (end - start) / (right - left) == pytest.approx(length, abs=0.001)
    assert "1. good" in words(figure)
    assert "Quality\nweight 62%" in words(figure)


@pytest.mark.parametrize(
    "figure",
    [
        timing_bars([(HOSTILE, "cpu")], {}, colours=COLOURS, states={(HOSTILE, "cpu"): HOSTILE}),
        timing_bars(
            [(HOSTILE, "cpu")], {(HOSTILE, "cpu"): timing(HOSTILE, "cpu", 3.0, engine=HOSTILE)}, colours=COLOURS
        ),
        engine_bars(
            [timing(HOSTILE, "cpu", None, failure=HOSTILE, engine=HOSTILE, precision=HOSTILE)], colours=COLOURS
        ),
        sweep_heatmap([timing(HOSTILE, "cpu", None, tokens=8, failure=HOSTILE)], "texts/s"),
        sweep_heatmap([timing(HOSTILE, "cpu", 3.0, tokens=8)], "texts/s"),
        verdict_lanes(lanes(verdict_on(candidate(HOSTILE, licence=HOSTILE))), Weights(), colours=COLOURS),
        go.Figure(go.Scatter(x=[1], y=[1], mode="text", text=[HOSTILE])).update_layout(
            height=100,
            margin={"l": 0, "r": 0, "t": 0, "b": 0},
            xaxis={"range": [0, 2], "tickvals": [1], "ticktext": [HOSTILE], "title": HOSTILE},
            yaxis={"range": [0, 2], "tickvals": [1], "ticktext": [HOSTILE], "title": HOSTILE},
            title=HOSTILE,
        ),
    ],
    ids=["waiting", "timed", "engines", "failed cell", "cell", "verdict", "not made safe before"],
)
def test_hostile_texts_stay_texts(figure: go.Figure) -> None:
    drawn = Elements(to_html(figure, HOSTILE)).all
    assert drawn[0].attributes["aria-label"] == HOSTILE
    assert any("script>" in one.text + one.attributes.get("title", "") for one in drawn), "it is drawn at all"
    assert {one.tag for one in drawn} <= {"div", "span", "b", "i", "br"}
    assert {name for one in drawn for name in one.attributes} <= {"class", "role", "aria-label", "style", "title"}
    assert not [one for one in drawn if "onerror" in one.attributes.get("style", "")]


def test_a_figure_of_another_kind_is_refused() -> None:
    figure = go.Figure(go.Scatterpolar(r=[1], theta=[1])).update_layout(height=100, margin={"t": 0, "b": 0})
    with pytest.raises(KeyError):
        to_html(figure, "")
