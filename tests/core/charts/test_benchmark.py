"""The Benchmark page's figures: bars stay where they are while they fill, and each figure holds what was measured."""

import json
import math
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import plotly.graph_objects as go
import pytest
from plotly.colors import sample_colorscale

from core.benchmark.timing import Measure, Statistics, Timing
from core.benchmark.tradeoff import Point, front
from core.charts import sweeps
from core.charts import timings as timed
from core.charts import tradeoff as weighed
from core.charts.style import NEUTRAL, SEQUENTIAL, log_ticks, model_colours
from core.charts.sweeps import sweep_heatmap

HOSTILE = "<b>x</b> %{x} <img src=x onerror=1>"
SMALL, LARGE = "all-MiniLM-L6-v2", "bge-large-en-v1.5"
COLOURS = defaultdict(lambda: NEUTRAL, model_colours([SMALL, LARGE]))
timing_bars = partial(timed.timing_bars, colours=COLOURS)
compared_bars = partial(timed.comparison_bars, colours=COLOURS)
engine_bars = partial(timed.engine_bars, colours=COLOURS)
sweep_lines = partial(sweeps.sweep_lines, colours=COLOURS)
tradeoff = partial(weighed.tradeoff, colours=COLOURS)
cost_dots = partial(weighed.cost_dots, colours=COLOURS)
ROWS = [(LARGE, "cpu"), (LARGE, "cuda"), (SMALL, "cpu"), (SMALL, "cuda")]


def timing(model: str, device: str, median: float | None, p95: float | None = None, **others: Any) -> Timing:
    others = {"engine": "torch", "precision": "float32", "samples": 40, **others}
    return Timing(model=model, device=device, median_ms=median, p95_ms=p95, **others)


def keyed(*timings: Timing) -> dict[tuple[str, str], Timing]:
    return {(row.model, row.device): row for row in timings}


FILLED = keyed(
    timing(LARGE, "cpu", 80, 84),
    timing(LARGE, "cuda", 8, 9),
    timing(SMALL, "cpu", 6.0, 6.5),
    timing(SMALL, "cuda", 2.4, 2.5),
)


def bars_of(figure: go.Figure) -> Any:
    return next(trace for trace in figure.data if trace.type == "bar")


def figures_of(figure: go.Figure, bars_of_a_group: int = 1) -> list[str]:
    """The lines below each name, one for each bar."""
    return [line for label in figure.layout.yaxis.ticktext for line in label.split("<br>")[-bars_of_a_group:]]


def words_of(figure: go.Figure) -> list[str]:
    drawn = next(trace for trace in figure.data if trace.type == "scatter" and trace.mode == "text")
    return [text.strip().replace("<b>", "").replace("</b>", "") for text in drawn.text]


def arrows_of(figure: go.Figure) -> list[tuple[float, float]]:
    arrows = texts_of(figure)[1]
    return list(zip(arrows.x, arrows.y, strict=True))


def texts_of(figure: go.Figure) -> list[Any]:
    return [trace for trace in figure.data if trace.type == "scatter" and trace.mode == "text"]


def legend_of(figure: go.Figure) -> list[str]:
    return [trace.name for trace in figure.data if trace.showlegend]


def alpha(colour: str) -> float:
    return float(colour.removesuffix(")").split(",")[3])


def rgb(colour: str) -> tuple[int, ...]:
    if colour.startswith("#"):
        return tuple(bytes.fromhex(colour[1:]))
    return tuple(int(part) for part in colour.partition("(")[2].removesuffix(")").split(",")[:3])


def strings(part: Any) -> Iterator[str]:
    if isinstance(part, str):
        yield part
    elif isinstance(part, dict | list):
        for inner in part.values() if isinstance(part, dict) else part:
            yield from strings(inner)


def test_bars_hold_the_medians_with_whiskers_to_the_95th_percentile() -> None:
    bars = bars_of(timing_bars(ROWS, FILLED))
    assert list(bars.x) == [80, 8, 6, 2.4]
    assert list(bars.error_x.array) == pytest.approx([4, 1, 0.5, 0.1])
    assert list(bars.error_x.arrayminus) == [0] * 4


