"""The Projector page: a map of texts in two or three dimensions."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from core.figures.style import NEUTRAL, VEIL, category_colours, plain, plain_3d, styled, wrapped
from core.projection import Projection

LABELLED_CATEGORIES = 30
LABEL_SHARE = np.array([0.16, 0.035])


def text_map(
    projection: Projection,
    texts: Sequence[str],
    categories: Sequence[str],
    *,
    selected: int | None = None,
    neighbours: Sequence[int] = (),
    dark: bool = False,
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
        _label_categories(figure, projection.coordinates, categories, colours, dark)
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
    figure: go.Figure, coordinates: np.ndarray, categories: Sequence[str], colours: dict[str, str], dark: bool
) -> None:
    """Each category's name near the median of its points, in 2D behind a veil of the ground's colour."""
    rows = np.array(categories)
    middles = np.array([np.median(coordinates[rows == name], axis=0) for name in colours])
    if coordinates.shape[1] == 2:
        places = _apart(middles, np.ptp(coordinates, axis=0))
        for (name, colour), (x, y) in zip(colours.items(), places, strict=True):
            font = {"size": 15, "color": colour}
            text = f"<b>{plain(name, 28)}</b>"
            figure.add_annotation(x=x, y=y, text=text, font=font, bgcolor=VEIL[dark], borderpad=1, showarrow=False)
    else:
        labels = {
            "mode": "text",
            "text": [f"<b>{plain_3d(name, 28)}</b>" for name in colours],
            "textfont": {"size": 15, "color": list(colours.values())},
            "hoverinfo": "skip",
            "showlegend": False,
        }
        _add(figure, middles, labels)


def _apart(places: np.ndarray, extent: np.ndarray) -> np.ndarray:
    """Labels' places, (c, 2), moved upwards until none covers another; `extent` is the map's width and height."""
    size = extent * LABEL_SHARE
    moved = places.astype(float)
    order = np.argsort(moved[:, 1])
    for count, label in enumerate(order):
        placed = moved[order[:count]]
        while (covered := (abs(placed - moved[label]) < size * (1 - 1e-9)).all(axis=1)).any():
            moved[label, 1] = placed[covered, 1].max() + size[1]
    return moved


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
    plain_axis = {"showticklabels": False, "zeroline": False, "showgrid": projection.coordinates.shape[1] == 3}
    if projection.coordinates.shape[1] == 2:
        figure.update_xaxes(title=titles[0], **plain_axis)
        figure.update_yaxes(title=titles[1], **plain_axis)
    else:
        axes = {f"{axis}axis": {**plain_axis, "title": title} for axis, title in zip("xyz", titles, strict=True)}
        figure.update_layout(scene={**axes, "aspectmode": "cube"})
