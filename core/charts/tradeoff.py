"""Accuracy vs speed with the Pareto front, and the price per million tokens."""

from collections.abc import Collection, Mapping, Sequence
from itertools import pairwise

import numpy as np
import plotly.graph_objects as go

from core import wording
from core.benchmark.tradeoff import Point
from core.charts.style import (
    CPU_OPACITY,
    FONT_SIZE,
    LEGEND_ABOVE,
    NEUTRAL,
    apply_style,
    device_name,
    device_opacity,
    fade,
    fills,
    log_ticks,
    plain,
)

Box = tuple[float, float, float, float]

TRADEOFF_HEIGHT = 520
NARROW = (560, 420)  # pixels of the plot in a narrow window: names that don't overlap there don't in a wider one
BUBBLE = (12, 54)
LEAST_DECADES, LEAST_SHARE_OF_SCORE = 0.8, 0.1  # that the axes cover, so that they have ticks around a single point
CHARACTER_PIXELS = 8.5
LINE_PIXELS = 19
ROUNDS = 3
PLACES = {
    "top left": (-1, 1),
    "top right": (1, 1),
    "middle right": (1, 0),
    "middle left": (-1, 0),
    "top center": (0, 1),
    "bottom center": (0, -1),
    "bottom right": (1, -1),
    "bottom left": (-1, -1),
}
PRICE_LANE_PIXELS, PRICE_DOT = 40, 18
RECORDED_SYMBOL = {"symbol": "circle-x"}


def tradeoff(
    points: Sequence[Point],
    front: Sequence[Point],
    *,
    lower_is_faster: bool,
    score_title: str,
    colours: Mapping[str, str],
    is_recorded: bool = False,
) -> go.Figure:
    """Score over speed, on a logarithmic axis; bubble area is memory, CPU light, GPU full, hollow for random weights.

    A faint line joins a model's devices. Its name is at the faster one, in bold if on the front. Disturbed points are
    grey.

    Parameters
    ----------
    points, front : sequence of Point
        All points, and those that no other beats.
    lower_is_faster : bool
        Whether `speed` is milliseconds rather than texts per second.
    score_title : str
        What the score is.
    colours : mapping
        Of each model, as "#RRGGBB".
    is_recorded : bool
        Whether they were timed on another machine: their bubbles are crossed.
    """
    figure = go.Figure()
    if not points:
        return apply_style(figure, height=TRADEOFF_HEIGHT)
    ranges = _ranges(points)
    steps = _steps(front)
    named = [point in front or point == _fastest(point.model, points, lower_is_faster) for point in points]
    _join_devices(figure, points, colours)
    figure.add_scatter(
        x=[x for x, _ in steps],
        y=[y for _, y in steps],
        mode="lines",
        line={"color": NEUTRAL, "width": 3, "dash": "dot"},
        hoverinfo="skip",
        name="Pareto front",
    )
    places = _label_places(points, named, steps, ranges)
    symbol = RECORDED_SYMBOL if is_recorded else {}
    names = [_name(point, point in front) if is_named else "" for point, is_named in zip(points, named, strict=True)]
    figure.add_scatter(
        x=[point.speed for point in points],
        y=[point.score for point in points],
        mode="markers+text",
        marker=_markers(points, colours) | symbol,
        text=names,
        textposition=places,
        hovertext=[_hover(point, lower_is_faster) for point in points],
        hovertemplate="%{hovertext}<extra></extra>",
        cliponaxis=False,
        showlegend=False,
    )
    _explain(figure, points, symbol)
    figure.update_xaxes(
        type="log",
        title="Median ms (further left is faster)" if lower_is_faster else "Texts/s (further right is faster)",
        range=ranges[0],
        tickvals=log_ticks(*(10**end for end in ranges[0])),
        tickformat=",~g",
    )
    figure.update_yaxes(title=plain(score_title), range=ranges[1])
    return apply_style(figure, height=TRADEOFF_HEIGHT, margin=(10, 20, 40, 10))


