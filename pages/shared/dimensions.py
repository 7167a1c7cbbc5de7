"""The dimensions of a picked model whose vectors can be shortened."""

import streamlit as st

from core.models import ModelSpec
from pages.shared import picks, state
from pages.shared.ui import inputs


def choose(spec: ModelSpec) -> None:
    """A choice among the lengths that the model is trained for (Matryoshka), kept in the address."""
    if not spec.matryoshka:
        return
    key, offered = state.EveryPage.DIMENSIONS(spec.name), [picks.ALL, *map(str, spec.matryoshka)]
    inputs.fall_back(key, offered, picks.ALL)
    st.segmented_control(
        "Dimensions", offered, default=picks.ALL, key=key, bind="query-params", persist_state="session", required=True
    )
    st.caption("The first dimensions only. The model's authors trained it so that they stand for the whole.")
