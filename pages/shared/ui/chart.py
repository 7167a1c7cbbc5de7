"""Charts: drawn for the eye, and their values as tables for a screen reader."""

from contextlib import nullcontext

import plotly.graph_objects as go
import streamlit as st

from core.charts.style import enlarge
from core.charts.values import to_tables
from pages.shared import present, state
from pages.shared.state import Key
from pages.shared.ui import output

HEIGHT = 600  # in present mode, before the browser knows that of the screen


UNSEEN = "position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)"


def draw(figure: go.Figure, key: Key, alt: str, *, name: str = "") -> None:
    """Draw a figure; with a file's `name`, the camera button above it saves it as a picture.

    In present mode the page's first chart fills the screen, its text enlarged.
    """
    config = output.picture(name) if name else None
    is_presented = present.takes_chart()
    with st.container(key=state.EveryPage.PRESENTED, height=HEIGHT, border=False) if is_presented else nullcontext():
        if is_presented:
            st.plotly_chart(enlarge(figure), key=key, config=config, alt=alt, height="stretch")
        else:
            st.plotly_chart(figure, key=key, config=config, alt=alt)
        st.html(f'<div class="values" style="{UNSEEN}">{to_tables(figure, alt)}</div>')