def test_a_disturbed_bar_is_grey_and_compared_with_none() -> None:
    noisy = FILLED | keyed(timing(LARGE, "cpu", 80, 84, disturbed=5))
    figure = timing_bars(ROWS, noisy)
    assert figures_of(figure, 2)[:2] == ["CPU 80.0 ms · 5 of 40 disturbed", "GPU 8.00 ms"]
    grey, coloured = bars_of(figure).marker.color[:2]
    assert rgb(grey) == rgb(NEUTRAL) != rgb(coloured)
    library = timing(SMALL, "cpu", 10, engine="library", disturbed=1)
    assert figures_of(engine_bars([library, timing(SMALL, "cpu", 5)]))[1] == "5.00 ms"


def test_a_whisker_that_is_cut_is_marked_with_its_end() -> None:
    figure = timing_bars(ROWS[:1], keyed(timing(LARGE, "cpu", 10, 4000)))
    assert figures_of(figure) == ["10.0 ms"]
    assert arrows_of(figure) == [(figure.layout.xaxis.range[1], bars_of(figure).y[0])]
    written = texts_of(figure)[2]
    assert (list(written.text), written.textposition) == (["95th percentile 4,000 ms"], "top left")
    assert list(zip(written.x, written.y, strict=True)) == arrows_of(figure)


def test_the_median_stands_below_the_name_where_no_whisker_ends() -> None:
    figure = engine_bars([timing(SMALL, "cpu", 1.78, 2.71, engine="library"), timing(SMALL, "cpu", 1.0, 1.1)])
    assert figure.layout.xaxis.range[1] > 2.71
    assert list(bars_of(figure).error_x.array) == pytest.approx([0.93, 0.1])
    assert arrows_of(figure) == []
    assert figures_of(figure) == ["1.78 ms", "1.00 ms · 1.8×"]
    assert words_of(figure) == ["", ""], "nothing at a bar's end"


def test_a_whisker_is_cut_where_the_medians_would_become_too_short_to_read() -> None:
    figure = timing_bars([(SMALL, "cpu")], keyed(timing(SMALL, "cpu", 10, 4000)))
    assert 10 < figure.layout.xaxis.range[1] < 30
    assert 10 + bars_of(figure).error_x.array[0] == 4000 > figure.layout.xaxis.range[1], "the plot cuts it"
    assert "4,000 ms" in bars_of(figure).hovertext[0], "the whole figure is told all the same"


def test_a_gpu_bar_tells_how_many_times_as_fast_as_the_cpu_it_is() -> None:
    assert figures_of(timing_bars(ROWS, FILLED), 2) == [
        "CPU 80.0 ms",
        "GPU 8.00 ms · 10× as fast",
        "CPU 6.00 ms",
        "GPU 2.40 ms · 2.5× as fast",
    ]


def test_a_gpu_bar_without_its_cpu_tells_its_milliseconds_alone() -> None:
    failed = timing(LARGE, "cpu", None, failure="out of memory")
    assert figures_of(timing_bars(ROWS[:2], FILLED | keyed(failed)), 2) == ["CPU –", "GPU 8.00 ms"]
    assert figures_of(timing_bars(ROWS[1:2], keyed(FILLED[ROWS[1]]))) == ["8.00 ms"]


def test_nothing_moves_while_the_bars_fill() -> None:
    done = list(FILLED.items())
    waiting = dict.fromkeys(ROWS, "waiting")
    steps = [timing_bars(ROWS, dict(done[:count]), states=waiting) for count in range(5)]
    for figure in steps:
        assert figure.layout.height == steps[0].layout.height
        assert figure.layout.yaxis.range == steps[0].layout.yaxis.range
        assert figure.layout.yaxis.tickvals == steps[0].layout.yaxis.tickvals
        assert bars_of(figure).y == bars_of(steps[0]).y
        assert len(figure.data) == len(steps[0].data)
    assert words_of(steps[1])[1] == "GPU: waiting"
    assert [sum(x is not None for x in bars_of(figure).x) for figure in steps] == [0, 1, 2, 3, 4]


def test_rows_stand_from_top_to_bottom_in_the_order_given_and_a_models_devices_together() -> None:
    figure = timing_bars([ROWS[0], ROWS[2], ROWS[1], ROWS[3]], FILLED)
    assert list(bars_of(figure).x) == [80, 8, 6, 2.4]
    assert list(bars_of(figure).y) == sorted(bars_of(figure).y)
    bottom, top = figure.layout.yaxis.range
    assert bottom > top
    assert [label.split("<br>")[0] for label in figure.layout.yaxis.ticktext] == [f"<b>{LARGE}</b>", f"<b>{SMALL}</b>"]


