"""The Similarity page: cosines as a heatmap."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from core.figures.style import FONT_SIZE, SEQUENTIAL, plain, styled, wrapped
from core.similarity import Matrix

LABELS_UP_TO = 40
NUMBERS_UP_TO = 8
HEIGHT = 520


def heatmap(matrix: Matrix, texts: Sequence[str], *, lowest: float) -> go.Figure:
    """Cosines of n texts with each other, (n, n), in the order given, on a scale from `lowest` to 1.

    Up to LABELS_UP_TO texts are named at the left, and up to NUMBERS_UP_TO the cosines are written into the cells.
    """
    n = len(texts)
    hovers = [wrapped(text, 50, 3) for text in texts]
    figure = go.Figure(
        go.Heatmap(
            z=np.asarray(matrix, np.float32),
            colorscale=SEQUENTIAL,
            zmin=lowest,
            zmax=1,
            xgap=1,
            ygap=1,
            texttemplate="%{z:.2f}" if n <= NUMBERS_UP_TO else None,
            customdata=np.array([[f"{first}<br><br>{second}" for second in hovers] for first in hovers]),
            hovertemplate="cosine <b>%{z:.3f}</b><br><br>%{customdata}<extra></extra>",
            colorbar={"title": "cosine", "thickness": 12, "tickfont": {"size": FONT_SIZE - 1}},
        )
    )
    labels = [plain(text, 26) for text in texts] if n <= LABELS_UP_TO else []
    figure.update_yaxes(tickvals=list(range(len(labels))), ticktext=labels, autorange="reversed", showgrid=False)
    figure.update_xaxes(tickvals=[], showgrid=False)
    return styled(figure, height=HEIGHT)
