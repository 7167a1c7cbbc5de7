"""Sweeps of batch size and length: one model and device as a heatmap, several as lines."""

from collections.abc import Mapping, Sequence
from itertools import groupby

import numpy as np
import plotly.graph_objects as go

from core.benchmark.timing import Measure, Timing
from core.charts.style import (
    FONT_SIZE,
    NEUTRAL,
    SEQUENTIAL,
    apply_style,
    device_name,
    device_opacity,
    fade,
    inks,
    log_ticks,
    plain,
    wrap,
)
from core.wording import milliseconds, three_figures

FEW_SAMPLES = 30
CELL_PIXELS = 38
LINES_HEIGHT = 460
LABEL_HEIGHT = 0.05  # of the plot
ROOM = 1.7  # above and below the lines
MARK_PIXELS = 22
FAINTEST_LINE = 0.6


def sweep_heatmap(timings: Sequence[Timing], measure: Measure) -> go.Figure:
    """One model on one device: batch sizes by tokens, on a logarithmic scale where bright is fast.

    A failed cell shows a dash, and its reason in the tooltip; few samples are marked with "≈". A disturbed cell has a
    grey figure and no colour.
    """
    cells = [timing for timing in timings if timing.tokens]
    lengths = sorted({timing.tokens for timing in cells if timing.tokens})
    batches = sorted({timing.batch_size for timing in cells})
    columns = [lengths.index(timing.tokens or 0) for timing in cells]
    rows = [batches.index(timing.batch_size) for timing in cells]
    shades = np.full((len(batches), len(lengths)), np.nan)
    hovers = np.full(shades.shape, "not timed", dtype=object)
    shades[rows, columns] = brightness = _brightness(
        [None if timing.is_disturbed else _value(timing, measure) for timing in cells], measure
    )
    hovers[rows, columns] = [_hover(timing) for timing in cells]
    figure = go.Figure(
        go.Heatmap(
            z=shades,
            colorscale=SEQUENTIAL,
            zmin=0,
            zmax=1,
            xgap=2,
            ygap=2,
            showscale=False,
            customdata=hovers,
            hovertemplate="%{customdata}<extra></extra>",
        )
    )
    figure.add_scatter(
        x=columns,
        y=rows,
        mode="text",
        text=[_cell(timing, measure) for timing in cells],
        textfont={"color": inks(brightness, SEQUENTIAL)},
        hoverinfo="skip",
    )
    few = f"; ≈ fewer than {FEW_SAMPLES} calls" if any("≈" in _cell(timing, measure) for timing in cells) else ""
    grey = "; grey: disturbed by other processes" if any(timing.is_disturbed for timing in cells) else ""
    figure.update_layout(
        title={
            "text": f"Median {measure} (brighter is faster{few}{grey})",
            "x": 0,
            "xref": "paper",
            "font": {"size": FONT_SIZE},
        }
    )
    _categories(figure.layout.xaxis, lengths, "Tokens per text")
    _categories(figure.layout.yaxis, batches, "Texts per batch")
    figure.update_yaxes(ticklabelstandoff=6)
    return apply_style(figure, height=CELL_PIXELS * len(batches) + 114, margin=(10, 10, 44, 70))


def sweep_lines(
    timings: Sequence[Timing],
    measure: Measure,
    tokens: int,
    *,
    colours: Mapping[str, str],
    pays_from: Mapping[tuple[str, int], int | None] | None = None,
) -> go.Figure:
    """One length over the batch size, a line for each model and device: CPU light and dashed, GPU full.

    Disturbed points are grey.
    `pays_from` gives, for a (model, tokens), the batch size from which the GPU is faster, marked by a dotted line.
    """
    shown = [timing for timing in timings if timing.tokens == tokens and timing.median_ms]
    lines = _by_row(shown)
    marks = {model: batch for (model, length), batch in (pays_from or {}).items() if batch and length == tokens}
    batches = sorted({timing.batch_size for timing in shown})
    figure = go.Figure()
    for (model, device), line in lines.items():
        _add_line(figure, colours[model], device, line, measure)
    _label_ends(figure, lines, measure, colours)
    for place, (model, batch) in enumerate(sorted(marks.items(), key=lambda mark: -mark[1])):
        _mark(figure, model, colours[model], batch, place, is_left=batch**2 <= batches[0] * batches[-1])
    figure.update_xaxes(
        type="log",
        title=f"Texts per batch, {tokens:,} tokens each",
        tickvals=batches,
        range=[np.log10(batches[0]) - 0.05, np.log10(batches[-1]) + 0.03] if batches else None,
        showgrid=False,
    )
    values = [_value(timing, measure) or 1 for timing in shown] or [1]
    low, high = min(values) / ROOM, max(values) * ROOM
    figure.update_yaxes(
        type="log", title=measure, tickvals=log_ticks(low, high), tickformat="~s", range=np.log10([low, high])
    )
    longest = max((len(_line_name(*row)) for row in lines), default=0)
    return apply_style(
        figure,
        height=LINES_HEIGHT + MARK_PIXELS * len(marks),
        margin=(10, 20 + 8 * longest, 10 + MARK_PIXELS * len(marks), 10),
    )