def test_more_rows_make_a_taller_figure() -> None:
    assert timing_bars(ROWS, {}).layout.height > timing_bars(ROWS[:2], {}).layout.height


def test_the_cpu_is_light_and_the_gpu_full_in_the_models_one_colour() -> None:
    colours = bars_of(timing_bars(ROWS, FILLED)).marker.color
    assert [rgb(colour) for colour in colours] == [rgb(COLOURS[model]) for model, _ in ROWS]
    assert [alpha(colour) for colour in colours] == [0.4, 1, 0.4, 1]


@pytest.mark.parametrize(("rows", "names"), [(ROWS, ["CPU", "GPU"]), (ROWS[::2], [])], ids=["both", "CPU alone"])
def test_a_legend_stands_only_where_there_are_two_devices(rows: list[tuple[str, str]], names: list[str]) -> None:
    assert legend_of(timing_bars(rows, FILLED)) == names


def test_random_weights_are_hatched_and_said_to_be_timed_by_architecture() -> None:
    figure = timing_bars(ROWS, FILLED | keyed(timing(LARGE, "cpu", 80, 84, weights="random")))
    assert list(bars_of(figure).marker.pattern.shape) == ["/", "", "", ""]
    assert "random weights" in legend_of(figure)
    assert "random weights" in bars_of(figure).hovertext[0]


def test_a_failed_row_has_the_start_of_its_reason_for_a_bar_and_the_whole_in_its_hover() -> None:
    reason = "The model needs 28 GB of memory and this machine has 16 GB left: pick a smaller one, or free some memory."
    figure = timing_bars(ROWS, FILLED | keyed(timing(LARGE, "cuda", None, failure=reason)))
    assert bars_of(figure).x[1] is None
    assert words_of(figure)[1].startswith("GPU: The model needs 28 GB of memory")
    assert len(words_of(figure)[1]) <= 70
    hovers = next(trace for trace in figure.data if trace.type == "bar" and trace.marker.opacity == 0)
    assert list(hovers.y) == [bars_of(figure).y[1]]
    assert reason in hovers.hovertext[0].replace("<br>", " ")


def test_a_disturbed_timing_says_so_beside_its_milliseconds() -> None:
    figure = timing_bars([(SMALL, "cpu")], keyed(timing(SMALL, "cpu", 6, 7, disturbed=12)))
    assert figures_of(figure) == ["6.00 ms · 12 of 40 disturbed"]


def test_marks_stand_below_their_models_bars_clear_of_them_and_stay_on_the_axis() -> None:
    marks = {(LARGE, "cpu"): 67.7, (LARGE, "cuda"): 12.5, (SMALL, "cuda"): 3.68}
    figure = timing_bars(ROWS, {}, marks=marks)
    names = [f"published, {name}" for name in ("CPU", "GPU")]
    cpu, gpu = (next(trace for trace in figure.data if trace.name == name) for name in names)
    assert (list(cpu.x), list(gpu.x)) == ([67.7], [12.5, 3.68])
    assert list(cpu.hovertext) == ["published table, CPU: 67.7 ms"]
    bars, half = bars_of(figure).y, bars_of(figure).width / 2
    for place in (*cpu.y, *gpu.y):
        assert min(abs(place - bar) for bar in bars) > half
    assert bars[1] < cpu.y[0] == gpu.y[0] < bars[2] < bars[3] < gpu.y[1]
    assert figure.layout.xaxis.range[1] > 67.7


def test_bars_use_the_width_and_marks_beyond_the_axis_are_written_below_their_models_bar() -> None:
    marks = {(LARGE, "cpu"): 67.7, (LARGE, "cuda"): 12.5, (SMALL, "cpu"): 1.5}
    figure = timing_bars(
        [(LARGE, "cpu"), (SMALL, "cpu")], keyed(timing(LARGE, "cpu", 6), timing(SMALL, "cpu", 2)), marks=marks
    )
    assert figure.layout.xaxis.range[1] < 10, "the longest bar takes most of the width"
    (cpu,) = (trace for trace in figure.data if trace.name and trace.name.startswith("published"))
    assert list(cpu.x) == [1.5]
    words = figure.data[-1]
    assert (words.mode, list(words.text)) == ("text", ["published table:<br>CPU 67.7 ms, GPU 12.5 ms"])
    assert list(words.x) == [0]
    assert bars_of(figure).y[0] < words.y[0] < bars_of(figure).y[1]


