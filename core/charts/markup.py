"""A figure as plain HTML, shown at once and without a script, until plotly draws the same or where it can't.

It supports what the bars, lanes and heatmaps here consist of: horizontal bars with whiskers and hatching, cells, texts,
marks, annotations, a legend above, and explicit ticks. Horizontal positions are shares of the plot, so that it fits any
width; vertical ones are plotly's pixels. All text is escaped.
"""

import html
import re
from collections.abc import Callable, Iterator
from math import isnan
from typing import Any

import plotly.graph_objects as go
from plotly.colors import sample_colorscale

from core.charts.style import FONT_SIZE

Scale = Callable[[float], float]
Ends = tuple[float, float]

MARKUP_OF_OURS = re.compile(r"<(b|i)>(.*?)</\1>|<br>", re.DOTALL)
INK = "currentColor"
QUIET_INK = f"color-mix(in srgb,{INK} 80%,transparent)"
TEXT_RISE, LABEL_DROP = 0.5, 1  # pixels above and below the middle
TICK_DROP, AXIS_TITLE_DROP = 19.1, 45.8  # below the plot
LABEL_GAP, AXIS_TITLE_WIDTH, AXIS_TITLE_GAP = 8.8, 20, 14.5
LEGEND_TOP, LEGEND_SYMBOL, LEGEND_GAP = 17.6, 30, 5
TITLE_TOP, TITLE_INDENT = 17.4, 4
NOTE_PADDING = 2
HATCH_ANGLES = {"/": (135,), "\\": (45,), "x": (135, 45)}
SHARES = {"left": 0.0, "center": 0.5, "right": 1.0, "top": 0.0, "middle": 0.5, "bottom": 1.0}


def to_html(figure: go.Figure, alt: str) -> str:
    """The figure as one `<div>`, an image whose name is `alt`, in the page's ink.

    Raises
    ------
    KeyError
        The figure has a trace or a mark of an unsupported kind.
    """
    layout, margin = figure.layout, figure.layout.margin
    height = layout.height - margin.t - margin.b
    parts = [
        *(part for trace in figure.data for part in TRACES[trace.type](trace, *_scales(layout, trace, height))),
        *(_annotation(note, layout, height) for note in layout.annotations),
        *_ticks(layout.xaxis, height),
        *_title(layout.title, margin.t),
        *_legend(figure.data, margin.t),
    ]
    return (
        f'<div class="drawing" role="img" aria-label="{html.escape(alt)}" style="display:flex;box-sizing:border-box;'
        f"height:{layout.height}px;padding:{margin.t}px {margin.r}px 0 {margin.l}px;overflow:hidden;white-space:pre;"
        f"font-size:{FONT_SIZE}px;line-height:1.3;pointer-events:none;print-color-adjust:exact;"
        f'forced-color-adjust:none">{_labels(layout.yaxis, height)}'
        f'<div style="position:relative;flex:1;height:{height}px">{"".join(parts)}</div></div>'
    )


def _scales(layout: go.Layout, trace: Any, height: float) -> tuple[Scale, Scale]:
    """Where a trace's values lie: as shares of the plot's width, and as pixels from its top."""
    across, up = _share(layout, trace.xaxis or "x"), _share(layout, trace.yaxis or "y")
    return across, lambda value: height * (1 - up(value))


def _share(layout: go.Layout, place: str) -> Scale:
    """Where a value of an axis such as "x2", of its domain ("x2 domain"), or of the plot ("paper") lies in the plot."""
    if place == "paper":
        return lambda value: value
    name, _, domain = place.partition(" ")
    axis = layout[f"{name[0]}axis{name[1:]}"]
    (start, end), (first, last) = (0, 1) if domain else axis.range, axis.domain or (0, 1)
    return lambda value: first + (value - start) / (end - start) * (last - first)


def _bars(trace: Any, across: Scale, down: Scale) -> Iterator[str]:
    """The bars with their whiskers; some are invisible and only carry a tooltip."""
    unseen = ";opacity:0" if trace.marker.opacity == 0 else ""
    for row, (value, place) in enumerate(zip(trace.x, trace.y, strict=True)):
        if value is not None:
            top, bottom = sorted(down(place + side * trace.width / 2) for side in (-1, 1))
            ends = (across(0), across(value))
            look, edge = _fill(trace.marker, row) + unseen, (trace.marker.line.width or 0) / 2
            yield _box(ends, (top, bottom), look, grow=edge, hover=_of_row(trace.hovertext, row))
            yield from _whisker(trace.error_x, row, value, across, (top + bottom) / 2)


