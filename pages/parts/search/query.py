"""The query: one large box, and suggestions to click."""

from collections.abc import Iterable, Sequence, Set

import streamlit as st

from core import corpus
from core.corpus import Corpus, Labels
from pages.shared import present, state
from pages.shared.ui import inputs, output

MOST_CHARACTERS = 500
ONE_LINE = f"""<style>
/* Those with no room in the line are left out; the Tab key scrolls to them */
.st-key-{state.Search.EXAMPLE} [data-testid="stButtonGroup"] > div {{
    height: 2.5rem; overflow: hidden; padding: 4px; margin: -4px
}}
.st-key-{state.Search.EXAMPLE} button {{ max-width: 100% }}
</style>"""


def box(suggestions: Sequence[str]) -> str:
    """The text in the query box; initially the first suggestion."""
    _replace_suggestion(suggestions)
    return inputs.short_text(
        "Query", suggestions[0], key=state.Search.QUERY, most=MOST_CHARACTERS, icon=":material/search:"
    )


def examples(suggestions: Sequence[str]) -> None:
    """The other suggestions to click, below the box."""
    if others := suggestions[1:]:
        st.html(ONE_LINE)
        st.pills(
            "Examples", others, key=state.Search.EXAMPLE, on_change=_take, label_visibility="collapsed",
        )  # fmt: skip


def say(query: str, answer: str) -> None:
    """The page's answer; in present mode, where the box is hidden, with the query before it."""
    output.answer(f"“{query}”: {answer}" if present.is_on() else answer)


def clean(typed: str) -> str:
    """The query on one line.

    Raises
    ------
    InputError
        It is blank.
    """
    return corpus.one_text(typed, "the query")


def relevant(labels: Labels, query: str) -> set[str]:
    """The ids of the documents labelled relevant to the query; empty if it is not labelled."""
    named = dict(zip(labels.queries.texts, labels.queries.ids, strict=True)).get(query, "")
    return {document for document, grade in labels.qrels.get(named, {}).items() if grade > 0}


def relevant_rows(relevant: Set[str], texts: Corpus, rows: Iterable[int | None]) -> set[int] | None:
    """Which of the rows belong to documents labelled relevant; None if the query is not labelled."""
    return {row for row in rows if row is not None and texts.document_ids[row] in relevant} if relevant else None


def _replace_suggestion(suggestions: Sequence[str]) -> None:
    """Suggest a query for another corpus in place of a suggestion for the last one."""
    earlier = st.session_state.get(state.Search.SUGGESTED, ())
    st.session_state[state.Search.SUGGESTED] = tuple(suggestions)
    query = st.session_state.get(state.Search.QUERY)
    if query in earlier and query not in suggestions:
        st.session_state[state.Search.QUERY] = suggestions[0]


def _take() -> None:
    if example := st.session_state[state.Search.EXAMPLE]:
        st.session_state[state.Search.QUERY] = example
