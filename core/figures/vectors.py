"""Vectors as barcodes, and angles as arrows."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go

from core.figures.style import DIVERGING, NEUTRAL, plain, styled

ROW_PIXELS = 26


def barcode(vectors: npt.NDArray[np.float32], labels: Sequence[str], *, row_pixels: int = ROW_PIXELS) -> go.Figure:
    """Each vector, a row of (n, d), as a strip of d coloured bars; blue below zero, red above, one scale for all."""
    limit = float(np.quantile(np.abs(vectors), 0.99)) or 1.0
    figure = go.Figure(
        go.Heatmap(
            z=np.asarray(vectors, np.float32),
            y=list(range(len(vectors))),
            colorscale=DIVERGING,
            reversescale=True,
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
    )
    figure.update_xaxes(showgrid=False, visible=False)
    return styled(figure, height=row_pixels * len(vectors) + 20, margin=(10, 10, 5, 5))


def arrows(texts: Sequence[str], cosines: Sequence[float], colour: str) -> go.Figure:
    """The first text as an arrow to the right, the others at their true angle from it.

    `cosines` are those of each text with the first, the first's own 1 included. Angles between the others are not true.
    """
    figure = go.Figure()
    for place, (text, cosine) in enumerate(zip(texts, cosines, strict=True)):
        angle = float(np.arccos(np.clip(cosine, -1, 1))) * (1 if place % 2 else -1)
        x, y = float(np.cos(angle)), float(np.sin(angle))
        tint = colour if place == 0 else NEUTRAL
        figure.add_annotation(
            x=x, y=y, ax=0, ay=0, xref="x", yref="y", axref="x", ayref="y",
            arrowhead=2, arrowsize=1.4, arrowwidth=4 if place == 0 else 3, arrowcolor=tint, text="",
        )  # fmt: skip
        degrees = abs(np.degrees(angle))
        caption = plain(text, 44) if place == 0 else f"{plain(text, 44)}<br><b>{degrees:.0f}°, cosine {cosine:.2f}</b>"
        figure.add_annotation(
            x=x * 1.06, y=y * 1.08, text=caption, showarrow=False, align="left",
            xanchor="left" if x > 0.2 else "center", font={"size": 15},
        )  # fmt: skip
    figure.update_xaxes(range=[-0.65, 2.1], visible=False)
    figure.update_yaxes(range=[-1.3, 1.3], visible=False, scaleanchor="x")
    return styled(figure, height=400)
