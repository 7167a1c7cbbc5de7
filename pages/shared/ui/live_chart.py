"""A chart that grows while the page computes, and never blinks.

Streamlit mounts a plotly chart anew whenever its content changes, and for some frames there is nothing. So the figure
is there as plain HTML, too, which changes in place: that is seen while the page computes, and wherever plotly has not
drawn yet.
"""

import zlib
from typing import Any

import plotly.graph_objects as go
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.charts.markup import to_html
from pages.shared import state
from pages.shared.state import Key


class LiveChart:
    """The place of one chart, drawn once or again and again; `alt` is its name for who does not see it."""

    def __init__(self, name: Key, alt: str, place: DeltaGenerator | None = None) -> None:
        self._name, self._alt = name, alt
        self._drawing = self._place = (place or st).container(key=state.EveryPage.LIVE_CHART(name), gap=None)

    def grow(self, figure: go.Figure) -> None:
        """Draw what there is so far, without plotly."""
        self._draw(figure)

    def finish(self, figure: go.Figure, config: dict[str, Any]) -> None:
        """Draw the whole, with plotly as `config` says.

        The chart's key tells it from the one before, which stays in the page, unseen, while the new one is drawn.
        """
        content = zlib.crc32(f"{figure.to_json()}{config}".encode())
        chart = state.EveryPage.LIVE_CHART(self._name, f"{content:08x}")
        self._draw(figure, chart)
        place = self._place.container(key=state.EveryPage.LIVE_CHART(self._name, "plotly"))
        place.plotly_chart(figure, key=chart, config=config, alt=self._alt)

    def _draw(self, figure: go.Figure, chart: Key | None = None) -> None:
        """Put the plain drawing in the place of the one before, to be seen until plotly's `chart` is drawn."""
        style = "\n".join(_rules(f".st-key-{state.EveryPage.LIVE_CHART(self._name)}", figure.layout.height, chart))
        self._drawing = self._drawing.html(f"<style>{style}</style>{to_html(figure, self._alt)}")


def _rules(place: str, height: int, chart: Key | None) -> list[str]:
    """The place is as tall as the chart; of its two drawings one is seen."""
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
