"""A load test: how latency grows with the requests a second, and where the limit is."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from core.charts.style import NEUTRAL, apply_style, log_ticks, plain, wrap
from core.load import LoadTest, Step, troubles
from core.wording import milliseconds, three_figures

LINES = {"p50": ("p50_ms", "solid"), "p95": ("p95_ms", "dash"), "p99": ("p99_ms", "dot")}
HEIGHT = 460
ROOM = 1.4  # around the points, on logarithmic axes
LEAST_GAP = 0.07  # of the plot, between the lines' names


def load_lines(test: LoadTest, *, colour: str) -> go.Figure:
    """Percentiles of the latency over the rate offered, with the limit; rates beyond it have grey points."""
    steps = test.by_rate
    figure = go.Figure()
    for name, (attribute, dash) in LINES.items():
        _add_line(figure, test, name, attribute, dash, colour)
    values = [value for step in steps for attribute, _ in LINES.values() if (value := getattr(step, attribute))]
    low, high = min([*values, test.most_ms]) / ROOM, max([*values, test.most_ms]) * ROOM
    _name_ends(figure, steps, colour, np.log10(high / low))
    _mark_accepted(figure, test)
    _mark_limit(figure, test, colour)
    rates = [step.offered for step in steps] or [1.0]
    ends = min(rates) / ROOM, max(rates) * ROOM
    figure.update_xaxes(
        type="log", title="Requests a second", tickvals=log_ticks(*ends), range=np.log10(ends), showgrid=False
    )
    figure.update_yaxes(
        type="log", title="Latency, ms", tickvals=log_ticks(low, high), tickformat="~s", range=np.log10([low, high])
    )
    return apply_style(figure, height=HEIGHT, margin=(10, 60, 40, 10))


def _add_line(figure: go.Figure, test: LoadTest, name: str, attribute: str, dash: str, colour: str) -> None:
    figure.add_scatter(
        x=[step.offered for step in test.by_rate],
        y=[getattr(step, attribute) for step in test.by_rate],
        name=name,
        mode="lines+markers",
        line={"color": colour, "width": 3, "dash": dash},
        marker={"size": 9, "color": [NEUTRAL if test.trouble(step) else colour for step in test.by_rate]},
        hovertext=[_hover(test, step) for step in test.by_rate],
        hovertemplate="%{hovertext}<extra></extra>",
        showlegend=False,
    )


def _name_ends(figure: go.Figure, steps: Sequence[Step], colour: str, decades: float) -> None:
    """Each line's name right of its end, moved up where it would cover the one below."""
    height = -np.inf
    for name, (attribute, _) in LINES.items():
        ends = [value for step in steps if (value := getattr(step, attribute))]
        if ends:
            height = max(float(np.log10(ends[-1])), height + LEAST_GAP * decades)
            figure.add_annotation(
                xref="paper",
                x=1,
                y=height,
                text=f"<b>{name}</b>",
                font={"color": colour},
                xanchor="left",
                xshift=6,
                showarrow=False,
            )


def _mark_accepted(figure: go.Figure, test: LoadTest) -> None:
    """A line at the 95th percentile up to which the server keeps up."""
    figure.add_hline(y=test.most_ms, line={"color": NEUTRAL, "width": 2, "dash": "dot"})
    figure.add_annotation(
        xref="paper",
        x=0,
        y=float(np.log10(test.most_ms)),
        text=f"p95 accepted up to {milliseconds(test.most_ms)}",
        font={"color": NEUTRAL},
        xanchor="left",
        yanchor="bottom",
        xshift=4,
        showarrow=False,
    )


def _mark_limit(figure: go.Figure, test: LoadTest, colour: str) -> None:
    """A line at the limit, with its rate above the plot."""
    if test.limit is None:
        return
    least = "at least " if test.is_at_least else ""
    figure.add_vline(x=test.limit.offered, line={"color": colour, "width": 2, "dash": "dot"})
    figure.add_annotation(
        x=float(np.log10(test.limit.offered)),
        yref="paper",
        y=1,
        text=f"limit: {least}{three_figures(test.limit.offered)} a second",
        font={"color": colour},
        xanchor="right",
        yanchor="bottom",
        showarrow=False,
    )


def _hover(test: LoadTest, step: Step) -> str:
    """The tooltip of a point: its figures, and why the server does not keep up."""
    figures = [
        f"<b>{plain(test.model)}</b>, {three_figures(step.offered)} requests a second",
        *(
            f"{name} {milliseconds(value)}"
            for name, (attribute, _) in LINES.items()
            if (value := getattr(step, attribute))
        ),
        f"{three_figures(step.texts_per_second)} texts/s",
        *([wrap(reason)] if (reason := troubles(test, step)) else []),
    ]
    return "<br>".join(figures)