def _value(timing: Timing, measure: Measure) -> float | None:
    if measure == "latency, ms":
        return timing.median_ms
    return timing.texts_per_second if measure == "texts/s" else timing.tokens_per_second


def _brightness(values: Sequence[float | None], measure: Measure) -> np.ndarray:
    """Each value's place between the slowest, 0, and the fastest, 1, by its logarithm; NaN if there is none."""
    logs = np.log([value or np.nan for value in values])
    if np.isnan(logs).all():
        return logs
    lowest, extent = np.nanmin(logs), np.ptp(logs[~np.isnan(logs)])
    places = (logs - lowest) / (extent or 1)
    return 1 - places if measure == "latency, ms" else places


def _cell(timing: Timing, measure: Measure) -> str:
    value = _value(timing, measure)
    if value is None:
        return "–"
    return f"{'≈' if timing.samples < FEW_SAMPLES else ''}{three_figures(value)}"


def _hover(timing: Timing) -> str:
    """The tooltip of a cell or point: its figures, or the full reason why there are none."""
    head = (
        f"<b>{plain(timing.model)}</b>, {device_name(timing.device)}"
        f"<br>{timing.batch_size:,} texts of {timing.tokens:,} tokens"
    )
    if not timing.median_ms:
        return f"{head}<br>{wrap(timing.failure)}"
    return (
        f"{head}<br>median {milliseconds(timing.median_ms)} over {timing.samples:,} "
        f"calls<br>{three_figures(timing.texts_per_second or 0)} texts/s, "
        f"{three_figures(timing.tokens_per_second or 0)} tokens/s"
        + (f"<br>{timing.disturbed:,} calls disturbed by other processes" if timing.is_disturbed else "")
    )


def _categories(axis: go.layout.XAxis | go.layout.YAxis, values: Sequence[int], title: str) -> None:
    axis.update(
        title=title,
        tickvals=list(range(len(values))),
        ticktext=[str(value) for value in values],
        showgrid=False,
        zeroline=False,
        ticks="",
        range=[-0.5, len(values) - 0.5],
    )


def _by_row(timings: Sequence[Timing]) -> dict[tuple[str, str], list[Timing]]:
    """The timings of each model and device, by batch size."""

    def row(timing: Timing) -> tuple[str, str]:
        return timing.model, timing.device

    ordered = sorted(timings, key=lambda timing: (*row(timing), timing.batch_size))
    return {key: list(group) for key, group in groupby(ordered, row)}


def _line_name(model: str, device: str) -> str:
    return f"{plain(model.rpartition('/')[2], 24)} {device_name(device)}"


def _add_line(figure: go.Figure, colour: str, device: str, line: Sequence[Timing], measure: Measure) -> None:
    stroke = fade(colour, max(FAINTEST_LINE, device_opacity(device)))
    figure.add_scatter(
        x=[timing.batch_size for timing in line],
        y=[_value(timing, measure) for timing in line],
        mode="lines+markers",
        line={
            "color": stroke,
            "width": 3,
            "dash": "dash" if device == "cpu" else "solid",
        },
        marker={"size": 8, "color": [NEUTRAL if timing.is_disturbed else stroke for timing in line]},
        hovertext=[_hover(timing) for timing in line],
        hovertemplate="%{hovertext}<extra></extra>",
        showlegend=False,
    )


def _label_ends(
    figure: go.Figure,
    lines: Mapping[tuple[str, str], Sequence[Timing]],
    measure: Measure,
    colours: Mapping[str, str],
) -> None:
    """Each line's name right of its end, moved up where it would cover another."""
    if not lines:
        return
    ends = {row: np.log10(_value(line[-1], measure) or 1) for row, line in lines.items()}
    logs = [np.log10(_value(timing, measure) or 1) for line in lines.values() for timing in line]
    step = LABEL_HEIGHT * (max(logs) - min(logs) or 1)
    height = -np.inf
    for row, end in sorted(ends.items(), key=lambda item: item[1]):
        height = max(end, height + step)
        figure.add_annotation(
            xref="paper",
            x=1,
            y=height,
            text=f"<b>{_line_name(*row)}</b>",
            font={"color": colours[row[0]]},
            xanchor="left",
            xshift=6,
            showarrow=False,
        )


def _mark(figure: go.Figure, model: str, colour: str, batch: int, place: int, *, is_left: bool) -> None:
    """A dotted line at a batch size, with its sentence in a row above the plot."""
    figure.add_vline(x=batch, line={"color": colour, "width": 2, "dash": "dot"})
    figure.add_annotation(
        x=float(np.log10(batch)),
        yref="paper",
        y=1,
        yshift=MARK_PIXELS * place,
        text=f"{plain(model.rpartition('/')[2], 24)}: the GPU pays off from batch {batch}",
        font={"color": colour},
        xanchor="left" if is_left else "right",
        yanchor="bottom",
        showarrow=False,
    )
