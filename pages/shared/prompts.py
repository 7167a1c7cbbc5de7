"""The prompts of a picked model, to see, edit and clear."""

import streamlit as st

from core import wording
from core.models import ModelSpec
from core.models.families import Family, family_of
from pages.shared import state
from pages.shared.ui import output


def choose(own: ModelSpec, spec: ModelSpec) -> None:
    """Two text areas, for a model as its files describe it and as it is picked; a changed prompt is in the address."""
    if family := family_of(spec):
        _offer(spec, family)
    st.text_area(
        "Before each query", own.query_prompt, key=state.EveryPage.QUERY_PROMPT(spec.name),
        bind="query-params", persist_state="session", height=98,
    )  # fmt: skip
    st.text_area(
        "Before each document", own.document_prompt, key=state.EveryPage.DOCUMENT_PROMPT(spec.name),
        bind="query-params", persist_state="session", height=98,
    )  # fmt: skip
    st.caption(_explain(own))


def _explain(own: ModelSpec) -> str:
    if not (own.query_prompt or own.document_prompt):
        return "The model comes without prompts. A space at the end counts."
    listed = ", ".join(wording.prompts(own.query_prompt, own.document_prompt))
    return f"The model comes with: {output.markdown_free(listed)}. A space at the end counts."


def _offer(spec: ModelSpec, family: Family) -> None:
    """The prompts that the model's family was trained with, to take over by a click."""
    listed = ", ".join(wording.prompts(family.query, family.document))
    st.info(
        f"Models of the family {output.markdown_free(family.name)} were trained with prompts that this one's files "
        f"lack: {output.markdown_free(listed)}."
    )
    st.button("Use them", key=state.EveryPage.USE_PROMPTS(spec.name), on_click=_use, args=(spec.name, family))


def _use(name: str, family: Family) -> None:
    st.session_state[state.EveryPage.QUERY_PROMPT(name)] = family.query
    st.session_state[state.EveryPage.DOCUMENT_PROMPT(name)] = family.document
