"""Vectors as barcodes, and angles as arrows."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go

from core.charts.style import DIVERGING, NEUTRAL, apply_style, plain

ROW_PIXELS = 26


def barcode(vectors: npt.NDArray[np.float32], labels: Sequence[str], *, row_pixels: int = ROW_PIXELS) -> go.Figure:
    """Each vector, a row of (n, d), as a strip of d coloured bars; blue below zero, red above, one scale for all."""
    limit = float(np.quantile(np.abs(vectors), 0.99)) or 1.0
    figure = go.Figure(
        go.Heatmap(
            z=np.asarray(vectors, np.float32),
            y=list(range(len(vectors))),
            colorscale=DIVERGING,
            zmid=0,
            zmin=-limit,
            zmax=limit,
            ygap=2,
            showscale=False,
            customdata=np.repeat([[plain(label)] for label in labels], vectors.shape[1], axis=1),
            hovertemplate="%{customdata}<br>dimension %{x}: %{z:.4f}<extra></extra>",
        )
    )
    figure.update_yaxes(
        tickvals=list(range(len(vectors))),
        ticktext=[plain(label, 24) for label in labels],
        autorange="reversed",
        showgrid=False,
        zeroline=False,
    )
    figure.update_xaxes(showgrid=False, visible=False)
    return apply_style(figure, height=row_pixels * len(vectors) + 20, margin=(10, 10, 5, 5))


def arrows(names: Sequence[str], cosines: Sequence[float], colour: str) -> go.Figure:
    """The first text as an arrow to the right, the others at their true angle from it, above and below.

    `cosines` are those of each text with the first, including its own 1. Angles between the others mean nothing.
    """
    figure = go.Figure()
    for place, (name, cosine) in enumerate(zip(names, cosines, strict=True)):
        angle = float(np.arccos(np.clip(cosine, -1, 1))) * (1 if place % 2 else -1)
        if place:
            _arc(figure, angle, radius=0.3 + 0.12 * place)
        _arrow(figure, angle, colour if place == 0 else NEUTRAL)
        caption = (
            plain(name) if place == 0 else f"{plain(name)}<br><b>{abs(np.degrees(angle)):.0f}°, cosine {cosine:.2f}</b>"
        )
        x, y = float(np.cos(angle)), float(np.sin(angle))
        side = "left" if x > 0.3 else "center"
        figure.add_annotation(x=x * 1.05, y=y * 1.18, text=caption, showarrow=False, xanchor=side, font={"size": 17})
    figure.update_xaxes(range=[-0.5, 2.0], visible=False)
    figure.update_yaxes(range=[-1.35, 1.35], visible=False, scaleanchor="x")
    return apply_style(figure, height=400)


def _arrow(figure: go.Figure, angle: float, colour: str) -> None:
    """An arrow of length 1 from the origin."""
    figure.add_annotation(
        x=float(np.cos(angle)), y=float(np.sin(angle)), ax=0, ay=0, xref="x", yref="y", axref="x", ayref="y",
        arrowhead=2, arrowsize=1.2, arrowwidth=4, arrowcolor=colour, text="",
    )  # fmt: skip


def _arc(figure: go.Figure, angle: float, radius: float) -> None:
    """The arc from the first arrow to another."""
    steps = np.linspace(0, angle, 30)
    figure.add_scatter(
        x=radius * np.cos(steps), y=radius * np.sin(steps), mode="lines", line={"color": NEUTRAL, "dash": "dot"},
        hoverinfo="skip", showlegend=False,
    )  # fmt: skip
