"""The Evaluate page: systems with their intervals, queries won and lost, pairs, agreement, quality against bytes."""

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go

from core import wording
from core.charts.style import (
    FONT_SIZE,
    LEGEND_ABOVE,
    NEUTRAL,
    SEQUENTIAL,
    apply_style,
    fade,
    log_ticks,
    plain,
    wrap,
)
from core.evaluation import Compressed, Interval
from core.evaluation.compression import BINARY, FLOAT16, FLOAT32, INT8, RESCORED, front
from core.similarity import SCORES, Similarity, title

LANE_PIXELS = 56  # for a name with its figures below
GAINS_HEIGHT = 300
SCATTER_HEIGHT = 420
CELL_PIXELS = 84
COMPRESSION_HEIGHT = 520
MOST_GRADES = 11  # that have a tick each
JITTER = 0.12  # of the distance between two gold scores
SYMBOLS = {FLOAT32: "circle", FLOAT16: "square", INT8: "diamond", BINARY: "triangle-up-open", RESCORED: "triangle-up"}

Floats = npt.NDArray[np.float64]


def ranking(measured: Mapping[str, Interval], measure: str, title: str, *, colours: Mapping[str, str]) -> go.Figure:
    """Each system's mean as a dot on its 95 % interval, the best on top; `title` is the axis title."""
    names = sorted(measured, key=lambda name: measured[name].mean)
    figure = go.Figure()
    for place, name in enumerate(names):
        interval = measured[name]
        colour = colours[name]
        figure.add_scatter(
            x=[interval.low, interval.high],
            y=[place, place],
            mode="lines",
            line={"color": fade(colour, 0.45), "width": 9},
            hoverinfo="skip",
        )
        figure.add_scatter(
            x=[interval.mean],
            y=[place],
            mode="markers",
            marker={"color": colour, "size": 17, "line": {"color": "white", "width": 2}},
            hovertemplate=f"<b>{plain(name)}</b><br>{plain(measure)} {interval.mean:.3f}<br>95%: {interval.low:.3f} to "
            f"{interval.high:.3f}<extra></extra>",
        )
    low = min((interval.low for interval in measured.values()), default=0)
    high = max((interval.high for interval in measured.values()), default=1)
    room = max(0.02, 0.05 * (high - low))
    figure.update_xaxes(title=plain(title, 90), nticks=6, tickangle=0)
    figure.update_xaxes(range=[max(-0.01, low - room), min(1.01, high + room)], zeroline=False)
    figure.update_yaxes(
        tickvals=list(range(len(names))),
        ticktext=[_label(name, measured[name]) for name in names],
        range=[-0.5, len(names) - 0.5],
        zeroline=False,
        ticklabelstandoff=12,
    )
    figure.update_layout(showlegend=False)
    return apply_style(figure, height=LANE_PIXELS * len(names) + 74)


def _label(name: str, interval: Interval) -> str:
    """A system's name and, below it, its mean with its interval: side by side, a phone has no room for the dots."""
    figures = f"{interval.mean:.3f}  {interval.low:.2f} – {interval.high:.2f}"
    return f"<b>{plain(name.rpartition('/')[2], 26)}</b><br>{figures}"


def gains(
    values: Floats, queries: Sequence[str], first: str, second: str, measure: str, *, colours: Mapping[str, str]
) -> go.Figure:
    """For each query, how far the first system is above the second, sorted; bars in the winner's colour."""
    order = np.argsort(-values, kind="stable")
    sorted_values = values[order]
    figure = go.Figure(
        go.Bar(
            x=list(range(1, len(order) + 1)),
            y=sorted_values,
            marker={
                "color": [colours[first if value > 0 else second] for value in sorted_values],
                "line_width": 0,
            },
            customdata=[wrap(queries[row], 50, 3) for row in order],
            hovertemplate="%{customdata}<br><b>%{y:+.3f}</b><extra></extra>",
        )
    )
    for name, x, y, won in ((first, 0.97, 0.97, values > 0), (second, 0.03, 0.03, values < 0)):
        figure.add_annotation(
            x=x,
            xref="paper",
            y=y,
            yref="paper",
            xanchor="right" if x > 0.5 else "left",
            text=f"<b>{plain(name, 30)}</b> better on {int(won.sum()):,}",
            font={"color": colours[name], "size": FONT_SIZE},
            showarrow=False,
        )
    figure.update_xaxes(title="Queries, sorted by difference", range=[0, len(order) + 1], showgrid=False)
    figure.update_yaxes(title=f"Difference in {plain(measure)}", range=[-1.05, 1.05], tickformat="+.1f")
    figure.update_layout(bargap=0.1 if len(order) < 300 else 0)
    return apply_style(figure, height=GAINS_HEIGHT)


