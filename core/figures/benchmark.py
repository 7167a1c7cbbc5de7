"""The Benchmark page: milliseconds as bars."""

from collections.abc import Sequence

import plotly.graph_objects as go

from core.benchmark import Timing
from core.figures.style import NEUTRAL, model_colour, styled
from core.models import ModelSpec

DEVICE_PATTERN = {"cpu": "/", "cuda": ""}
DEVICE_NAME = {"cpu": "CPU", "cuda": "GPU"}


def timing_bars(timings: Sequence[Timing], *, height: int = 380) -> go.Figure:
    """Median milliseconds by model and device, with a whisker to the 95th percentile; CPU hatched, GPU full.

    Timings that failed have no bar.
    """
    figure = go.Figure()
    models = list(dict.fromkeys(timing.model for timing in timings))
    for device in dict.fromkeys(timing.device for timing in timings):
        rows = [timing for timing in timings if timing.device == device and timing.median_ms is not None]
        medians = [timing.median_ms or 0 for timing in rows]
        figure.add_bar(
            x=medians,
            y=[timing.model for timing in rows],
            orientation="h",
            name=DEVICE_NAME.get(device, device),
            text=[f"<b>{_digits(median)} ms</b>" for median in medians],
            textposition="outside",
            textfont={"size": 18},
            cliponaxis=False,
            error_x={
                "type": "data",
                "array": [(timing.p95_ms or 0) - (timing.median_ms or 0) for timing in rows],
                "arrayminus": [0] * len(rows),
                "color": NEUTRAL,
            },
            marker={
                "color": [model_colour(timing.model) for timing in rows],
                "pattern": {"shape": DEVICE_PATTERN.get(device, ""), "solidity": 0.25},
            },
            customdata=[[timing.p95_ms, timing.samples, timing.engine, timing.precision] for timing in rows],
            hovertemplate="%{y}: median %{x:.3g} ms, p95 %{customdata[0]:.3g} ms over %{customdata[1]} calls"
            "<br>%{customdata[2]}, %{customdata[3]}<extra></extra>",
        )
    figure.update_yaxes(categoryorder="array", categoryarray=models[::-1], tickfont_size=16)
    figure.update_xaxes(title="milliseconds, median (whisker: 95th percentile)", rangemode="tozero")
    figure.update_layout(barmode="group", bargap=0.35, showlegend=len({timing.device for timing in timings}) > 1)
    styled(figure, height=height, margin=(10, 90, 10, 10))
    return figure.update_yaxes(tickfont_size=16)


def recorded_bars(specs: Sequence[ModelSpec], *, height: int = 380) -> go.Figure:
    """The original table's recorded "Hello World" milliseconds, CPU hatched and GPU full, drawn faint."""
    rows = [spec for spec in specs if spec.original and spec.original.cpu_ms is not None]
    figure = go.Figure()
    for device in ("cpu", "cuda"):
        values = [_recorded(spec, device) for spec in rows]
        figure.add_bar(
            x=values,
            y=[spec.name for spec in rows],
            orientation="h",
            name=DEVICE_NAME[device],
            text=[f"{_digits(value)} ms" for value in values],
            textposition="outside",
            textfont={"size": 15},
            cliponaxis=False,
            marker={
                "color": [model_colour(spec.name) for spec in rows],
                "opacity": 0.55,
                "pattern": {"shape": DEVICE_PATTERN[device], "solidity": 0.25},
            },
            hovertemplate="%{y}, recorded: %{x:.3g} ms<extra></extra>",
        )
    figure.update_yaxes(categoryorder="array", categoryarray=[spec.name for spec in rows][::-1])
    figure.update_xaxes(title="milliseconds, recorded on the original machine", rangemode="tozero")
    figure.update_layout(barmode="group", bargap=0.3, legend={"orientation": "h", "y": 1.1, "traceorder": "normal"})
    return styled(figure, height=height, margin=(10, 70, 10, 10))


def _recorded(spec: ModelSpec, device: str) -> float:
    assert spec.original
    return (spec.original.cpu_ms if device == "cpu" else spec.original.gpu_ms) or 0


def _digits(value: float) -> str:
    """Three significant figures."""
    return f"{value:.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"