def _fill(marker: Any, row: int) -> str:
    """A bar's colour or hatching, and its outline."""
    colour, line, shape = (_of_row(given, row) for given in (marker.color, marker.line.color, marker.pattern.shape))
    outline = f";border:{marker.line.width}px solid {line}" if marker.line.width else ""
    if not shape:
        return f"background:{colour}{outline}"
    period = marker.pattern.size / 2**0.5
    stripe = marker.pattern.solidity * period
    stripes = f"{colour} 0 {stripe:.2f}px,transparent 0 {period:.2f}px"
    layers = ",".join(f"repeating-linear-gradient({angle}deg,{stripes})" for angle in HATCH_ANGLES[shape])
    return f"background:{layers}{outline}"


def _whisker(error: Any, row: int, value: float, across: Scale, middle: float) -> Iterator[str]:
    """A line to each side of the bar's end, with a cap if it ends within the plot."""
    half, reach, look = (error.thickness or 2) / 2, error.width or 4, f"background:{error.color}"
    for errors, side in ((error.arrayminus, -1), (error.array, 1)):
        if errors is not None and errors[row]:
            end = across(value + side * errors[row])
            start = across(value)
            yield _box((min(start, end), min(max(start, end), 1)), (middle - half, middle + half), look)
            if end <= 1:
                yield _box((end, end), (middle - reach, middle + reach), look, grow=half)


def _scatter(trace: Any, across: Scale, down: Scale) -> Iterator[str]:
    """Texts or marks."""
    for row, (x, y) in enumerate(zip(trace.x, trace.y, strict=True)):
        if x is None:
            continue
        if trace.mode == "text":
            level, side = (_of_row(trace.textposition, row) or "middle center").split()
            ink = _ink(trace.textfont.color, row)
            yield _text(
                trace.text[row], across(x), down(y) - TEXT_RISE, (1 - SHARES[side], 1 - SHARES[level]), f"color:{ink}"
            )
        else:
            yield f'<div style="position:absolute;left:{across(x):.3%};top:{down(y):.1f}px">{_mark(trace.marker)}</div>'


def _mark(marker: Any) -> str:
    """A mark centred on its point."""
    line, size = marker.line.width, marker.size
    shape = {
        "line-ns-open": f"width:{line}px;height:{1.4 * size}px;background:{INK};transform:translate(-50%,-50%)",
        "diamond-open": f"width:{0.92 * size + line}px;height:{0.92 * size + line}px;border:{line}px solid;"
        "transform:translate(-50%,-50%) rotate(45deg)",
    }[marker.symbol]
    return f'<div style="box-sizing:border-box;color:{marker.color};opacity:{marker.opacity};{shape}"></div>'


def _cells(trace: Any, across: Scale, down: Scale) -> Iterator[str]:
    """A heatmap's cells, each centred on its column and row; those without a value only carry a tooltip."""
    scale = [list(stop) for stop in trace.colorscale]
    for y, shades in enumerate(trace.z):
        for x, shade in enumerate(shades):
            ends, rows = (across(x - 0.5), across(x + 0.5)), (down(y + 0.5), down(y - 0.5))
            share = (shade - trace.zmin) / (trace.zmax - trace.zmin)
            look = "" if isnan(shade) else f"background:{sample_colorscale(scale, [share])[0]}"
            yield _box(ends, rows, look, grow=-(trace.xgap or 0) / 2, hover=trace.customdata[y][x])


TRACES: dict[str, Callable[[Any, Scale, Scale], Iterator[str]]] = {
    "bar": _bars,
    "scatter": _scatter,
    "heatmap": _cells,
}


def _annotation(note: Any, layout: go.Layout, height: float) -> str:
    across, up = _share(layout, note.xref)(note.x), _share(layout, note.yref)(note.y)
    look = f"color:{_ink(note.font.color)};font-size:{note.font.size or FONT_SIZE}px;padding:{NOTE_PADDING}px"
    look += f";opacity:{note.opacity or 1}"
    return _text(note.text, across, height * (1 - up), (SHARES[note.xanchor], SHARES[note.yanchor]), look)


def _ticks(axis: Any, height: float) -> Iterator[str]:
    """Below the plot: tick labels and axis title."""
    if axis.tickvals is None:
        return
    (start, end), size = axis.range, axis.tickfont.size
    look = f"color:{QUIET_INK};font-size:{size}px"
    for value, text in zip(axis.tickvals, axis.ticktext, strict=True):
        yield _text(text, (value - start) / (end - start), height + TICK_DROP, (0.5, 0.5), look)
    yield _text(axis.title.text, 0.5, height + AXIS_TITLE_DROP, (0.5, 0.5), f"color:{QUIET_INK}")


