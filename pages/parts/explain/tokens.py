"""The first three steps: the tokens, their vectors, and the embedding these become."""

import streamlit as st

from core.encoders.base import Trace
from core.models import ModelSpec
from pages.shared import present, state
from pages.shared.ui import output

MOST_ROWS, MOST_PRESENTED = 10, 7  # the second with larger labels
POOLINGS = {"mean": "their mean vector", "cls": "the first token's vector", "lasttoken": "the last token's vector"}


def show(trace: Trace, spec: ModelSpec) -> None:
    """The tokens as chips, and a warning where the model cuts them off or knows none of them."""
    with st.container(key=state.EveryPage.ALSO_PRESENTED("tokens")):
        _chips(trace)
    if trace.truncated:
        st.warning(f"The model reads at most {len(trace.tokens)} tokens: the last {trace.truncated} are cut off.")
    if trace.is_unknown:
        st.warning(
            f"{spec.name} knows none of these tokens: any other text of as many unknown tokens gets the same vector, "
            "so its cosines mean nothing. Write other words, or pick a model for this script."
        )


def _chips(trace: Trace) -> None:
    st.markdown(f"## 1 · Tokens &ensp;:small[:gray[{len(trace.tokens)} pieces the model has a vector for]]")
    st.markdown(" ".join(f":gray-badge[{output.markdown_free(_visible(token))}]" for token in trace.tokens))


def choose_rows(trace: Trace, spec: ModelSpec) -> int:
    """How many token vectors are drawn, under their heading: the first ones, or all."""
    count, dimensions = trace.vectors.shape
    source = "looked up in a table" if spec.is_static else "shaped by attention"
    most = MOST_PRESENTED if present.is_on() else MOST_ROWS
    cut = f", the first {most} of {count}" if present.is_on() and count > most else ""
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        with st.container(key=state.EveryPage.ALSO_PRESENTED("vectors"), width="content"):
            st.markdown(
                f"## 2 · Token vectors &ensp;:small[:gray[{dimensions} numbers each, {source}{cut}]]", width="content"
            )
        if count <= most:
            return count
        every = st.toggle(f"All {count} tokens", key=state.Explain.ALL_TOKENS, bind="query-params", width="content")
    return count if every else most


def labels(trace: Trace) -> list[str]:
    """The number of each token and the token."""
    return [f"{place} {_visible(token)}" for place, token in enumerate(trace.tokens, start=1)]


def title_of_embedding(trace: Trace, spec: ModelSpec) -> str:
    """The heading of the third step, for the chart: how the token vectors become one."""
    scaled = ", scaled to unit length" if spec.similarity == "cosine" else ""
    return f"<b>3 · One vector</b><br>{POOLINGS.get(trace.pooling, trace.pooling)}{scaled}"


def _visible(token: str) -> str:
    """A token whose mark of a word's start can be seen."""
    return token.replace("▁", "␣")
