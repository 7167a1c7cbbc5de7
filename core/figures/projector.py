"""The Projector page: a map of texts in two or three dimensions."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from core.figures.style import NEUTRAL, category_colours, styled, wrapped
from core.projection import Projection

LABELLED_CATEGORIES = 30


def text_map(
    projection: Projection,
    texts: Sequence[str],
    categories: Sequence[str],
    *,
    selected: int | None = None,
    neighbours: Sequence[int] = (),
    height: int = 640,
) -> go.Figure:
    """Every text a point, coloured and labelled by category; the selected one and its true neighbours are lit.

    `custom_data` carries each point's row, which a selection gives back. `selected` and `neighbours` are rows.
    """
    colours = category_colours(categories)
    lit = {*neighbours} | ({selected} if selected is not None else set())
    faded = bool(lit)
    figure = go.Figure()
    points = {
        "text": [wrapped(text) for text in texts],
        "customdata": np.arange(len(texts)),
        "hovertemplate": "%{text}<extra></extra>",
        "mode": "markers",
        "marker": {
            "size": 7 if len(texts) < 2000 else 4,
            "color": [colours[category] for category in categories],
            "opacity": 0.28 if faded else 0.85,
        },
        "showlegend": False,
    }
    _add(figure, projection.coordinates, points)
    if 1 < len(colours) <= LABELLED_CATEGORIES:
        _label_categories(figure, projection.coordinates, categories, colours)
    if lit:
        _light_up(figure, projection.coordinates, texts, [colours[c] for c in categories], selected, neighbours)
    _axes(figure, projection)
    figure.update_layout(dragmode="pan" if projection.coordinates.shape[1] == 2 else "orbit", clickmode="event+select")
    return styled(figure, height=height)


def _add(figure: go.Figure, coordinates: np.ndarray, trace: dict[str, object]) -> None:
    if coordinates.shape[1] == 2:
        figure.add_trace(go.Scattergl(x=coordinates[:, 0], y=coordinates[:, 1], **trace))
    else:
        x, y, z = coordinates.T
        figure.add_trace(go.Scatter3d(x=x, y=y, z=z, **trace))


def _label_categories(
    figure: go.Figure, coordinates: np.ndarray, categories: Sequence[str], colours: dict[str, str]
) -> None:
    """Each category's name at the median of its points."""
    rows = np.array(categories)
    names = list(colours)
    middles = np.array([np.median(coordinates[rows == name], axis=0) for name in names])
    labels = {
        "mode": "text",
        "text": [f"<b>{name}</b>" for name in names],
        "textfont": {"size": 15, "color": [colours[name] for name in names]},
        "hoverinfo": "skip",
        "showlegend": False,
    }
    if coordinates.shape[1] == 2:
        figure.add_trace(go.Scatter(x=middles[:, 0], y=middles[:, 1], **labels))
    else:
        _add(figure, middles, labels)


def _light_up(
    figure: go.Figure,
    coordinates: np.ndarray,
    texts: Sequence[str],
    colours: Sequence[str],
    selected: int | None,
    neighbours: Sequence[int],
) -> None:
    rows = [*neighbours, *([selected] if selected is not None else [])]
    lit = {
        "text": [wrapped(texts[row]) for row in rows],
        "customdata": np.array(rows),
        "hovertemplate": "%{text}<extra></extra>",
        "mode": "markers",
        "marker": {
            "size": [11] * len(neighbours) + [18] * (selected is not None),
            "color": [colours[row] for row in rows],
            "line": {"width": 2, "color": NEUTRAL},
        },
        "showlegend": False,
    }
    _add(figure, coordinates[rows], lit)


def _axes(figure: go.Figure, projection: Projection) -> None:
    """No numbers on UMAP's axes, which mean nothing; the share of variance on PCA's."""
    titles = [f"PC{axis} ({share:.1%} of the variance)" for axis, share in enumerate(projection.explained_variance, 1)]
    titles = titles or [""] * projection.coordinates.shape[1]
    plain_axis = {"showticklabels": False, "zeroline": False}
    if projection.coordinates.shape[1] == 2:
        figure.update_xaxes(title=titles[0], **plain_axis)
        figure.update_yaxes(title=titles[1], **plain_axis)
    else:
        axes = {f"{axis}axis": {**plain_axis, "title": title} for axis, title in zip("xyz", titles, strict=True)}
        figure.update_layout(scene={**axes, "aspectmode": "cube"})