def pairs_scatter(
    similarities: npt.NDArray[np.float32],
    gold: Sequence[float],
    texts: Sequence[tuple[str, str]],
    colour: str,
    similarity: Similarity = "cosine",
    *,
    span: tuple[float, float] | None = None,
) -> go.Figure:
    """Similarity over gold score for each pair; points with the same gold score are jittered slightly.

    `span` are the ends of the axis of similarity, by default those of the points.
    """
    scores = np.asarray(gold, np.float64)
    steps = np.diff(np.unique(scores))
    beside = np.random.default_rng(0).uniform(-1, 1, len(scores)) * JITTER * (float(steps.min()) if len(steps) else 0)
    figure = go.Figure(
        go.Scattergl(
            x=scores + (beside if len(steps) < len(scores) / 4 else 0),
            y=similarities,
            mode="markers",
            marker={"color": colour, "size": 8, "opacity": 0.55},
            customdata=[
                f"{wrap(first, 50, 3)}<br><br>{wrap(second, 50, 3)}<br><br>gold {score:g}"
                for (first, second), score in zip(texts, gold, strict=True)
            ],
            hovertemplate=f"%{{customdata}} · {SCORES[similarity]} <b>%{{y:.3f}}</b><extra></extra>",
        )
    )
    grades = np.unique(scores)
    figure.update_xaxes(title="Gold score", zeroline=False)
    if len(grades) <= MOST_GRADES:
        figure.update_xaxes(tickvals=grades.tolist(), ticktext=[f"{grade:g}" for grade in grades])
    figure.update_yaxes(title=title(similarity), range=span)
    return apply_style(figure, height=SCATTER_HEIGHT)


def agreement_matrix(matrix: Floats, names: Sequence[str]) -> go.Figure:
    """Agreement of each pair of systems, 0 to 1, as numbers on a heatmap."""
    places = list(range(len(names)))
    labels = [_in_two_lines(name.rpartition("/")[2]) for name in names]
    shown = [[f"{value:.2f}" if row != column else "" for column, value in enumerate(line)] for row, line in
             enumerate(matrix)]  # fmt: skip
    others = np.where(np.eye(len(names), dtype=bool), np.nan, matrix)
    figure = go.Figure(
        go.Heatmap(
            z=others,
            x=places,
            y=places,
            text=shown,
            texttemplate="<b>%{text}</b>",
            textfont={"size": FONT_SIZE + 2},
            colorscale=SEQUENTIAL,
            zmin=0,
            zmax=1,
            xgap=3,
            ygap=3,
            hoverongaps=False,
            customdata=[[f"{plain(first)}<br>{plain(second)}" for second in names] for first in names],
            hovertemplate="%{customdata}<br><b>%{z:.3f}</b><extra></extra>",
            showscale=False,
        )
    )
    figure.update_xaxes(tickvals=places, ticktext=labels, showgrid=False, zeroline=False, tickangle=0, side="top")
    figure.update_yaxes(tickvals=places, ticktext=labels, showgrid=False, zeroline=False, autorange="reversed")
    figure.update_yaxes(ticklabelstandoff=6)
    return apply_style(figure, height=CELL_PIXELS * len(names) + 70)


def compression(models: Mapping[str, Sequence[Compressed]], *, colours: Mapping[str, str]) -> go.Figure:
    """Quality over bytes per vector, on a logarithmic axis; a line in each model's colour joins the best at each size.

    The symbol is the kind of code.
    """
    figure = go.Figure()
    for model, points in models.items():
        colour = colours[model]
        best = front(points)
        figure.add_scatter(
            x=[point.bytes_per_vector for point in best],
            y=[point.ndcg for point in best],
            mode="lines",
            line={"color": colour, "width": 3},
            hoverinfo="skip",
            showlegend=False,
        )
        figure.add_scatter(
            x=[point.bytes_per_vector for point in points],
            y=[point.ndcg for point in points],
            mode="markers",
            marker={
                "color": colour,
                "symbol": [SYMBOLS[point.kind] for point in points],
                "size": 12,
                "line": {"color": colour, "width": 2},
            },
            customdata=[
                f"<b>{plain(model)}</b><br>{point.kind}, {point.dimensions} dimensions"
                f"<br>{point.bytes_per_vector:,} bytes per vector<br>nDCG@10 {point.ndcg:.3f}"
                for point in points
            ],
            hovertemplate="%{customdata}<extra></extra>",
            showlegend=False,
        )
        figure.add_annotation(
            x=float(np.log10(best[-1].bytes_per_vector)),
            y=best[-1].ndcg,
            text=f"<b>{plain(model.rpartition('/')[2], 26)}</b>",
            font={"color": colour, "size": FONT_SIZE},
            showarrow=False,
            xanchor="right" if len(best) > 1 else "center",
            yanchor="bottom",
            yshift=8,
        )
    for kind, symbol in SYMBOLS.items():
        marker = {"color": NEUTRAL, "symbol": symbol, "size": 12, "line": {"color": NEUTRAL, "width": 2}}
        figure.add_scatter(x=[None], y=[None], mode="markers", name=kind, marker=marker)
    sizes = [point.bytes_per_vector for points in models.values() for point in points] or [1]
    ticks = [4**power for power in range(10) if min(sizes) / 2 <= 4**power <= max(sizes) * 2]
    figure.update_xaxes(
        type="log",
        title="Bytes per vector (further left is smaller)",
        tickvals=ticks or log_ticks(min(sizes), max(sizes)),
        tickformat=",d",
        range=[float(np.log10(min(sizes) / 1.4)), float(np.log10(max(sizes) * 1.4))],
    )
    figure.update_yaxes(title="nDCG@10")
    figure.update_layout(showlegend=True, legend=LEGEND_ABOVE)
    return apply_style(figure, height=COMPRESSION_HEIGHT, margin=(10, 20, 40, 10))


def _in_two_lines(name: str) -> str:
    """A long name, broken at the hyphen nearest to its middle."""
    short = wording.shorten(name, 24)
    breaks = [place for place, letter in enumerate(short) if letter in "-_ "]
    if len(short) <= 11 or not breaks:
        return plain(short)
    middle = min(breaks, key=lambda place: abs(place + 1 - len(short) / 2))
    return f"{plain(short[: middle + 1])}<br>{plain(short[middle + 1 :])}"