def test_a_recorded_timing_stands_in_where_nothing_else_is_known_hatched_the_other_way() -> None:
    recorded = keyed(timing(LARGE, "cpu", 19), timing(SMALL, "cpu", 2, weights="random"), timing(SMALL, "cuda", 1))
    figure = timing_bars(ROWS, keyed(timing(SMALL, "cuda", 3)), recorded=recorded, states={(LARGE, "cuda"): "waiting"})
    assert figures_of(figure, 2) == ["CPU 19.0 ms", "GPU –", "CPU 2.00 ms", "GPU 3.00 ms"]
    assert words_of(figure) == ["", "GPU: waiting", "", ""]
    assert list(bars_of(figure).marker.pattern.shape) == ["\\", "", "x", ""]
    assert "recorded on another machine" in bars_of(figure).hovertext[0]
    assert legend_of(figure) == ["recorded", "recorded, random weights", "CPU", "GPU"]


@pytest.mark.parametrize("score", [0.74, 56.3])
@pytest.mark.parametrize("milliseconds", [0.21, 30.5, 4000.0])
def test_around_a_single_point_both_axes_have_ticks(milliseconds: float, score: float) -> None:
    layout = drawn([Point(SMALL, "cpu", score, milliseconds, None, "own")]).layout
    assert len(layout.xaxis.tickvals) >= 2
    low, high = layout.yaxis.range
    assert low < 0.96 * score < 1.04 * score < high


def test_a_hub_models_owner_stands_below_its_name() -> None:
    model = "intfloat/multilingual-e5-small"
    (label,) = timing_bars([(model, "cpu")], {}).layout.yaxis.ticktext
    assert label == "<b>multilingual-e5-small</b><br>intfloat<br>–"


def test_the_hover_tells_the_engine_and_the_forward_pass_alone() -> None:
    forward = Statistics(5, 4.9, 5.1, 5.2, None, 40)
    (hover,) = bars_of(timing_bars(ROWS[:1], keyed(timing(LARGE, "cpu", 80, 84, forward=forward)))).hovertext
    assert "torch, float32" in hover
    assert "forward pass only 5.00 ms" in hover


def test_two_runs_stand_bar_by_bar_the_second_with_its_speed_beside_the_firsts() -> None:
    first = [timing(LARGE, "cpu", 80, 84), timing(SMALL, "cpu", 6, 7)]
    second = [timing(SMALL, "cpu", 12, 13, engine="openvino"), timing(LARGE, "cpu", 50, 60)]
    figure = compared_bars(first, second, ("laptop", "server"))
    assert list(bars_of(figure).x) == [80, 50, 6, 12]
    assert figures_of(figure, 2) == ["80.0 ms", "50.0 ms · 1.6× as fast", "6.00 ms", "12.0 ms · 0.50× as fast"]
    assert legend_of(figure) == ["laptop", "server"]
    assert [alpha(colour) for colour in bars_of(figure).marker.color] == [1, 0.3, 1, 0.3]


def test_of_two_runs_random_weights_and_what_is_recorded_are_said_of_the_run_that_has_them() -> None:
    random, own = timing(SMALL, "cpu", 6, weights="random"), timing(SMALL, "cpu", 12)
    figure = compared_bars([random], [own], ("a", "b"), are_recorded=(False, True))
    assert figures_of(figure, 2) == ["6.00 ms · random weights", "12.0 ms · 0.50× as fast"]
    assert list(bars_of(figure).marker.pattern.shape) == ["/", "\\"]
    assert legend_of(figure) == ["recorded", "random weights", "a", "b"]


def test_bubbles_recorded_on_another_machine_are_crossed_and_the_legend_says_so() -> None:
    best = front(POINTS, lower_is_faster=True)
    figure = tradeoff(POINTS, best, lower_is_faster=True, score_title="nDCG@10", is_recorded=True)
    assert bubbles_of(figure).marker.symbol == "circle-x"
    assert any(trace.name == "recorded" and trace.marker.symbol == "circle-x" for trace in figure.data)
    assert bubbles_of(drawn(POINTS)).marker.symbol is None


def test_what_one_of_two_runs_has_not_timed_is_said_in_its_place() -> None:
    figure = compared_bars([timing(LARGE, "cpu", 80, 84)], [timing(LARGE, "cuda", 8, 9)], ("a", "b"))
    assert figures_of(figure, 2) == ["80.0 ms", "–", "–", "8.00 ms"]
    assert words_of(figure) == ["", "not timed", "not timed", ""]


