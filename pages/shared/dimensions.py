"""The dimensions of the picked models whose vectors can be shortened: in the sidebar, folded."""

import streamlit as st

from pages.shared import picks, state
from pages.shared.ui import inputs, output


def choose() -> None:
    """A popover for each picked model that is trained for it (Matryoshka); a length picked is in the address."""
    for spec in picks.models():
        if not spec.matryoshka:
            continue
        label = f"Dimensions of {output.markdown_free(spec.name)}: {spec.truncate_dim or picks.ALL.lower()}"
        with st.popover(label, icon=":material/straighten:", type="tertiary"):
            key, offered = state.EveryPage.DIMENSIONS(spec.name), [picks.ALL, *map(str, spec.matryoshka)]
            inputs.fall_back(key, offered, picks.ALL)
            st.segmented_control(
                "Dimensions", offered, default=picks.ALL, key=key, bind="query-params", persist_state="session",
                required=True,
            )  # fmt: skip
            st.caption("The first dimensions only. The model's authors trained it so that they stand for the whole.")
