"""A chart that grows while the page computes, without a blink.

Streamlit mounts a Plotly chart anew whenever its content changes, and for some frames there is nothing. So each chart
is laid over the one before, which stays until the browser has drawn the new one.
"""

import time
from collections import deque
from typing import Any

import plotly.graph_objects as go
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages.shared import state
from pages.shared.state import Key

PLACE = state.EveryPage.GROWING.prefix
SECONDS_TO_DRAW = 3.0
DRAWN = '.js-plotly-plot:not([style*="visibility: hidden"]) .main-svg'
OVERLAID = f"""<style>
div[class*="st-key-{PLACE}"] {{ display: grid; grid-template-columns: minmax(0, 1fr) }}
div[class*="st-key-{PLACE}"] > * {{ grid-area: 1 / 1 }}
div[class*="st-key-{PLACE}"] > :has(~ [data-stale="false"] {DRAWN}),
div[class*="st-key-{PLACE}"] > [data-stale="false"]:has({DRAWN}) ~ [data-stale="true"] {{
    opacity: 0; visibility: hidden; transition: none
}}
</style>"""


class GrowingChart:
    """The place of one chart, drawn once or, while its figures come in, again and again."""

    def __init__(self, name: Key, place: DeltaGenerator | None = None) -> None:
        st.html(OVERLAID)
        self._name = name
        self._place = (place or st).container(key=state.EveryPage.GROWING(name))
        self._drawn = 0
        self._layers: deque[tuple[DeltaGenerator, float]] = deque()

    def grow(self, figure: go.Figure, **options: Any) -> None:
        """Draw what there is so far; `options` are those of `st.plotly_chart`."""
        self._draw(figure, state.EveryPage.GROWING(self._name, self._drawn), **options)

    def finish(self, figure: go.Figure, **options: Any) -> None:
        """Draw the whole, under the chart's own name; `options` as in `grow`."""
        self._draw(figure, self._name, **options)

    def _draw(self, figure: go.Figure, key: Key, **options: Any) -> None:
        layer = self._place.empty()
        layer.plotly_chart(figure, key=key, **options)
        self._drawn += 1
        self._layers.append((layer, time.monotonic()))
        self._clear_covered()

    def _clear_covered(self) -> None:
        """Empty the layers over which a later one has been for so long that the browser has surely drawn it.

        The last ones stay, unseen, until the page runs again.
        """
        while len(self._layers) > 1 and time.monotonic() - self._layers[1][1] > SECONDS_TO_DRAW:
            covered, _ = self._layers.popleft()
            covered.empty()
