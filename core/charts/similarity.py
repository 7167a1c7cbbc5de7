"""The Similarity page: scores as a heatmap with its dendrograms, what they mean, and two texts token by token."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go

from core.charts.style import (
    DIVERGING_BELOW_TEXT,
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
from core.wording import decimal, minus

MOST_LABELS = 20
ROW_LABEL, COLUMN_LABEL = 16, 14
GAP_OF_NUMBERS = 4  # pixels between the numbers of columns
MOST_NUMBERS = 20  # in a row or column
SMALLEST_NUMBER = 12  # pixels
NUMBER_SHARE = 0.88  # of a cell's width within its frame
WIDTHS = {".": 0.25, "%": 0.82}  # of Source Sans's characters in em; digits and signs have 0.5
GAPS_UP_TO = 60
MOST_HOVERED = 400
MARK = "#FF3DCB"  # visible on both scales
MARK_WIDTH = 3
HEIGHT, NUMBERED_HEIGHT = 580, 520  # the second without texts below the cells
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
        return DIVERGING_BELOW_TEXT if self.diverging else SEQUENTIAL

    @property
    def formats(self) -> tuple[str, ...]:
        """How a value can be written in a cell, with ever fewer digits."""
        usual = self.short or self.number
        return (usual, usual.replace("2f", "1f")) if "2f" in usual else (usual,)

    def write(self, value: float, how: str = "") -> str:
        """A value in as few characters as the scale allows: ".45" for a cosine of 0.449, "1" for 1."""
        written = minus(f"{value:{how or self.formats[0]}}")
        if not self.short:
            return written
        return written.replace("0.", ".", 1).replace("1.00", "1").replace("1.0", "1")


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
    numbers: Sequence[int] = (),
    room_above: bool = False,
) -> go.Figure:
    """Scores of n texts with m others, (n, m), in the order given; without columns, of the rows with each other.

    Rows and columns are labelled at the left and below: all, or every n-th so that there are up to MOST_LABELS. Each
    text is sent once, as its axis's tick text, which the tooltip reuses; the visible labels are short ones on axes of
    their own. The trees are at the right
    and above and share the axes, so that they zoom together; `room_above` leaves the place of a tree, to be level with
    a heatmap that has one. Texts compared with each other have square cells, and columns labelled by the texts'
    `numbers`, which are also before the texts at the left: by default 1, 2, 3.
    """
    square = columns is None
    columns = rows if columns is None else columns
    most = max(len(rows), len(columns))
    figure = go.Figure(_cells(values, scale, CELLS_HEIGHT / most, gap=1 if most <= GAPS_UP_TO else 0))
    edge = MARK_WIDTH * most / CELLS_HEIGHT if figure.data[0].text is not None else 0
    _axes(figure, rows, columns, trees=(row_tree is not None, column_tree is not None or room_above), edge=edge)
    if square:
        figure.update_layout(**SQUARE)
        _number(figure, rows, numbers or range(1, len(rows) + 1))
    for axis in ("x", "x3"):
        figure.add_scatter(x=[None], y=[None], xaxis=axis, showlegend=False)  # without a trace, it would have no labels
    if row_tree:
        _tree(figure, row_tree, upright=False)
    if column_tree:
        _tree(figure, column_tree, upright=True)
    if marked and edge:
        _frame(figure, *marked, 0.5 + edge / 2)
    elif marked:
        figure.add_scatter(
            x=[marked[1]], y=[marked[0]], yaxis="y2", mode="markers", hoverinfo="skip", showlegend=False,
            marker={
                "symbol": "square-open", "size": max(10, min(40, 0.8 * CELLS_HEIGHT / most)), "color": MARK,
                "line": {"width": MARK_WIDTH},
            },
        )  # fmt: skip
    return apply_style(figure, height=NUMBERED_HEIGHT if square else HEIGHT)


def _number(figure: go.Figure, texts: Sequence[str], numbers: Sequence[int]) -> None:
    """Number the texts at the left and, in place of their words, the columns."""
    named = [f"{number} · {text}" for number, text in zip(numbers, texts, strict=True)]
    pixels = 0.5 * FONT_SIZE * len(str(max(numbers))) + GAP_OF_NUMBERS
    across = range(0, len(numbers), math.ceil(pixels * len(numbers) / CELLS_HEIGHT))
    figure.update_layout(
        yaxis=_labels(named, ROW_LABEL + len(str(max(numbers)))),
        xaxis3={
            "tickangle": 0, "tickvals": list(across), "ticktext": [str(numbers[place]) for place in across],
        },
    )  # fmt: skip


def _frame(figure: go.Figure, row: int, column: int, reach: float) -> None:
    """The frame of a cell around its number, `reach` cells from the cell's middle."""
    figure.add_shape(
        type="rect", x0=column - reach, x1=column + reach, y0=row - reach, y1=row + reach, xref="x", yref="y2",
        line={"color": MARK, "width": MARK_WIDTH}, fillcolor="rgba(0,0,0,0)",
    )  # fmt: skip


