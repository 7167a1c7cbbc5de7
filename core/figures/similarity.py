"""The Similarity page: cosines as heatmaps."""

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from core.figures.style import FONT_SIZE, SEQUENTIAL, model_colour, plain, styled, wrapped
from core.similarity import Matrix

LABELS_UP_TO = 40
NUMBERS_UP_TO = 10
PANEL_HEIGHT = 560


def heatmaps(matrices: Mapping[str, Matrix], texts: Sequence[str]) -> go.Figure:
    """Cosines of n texts with each other under each model, (n, n), side by side, in the order given.

    All have one colour scale and zoom together. Up to LABELS_UP_TO texts are named at the left, and up to NUMBERS_UP_TO
    the cosines are written into the cells.
    """
    n, columns = len(texts), min(2, len(matrices))
    rows = -(-len(matrices) // columns)
    titles = [f"<b><span style='color:{model_colour(name)}'>{name}</span></b>" for name in matrices]
    figure = make_subplots(
        rows, columns, shared_xaxes="all", shared_yaxes="all", subplot_titles=titles,
        horizontal_spacing=0.03, vertical_spacing=0.06,
    )  # fmt: skip
    hovers = [wrapped(text, 50, 3) for text in texts]
    pairs = np.array([[f"{first}<br><br>{second}" for second in hovers] for first in hovers])
    for place, (name, matrix) in enumerate(matrices.items()):
        panel = go.Heatmap(
            z=np.asarray(matrix, np.float32),
            coloraxis="coloraxis",
            xgap=1,
            ygap=1,
            texttemplate="%{z:.2f}" if n <= NUMBERS_UP_TO else None,
            customdata=pairs,
            hovertemplate=f"{name}: cosine <b>%{{z:.3f}}</b><br><br>%{{customdata}}<extra></extra>",
        )
        figure.add_trace(panel, place // columns + 1, place % columns + 1)
    lowest = min(0.0, *(float(matrix.min()) for matrix in matrices.values()))
    figure.update_layout(
        coloraxis={
            "colorscale": SEQUENTIAL,
            "cmin": lowest,
            "cmax": 1,
            "colorbar": {"title": "cosine", "thickness": 14, "tickfont": {"size": FONT_SIZE}},
        }
    )
    labels = [plain(text, 32) for text in texts] if n <= LABELS_UP_TO else []
    figure.update_yaxes(tickvals=list(range(len(labels))), ticktext=labels, autorange="reversed", showgrid=False)
    figure.update_xaxes(tickvals=[], showgrid=False)
    return styled(figure, height=PANEL_HEIGHT * rows + 40, margin=(10, 10, 40, 10))
