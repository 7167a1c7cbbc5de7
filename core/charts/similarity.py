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
    inks,
    plain,
    wrap,
)
from core.similarity import SCORES, Background, Clusters, Contributions, Matrix, Similarity, title

LABELS_UP_TO = 20
ROW_LABEL, COLUMN_LABEL = 16, 14
NUMBERS_UP_TO, FULL_NUMBERS_UP_TO = 20, 8
NUMBER_SHARE = 0.6  # of a cell's width, for a number as short as "-.05"
STRONG = 0.8  # of a diverging scale, from where white can be read better than black on white
GAPS_UP_TO = 60
MOST_HOVERED = 400
MARK = "#FF3DCB"  # visible on both scales
HEIGHT = 580
CELLS_HEIGHT = 350  # about what labels, tree and colour scale leave of it
SQUARE = {  # for the axes of the cells and those of their labels
    "xaxis": {"scaleanchor": "y", "constrain": "domain", "constraintoward": "right"},
    "xaxis3": {"constrain": "domain", "constraintoward": "right"},
    "yaxis": {"constrain": "domain", "constraintoward": "top"},
    "yaxis2": {"constrain": "domain", "constraintoward": "top"},
}
TREE_SHARE = 0.1
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
    """What a heatmap's colours stand for: a name, the ends, the number format, and a shorter one if there is any."""

    title: str
    low: float
    high: float
    number: str = ".3f"
    diverging: bool = False
    short: str = ""

    @property
    def colours(self) -> object:
        """Plotly's colour scale; a diverging one is neutral at zero."""
        return DIVERGING if self.diverging else SEQUENTIAL

    def write(self, value: float) -> str:
        """A value in as few characters as the scale allows: ".45" for a cosine of 0.449, "1" for 1."""
        written = f"{value:{self.short or self.number}}"
        return written.replace("0.", ".", 1).replace("1.00", "1") if self.short else written


PERCENTILES = Scale("percentile", 0, 100, ".1f", short="z.0f")


def cosines_from(lowest: float) -> Scale:
    """The scale of cosines from the lowest one shown, or 0, to 1."""
    return Scale("cosine", min(0.0, lowest), 1, short="z.2f")


def scores_between(similarity: Similarity, lowest: float, highest: float) -> Scale:
    """The scale of a function's scores from the lowest to the highest shown; of cosines up to 1."""
    return cosines_from(lowest) if similarity == "cosine" else Scale(SCORES[similarity], lowest, highest)


def differences(title: str, values: Matrix, number: str) -> Scale:
    """A scale symmetric about zero."""
    limit = float(np.abs(values).max(initial=0)) or 1.0
    of_percentiles = number == PERCENTILES.number
    short = PERCENTILES.short if of_percentiles else "z.2f" if limit <= 2 else ""
    return Scale(title, -limit, limit, f"+{number}", diverging=True, short=short)


def heatmap(
    values: Matrix,
    rows: Sequence[str],
    columns: Sequence[str] | None = None,
    *,
    scale: Scale,
    row_tree: Clusters | None = None,
    column_tree: Clusters | None = None,
    marked: tuple[int, int] | None = None,
    room_above: bool = False,
) -> go.Figure:
    """Scores of n texts with m others, (n, m), in the order given; without columns, of the rows with each other.

    Up to LABELS_UP_TO rows and columns are labelled at the left and below. Each text is sent once, as its axis's tick
    text, which the tooltip reuses; the visible labels are short ones on axes of their own. The trees are at the right
    and above and share the axes, so that they zoom together; `room_above` leaves the place of a tree, to be level with
    a heatmap that has one. Texts compared with each other have square cells.
    """
    square = columns is None
    columns = rows if columns is None else columns
    most = max(len(rows), len(columns))
    figure = go.Figure(_cells(values, scale, CELLS_HEIGHT / most, gap=1 if most <= GAPS_UP_TO else 0))
    _axes(figure, rows, columns, trees=(row_tree is not None, column_tree is not None or room_above))
    if square:
        figure.update_layout(**SQUARE)
    for axis in ("x", "x3"):
        figure.add_scatter(x=[None], y=[None], xaxis=axis, showlegend=False)  # without a trace, it would have no labels
    if row_tree:
        _tree(figure, row_tree, upright=False)
    if column_tree:
        _tree(figure, column_tree, upright=True)
    if marked:
        figure.add_scatter(
            x=[marked[1]], y=[marked[0]], yaxis="y2", mode="markers", hoverinfo="skip", showlegend=False,
            marker={
                "symbol": "square-open", "size": max(10, min(40, 0.8 * CELLS_HEIGHT / most)), "color": MARK,
                "line": {"width": 3},
            },
        )  # fmt: skip
    return apply_style(figure, height=HEIGHT)


