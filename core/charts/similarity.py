"""The Similarity page: scores as a heatmap with its dendrograms, what they mean, and two texts token by token."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go

from core.charts.style import (
    DIVERGING,
    FONT_SIZE,
    LEGEND_ABOVE,
    NEUTRAL,
    SEQUENTIAL,
    apply_style,
    fade,
    plain,
    wrap,
)
from core.similarity import SCORES, Background, Clusters, Contributions, Matrix, Similarity, title

LABELS_UP_TO = 30
NUMBERS_UP_TO = 8
GAPS_UP_TO = 60
MOST_HOVERED = 400
MARK = "#FF3DCB"  # visible on both scales
HEIGHT = 400
TREE_SHARE = 0.12
BAR_SHARE = 0.16
TOKEN_PIXELS = 24
JOINED: dict[Similarity, str] = {
    "cosine": "merged at cosine distance {}",
    "dot": "merged {} below the highest dot product",
    "euclidean": "merged at Euclidean distance {}",
    "manhattan": "merged at Manhattan distance {}",
}


@dataclass(frozen=True)
class Scale:
    """What a heatmap's colours stand for: a name, the ends, the number format."""

    title: str
    low: float
    high: float
    number: str = ".3f"
    diverging: bool = False

    @property
    def colours(self) -> object:
        """Plotly's colour scale; a diverging one is neutral at zero."""
        return DIVERGING if self.diverging else SEQUENTIAL


PERCENTILES = Scale("percentile", 0, 100, ".1f")


def cosines_from(lowest: float) -> Scale:
    """The scale of cosines from the lowest one shown, or 0, to 1."""
    return Scale("cosine", min(0.0, lowest), 1)


def scores_between(similarity: Similarity, lowest: float, highest: float) -> Scale:
    """The scale of a function's scores from the lowest to the highest shown; of cosines up to 1."""
    return cosines_from(lowest) if similarity == "cosine" else Scale(SCORES[similarity], lowest, highest)


def differences(title: str, values: Matrix, number: str) -> Scale:
    """A scale symmetric about zero."""
    limit = float(np.abs(values).max(initial=0)) or 1.0
    return Scale(title, -limit, limit, f"+{number}", diverging=True)


def heatmap(
    values: Matrix,
    rows: Sequence[str],
    columns: Sequence[str] | None = None,
    *,
    scale: Scale,
    row_tree: Clusters | None = None,
    column_tree: Clusters | None = None,
    marked: tuple[int, int] | None = None,
) -> go.Figure:
    """Scores of n texts with m others, (n, m), in the order given; without columns, of the rows with each other.

    Up to LABELS_UP_TO rows are labelled at the left, and up to NUMBERS_UP_TO the scores are written into the cells.
    Each text is sent once, as its axis's tick text, which the tooltip reuses; the visible labels are short ones on an
    axis of their own. The trees are at the sides and share the axes, so that they zoom together.
    """
    columns = rows if columns is None else columns
    gap = 1 if max(len(rows), len(columns)) <= GAPS_UP_TO else 0
    figure = go.Figure(
        go.Heatmap(
            z=np.asarray(values, np.float32),
            yaxis="y2",
            colorscale=scale.colours,
            zmin=scale.low,
            zmax=scale.high,
            xgap=gap,
            ygap=gap,
            texttemplate=f"%{{z:{scale.number}}}" if max(values.shape) <= NUMBERS_UP_TO else None,
            hovertemplate=f"{scale.title} <b>%{{z:{scale.number}}}</b><br><br>%{{y}}<br><br>%{{x}}<extra></extra>",
            colorbar={
                "title": {"text": scale.title, "side": "right", "font": {"size": FONT_SIZE}},
                "thickness": 12,
                "tickfont": {"size": FONT_SIZE},
            },
        )
    )
    _axes(figure, rows, columns, trees=(row_tree is not None, column_tree is not None))
    if row_tree:
        _tree(figure, row_tree, upright=False)
    else:
        figure.add_scatter(x=[None], y=[None], showlegend=False)  # without a trace, its axis would have no labels
    if column_tree:
        _tree(figure, column_tree, upright=True)
    if marked:
        figure.add_scatter(
            x=[marked[1]], y=[marked[0]], yaxis="y2", mode="markers", hoverinfo="skip", showlegend=False,
            marker={"symbol": "square-open", "size": 16, "color": MARK, "line": {"width": 3}},
        )  # fmt: skip
    return apply_style(figure, height=HEIGHT)


def _axes(figure: go.Figure, rows: Sequence[str], columns: Sequence[str], trees: tuple[bool, bool]) -> None:
    n, m = len(rows), len(columns)
    room = {True: [0, 1 - TREE_SHARE], False: [0, 1]}
    bare = {"showgrid": False, "zeroline": False, "showticklabels": False, "ticks": ""}
    down = [n - 0.5, -0.5]
    named = rows if n <= LABELS_UP_TO else ()
    figure.update_layout(
        xaxis={
            **bare, "range": [-0.5, m - 0.5], "domain": room[trees[0]],
            "tickvals": list(range(m)), "ticktext": _hovers(columns),
        },
        yaxis={
            "range": down, "domain": room[trees[1]], "showgrid": False, "zeroline": False,
            "tickvals": list(range(len(named))), "ticktext": [plain(text, 24) for text in named],
        },
        yaxis2={
            **bare, "range": down, "overlaying": "y", "matches": "y",
            "tickvals": list(range(n)), "ticktext": _hovers(rows),
        },
        xaxis2={**bare, "domain": [1 - TREE_SHARE + 0.005, 1], "fixedrange": True},
        yaxis3={**bare, "domain": [1 - TREE_SHARE + 0.01, 1], "fixedrange": True},
        showlegend=False,
    )  # fmt: skip