def test_hello_world_is_compared_with_a_run_that_did_not_count_its_tokens() -> None:
    figure = compared_bars([timing(SMALL, "cpu", 6, tokens=None)], [timing(SMALL, "cpu", 3, 4, tokens=4)], ("a", "b"))
    assert list(bars_of(figure).x) == [6, 3]


def test_other_workloads_and_several_engines_are_rows_of_their_own_when_runs_are_compared() -> None:
    workloads = [timing(SMALL, "cpu", 6), timing(SMALL, "cpu", 90, text="", tokens=128, batch_size=16)]
    labels = compared_bars(workloads, workloads, ("a", "b")).layout.yaxis.ticktext
    assert len(labels) == 2
    assert "batch 16 of 128 tokens" in labels[1]
    engines = [timing(SMALL, "cpu", 6), timing(SMALL, "cpu", 2, engine="openvino")]
    labels = compared_bars(engines, engines[1:], ("a", "b")).layout.yaxis.ticktext
    assert ["openvino" in label for label in labels] == [False, True]


def test_engines_stand_beside_the_library_with_the_cosine_they_cost() -> None:
    timings = [
        timing(SMALL, "cpu", 9, 10, engine="library", cosine=1.0),
        timing(SMALL, "cpu", 3, 4, engine="openvino", precision="bfloat16", cosine=0.99981),
        timing(SMALL, "cpu", None, engine="openvino", precision="float16", failure="no float16 here"),
    ]
    figure = engine_bars(timings)
    assert figures_of(figure) == ["9.00 ms · cosine 1.00000", "3.00 ms · 3.0× · cosine 0.99981", "–"]
    assert words_of(figure) == ["", "", "CPU: no float16 here"]
    labels = [label.rpartition("<br>")[0].replace("<br>", " ") for label in figure.layout.yaxis.ticktext]
    assert labels == [
        "<b>sentence-transformers, defaults</b>, float32",
        "<b>openvino</b>, bfloat16",
        "<b>openvino</b>, float16",
    ]


def cell(batch_size: int, tokens: int, median: float | None, **others: Any) -> Timing:
    return timing(SMALL, others.pop("device", "cpu"), median, text="", batch_size=batch_size, tokens=tokens, **others)


GRID = [
    cell(1, 8, 2.0),
    cell(1, 512, 20.0),
    cell(64, 8, 40.0),
    cell(64, 512, None, failure="out of memory: 64 texts of 512 tokens"),
]
TEXTS_PER_SECOND = {(1, 8): "500", (1, 512): "50.0", (64, 8): "1,600", (64, 512): "–"}
TOKENS_PER_SECOND = {(1, 8): "4,000", (1, 512): "25,600", (64, 8): "12,800", (64, 512): "–"}
MILLISECONDS = {(1, 8): "2.00", (1, 512): "20.0", (64, 8): "40.0", (64, 512): "–"}


def cells_of(figure: go.Figure) -> dict[tuple[int, int], str]:
    drawn, axes = figure.data[1], figure.layout
    return {
        (int(axes.yaxis.ticktext[row]), int(axes.xaxis.ticktext[column])): text
        for row, column, text in zip(drawn.y, drawn.x, drawn.text, strict=True)
    }


@pytest.mark.parametrize(
    ("measure", "expected"),
    [("texts/s", TEXTS_PER_SECOND), ("tokens/s", TOKENS_PER_SECOND), ("latency, ms", MILLISECONDS)],
)
def test_each_cell_of_a_sweep_holds_its_figure(measure: Measure, expected: dict[tuple[int, int], str]) -> None:
    assert cells_of(sweep_heatmap(GRID, measure)) == expected
    assert cells_of(sweep_heatmap(GRID[::-1], measure)) == expected


@pytest.mark.parametrize(("measure", "fastest"), [("texts/s", (1, 0)), ("tokens/s", (0, 1)), ("latency, ms", (0, 0))])
def test_the_fastest_cell_is_the_brightest_and_the_scale_is_logarithmic(
    measure: Measure, fastest: tuple[int, int]
) -> None:
    shades = sweep_heatmap(GRID, measure).data[0].z
    assert shades[fastest] == np.nanmax(shades)
    assert np.nanmin(shades) == 0
    assert np.nanmax(shades) == pytest.approx(1)
    assert math.isnan(shades[1][1])


