"""A heatmap whose cells can be clicked."""

from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path

import plotly.graph_objects as go
import streamlit as st

from pages.shared import present, state
from pages.shared.ui import chart

MOST_ON_A_PHONE = 10
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
    if max(rows, columns) > MOST_ON_A_PHONE:
        st.html(f"<style>{NARROW.format(frame=frame)}</style>")
    if present.is_on() and figure.layout.xaxis.ticktext == figure.layout.yaxis2.ticktext:
        figure.update_layout(xaxis3_showticklabels=False)  # they are those at the left, and take a third of the height
    with st.container(key=frame, gap=None):
        chart.draw(figure, key=state.Similarity.HEATMAP(place), alt=alt)
        _component()(key=listener, on_cell_change=note)


@cache
def _component() -> Callable[..., object]:
    script = Path(__file__).parent / "cells.js"
    return st.components.v2.component("embedscope_cells", js=script.read_text("utf-8"))
