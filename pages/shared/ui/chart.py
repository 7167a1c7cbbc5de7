"""Charts: drawn for the eye, and their values as tables for a screen reader."""

import plotly.graph_objects as go
import streamlit as st

from core.charts.style import LOW_PLOT, enlarge
from core.charts.values import to_tables
from pages.shared import present, state
from pages.shared.state import Key
from pages.shared.ui import output

HEIGHT = 600  # in present mode, before the browser knows that of the window
UNSEEN = "position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)"


def draw(
    figure: go.Figure, key: Key, alt: str, *, name: str = "", is_presented: bool = True, low_plot: int = LOW_PLOT
) -> None:
    """Draw a figure; with a file's `name`, the camera button above it saves it as a picture.

    In present mode it fills the window, its text enlarged, unless it is one of those that are not presented; its rows
    have `low_plot` pixels in a low window.
    """
    config = output.picture(name) if name else None
    if present.is_on() and not is_presented:
        return
    if present.is_on():
        with st.container(key=state.EveryPage.PRESENTED(key), height=HEIGHT, border=False):
            st.plotly_chart(enlarge(figure, low_plot), key=key, config=config, alt=alt, height="stretch")
            _values(figure, alt)
    else:
        st.plotly_chart(figure, key=key, config=config, alt=alt)
        _values(figure, alt)


def _values(figure: go.Figure, alt: str) -> None:
    """The figure's values as tables, which only a screen reader finds."""
    st.html(f'<div class="values" style="{UNSEEN}">{to_tables(figure, alt)}</div>')