def _labels(axis: Any, height: float) -> str:
    """Left of the plot: row labels, in a column as wide as the longest, and the axis title."""
    if axis.tickvals is None:
        return ""
    bottom, top = axis.range
    labels = "".join(
        f'<span style="grid-area:1/1;justify-self:end;align-self:start;position:relative;transform:translateY(-50%);'
        f'top:{height * (value - top) / (bottom - top) + LABEL_DROP:.1f}px">{_literal(text)}</span>'
        for value, text in zip(axis.tickvals, axis.ticktext, strict=True)
    )
    return (
        f'{_axis_title(axis.title.text, height)}<div style="display:grid;height:{height}px;text-align:right;'
        f"margin-right:{LABEL_GAP + (axis.ticklabelstandoff or 0)}px;color:{QUIET_INK};"
        f'font-size:{axis.tickfont.size}px">{labels}</div>'
    )


def _axis_title(text: str | None, height: float) -> str:
    if not text:
        return ""
    return (
        f'<div style="writing-mode:vertical-rl;transform:rotate(180deg);text-align:center;color:{QUIET_INK};'
        f'height:{height}px;width:{AXIS_TITLE_WIDTH}px;margin-right:{AXIS_TITLE_GAP}px">{_literal(text)}</div>'
    )


def _title(title: Any, margin: float) -> Iterator[str]:
    if title.text:
        look = f"font-size:{title.font.size}px;font-weight:700;margin-left:{TITLE_INDENT}px"
        yield _text(title.text, 0, TITLE_TOP - margin, (0, 0.5), look)


def _legend(traces: Any, margin: float) -> Iterator[str]:
    """At the top of the chart: a sample of each trace in the legend."""
    shown = sorted((trace for trace in traces if trace.showlegend), key=lambda trace: trace.legendrank or 0)
    if shown:
        yield (
            f'<div style="position:absolute;left:0;top:{LEGEND_TOP - margin}px;transform:translateY(-50%);display:flex;'
            f'align-items:center">{"".join(map(_entry, shown))}</div>'
        )


def _entry(trace: Any) -> str:
    """A trace's sample and name."""
    if trace.type == "bar":
        sample = f'<div style="box-sizing:border-box;width:14px;height:14px;{_fill(trace.marker, 0)}"></div>'
    else:
        sample = f'<div style="width:0;height:0">{_mark(trace.marker)}</div>'
    return (
        f'<div style="display:flex;justify-content:center;align-items:center;width:{LEGEND_SYMBOL}px;'
        f'margin:0 {LEGEND_GAP}px">{sample}</div>'
        f'<span style="margin-right:{LEGEND_GAP}px">{_literal(trace.name)}</span>'
    )


def _box(ends: Ends, rows: Ends, look: str, grow: float = 0, hover: str | None = None) -> str:
    """A box from share to share of the plot's width and from pixel to pixel, grown on all sides by some pixels.

    `hover` is its tooltip.
    """
    (left, right), (top, bottom) = ends, rows
    tooltip = f';pointer-events:auto" title="{_bare(hover)}' if hover else ""
    return (
        f'<div style="position:absolute;box-sizing:border-box;left:calc({left:.3%} - {grow}px);'
        f"width:calc({right - left:.3%} + {2 * grow}px);top:{top - grow:.1f}px;height:{bottom - top + 2 * grow:.1f}px;"
        f'{look}{tooltip}"></div>'
    )


def _text(text: str, across: float, down: float, anchor: Ends, look: str) -> str:
    """A text at a position of the plot; `anchor` is its reference point, in shares of its width and height."""
    x, y = anchor
    return (
        f'<span style="position:absolute;left:{across:.3%};top:{down:.1f}px;transform:translate({-x:.0%},{-y:.0%});'
        f'{look}">{_literal(text)}</span>'
    )


def _literal(text: str) -> str:
    """A plotly text with its bold, italics and line breaks; everything else is escaped."""
    written, end = [], 0
    for match in MARKUP_OF_OURS.finditer(text):
        tag, inside = match.groups()
        written += [_escape(text[end : match.start()]), f"<{tag}>{_literal(inside)}</{tag}>" if tag else "<br>"]
        end = match.end()
    return "".join([*written, _escape(text[end:])])


def _escape(text: str) -> str:
    return html.escape(html.unescape(text))


def _bare(text: str) -> str:
    """A plotly text without its markup, as an attribute value."""
    return _escape(MARKUP_OF_OURS.sub(lambda match: match[2] or "\n", text.replace("<br>", "\n")))


def _ink(colour: Any, row: int = 0) -> str:
    """The colour of a text: its own if each text has one, the page's if the figure names that, or muted."""
    if isinstance(colour, str):
        return INK  # a figure can only name it for a light or a dark page
    return QUIET_INK if colour is None else colour[row]


def _of_row(given: Any, row: int) -> Any:
    """A trace's value for all its points, or for one of them."""
    return given[row] if isinstance(given, tuple | list) else given
