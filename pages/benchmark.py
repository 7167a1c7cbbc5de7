import streamlit as st

from pages.shared.benchmark import engines, original, runs, sweeps, weighed
from pages.shared.frame import require_frame

require_frame()

VIEWS = {
    "Hello World": original.show,
    "Sweep": sweeps.show,
    "Engines": engines.show,
    "Accuracy and speed": weighed.show,
    "Runs": runs.show,
}

view = st.segmented_control(
    "View", list(VIEWS), default="Hello World", key="view", bind="query-params", required=True,
    label_visibility="collapsed",
)  # fmt: skip
VIEWS[view or "Hello World"]()
