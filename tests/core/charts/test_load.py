"""The chart of a load test: its percentiles where they were measured, its limit, and what is beyond."""

import math
from dataclasses import replace
from itertools import pairwise
from typing import Any

import plotly.graph_objects as go

from core.charts.load import load_lines
from core.charts.style import NEUTRAL
from core.load import LoadTest
from tests.core.load.queues import a_step, load_test

COLOUR = "#0F7FBF"
HOSTILE = "<b>x</b> <img src=x onerror=1>"
FINE = a_step(offered=20.0, p50_ms=25.0, p95_ms=60.0, p99_ms=None)
LIMIT = a_step(offered=42.0, p50_ms=31.0, p95_ms=120.0, p99_ms=150.0)
BEYOND = a_step(offered=80.0, p50_ms=900.0, p95_ms=2000.0, p99_ms=2100.0, answered=0.5)


def drawn(test: LoadTest) -> go.Figure:
    return load_lines(test, colour=COLOUR)


def lines_of(figure: go.Figure) -> dict[str, Any]:
    return {trace.name: trace for trace in figure.data}


def words_of(figure: go.Figure) -> list[str]:
    return [each.text for each in figure.layout.annotations]


def test_each_percentile_is_a_line_over_the_rates_in_order() -> None:
    lines = lines_of(drawn(load_test(BEYOND, FINE, LIMIT)))
    assert list(lines) == ["p50", "p95", "p99"]
    assert {tuple(line.x) for line in lines.values()} == {(20.0, 42.0, 80.0)}
    assert list(lines["p95"].y) == [60.0, 120.0, 2000.0]
    assert list(lines["p99"].y) == [None, 150.0, 2100.0]
    assert len({line.line.dash for line in lines.values()}) == 3


def test_points_beyond_the_limit_are_grey() -> None:
    assert list(lines_of(drawn(load_test(FINE, LIMIT, BEYOND)))["p50"].marker.color) == [COLOUR, COLOUR, NEUTRAL]


def test_the_limit_and_what_is_accepted_are_marked_where_they_are() -> None:
    figure = drawn(load_test(FINE, LIMIT, BEYOND))
    assert "limit: 42.0 a second" in words_of(figure)
    assert "p95 accepted up to 400 ms" in words_of(figure)
    across, upright = figure.layout.shapes
    assert (across.y0, upright.x0) == (400.0, 42.0)
    assert "limit: at least 42.0 a second" in words_of(drawn(load_test(FINE, LIMIT)))
    assert not any("limit" in text for text in words_of(drawn(load_test(BEYOND))))


def test_the_axes_hold_all_points_and_the_names_of_the_lines_do_not_cover_each_other() -> None:
    figure = drawn(load_test(FINE, LIMIT, BEYOND))
    low, high = (10**end for end in figure.layout.yaxis.range)
    assert low < 25 < 2100 < high
    names = [
        each.y for each in figure.layout.annotations if each.text in {f"<b>{name}</b>" for name in lines_of(figure)}
    ]
    assert len(names) == 3
    assert min(later - earlier for earlier, later in pairwise(names)) > 0.05 * math.log10(high / low)


def test_a_tooltip_gives_the_figures_and_the_reason() -> None:
    text = lines_of(drawn(load_test(BEYOND)))["p50"].hovertext[0]
    assert "80.0 requests a second" in text
    assert "p95 2,000 ms" in text
    assert "only 50% of the requests are answered in time" in text


def test_a_hostile_name_is_escaped() -> None:
    figure = drawn(replace(load_test(LIMIT), model=HOSTILE))
    assert "<img" not in figure.to_json()


def test_a_test_without_a_step_or_an_answer_is_drawn() -> None:
    assert drawn(load_test()).layout.height
    assert drawn(load_test(a_step(p50_ms=None, p95_ms=None, p99_ms=None, answered=0.0))).layout.height
