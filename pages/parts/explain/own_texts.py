"""Sentences of the user's own texts, offered for the fields."""

from collections.abc import Sequence
from functools import partial

import streamlit as st

from core.corpus import Corpus
from core.wording import one_line
from pages.shared import corpora, state
from pages.shared.state import Parameter

MOST_OFFERED = 200


def offer(labels: Sequence[str]) -> None:
    """A text of the user's own for each field, in a popover; without own texts, there is none.

    The page's head then names no corpus, as the page shows none of it.
    """
    if corpora.own():
        texts = corpora.choose()
        with st.popover("From your texts", icon=":material/library_books:", width="content"):
            for label, key in zip(labels, (state.Explain.SENTENCE, *state.Explain.OTHERS), strict=True):
                _offer(texts, label, key)
    else:
        corpora.hide_name()


def _offer(texts: Corpus, label: str, key: Parameter) -> None:
    chooser = state.Explain.OFFERED(key)
    st.selectbox(
        label, range(min(MOST_OFFERED, len(texts))), index=None, format_func=lambda row: one_line(texts.documents[row]),
        placeholder="Choose a text", key=chooser, on_change=partial(_take, texts, chooser, key),
    )  # fmt: skip
    if len(texts) > MOST_OFFERED and key == state.Explain.OTHERS[-1]:
        st.caption(f"The first {MOST_OFFERED} of {len(texts):,} texts.")


def _take(texts: Corpus, chooser: str, key: Parameter) -> None:
    row = st.session_state[chooser]
    if row is not None:
        st.session_state[key] = one_line(texts.documents[row])
