import streamlit as st

from pages.shared import inputs
from pages.shared.evaluate import compression, pairs, ranking, unlabelled
from pages.shared.frame import require_frame

require_frame()

VIEWS = {
    "Ranking": ranking.show,
    "Pairs": pairs.show,
    "No labels": unlabelled.show,
    "Compression": compression.show,
}

ready = inputs.ready_models()
controls = st.container(horizontal=True, vertical_alignment="bottom")
view = controls.segmented_control(
    "View", list(VIEWS), default="Ranking", key="evaluate", bind="query-params", required=True,
    label_visibility="collapsed",
)  # fmt: skip
VIEWS[view or "Ranking"](ready, controls)
