"""A chart that grows while the page computes, and never blinks.

Streamlit remounts a plotly chart whenever its content changes, and for some frames it is blank. So the figure is also
rendered as plain HTML, which changes in place: this is visible while the page computes, and until plotly has drawn.
"""

import zlib

import plotly.graph_objects as go
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.charts.markup import to_html
from pages.shared import state
from pages.shared.state import Key
from pages.shared.ui import output
from pages.shared.ui.chart import draw


class LiveChart:
    """The place of one chart, drawn once or repeatedly; `alt` is its text alternative."""

    def __init__(self, name: Key, alt: str, place: DeltaGenerator | None = None) -> None:
        self._name, self._alt = name, alt
        self._drawing = self._place = (place or st).container(key=state.EveryPage.LIVE_CHART(name), gap=None)

    def grow(self, figure: go.Figure) -> None:
        """Draw the figures so far, without plotly."""
        self._draw(figure)

    def finish(self, figure: go.Figure, picture: str) -> None:
        """Draw the final chart; `picture` names the file its camera button saves.

        The chart's key differs from the previous one's, which stays hidden in the page while the new one is drawn.
        """
        content = zlib.crc32(f"{figure.to_json()}{output.picture(picture)}".encode())
        chart = state.EveryPage.LIVE_CHART(self._name, f"{content:08x}")
        self._draw(figure, chart)
        place = self._place.container(key=state.EveryPage.LIVE_CHART(self._name, "plotly"), gap=None)
        with place:
            draw(figure, chart, self._alt, name=picture)

    def _draw(self, figure: go.Figure, chart: Key | None = None) -> None:
        """Replace the previous plain drawing with this one, visible until plotly's `chart` is drawn."""
        style = "\n".join(_rules(f".st-key-{state.EveryPage.LIVE_CHART(self._name)}", figure.layout.height, chart))
        self._drawing = self._drawing.html(f"<style>{style}</style>{to_html(figure, self._alt)}")


def _rules(place: str, height: int, chart: Key | None) -> list[str]:
    """CSS rules: the place is as tall as the chart, and one of its two drawings is visible."""
    both = [f"{place} {{ min-height: {height}px }}", f"{place} .drawing {{ position: absolute; inset: 0 0 auto }}"]
    if chart is None:
        return [*both, f"{place}_plotly {{ display: none }}"]
    drawn = f'{place}:has(.st-key-{chart} .js-plotly-plot:not([style*="visibility: hidden"]) .main-svg)'
    return [
        *both,
        f"{place}_plotly {{ visibility: hidden }}",
        f"{drawn} .st-key-{chart} {{ visibility: visible }}",
        f"{drawn} .drawing {{ visibility: hidden }}",
    ]
