"""The verdict: a lane for each model with its score and, beside it, each criterion's bar."""

from collections.abc import Mapping, Sequence

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from core.charts.markup import to_html
from core.charts.style import NEUTRAL, RECORDED, apply_style, fade, fills, hatching, plain
from core.verdict.lanes import Bar, Lane, headings
from core.verdict.weights import Weights

ALT = "Score, quality, speed, memory, price and licence of each model, the best on top"
WIDTHS = (1.0, 1.35, 1.0, 1.0, 1.0, 1.15)  # of the columns: the score, then the criteria
LANE_PIXELS = 62
HEADING_PIXELS = 50
NAME_ABOVE, BAR_BELOW, BAR_WIDTH = 0.27, 0.17, 0.46  # of a lane
START = 0.02  # of a figure on its bar
NAME_SIZE, FIRST_NAME_SIZE = 16, 20
LONGEST_IN_BAR = 13
FAINT = 0.7  # of a title: on both grounds its contrast stays above 4.5 to 1
INK = {False: "#0F1317", True: "#E8ECF1"}


def verdict_lanes(
    lanes: Sequence[Lane], weights: Weights, *, colours: Mapping[str, str], is_dark: bool = False
) -> go.Figure:
    """One lane per candidate, the best on top; bars go from 0 to 1, longer is better, with the figure on the bar.

    The whisker is quality's 95 % interval. A column whose criterion has no weight is faint; a figure whose timing was
    disturbed has a grey bar, one recorded on another machine a hatched one. Figures on coloured bars need their own
    text colour, light on the dark theme.
    """
    figure = make_subplots(1, len(WIDTHS), column_widths=list(WIDTHS), horizontal_spacing=0.014)
    columns = {"score": "<b>Score</b><br>out of 1", **_titles(lanes, weights)}
    for column, name in enumerate(columns, start=1):
        counts = name == "score" or weights.by_criterion[name] > 0
        bars = [lane.score if name == "score" else lane.bars[name] for lane in lanes]
        strength = (0.65 if name == "score" else 0.4) if counts else 0.12
        _draw_column(figure, column, lanes, bars, colours=colours, strength=strength)
        figure.add_annotation(
            text=columns[name],
            x=0,
            y=1,
            xref=f"x{column if column > 1 else ''} domain",
            yref="paper",
            xanchor="left",
            yanchor="bottom",
            align="left",
            showarrow=False,
            opacity=1 if counts else FAINT,
        )
    for row, lane in enumerate(lanes):
        _write_name(figure, row, lane)
    figure.update_xaxes(range=[0, 1], visible=False, fixedrange=True)
    figure.update_yaxes(range=[len(lanes) - 0.5, -0.55], visible=False, fixedrange=True)
    figure.update_layout(showlegend=False, barmode="overlay")
    ink = {"color": INK[is_dark]}
    figure.update_annotations(font=ink)
    figure.update_traces(textfont=ink, selector={"mode": "text"})
    return apply_style(figure, height=LANE_PIXELS * len(lanes) + HEADING_PIXELS, margin=(2, 2, HEADING_PIXELS, 0))


def verdict_html(lanes: Sequence[Lane], weights: Weights, *, colours: Mapping[str, str]) -> str:
    """The same as plain HTML, for the report."""
    return to_html(verdict_lanes(lanes, weights, colours=colours), ALT)


def _titles(lanes: Sequence[Lane], weights: Weights) -> dict[str, str]:
    """Each criterion above its share of the weights; there is room to say either what it is or that it is recorded."""
    recorded = {name for lane in lanes for name, bar in lane.bars.items() if bar.recorded_on}
    parts = {name: heading.split(", ") for name, heading in headings(weights).items()}
    return {
        name: f"<b>{title}</b><br>" + (f"{share.removeprefix('weight ')}, recorded" if name in recorded else share)
        for name, (title, share) in parts.items()
    }


def _draw_column(
    figure: go.Figure,
    column: int,
    lanes: Sequence[Lane],
    bars: Sequence[Bar],
    *,
    colours: Mapping[str, str],
    strength: float,
) -> None:
    """A column's tracks, bars, and the figures on them."""
    places = [row + BAR_BELOW for row in range(len(bars))]
    common = {"y": places, "orientation": "h", "width": BAR_WIDTH}
    hover = [f"<b>{plain(lane.name)}</b><br>{plain(bar.with_interval)}" for lane, bar in zip(lanes, bars, strict=True)]
    figure.add_bar(
        x=[1] * len(bars),
        marker={"color": fade(NEUTRAL, 0.13), "line": {"width": 0}},
        hovertext=hover,
        hovertemplate="%{hovertext}<extra></extra>",
        row=1,
        col=column,
        **common,
    )
    figure.add_bar(
        x=[bar.length for bar in bars],
        marker=fills(
            [NEUTRAL if bar.is_disturbed else colours[lane.name] for lane, bar in zip(lanes, bars, strict=True)],
            [strength] * len(bars),
        )
        | {"line": {"width": 0}, "pattern": hatching([RECORDED if bar.recorded_on else "" for bar in bars])},
        hoverinfo="skip",
        error_x=_whiskers(bars),
        row=1,
        col=column,
        **common,
    )
    figure.add_scatter(
        x=[START] * len(bars),
        y=places,
        mode="text",
        text=[_format_figure(bar) for bar in bars],
        textposition="middle right",
        hoverinfo="skip",
        cliponaxis=False,
        row=1,
        col=column,
    )


def _whiskers(bars: Sequence[Bar]) -> dict[str, object] | None:
    """The intervals of a column that has them."""
    if not any(bar.ends for bar in bars):
        return None
    reach = [(bar.length or 0.0, *(bar.ends or (bar.length or 0.0,) * 2)) for bar in bars]
    return {
        "type": "data",
        "array": [high - mean for mean, _, high in reach],
        "arrayminus": [mean - low for mean, low, _ in reach],
        "thickness": 2.5,
        "width": 6,
        "color": NEUTRAL,
    }


def _format_figure(bar: Bar) -> str:
    text = plain(bar.text, LONGEST_IN_BAR)
    return f"<i>{text}</i>" if bar.length is None or bar.is_disturbed else f"<b>{text}</b>"


def _write_name(figure: go.Figure, row: int, lane: Lane) -> None:
    """The place and name at the head of a lane."""
    name = plain(lane.name.rpartition("/")[2], 60)
    figure.add_annotation(
        text=f"<b>{lane.place}. {name}</b>" if lane.place else name,
        x=0,
        y=row - NAME_ABOVE,
        xref="paper",
        yref="y",
        xanchor="left",
        yanchor="middle",
        showarrow=False,
        font={"size": FIRST_NAME_SIZE if lane.place == 1 else NAME_SIZE},
        opacity=1 if lane.place else 0.75,
    )
