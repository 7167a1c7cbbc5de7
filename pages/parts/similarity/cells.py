"""A heatmap whose cells can be clicked."""

import html
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path

import plotly.graph_objects as go
import streamlit as st

from core.charts.style import PRESENTED_FONT_SIZE, plain
from pages.shared import present, state
from pages.shared.ui import chart

MOST_ON_A_PHONE = 10
LOW_PLOT = 430  # pixels that the cells have in present mode in a window of 720
LONGEST_LABEL = 40  # characters
BESIDE = {
    "orientation": "v", "x": 1, "xanchor": "left", "xpad": 12, "y": 0.5, "yanchor": "middle", "len": 1, "ypad": 0,
}  # fmt: skip
INK = """
/* In a low window of present mode cells have less room */
@media (max-height: 800px) {{ [class*="st-key-presented_"] .heatmap-label text {{ font-size: 16px !important }} }}
/* On a scale that lets the page through, numbers have the page's own ink, light or dark */
.st-key-{frame} .heatmap-label text {{ fill: currentColor !important }}
"""
NARROW = """
.st-key-{frame} {{ container: {frame} / inline-size }}
/* On a narrow page there is room for every other label, and for no numbers in the cells */
@container {frame} (max-width: 470px) {{
    .heatmap-label, .ytick:nth-of-type(even), .x3tick:nth-of-type(even) {{ display: none }}
}}
"""


def clickable(figure: go.Figure, place: int, alt: str, on_click: Callable[[int, int], None]) -> None:
    """Draw the heatmap; `on_click` is called with the row and column of a clicked cell, as drawn."""
    listener = state.Similarity.CLICK(place)
    rows, columns = figure.data[0].z.shape

    def note() -> None:
        result = st.session_state.get(listener)
        cell = result.get("cell") if isinstance(result, Mapping) else None
        if isinstance(cell, list | tuple) and len(cell) == 2 and all(type(place) is int for place in cell):
            row, column = cell
            if 0 <= row < rows and 0 <= column < columns:
                on_click(row, column)

    frame = state.Similarity.CELLS(place)
    style = INK + NARROW if max(rows, columns) > MOST_ON_A_PHONE else INK
    st.html(f"<style>{style.format(frame=frame)}</style>")
    if present.is_on():
        _give_height(figure)
        if figure.layout.xaxis.ticktext == figure.layout.yaxis2.ticktext:
            _lengthen(figure)
    with st.container(key=frame, gap=None):
        chart.draw(figure, key=state.Similarity.HEATMAP(place), alt=alt, low_plot=LOW_PLOT)
        _component()(key=listener, on_cell_change=note)


def _give_height(figure: go.Figure) -> None:
    """Leave the cells the height of a low window: no tree stands above them, and the colours' scale at their right."""
    figure.data[0].update(colorbar=BESIDE, textfont_size=PRESENTED_FONT_SIZE)
    figure.data = [trace for trace in figure.data if trace.yaxis != "y3"]
    figure.update_layout(yaxis_domain=[0, 1])


def _lengthen(figure: go.Figure) -> None:
    """Give the numbered texts at the left more of their words than usual: those of the tooltip's first line."""
    axis, whole = figure.layout.yaxis, figure.layout.yaxis2.ticktext
    numbers = [label.partition(" · ")[0] for label in axis.ticktext]
    labels = [f"{number} · {_first_words(whole[place])}" for number, place in zip(numbers, axis.tickvals, strict=True)]
    figure.update_layout(yaxis_ticktext=labels)


def _first_words(text: str) -> str:
    """The beginning of a text that is escaped and has its lines apart, as tooltips do."""
    return plain(html.unescape(text.replace("<br>", " ")), LONGEST_LABEL)


@cache
def _component() -> Callable[..., object]:
    script = Path(__file__).parent / "cells.js"
    return st.components.v2.component("embedscope_cells", js=script.read_text("utf-8"))
