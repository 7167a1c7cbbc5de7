from pages.shared.navigation import require_frame

require_frame()

import streamlit as st

from pages.parts.evaluate import compression, disagreement, pairs, ranking
from pages.shared import state
from pages.shared.ui import inputs

VIEWS = {
    "Ranking": ranking.show,
    "Pairs": pairs.show,
    "Agreement": disagreement.show,
    "Compression": compression.show,
}

ready = inputs.ready_models()
controls = st.container(horizontal=True, vertical_alignment="bottom")
view = controls.segmented_control(
    "View", list(VIEWS), default="Ranking", key=state.Evaluate.VIEW, bind="query-params", required=True,
)  # fmt: skip
VIEWS[view or "Ranking"](ready, controls)