def test_equal_ratios_are_equal_steps_of_the_scale() -> None:
    shades = sweep_heatmap([cell(1, 8, 1), cell(2, 8, 10), cell(4, 8, 100)], "latency, ms").data[0].z
    assert shades[:, 0] == pytest.approx([1, 0.5, 0])


def test_an_empty_cell_tells_its_reason_and_a_workload_that_was_left_out_says_so() -> None:
    assert "out of memory: 64 texts" in sweep_heatmap(GRID, "texts/s").data[0].customdata[1][1]
    assert sweep_heatmap(GRID[:3], "texts/s").data[0].customdata[1][1] == "not timed"


def test_a_cell_of_few_samples_is_about() -> None:
    figure = sweep_heatmap([cell(1, 8, 2.0, samples=29), cell(2, 8, 2.0, samples=30)], "latency, ms")
    assert cells_of(figure) == {(1, 8): "≈2.00", (2, 8): "2.00"}
    assert "≈ fewer than 30" in figure.layout.title.text


def contrast(one: Sequence[float], other: Sequence[float]) -> float:
    """Contrast of two colours by the formula of WCAG 2."""

    def luminance(colour: Sequence[float]) -> float:
        shares = [part / 255 for part in colour]
        red, green, blue = (share / 12.92 if share <= 0.03928 else ((share + 0.055) / 1.055) ** 2.4 for share in shares)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def test_every_figure_in_a_sweep_can_be_read_on_its_ground() -> None:
    figure = sweep_heatmap([cell(batch, 8, 1.3**batch) for batch in range(1, 60)], "latency, ms")
    inks = figure.data[1].textfont.color
    grounds = sample_colorscale(SEQUENTIAL, list(figure.data[0].z[:, 0]))
    assert min(contrast(rgb(ink), rgb(ground)) for ink, ground in zip(inks, grounds, strict=True)) > 4.5


def test_a_sweep_in_which_all_failed_can_be_drawn() -> None:
    assert set(cells_of(sweep_heatmap([cell(1, 8, None, failure="no"), GRID[3]], "texts/s")).values()) == {"–"}


LINES = [
    *(cell(batch, 32, ms) for batch, ms in ((16, 50.0), (1, 4.0), (4, 13.0))),
    *(cell(batch, 32, ms, device="cuda") for batch, ms in ((1, 5.0), (4, 6.0), (16, 8.0))),
    cell(1, 128, 9.0),
]


def lines_of(figure: go.Figure) -> list[Any]:
    return [trace for trace in figure.data if trace.mode == "lines+markers"]


def test_lines_run_over_the_batch_sizes_of_one_length() -> None:
    cpu, gpu = lines_of(sweep_lines(LINES, "texts/s", 32))
    assert list(cpu.x) == list(gpu.x) == [1, 4, 16]
    assert list(cpu.y) == pytest.approx([250, 4000 / 13, 320])
    assert list(gpu.y) == pytest.approx([200, 4000 / 6, 2000])
    assert (cpu.line.dash, gpu.line.dash) == ("dash", "solid")
    assert alpha(cpu.line.color) < alpha(gpu.line.color) == 1


def test_each_line_is_named_at_its_end_and_no_name_covers_another() -> None:
    timings = [timing(f"owner/model-{row}", "cpu", 10 + row / 100, text="", tokens=8, batch_size=2) for row in range(5)]
    timings += [timing(row.model, "cpu", 1, text="", tokens=8) for row in timings]
    names = sweep_lines(timings, "latency, ms", 8).layout.annotations
    assert sorted(name.text for name in names) == [f"<b>model-{row} CPU</b>" for row in range(5)]
    assert np.diff(sorted(name.y for name in names)).min() >= 0.05 * math.log10(10) * 0.99


def test_the_batch_from_which_the_gpu_pays_is_marked_for_the_length_that_is_shown() -> None:
    pays_from = {(SMALL, 32): 4, (SMALL, 128): 1, (LARGE, 32): None}
    figure = sweep_lines(LINES, "texts/s", 32, pays_from=pays_from)
    (mark,) = figure.layout.shapes
    assert mark.x0 == mark.x1 == 4
    assert [note.text for note in figure.layout.annotations if "pays" in note.text] == [
        f"{SMALL}: the GPU pays off from batch 4"
    ]
    assert not sweep_lines(LINES, "texts/s", 32).layout.shapes


def test_lines_of_nothing_can_be_drawn() -> None:
    assert lines_of(sweep_lines([], "texts/s", 32)) == []


