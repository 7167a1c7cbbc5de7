"""The Benchmark page: milliseconds as bars, light for the CPU and full for the GPU."""

from collections.abc import Sequence

import plotly.graph_objects as go

from core.benchmark import Timing
from core.figures.style import NEUTRAL, faded, model_colour, plain, styled
from core.models import ModelSpec

DEVICE_OPACITY = {"cpu": 0.5, "cuda": 1.0}
RECORDED_OPACITY = {"cpu": 0.2, "cuda": 0.55}
ROOM_FOR_WHISKERS = 1.7
DEVICE_NAME = {"cpu": "CPU", "cuda": "GPU"}


def timing_bars(timings: Sequence[Timing], *, height: int = 380) -> go.Figure:
    """Median milliseconds by model and device, with a whisker to the 95th percentile; CPU light, GPU full.

    The axis ends where the medians stay readable, a longer whisker is cut; both figures stand beside the model's name.
    Timings that failed have no bar.
    """
    figure = go.Figure()
    models = list(dict.fromkeys(timing.model for timing in timings))
    devices = list(dict.fromkeys(timing.device for timing in timings))
    for device in devices:
        rows = [timing for timing in timings if timing.device == device and timing.median_ms is not None]
        figure.add_bar(
            x=[timing.median_ms for timing in rows],
            y=[timing.model for timing in rows],
            orientation="h",
            name=DEVICE_NAME.get(device, device),
            error_x={
                "type": "data",
                "array": [(timing.p95_ms or 0) - (timing.median_ms or 0) for timing in rows],
                "arrayminus": [0] * len(rows),
                "color": NEUTRAL,
            },
            marker=_fill([timing.model for timing in rows], DEVICE_OPACITY.get(device, 1)),
            customdata=[[timing.p95_ms, timing.samples, timing.engine, timing.precision] for timing in rows],
            hovertemplate="%{y}: median %{x:.3g} ms, p95 %{customdata[0]:.3g} ms over %{customdata[1]} calls"
            "<br>%{customdata[2]}, %{customdata[3]}<extra></extra>",
        )
    end = ROOM_FOR_WHISKERS * max((timing.median_ms or 0 for timing in timings), default=1)
    figure.update_xaxes(title="ms, median (whisker: 95th percentile)", range=[0, end or 1])
    figure.update_layout(barmode="group", bargap=0.35, showlegend=len(devices) > 1)
    styled(figure, height=height)
    labels = [f"<b>{plain(model)}</b>{_figures(model, timings)}" for model in models]
    return figure.update_yaxes(
        categoryorder="array", categoryarray=models[::-1], tickvals=models, ticktext=labels, tickfont_size=17
    )


def recorded_bars(specs: Sequence[ModelSpec], *, height: int = 380) -> go.Figure:
    """The original table's recorded "Hello World" milliseconds, CPU light and GPU full, drawn faint."""
    rows = [spec for spec in specs if spec.original and spec.original.cpu_ms is not None]
    figure = go.Figure()
    for device in ("cpu", "cuda"):
        values = [_recorded(spec, device) for spec in rows]
        figure.add_bar(
            x=values,
            y=[spec.name for spec in rows],
            orientation="h",
            name=DEVICE_NAME[device],
            text=["" if value is None else f"{three_figures(value)} ms" for value in values],
            textposition="outside",
            textfont={"size": 15},
            cliponaxis=False,
            marker=_fill([spec.name for spec in rows], RECORDED_OPACITY[device]),
            hovertemplate="%{y}, recorded: %{x:.3g} ms<extra></extra>",
        )
    figure.update_yaxes(categoryorder="array", categoryarray=[spec.name for spec in rows][::-1])
    figure.update_xaxes(title="ms, recorded on the original machine", rangemode="tozero")
    figure.update_layout(barmode="group", bargap=0.3, legend={"orientation": "h", "y": 1.1, "traceorder": "normal"})
    return styled(figure, height=height, margin=(10, 70, 10, 10))


def _fill(models: Sequence[str], opacity: float) -> dict[str, object]:
    """Each model's colour, more or less full, with an outline."""
    colours = [model_colour(name) for name in models]
    outline = {"color": [faded(colour, min(1, 1.6 * opacity)) for colour in colours], "width": 2}
    return {"color": [faded(colour, opacity) for colour in colours], "line": outline}


def _figures(model: str, timings: Sequence[Timing]) -> str:
    """A model's median and p95 on each device, as lines below its name."""
    lines = [
        f"<br>{DEVICE_NAME.get(timing.device, timing.device)} <b>{three_figures(timing.median_ms)} ms</b>"
        f" (p95 {three_figures(timing.p95_ms)})"
        for timing in timings
        if timing.model == model and timing.median_ms is not None and timing.p95_ms is not None
    ]
    return "".join(lines)


def _recorded(spec: ModelSpec, device: str) -> float | None:
    assert spec.original
    return spec.original.cpu_ms if device == "cpu" else spec.original.gpu_ms


def three_figures(value: float) -> str:
    """A number with three significant figures: 0.21, 7.00, 67.7, 323."""
    return f"{value:.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"