def cost_dots(
    dollars: Mapping[str, float],
    is_api: Collection[str],
    *,
    colours: Mapping[str, str],
    disturbed: Collection[str] = (),
) -> go.Figure:
    """US dollars per million tokens, the cheapest first, as dots: on a logarithmic axis a bar's length means nothing.

    Models behind an API are in outline, those whose timing was disturbed grey.
    """
    names = sorted(dollars, key=lambda name: dollars[name])
    paid = [value for value in dollars.values() if value > 0]
    low, high = (min(paid) / 3, max(paid) * 6) if paid else (0.001, 1)
    ticks = log_ticks(low, high)
    places = list(range(len(names)))
    figure = go.Figure(
        go.Scatter(
            x=[dollars[name] or None for name in names],
            y=places,
            mode="markers",
            marker=fills(
                [NEUTRAL if name in is_api or name in disturbed else colours[name] for name in names],
                [0.12 if name in is_api else 1 for name in names],
            )
            | {"size": PRICE_DOT},
            hoverinfo="skip",
        )
    )
    figure.add_scatter(
        x=[dollars[name] or low for name in names],
        y=places,
        mode="text",
        text=[f"    <b>{wording.price(dollars[name])}</b>{_note(name, is_api, disturbed)}" for name in names],
        textposition="middle right",
        hoverinfo="skip",
        cliponaxis=False,
    )
    figure.update_xaxes(
        type="log",
        title="US dollars per million tokens",
        range=[np.log10(low), np.log10(high)],
        tickvals=ticks,
        ticktext=[wording.price(tick) for tick in ticks],
    )
    figure.update_yaxes(
        tickvals=places,
        ticktext=[f"<b>{plain(name.rpartition('/')[2], 30)}</b>" for name in names],
        range=[len(names) - 0.5, -0.5],
        ticklabelstandoff=8,
        showgrid=False,
        zeroline=False,
    )
    figure.update_layout(showlegend=False)
    return apply_style(figure, height=PRICE_LANE_PIXELS * len(names) + 80)


def _note(name: str, is_api: Collection[str], disturbed: Collection[str]) -> str:
    return " by API" if name in is_api else " · disturbed: time again when quiet" if name in disturbed else ""


def _fastest(model: str, points: Sequence[Point], lower_is_faster: bool) -> Point:
    """A model's point on its fastest device, undisturbed if there is such a one."""
    own = [point for point in points if point.model == model]
    sign = 1 if lower_is_faster else -1
    return min(own, key=lambda point: (point.is_disturbed, sign * point.speed))


def _diameters(points: Sequence[Point]) -> list[float]:
    """The diameter of each bubble in pixels: area proportional to memory, with a minimum."""
    least, most = BUBBLE
    largest = max((point.memory_bytes or 0 for point in points), default=0) or 1
    return [max(least, most * ((point.memory_bytes or 0) / largest) ** 0.5) for point in points]


def _ranges(points: Sequence[Point]) -> tuple[list[float], list[float]]:
    """The ends of both axes, the first as powers of ten, with room for bubbles and names."""
    speeds, scores = np.log10([point.speed for point in points]), np.array([point.score for point in points])
    return (
        _range(speeds, (0.14, 0.14), LEAST_DECADES),
        _range(scores, (0.12, 0.14), LEAST_SHARE_OF_SCORE * float(np.abs(scores).max())),
    )


def _range(values: np.ndarray, rooms: tuple[float, float], least: float) -> list[float]:
    """The values' extent or, around values that are nearly alike, the least; with shares of it as room at the ends."""
    low, high = float(values.min()), float(values.max())
    missing = max(0.0, least - (high - low)) / 2
    low, high = low - missing, high + missing
    extent = high - low or 1.0
    return [low - rooms[0] * extent, high + rooms[1] * extent]


def _steps(front: Sequence[Point]) -> list[tuple[float, float]]:
    """The front's corners: for each speed, the best score at that speed or faster."""
    by_score = sorted(front, key=lambda point: point.score)
    corners = [(by_score[0].speed, by_score[0].score)] if by_score else []
    for slower in by_score[1:]:
        corners += [(slower.speed, corners[-1][1]), (slower.speed, slower.score)]
    return corners


def _join_devices(figure: go.Figure, points: Sequence[Point], colours: Mapping[str, str]) -> None:
    """A faint line between the bubbles of one model."""
    for model in dict.fromkeys(point.model for point in points):
        own = [point for point in points if point.model == model]
        if len(own) > 1:
            figure.add_scatter(
                x=[point.speed for point in own],
                y=[point.score for point in own],
                mode="lines",
                line={"color": fade(colours[model], 0.4), "width": 2},
                hoverinfo="skip",
                showlegend=False,
            )


def _markers(points: Sequence[Point], colours: Mapping[str, str]) -> dict[str, object]:
    """The bubbles: CPU light, GPU full, hollow where the weights are random, grey where disturbed."""
    opacities = [0.0 if point.weights == "random" else device_opacity(point.device) for point in points]
    inks = [NEUTRAL if point.is_disturbed else colours[point.model] for point in points]
    return fills(inks, opacities) | {
        "size": _diameters(points),
        "opacity": 1,
    }


def _name(point: Point, is_on_front: bool) -> str:
    return f"<b>{_short_name(point)}</b>" if is_on_front else _short_name(point)


def _short_name(point: Point) -> str:
    return plain(point.model.rpartition("/")[2], 30)


