from pages.shared.navigation import require_frame

require_frame()

import streamlit as st

from pages.parts.benchmark import engines, hello_world, load, runs, sweeps, tradeoff
from pages.shared import measurement, state
from pages.shared.ui import output

VIEWS = {
    "Hello World": hello_world.show,
    "Sweep": sweeps.show,
    "Engines": engines.show,
    "Accuracy and speed": tradeoff.show,
    "Load": load.show,
    "Runs": runs.show,
}

controls = st.container(horizontal=True, vertical_alignment="bottom")
view = controls.segmented_control(
    "View", list(VIEWS), default="Hello World", key=state.Benchmark.VIEW, bind="query-params", required=True,
    wrap=True,
)  # fmt: skip
if view != "Load":
    output.explain(measurement.SAMPLING)
VIEWS[view or "Hello World"](controls)