def test_disturbed_timings_of_a_sweep_are_grey_and_not_on_its_scale() -> None:
    cells = [cell(1, 8, 1), cell(2, 8, 10), cell(4, 8, 1000, disturbed=2)]
    figure = sweep_heatmap(cells, "latency, ms")
    assert list(figure.data[0].z[:2, 0]) == [1, 0]
    assert np.isnan(figure.data[0].z[2, 0])
    assert figure.data[1].textfont.color[2] == NEUTRAL
    assert "2 calls disturbed by other processes" in figure.data[0].customdata[2][0]
    assert "grey: disturbed by other processes" in figure.layout.title.text
    (line,) = lines_of(sweep_lines(cells, "latency, ms", 8))
    assert [colour == NEUTRAL for colour in line.marker.color] == [False, False, True]


def test_disturbed_points_are_grey_and_not_on_the_front() -> None:
    points = [*POINTS[:2], replace(POINTS[2], is_disturbed=True)]
    bubbles = bubbles_of(drawn(points))
    assert rgb(bubbles.marker.color[2]) == rgb(NEUTRAL)
    assert list(bubbles.text) == ["", f"<b>{LARGE}</b>", SMALL]
    assert "disturbed by other processes" in bubbles.hovertext[2]
    prices = cost_dots({SMALL: 0.5, "api": 1.0}, ["api"], disturbed={SMALL})
    assert rgb(prices.data[0].marker.color[0]) == rgb(NEUTRAL)
    assert words_of(prices)[0] == "$0.50 · disturbed: time again when quiet"


POINTS = [
    Point(LARGE, "cpu", 64.2, 100.0, 4_000_000_000, "own"),
    Point(LARGE, "cuda", 64.2, 10.0, 1_000_000_000, "own"),
    Point(SMALL, "cpu", 56.1, 6.0, 250_000_000, "own"),
    Point("all-mpnet-base-v2", "cpu", 55.0, 40.0, None, "random"),
]


def drawn(points: Sequence[Point], lower_is_faster: bool = True) -> go.Figure:
    best = front(points, lower_is_faster=lower_is_faster)
    return tradeoff(points, best, lower_is_faster=lower_is_faster, score_title="nDCG@10")


def bubbles_of(figure: go.Figure) -> Any:
    return next(trace for trace in figure.data if trace.mode == "markers+text")


def test_points_stand_at_their_speed_and_score_on_a_logarithmic_axis() -> None:
    figure = drawn(POINTS)
    assert list(bubbles_of(figure).x) == [100, 10, 6, 40]
    assert list(bubbles_of(figure).y) == [64.2, 64.2, 56.1, 55]
    assert figure.layout.xaxis.type == "log"
    left, right = figure.layout.xaxis.range
    assert left < math.log10(6)
    assert right > math.log10(100)


def test_a_bubbles_area_is_its_memory() -> None:
    sizes = bubbles_of(drawn(POINTS)).marker.size
    assert (sizes[0] / sizes[1]) ** 2 == pytest.approx(4)
    assert min(sizes) == sizes[3] > 0, "memory that is not known is drawn small"
    assert "up to 4.0 GB" in drawn(POINTS).layout.legend.title.text


def test_the_cpu_is_light_the_gpu_full_and_random_weights_hollow() -> None:
    colours = bubbles_of(drawn(POINTS)).marker.color
    assert [alpha(colour) for colour in colours] == [0.4, 1, 0.4, 0]
    assert rgb(colours[0]) == rgb(colours[1]) == rgb(COLOURS[LARGE])


def test_a_model_is_named_at_its_faster_device_and_in_bold_on_the_front() -> None:
    assert list(bubbles_of(drawn(POINTS)).text) == ["", f"<b>{LARGE}</b>", f"<b>{SMALL}</b>", "all-mpnet-base-v2"]


@pytest.mark.parametrize(
    ("lower_is_faster", "corners"),
    [(True, [(6, 56.1), (10, 56.1), (10, 64.2)]), (False, [(166, 56.1), (100, 56.1), (100, 64.2)])],
    ids=["ms", "texts/s"],
)
def test_the_front_is_the_best_score_at_each_speed(lower_is_faster: bool, corners: list[tuple[float, float]]) -> None:
    speeds = {True: (6.0, 10.0), False: (166.0, 100.0)}[lower_is_faster]
    points = [Point(SMALL, "cpu", 56.1, speeds[0], None, "own"), Point(LARGE, "cpu", 64.2, speeds[1], None, "own")]
    steps = next(trace for trace in drawn(points, lower_is_faster).data if trace.name == "Pareto front")
    assert list(zip(steps.x, steps.y, strict=True)) == corners