def _cells(values: Matrix, scale: Scale, pixels: float, gap: int) -> go.Heatmap:
    """The cells, some `pixels` wide, with their scores where these can be read; the colours' scale is above."""
    numbers, size = _numbers(values, scale, pixels - gap)
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
        textfont={"size": size},
        hovertemplate=f"{scale.title} <b>%{{z:{scale.number}}}</b><br><br>%{{y}}<br><br>%{{x}}<extra></extra>",
        colorbar={
            "title": {"text": scale.title, "side": "right", "font": {"size": FONT_SIZE}},
            "orientation": "h", "x": 1, "xanchor": "right", "y": 1, "yanchor": "bottom", "len": 0.75,
            "thickness": 12, "ypad": 6, "tickfont": {"size": FONT_SIZE}, "nticks": 5,
        },
    )  # fmt: skip


def _numbers(values: Matrix, scale: Scale, pixels: float) -> tuple[list[list[str]] | None, int]:
    """The score of each cell with as many digits as fit a cell some `pixels` wide, and the size of the characters.

    None if even the fewest digits are too wide.
    """
    for how in scale.formats if max(values.shape) <= MOST_NUMBERS else ():
        written = [scale.write(float(value), how) for value in values.ravel()]
        size = math.floor(min(FONT_SIZE, NUMBER_SHARE * pixels / max(map(_width, written), default=1)))
        if size >= SMALLEST_NUMBER:
            return _coloured(written, values, scale), size
    return None, SMALLEST_NUMBER


def _width(number: str) -> float:
    """The width of a written number in em."""
    return sum(WIDTHS.get(character, 0.5) for character in number)


def _coloured(written: Sequence[str], values: Matrix, scale: Scale) -> list[list[str]]:
    """The numbers of the cells, (n, m), each in black or white, or in the ink of the page."""
    coloured = [
        f'<span style="color:{ink}">{number}</span>' if ink else number
        for number, ink in zip(written, _inks(values.ravel(), scale), strict=True)
    ]
    width = values.shape[1]
    return [coloured[start : start + width] for start in range(0, len(coloured), width)]


def _inks(values: Matrix, scale: Scale) -> list[str]:
    """Black or white for each cell; empty, the page's own ink, on a diverging scale, which lets the page through.

    DIVERGING_BELOW_TEXT is so faint that this ink can be read on all of it, dark on light and light on dark.
    """
    if scale.diverging:
        return [""] * len(values)
    return inks(((values - scale.low) / ((scale.high - scale.low) or 1)).tolist(), scale.colours)


def _axes(
    figure: go.Figure, rows: Sequence[str], columns: Sequence[str], *, trees: tuple[bool, bool], edge: float
) -> None:
    """The axes of the cells, labels and trees; `edge` is the room around all cells for a frame, in cells."""
    n, m = len(rows), len(columns)
    room = {True: [0, 1 - TREE_SHARE], False: [0, 1]}
    bare = {"showgrid": False, "zeroline": False, "showticklabels": False, "ticks": ""}
    down, across = [n - 0.5 + edge, -0.5 - edge], [-0.5 - edge, m - 0.5 + edge]
    figure.update_layout(
        xaxis={**bare, "range": across, "domain": room[trees[0]], **_ticks(_hovers(columns))},
        xaxis2={**bare, "domain": [1 - TREE_SHARE + 0.005, 1], "fixedrange": True},
        xaxis3={
            "range": across, "overlaying": "x", "matches": "x", "side": "bottom", "anchor": "y", "tickangle": -50,
            "showgrid": False, "zeroline": False, **_labels(columns, COLUMN_LABEL),
        },
        yaxis={
            "range": down, "domain": room[trees[1]], "showgrid": False, "zeroline": False,
            **_labels(rows, ROW_LABEL),
        },
        yaxis2={**bare, "range": down, "overlaying": "y", "matches": "y", **_ticks(_hovers(rows))},
        yaxis3={**bare, "domain": [1 - TREE_SHARE + 0.01, 1], "fixedrange": True},
        showlegend=False,
    )  # fmt: skip


def _ticks(texts: Sequence[str]) -> dict[str, object]:
    """A tick for each text."""
    return {"tickvals": list(range(len(texts))), "ticktext": list(texts)}


def _labels(texts: Sequence[str], length: int) -> dict[str, object]:
    """A tick with a short label for each text, or for every n-th of many."""
    step = math.ceil(len(texts) / MOST_LABELS)
    places = list(range(0, len(texts), step))
    return {"tickvals": places, "ticktext": [plain(texts[place], length) for place in places]}


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
    return f"{plain(name)}: {decimal(marked)} is above {percent(float(background.percentile(marked)))}"


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
        brings = "contributes <b>%{{{axis}:.4f}}</b> of " + f"{decimal(contributions.total, 3)}<extra></extra>"
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