def _hovers(texts: Sequence[str]) -> list[str]:
    """The beginning of each text for a tooltip; wrapping a long text only to drop most lines is slow."""
    return [wrap(text[:MOST_HOVERED], 50, 4) for text in texts]


def _tree(figure: go.Figure, tree: Clusters, *, upright: bool) -> None:
    """A dendrogram: to the right for the rows, above the heatmap for the columns."""
    farthest = [0, float(tree.tree[:, 2].max()) * 1.05 or 1.0]
    figure.update_layout(yaxis3_range=farthest) if upright else figure.update_layout(xaxis2_range=farthest)
    places, distances = (np.insert(corners, 4, np.nan, axis=1).ravel() for corners in tree.brackets())
    figure.add_scatter(
        x=places if upright else distances,
        y=distances if upright else places,
        xaxis="x" if upright else "x2",
        yaxis="y3" if upright else "y",
        mode="lines",
        line={"color": NEUTRAL, "width": 1.5 if len(tree.order) <= GAPS_UP_TO else 0.6},
        hovertemplate=JOINED[tree.similarity].format(f"<b>%{{{'y' if upright else 'x'}:.2f}}</b>") + "<extra></extra>",
        showlegend=False,
    )


def densities(
    backgrounds: Mapping[str, Background], marked: Mapping[str, float], *, colours: Mapping[str, str]
) -> go.Figure:
    """Each model's scores of random pairs as a density, the marked pair's score as a line, its percentile named.

    All of one similarity function.
    """
    figure = go.Figure()
    similarity = next(iter(backgrounds.values())).similarity
    for name, background in backgrounds.items():
        middles, heights = background.densities()
        figure.add_scatter(
            x=middles, y=heights, mode="lines", name=_legend(name, background, marked.get(name)), fill="tozeroy",
            line={"color": colours[name], "width": 2.5}, fillcolor=fade(colours[name], 0.18),
            hovertemplate=f"{plain(name)}<br>{SCORES[similarity]} %{{x:.2f}}<extra></extra>",
        )  # fmt: skip
    for name in backgrounds:
        if name in marked:
            figure.add_vline(x=marked[name], line={"color": colours[name], "width": 3, "dash": "dot"})
    figure.update_xaxes(title=f"{title(similarity)} of random pairs", showgrid=False, zeroline=False)
    figure.update_yaxes(title="Density", showticklabels=False, showgrid=False, rangemode="tozero")
    figure.update_layout(legend=LEGEND_ABOVE, showlegend=True)
    return apply_style(figure, height=280)


def _legend(name: str, background: Background, marked: float | None) -> str:
    if marked is None:
        return plain(name)
    return f"{plain(name)}: {marked:.2f} is above {percent(float(background.percentile(marked)))}"


def percent(percentile: float) -> str:
    """A percentile for reading: 61%, 99.2%, 99.97%; 0% and 100% only if exact."""
    for digits in (1, 2, 3):
        rounded = round(percentile, digits)
        if 0 < rounded < 100:
            return f"{rounded:.{digits}f}%".replace(".0%", "%")
    return "0%" if percentile < 50 else "100%"


def token_heatmap(
    cosines: Matrix, first: Sequence[str], second: Sequence[str], contributions: Contributions | None, colour: str
) -> go.Figure:
    """Token-to-token cosines, (n, m), with each token's contribution to the pair's cosine as bars at the sides."""
    share = 1 - BAR_SHARE if contributions else 1.0
    figure = go.Figure(
        go.Heatmap(
            z=np.asarray(cosines, np.float32), colorscale=SEQUENTIAL, xgap=1, ygap=1,
            zmin=min(0.0, float(cosines.min(initial=0))), zmax=1, showscale=False,
            hovertemplate="token-to-token cosine <b>%{z:.3f}</b><br>%{y}<br>%{x}<extra></extra>",
        )
    )  # fmt: skip
    down = [len(first) - 0.5, -0.5]
    figure.update_layout(
        xaxis={
            "range": [-0.5, len(second) - 0.5], "domain": [0, share], "showgrid": False, "zeroline": False,
            "tickvals": list(range(len(second))), "ticktext": _tokens(second), "tickangle": -60,
        },
        yaxis={
            "range": down, "domain": [0, share], "showgrid": False, "zeroline": False,
            "tickvals": list(range(len(first))), "ticktext": _tokens(first),
        },
        showlegend=False,
        bargap=0.25,
    )  # fmt: skip
    if contributions:
        aside = {"domain": [share + 0.02, 1], "showgrid": False, "nticks": 3, "fixedrange": True, "zeroline": True}
        figure.update_layout(xaxis2=aside, yaxis2=aside)
        brings = "contributes <b>%{{{axis}:.4f}}</b> of " + f"{contributions.total:.3f}<extra></extra>"
        figure.add_bar(
            x=contributions.first[: len(first)], y=list(range(len(first))), orientation="h", xaxis="x2", yaxis="y",
            marker_color=colour, hovertemplate="%{y}<br>" + brings.format(axis="x"),
        )  # fmt: skip
        figure.add_bar(
            x=list(range(len(second))), y=contributions.second[: len(second)], xaxis="x", yaxis="y2",
            marker_color=colour, hovertemplate="%{x}<br>" + brings.format(axis="y"),
        )  # fmt: skip
    return apply_style(figure, height=max(300, TOKEN_PIXELS * len(first) + 190))


def _tokens(tokens: Sequence[str]) -> list[str]:
    return [plain(token.replace("▁", "␣").replace("Ġ", "␣"), 16) or "␣" for token in tokens]