def test_neighbours_names_stand_on_different_sides() -> None:
    points = [Point(name, "cpu", 60 + place / 10, 10 + place / 10, None, "own") for place, name in enumerate("abcd")]
    anchors = [Point("low", "cpu", 40, 1, None, "own"), Point("high", "cpu", 80, 100, None, "own")]
    sides = bubbles_of(drawn([*points, *anchors])).textposition
    assert len(set(sides[:4])) == 4


def test_one_point_or_none_can_be_drawn() -> None:
    assert list(bubbles_of(drawn(POINTS[:1])).x) == [100]
    assert not drawn([]).data


def test_prices_stand_from_the_cheapest_up_and_apis_are_grey_outlines() -> None:
    figure = cost_dots({"text-embedding-3-large": 0.13, SMALL: 0.00042, "server:own": 0.0}, {"text-embedding-3-large"})
    assert words_of(figure) == ["$0", "$0.00042", "$0.13 by API"]
    assert figure.data[0].x == (None, 0.00042, 0.13)
    api = figure.data[0].marker.color[2]
    assert rgb(api) == rgb(NEUTRAL)
    assert alpha(api) < 0.5
    assert rgb(figure.data[0].marker.color[1]) == rgb(COLOURS[SMALL])
    assert figure.data[0].mode == "markers"
    assert 10 ** figure.layout.xaxis.range[0] < 0.00042


HOSTILE_TIMING = Timing(
    HOSTILE, HOSTILE, HOSTILE, HOSTILE, median_ms=3.0, p95_ms=4.0, text=HOSTILE, tokens=8, samples=30
)
HOSTILE_FAILURE = Timing(HOSTILE, "cpu", HOSTILE, HOSTILE, text=HOSTILE, tokens=8, failure=HOSTILE)
HOSTILE_ROWS = [(HOSTILE, HOSTILE), (HOSTILE, "cpu"), (HOSTILE, "cuda")]
HOSTILE_FIGURES = {
    "bars": timing_bars(HOSTILE_ROWS, keyed(HOSTILE_TIMING, HOSTILE_FAILURE), states={HOSTILE_ROWS[2]: HOSTILE}),
    "compared": compared_bars([HOSTILE_TIMING], [HOSTILE_FAILURE], (HOSTILE, HOSTILE)),
    "engines": engine_bars([HOSTILE_TIMING, HOSTILE_FAILURE]),
    "sweep": sweep_heatmap([HOSTILE_TIMING, HOSTILE_FAILURE], "texts/s"),
    "lines": sweep_lines([HOSTILE_TIMING], "texts/s", 8, pays_from={(HOSTILE, 8): 1}),
    "tradeoff": tradeoff([Point(HOSTILE, HOSTILE, 1, 1, 1, "own")], [], lower_is_faster=True, score_title=HOSTILE),
    "costs": cost_dots({HOSTILE: 1.0}, {HOSTILE}),
}


@pytest.mark.parametrize("name", HOSTILE_FIGURES)
def test_a_run_from_elsewhere_cannot_bring_markup_into_a_figure(name: str) -> None:
    content = json.loads(HOSTILE_FIGURES[name].to_json())
    content["layout"].pop("template", None)
    drawn_strings = list(strings(content))
    assert any("onerror" in text or "&lt;img" in text for text in drawn_strings), "the text is drawn at all"
    assert not [text for text in drawn_strings if "<b>x" in text or "<img" in text]


@pytest.mark.parametrize("name", HOSTILE_FIGURES)
def test_no_name_becomes_part_of_a_template_that_plotly_fills_in(name: str) -> None:
    for trace in HOSTILE_FIGURES[name].data:
        assert "onerror" not in (trace.hovertemplate or "")


@pytest.mark.parametrize(
    ("low", "high", "ticks"),
    [(0.5, 2000, [1, 10, 100, 1000]), (2, 60, [2, 5, 10, 20, 50]), (0.0009, 0.0021, [0.001, 0.002])],
)
def test_a_logarithmic_axis_has_round_ticks(low: float, high: float, ticks: list[float]) -> None:
    assert log_ticks(low, high) == ticks
