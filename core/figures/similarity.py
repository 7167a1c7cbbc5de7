"""The Similarity page: cosines as a heatmap."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from core.figures.style import SEQUENTIAL, plain, styled, wrapped
from core.similarity import Matrix

NUMBERS_UP_TO = 12


def heatmap(matrix: Matrix, texts: Sequence[str], *, height: int, lowest: float, show_labels: bool) -> go.Figure:
    """Cosines of texts with each other, (n, n), in the order given; `lowest` is where the colour scale begins.

    Up to NUMBERS_UP_TO texts the cosines are written into the cells.
    """
    n = len(texts)
    labels = [plain(text, 34) for text in texts]
    hovers = [wrapped(text, 50, 3) for text in texts]
    pairs = np.array([[f"{first}<br><br>{second}" for second in hovers] for first in hovers])
    figure = go.Figure(
        go.Heatmap(
            z=np.asarray(matrix, np.float32),
            colorscale=SEQUENTIAL,
            zmin=lowest,
            zmax=1,
            xgap=1,
            ygap=1,
            texttemplate="%{z:.2f}" if n <= NUMBERS_UP_TO else None,
            customdata=pairs,
            hovertemplate="cosine <b>%{z:.3f}</b><br><br>%{customdata}<extra></extra>",
            colorbar={"title": "cosine", "thickness": 14, "len": 0.9},
        )
    )
    figure.update_yaxes(
        tickvals=list(range(n)) if show_labels else [],
        ticktext=labels if show_labels else [],
        autorange="reversed",
        showgrid=False,
        scaleanchor="x",
        constrain="domain",
    )
    figure.update_xaxes(tickvals=[], showgrid=False, constrain="domain")
    return styled(figure, height=height, margin=(10, 10, 10, 10))
