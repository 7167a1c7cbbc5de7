"""The appearance of the map: labels, tooltip, point size, lines to neighbours."""

from dataclasses import dataclass

import streamlit as st

from core.corpus import Corpus
from core.map_files import Space
from pages.parts.projector import map_view, neighbours
from pages.parts.projector.colours import LABELS
from pages.parts.projector.neighbours import Asked
from pages.shared import corpora, state
from pages.shared.ui import inputs

HOVER = "title and text"


@dataclass(frozen=True)
class Look:
    """The choices of the popover."""

    hover: str
    labels: str
    points: map_view.Look
    neighbours: Asked

    def hover_texts(self, texts: Corpus) -> tuple[str, ...]:
        """The tooltip of each text."""
        if self.hover == "text":
            return texts.texts
        return texts.fields.get(self.hover, texts.documents)


def choose(space: Space) -> Look:
    """The popover and the choices made in it."""
    texts = space.corpus
    with st.popover("Appearance", icon=":material/visibility:"):
        if space.density:
            corpora.choose_points(space.density.total)
        wanted = neighbours.choose()
        edges = st.toggle("Lines to neighbours", key=state.Projector.EDGES, bind="query-params")
        names = [*LABELS, *texts.fields]
        inputs.fall_back(state.Projector.LABELS, names, names[0])
        labels = st.selectbox(
            "Labels", names, key=state.Projector.LABELS, bind="query-params",
            help="Label the coloured categories, the dense regions (by their characteristic words) or any column.",
        )  # fmt: skip
        options = [HOVER, "text", *texts.fields]
        inputs.fall_back(state.Projector.HOVER, options, HOVER)
        hover = st.selectbox("Tooltip", options, key=state.Projector.HOVER, bind="query-params")
        chosen_on_map = map_view.new_point_size(state.Projector.MAP)
        if chosen_on_map is not None:
            st.session_state[state.Projector.SIZE] = chosen_on_map
        size = st.slider(
            "Point size", 0.0, map_view.MOST_PIXELS, 0.0, 0.5, key=state.Projector.SIZE, bind="query-params",
            help="0: automatic, by the number of points. The buttons above the map change it too.",
        )  # fmt: skip
    return Look(hover, labels, map_view.Look(size=size, edges=edges), wanted)