def _hover(point: Point, is_milliseconds: bool) -> str:
    speed = wording.milliseconds(point.speed) if is_milliseconds else f"{wording.three_figures(point.speed)} texts/s"
    lines = [f"<b>{plain(point.model)}</b>, {device_name(point.device)}", f"score {point.score:.4g}, {speed}"]
    if point.memory_bytes:
        lines.append(f"memory {wording.size(point.memory_bytes)}")
    if point.weights == "random":
        lines.append("random weights")
    if point.is_disturbed:
        lines.append("disturbed by other processes: time again when quiet")
    return "<br>".join(lines)


def _label_places(
    points: Sequence[Point],
    named: Sequence[bool],
    steps: Sequence[tuple[float, float]],
    ranges: tuple[Sequence[float], Sequence[float]],
) -> list[str]:
    """For each name, the side of its bubble where it overlaps other bubbles, names and the front least.

    Names are placed one after another, then each again given the others' places.
    """
    centres = _pixels([(point.speed, point.score) for point in points], ranges)
    radii = [diameter / 2 for diameter in _diameters(points)]
    corners = _pixels(steps, ranges)
    obstacles = [
        *((x - radius, y - radius, x + radius, y + radius) for (x, y), radius in zip(centres, radii, strict=True)),
        *(_around(one, other) for one, other in pairwise(corners)),
    ]
    chosen = ["top center"] * len(points)
    labels: dict[int, Box] = {}
    for row in [row for row, is_named in enumerate(named) if is_named] * ROUNDS:
        others = [*obstacles, *(box for label, box in labels.items() if label != row)]
        boxes = {place: _label_box(points[row], centres[row], radii[row], side) for place, side in PLACES.items()}
        chosen[row] = min(boxes, key=lambda place: _overlap(boxes[place], others))
        labels[row] = boxes[chosen[row]]
    return chosen


def _pixels(
    places: Sequence[tuple[float, float]], ranges: tuple[Sequence[float], Sequence[float]]
) -> list[tuple[float, float]]:
    """The position of (speed, score) in a narrow plot, in pixels from its lower left corner."""
    (left, right), (bottom, top) = ranges
    width, height = NARROW
    return [
        (float(np.log10(x) - left) / (right - left) * width, (y - bottom) / (top - bottom) * height) for x, y in places
    ]


def _around(one: tuple[float, float], other: tuple[float, float]) -> Box:
    """The box around a line, three pixels thick."""
    (x1, y1), (x2, y2) = one, other
    return min(x1, x2) - 1.5, min(y1, y2) - 1.5, max(x1, x2) + 1.5, max(y1, y2) + 1.5


def _label_box(point: Point, centre: tuple[float, float], radius: float, side: tuple[int, int]) -> Box:
    """The box that a name would fill at one side of its bubble."""
    width, height = CHARACTER_PIXELS * len(_short_name(point)), LINE_PIXELS
    distance = 1.25 * radius + 1  # as drawn by plotly
    x = centre[0] + side[0] * (distance + width / 2)
    y = centre[1] + side[1] * (distance + height / 2)
    return x - width / 2, y - height / 2, x + width / 2, y + height / 2


def _overlap(box: Box, taken: Sequence[Box]) -> float:
    """Square pixels of a box that overlap others or are outside the plot."""
    left, bottom, right, top = box
    others = np.array(taken)
    wide = np.clip(np.minimum(right, others[:, 2]) - np.maximum(left, others[:, 0]), 0, None)
    high = np.clip(np.minimum(top, others[:, 3]) - np.maximum(bottom, others[:, 1]), 0, None)
    inside = max(0, min(right, NARROW[0]) - max(left, 0)) * max(0, min(top, NARROW[1]) - max(bottom, 0))
    return float((wide * high).sum() + (right - left) * (top - bottom) - inside)


def _explain(figure: go.Figure, points: Sequence[Point], symbol: Mapping[str, str]) -> None:
    """A legend: grey samples of the fills if there are several and of a symbol, and what the area means."""
    devices = sorted({point.device for point in points}, key=device_opacity)
    samples = [(device_name(device), device_opacity(device)) for device in devices if len(devices) > 1]
    if any(point.weights == "random" for point in points):
        samples.append(("random weights", 0.0))
    for name, opacity in samples:
        marker = fills([NEUTRAL], [opacity]) | {"size": 14}
        figure.add_scatter(x=[None], y=[None], mode="markers", name=name, marker=marker)
    if symbol:
        marker = fills([NEUTRAL], [CPU_OPACITY]) | {"size": 14, **symbol}
        figure.add_scatter(x=[None], y=[None], mode="markers", name="recorded", marker=marker)
    largest = max((point.memory_bytes or 0 for point in points), default=0)
    figure.update_layout(
        showlegend=True,
        legend=LEGEND_ABOVE
        | {
            "title": {
                "text": f"Area: memory, up to {wording.size(largest)} " if largest else "",
                "font": {"size": FONT_SIZE},
            },
        },
    )
