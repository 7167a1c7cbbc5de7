"""The first visit: what to do here in one line, until there are texts of one's own or it is dismissed."""

import streamlit as st

from pages.shared import state
from pages.shared.ui import inputs


def show() -> None:
    """The three steps, each a way to it."""
    if st.session_state.get(state.EveryPage.GUIDE_DISMISSED) or inputs.choice(state.Corpus.SOURCE, "") in (
        "Paste",
        "File",
    ):
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key=state.EveryPage.GUIDE):
        st.button("**1** Pick models", key=state.EveryPage.GUIDE_MODELS, type="tertiary")
        st.button("**2** Add your texts", key=state.EveryPage.GUIDE_TEXTS, type="tertiary")
        st.page_link("pages/verdict.py", label="**3** See the verdict")
        st.button(
            "Dismiss", key=state.EveryPage.GUIDE_DISMISS, type="tertiary", icon=":material/close:", on_click=_dismiss
        )


def _dismiss() -> None:
    st.session_state[state.EveryPage.GUIDE_DISMISSED] = True
