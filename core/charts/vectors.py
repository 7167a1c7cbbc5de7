"""Vectors as barcodes, and angles as arrows."""

import math
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go

from core.charts.style import DIVERGING, FONT_SIZE, NEUTRAL, apply_style, plain, wrap
from core.similarity.functions import unit
from core.wording import decimal

ROW_PIXELS = 26
TOKEN_PIXELS, EMBEDDING_PIXELS = 19, 52
LONGEST_LABEL = 16
LABEL_WIDTH = 8 * FONT_SIZE
TITLE_HEIGHT, AXIS_HEIGHT = 4 * FONT_SIZE, 3 * FONT_SIZE
TITLE_RISE = 10  # above the embedding's colour scale, whose highest number is half above its bar
EDGE = 16  # room for half a number of the colour scale, in present mode too
LEAST_SCALE_HEIGHT = 3 * FONT_SIZE
ARROWS_HEIGHT = 400
WIDEST_CAPTION = 24
REACH, PRESENTED_REACH = 1.6, 1.95  # the second with larger captions
CAPTION = {"showarrow": False, "xanchor": "left", "align": "left", "font": {"size": FONT_SIZE}}

Vectors = npt.NDArray[np.float32]


def barcode(vectors: Vectors, labels: Sequence[str], *, row_pixels: int = ROW_PIXELS) -> go.Figure:
    """Each vector, a row of (n, d), as a strip of d coloured bars; blue below zero, red above, one scale for all."""
    figure = go.Figure(_strips(vectors, colorbar={"len": 1, "y": 1, "yanchor": "top"}))
    figure.update_yaxes(**_rows(labels))
    figure.update_xaxes(showgrid=False, visible=False)
    height = max(row_pixels * len(vectors), LEAST_SCALE_HEIGHT) + 2 * EDGE
    return apply_style(figure, height=height, margin=(10, 10, EDGE, EDGE))


def journey(tokens: Vectors, labels: Sequence[str], embedding: Vectors, others: Vectors, *, title: str) -> go.Figure:
    """Token vectors above the embedding they become, on one axis of dimensions, along which a line can be followed.

    Parameters
    ----------
    tokens : (t, d) float32 array
    labels : sequence of str, length t
    embedding : (d,) float32 array
    others : (k, d) float32 array
        Embeddings of other texts: the tooltip says what each dimension adds to the cosine with them.
    title : str
        Of the embedding.
    """
    rows = TOKEN_PIXELS * len(tokens)
    plot = rows + TITLE_HEIGHT + EMBEDDING_PIXELS
    share = EMBEDDING_PIXELS / plot
    figure = go.Figure(
        [
            _strips(
                tokens, name="token vectors", colorbar={"len": rows / plot, "y": 1, "yanchor": "top"},
                customdata=np.tile(embedding, (len(tokens), 1)), hover="<br>embedding: %{customdata:.4f}",
            ),
            _strips(
                embedding[None], name="embedding", yaxis="y2", colorbar={"len": share, "y": 0, "yanchor": "bottom"},
                customdata=(unit(others) * unit(embedding[None])).T[None], hover=_products(len(others)),
            ),
        ]
    )  # fmt: skip
    figure.update_layout(
        yaxis={**_rows(labels), "domain": [1 - rows / plot, 1], "automargin": False},
        yaxis2={**_rows(["embedding"]), "domain": [0, share], "automargin": False},
        xaxis={
            "title": "Dimension", "anchor": "y2", "showgrid": False, "zeroline": False, "showspikes": True,
            "spikemode": "across", "spikesnap": "cursor", "spikethickness": 2, "spikedash": "solid",
            "spikecolor": NEUTRAL,
        },
    )  # fmt: skip
    figure.add_annotation(
        text=title, x=0, y=share, xref="paper", yref="paper", xshift=-LABEL_WIDTH, yshift=TITLE_RISE, xanchor="left",
        yanchor="bottom", align="left", showarrow=False, font={"size": FONT_SIZE},
    )  # fmt: skip
    return apply_style(figure, height=plot + AXIS_HEIGHT + FONT_SIZE, margin=(LABEL_WIDTH, 10, FONT_SIZE, AXIS_HEIGHT))


