"""The query: one large box, and examples to click."""

import streamlit as st

from core import corpus
from core.corpus import Labels
from pages.shared import state
from pages.shared.ui import inputs

EXAMPLES = ("biology-2", "psychology-4", "architecture-3", "film-8", "cooking-3")
FIRST = "animals-1"
MOST_CHARACTERS = 500


def box() -> str:
    """The text in the query box; initially a sample query."""
    return inputs.short_text(
        "Query", _sample(FIRST), key=state.Search.QUERY, most=MOST_CHARACTERS, icon=":material/search:"
    )


def examples() -> None:
    """Sample queries to click, below the box."""
    st.pills(
        "Examples", [_sample(name) for name in EXAMPLES], key=state.Search.EXAMPLE, on_change=_take,
        label_visibility="collapsed",
    )  # fmt: skip


def clean(typed: str) -> str:
    """The query on one line.

    Raises
    ------
    InputError
        It is blank.
    """
    return corpus.one_text(typed, "the query")


def answers(labels: Labels, query: str) -> set[str]:
    """The ids of the documents labelled relevant to the query; empty if it is not labelled."""
    named = dict(zip(labels.queries.texts, labels.queries.ids, strict=True)).get(query, "")
    return {document for document, grade in labels.qrels.get(named, {}).items() if grade > 0}


def _sample(name: str) -> str:
    queries = corpus.sample_queries()
    return queries.texts[queries.ids.index(name)]


def _take() -> None:
    if example := st.session_state[state.Search.EXAMPLE]:
        st.session_state[state.Search.QUERY] = example
