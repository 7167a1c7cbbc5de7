"""The model of a view that uses one model."""

from collections.abc import Sequence

import streamlit as st

from core.models import ModelSpec
from pages.shared import state
from pages.shared.ui import inputs


def model(specs: Sequence[ModelSpec]) -> ModelSpec:
    """One of the picked models that can run; the user chooses if there are several."""
    names = [spec.name for spec in specs]
    inputs.fall_back(state.Search.MODEL, names, names[0])
    chosen = names[0]
    if len(names) > 1:
        chosen = st.segmented_control(
            "Model", names, default=names[0], key=state.Search.MODEL, bind="query-params", required=True
        )
    return specs[names.index(chosen)]
