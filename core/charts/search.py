"""How near each text's nearest neighbour is, with the threshold of near duplicates."""

from itertools import pairwise

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go

from core.charts.style import FONT_SIZE, apply_style

BINS = 50
HEIGHT = 260
MARK = "#CC6677"


def nearest_cosines(cosines: npt.NDArray[np.float32], threshold: float, *, colour: str) -> go.Figure:
    """A histogram of each text's cosine to its nearest other text; a line marks the threshold.

    Parameters
    ----------
    cosines : (n,) float array
    colour : str
        Of the model, as "#RRGGBB".
    """
    known = cosines[np.isfinite(cosines)].astype(np.float64)
    lowest = min(float(known.min(initial=1.0)), threshold) - 0.02
    counts, edges = np.histogram(known, bins=BINS, range=(lowest, 1.0 + 1e-6))
    figure = go.Figure(
        go.Bar(
            x=(edges[:-1] + edges[1:]) / 2,
            y=counts,
            marker={"color": colour, "line_width": 0},
            customdata=[f"{low:.3f} to {high:.3f}" for low, high in pairwise(edges)],
            hovertemplate="cosine %{customdata}<br><b>%{y:,} texts</b><extra></extra>",
        )
    )
    figure.add_vline(x=threshold, line={"color": MARK, "width": 3})
    figure.add_annotation(
        x=threshold,
        y=1,
        yref="paper",
        text=f"<b>threshold {threshold:.2f}</b>",
        xanchor="right",
        xshift=-8,
        font={"size": FONT_SIZE},
        showarrow=False,
    )
    figure.update_xaxes(title="Cosine to the nearest other text", range=[lowest, 1.005], zeroline=False)
    figure.update_yaxes(title="Texts", rangemode="tozero")
    figure.update_layout(bargap=0.08, showlegend=False)
    return apply_style(figure, height=HEIGHT)
