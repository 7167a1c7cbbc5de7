"""The values that a figure shows, as tables in HTML: what a screen reader reads in the place of its drawing."""

import html
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import plotly.graph_objects as go

from core.charts.style import plain
from core.wording import one_line

MOST_ROWS, MOST_CELLS = 200, 400
LONGEST_TEXT = 200


def to_tables(figure: go.Figure, name: str) -> str:
    """A table for each trace that has values to point at, with `name` as its caption; texts are escaped."""
    return "".join(_table(figure, trace, name) for trace in figure.data if trace.hoverinfo != "skip")


def _table(figure: go.Figure, trace: Any, name: str) -> str:
    rows = list(_cells(figure, trace) if trace.type == "heatmap" else _points(figure, trace))
    if not rows:
        return ""
    header, *body = rows
    left_out = [[f"{len(body) - MOST_ROWS:,} more"]] if len(body) > MOST_ROWS else []
    caption = f"{name}: {one_line(trace.name)}" if trace.name else name
    return (
        f"<table><caption>{html.escape(caption)}</caption><thead>{_row(header, 'th')}</thead>"
        f"<tbody>{''.join(_row(cells, 'td') for cells in [*body[:MOST_ROWS], *left_out])}</tbody></table>"
    )


def _row(cells: list[str], tag: str) -> str:
    return f"<tr>{''.join(f'<{tag}>{cell}</{tag}>' for cell in cells)}</tr>"


def _points(figure: go.Figure, trace: Any) -> Iterator[list[str]]:
    """A header and, for each point, its place on both axes and its text."""
    across, up = _axis(figure, trace, "x"), _axis(figure, trace, "y")
    if trace.x is None or trace.y is None or not len(trace.x):
        return
    columns, rows = _ticks(across), _ticks(up)
    texts = trace.text if isinstance(trace.text, list | tuple | np.ndarray) else None
    yield [_title(across, "x"), _title(up, "y"), *(["Text"] if texts is not None else [])]
    for row, (x, y) in enumerate(zip(trace.x, trace.y, strict=True)):
        if x is not None and y is not None:
            yield [_value(columns, x), _value(rows, y), *([_text(texts[row])] if texts is not None else [])]


def _cells(figure: go.Figure, trace: Any) -> Iterator[list[str]]:
    """A header and the rows of a heatmap; of one with many cells, how many there are and between which values."""
    across, up = (_ticks(_axis(figure, trace, letter)) for letter in "xy")
    z = np.array(trace.z, np.float64)
    rows, columns = z.shape
    xs = range(columns) if trace.x is None else trace.x
    ys = range(rows) if trace.y is None else trace.y
    if z.size > MOST_CELLS:
        yield ["Row", "Values", "From", "To"]
        for y, row in zip(ys, z, strict=True):
            yield [_value(up, y), f"{columns:,}", _number(np.nanmin(row)), _number(np.nanmax(row))]
        return
    yield ["Row", *(_value(across, x) for x in xs)]
    for y, row in zip(ys, z, strict=True):
        yield [_value(up, y), *("" if np.isnan(value) else _number(value) for value in row)]


def _axis(figure: go.Figure, trace: Any, letter: str) -> Any:
    return figure.layout[f"{letter}axis{(trace[f'{letter}axis'] or letter)[1:]}"]


def _title(axis: Any, otherwise: str) -> str:
    return _text(axis.title.text or otherwise)


def _ticks(axis: Any) -> dict[Any, str]:
    """The text of each tick that has its own, by the tick's value."""
    values, texts = axis.tickvals, axis.ticktext
    return {} if values is None or texts is None else dict(zip(values, map(_text, texts), strict=False))


def _value(ticks: Mapping[Any, str], value: Any) -> str:
    """What an axis says at a value: its tick's text, or the number."""
    if value in ticks:
        return ticks[value]
    return _text(value) if isinstance(value, str) else _number(value)


def _number(value: Any) -> str:
    return f"{value:,.4g}"


def _text(text: object) -> str:
    """A text of ours for plotly, which is escaped already, without its markup."""
    return plain(html.unescape(str(text)).replace("<br>", " ").replace("<b>", "").replace("</b>", ""), LONGEST_TEXT)
