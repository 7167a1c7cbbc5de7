"""A heatmap whose cells can be clicked."""

from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path

import plotly.graph_objects as go
import streamlit as st

from pages.shared import present, state
from pages.shared.ui import chart

MOST_ON_A_PHONE = 10
LARGER = 1.1  # are cells in present mode, and numbers in them
BESIDE = {
    "orientation": "v", "x": 1, "xanchor": "left", "xpad": 12, "y": 0.5, "yanchor": "middle", "len": 1, "ypad": 0,
}  # fmt: skip
INK = """
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
    with st.container(key=frame, gap=None):
        chart.draw(figure, key=state.Similarity.HEATMAP(place), alt=alt)
        _component()(key=listener, on_cell_change=note)


def _give_height(figure: go.Figure) -> None:
    """Leave the cells the height of a low window: no tree stands above them, and the colours' scale at their right."""
    figure.data[0].update(colorbar=BESIDE, textfont_size=LARGER * figure.data[0].textfont.size)
    figure.data = [trace for trace in figure.data if trace.yaxis != "y3"]
    figure.update_layout(yaxis_domain=[0, 1])


@cache
def _component() -> Callable[..., object]:
    script = Path(__file__).parent / "cells.js"
    return st.components.v2.component("embedscope_cells", js=script.read_text("utf-8"))