def _cells(values: Matrix, scale: Scale, pixels: float, gap: int) -> go.Heatmap:
    """The cells, some `pixels` wide, with their scores where these can be read; the colours' scale is above."""
    numbers = _numbers(values, scale)
    return go.Heatmap(
        z=np.asarray(values, np.float32),
        yaxis="y2",
        colorscale=scale.colours,
        zmin=scale.low,
        zmax=scale.high,
        xgap=gap,
        ygap=gap,
        text=numbers,
        texttemplate="%{text}" if numbers else None,
        textfont={"size": max(1, min(FONT_SIZE, round(NUMBER_SHARE * pixels)))},
        hovertemplate=f"{scale.title} <b>%{{z:{scale.number}}}</b><br><br>%{{y}}<br><br>%{{x}}<extra></extra>",
        colorbar={
            "title": {"text": scale.title, "side": "right", "font": {"size": FONT_SIZE}},
            "orientation": "h", "x": 1, "xanchor": "right", "y": 1, "yanchor": "bottom", "len": 0.75,
            "thickness": 12, "ypad": 6, "tickfont": {"size": FONT_SIZE}, "nticks": 5,
        },
    )  # fmt: skip


def _numbers(values: Matrix, scale: Scale) -> list[list[str]] | None:
    """The score of each cell in few characters; none if there are too many cells, or scores have more digits."""
    if max(values.shape) > (NUMBERS_UP_TO if scale.short else FULL_NUMBERS_UP_TO):
        return None
    written = [scale.write(float(value)) for value in values.ravel()]
    coloured = [
        f'<span style="color:{ink}">{number}</span>' if ink else number
        for number, ink in zip(written, _inks(values.ravel(), scale), strict=True)
    ]
    width = values.shape[1]
    return [coloured[start : start + width] for start in range(0, len(coloured), width)]


def _inks(values: Matrix, scale: Scale) -> list[str]:
    """Black or white for each cell; empty, which is plotly's choice, where a diverging scale lets the page through."""
    if scale.diverging:
        return ["#FFFFFF" if abs(value) >= STRONG * scale.high else "" for value in values]
    return inks(((values - scale.low) / ((scale.high - scale.low) or 1)).tolist(), scale.colours)


def _axes(figure: go.Figure, rows: Sequence[str], columns: Sequence[str], *, trees: tuple[bool, bool]) -> None:
    n, m = len(rows), len(columns)
    room = {True: [0, 1 - TREE_SHARE], False: [0, 1]}
    bare = {"showgrid": False, "zeroline": False, "showticklabels": False, "ticks": ""}
    down, across = [n - 0.5, -0.5], [-0.5, m - 0.5]
    figure.update_layout(
        xaxis={**bare, "range": across, "domain": room[trees[0]], **_ticks(_hovers(columns))},
        xaxis2={**bare, "domain": [1 - TREE_SHARE + 0.005, 1], "fixedrange": True},
        xaxis3={
            "range": across, "overlaying": "x", "matches": "x", "side": "bottom", "anchor": "y", "tickangle": -50,
            "showgrid": False, "zeroline": False, **_ticks(_labels(columns, COLUMN_LABEL)),
        },
        yaxis={
            "range": down, "domain": room[trees[1]], "showgrid": False, "zeroline": False,
            **_ticks(_labels(rows, ROW_LABEL)),
        },
        yaxis2={**bare, "range": down, "overlaying": "y", "matches": "y", **_ticks(_hovers(rows))},
        yaxis3={**bare, "domain": [1 - TREE_SHARE + 0.01, 1], "fixedrange": True},
        showlegend=False,
    )  # fmt: skip


def _ticks(texts: Sequence[str]) -> dict[str, object]:
    """A tick for each text, or for the first ones."""
    return {"tickvals": list(range(len(texts))), "ticktext": list(texts)}


def _labels(texts: Sequence[str], length: int) -> list[str]:
    """Short labels, none of too many."""
    return [plain(text, length) for text in texts] if len(texts) <= LABELS_UP_TO else []


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