def _strips(vectors: Vectors, *, colorbar: Mapping[str, object], hover: str = "", **options: object) -> go.Heatmap:
    """Each vector as a row of coloured bars, with the colours' scale beside them."""
    limit = float(np.quantile(np.abs(vectors), 0.99)) or 1.0
    ends = 0.999 * limit  # at its very end, plotly may leave a tick out
    return go.Heatmap(
        z=np.asarray(vectors, np.float32),
        y=list(range(len(vectors))),
        colorscale=DIVERGING,
        zmid=0,
        zmin=-limit,
        zmax=limit,
        ygap=2,
        colorbar={
            "thickness": 12, "ypad": 0, "tickvals": [-ends, 0, ends], "tickfont": {"size": FONT_SIZE},
            "ticktext": [f"−{limit:.2g}", "0", f"+{limit:.2g}"], **colorbar,
        },
        hovertemplate=f"%{{y}}<br>dimension %{{x}}: %{{z:.4f}}{hover}<extra></extra>",
        **options,
    )  # fmt: skip


def _rows(labels: Sequence[str]) -> dict[str, object]:
    """The axis of the rows, the first at the top."""
    return {
        "tickvals": list(range(len(labels))), "ticktext": [plain(label, LONGEST_LABEL) for label in labels],
        "autorange": "reversed", "showgrid": False, "zeroline": False,
    }  # fmt: skip


def _products(others: int) -> str:
    """The tooltip's line of what a dimension adds to each cosine."""
    if not others:
        return ""
    added = " and ".join(f"%{{customdata[{place}]:+.4f}}" for place in range(others))
    return f"<br>adds {added} to the cosine{'s' if others > 1 else ''}"


def arrows(texts: Sequence[str], cosines: Sequence[float], colour: str, *, reach: float = REACH) -> go.Figure:
    """The first text as an arrow to the right, the others at their true angle from it, above and below.

    `cosines` are those of each text with the first, including its own 1. Angles between the others mean nothing. The
    chart reaches as many of an arrow's lengths up and down as leaves room for the captions.
    """
    figure = go.Figure()
    for place, (text, cosine) in enumerate(zip(texts, cosines, strict=True)):
        side = 1 if place % 2 else -1
        angle = side * math.radians(degrees(cosine))
        if place:
            _arc(figure, angle, radius=0.3 + 0.12 * place)
            _outer_caption(figure, text, cosine, side)
        else:
            figure.add_annotation(x=1.05, y=0, text=wrap(text, WIDEST_CAPTION - 4, 3), **CAPTION)
        _arrow(figure, angle, NEUTRAL if place else colour)
    # plotly would otherwise lengthen the axes at each change of size, and the arrows would shrink
    figure.update_xaxes(range=[min(0.0, *cosines) - 0.1, 2.3], visible=False, constrain="domain")
    figure.update_yaxes(range=[-reach, reach], visible=False, scaleanchor="x", constrain="domain")
    return apply_style(figure, height=ARROWS_HEIGHT, margin=(0, 0, 0, 0))


def degrees(cosine: float) -> float:
    """The angle whose cosine it is, 0 to 180."""
    return math.degrees(math.acos(max(-1.0, min(1.0, cosine))))


def _outer_caption(figure: go.Figure, text: str, cosine: float, side: int) -> None:
    """A text with its angle and cosine above its arrow's tip (side 1) or below it (-1), clear of the first text."""
    rise = max(math.sin(math.radians(degrees(cosine))) + 0.05, 0.32)
    figure.add_annotation(
        x=cosine - 0.05, y=side * rise, yanchor="bottom" if side > 0 else "top",
        text=f"{wrap(text, WIDEST_CAPTION, 2)}<br><b>{degrees(cosine):.0f}°, cosine {decimal(cosine)}</b>", **CAPTION,
    )  # fmt: skip


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
