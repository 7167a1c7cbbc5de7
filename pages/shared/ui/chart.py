"""Charts: drawn for the eye, and their values as tables for a screen reader."""

import plotly.graph_objects as go
import streamlit as st

from core.charts.values import to_tables
from pages.shared.state import Key
from pages.shared.ui import output


def draw(figure: go.Figure, key: Key, alt: str, *, name: str = "") -> None:
    """Draw a figure; with a file's `name`, the camera button above it saves it as a picture."""
    st.plotly_chart(figure, key=key, config=output.picture(name) if name else None, alt=alt)
    st.html(f'<div class="values">{to_tables(figure, alt)}</div>')
