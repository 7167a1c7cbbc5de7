"""Marking by clicking: which documents answer a query, stored under a token in the URL, or the logged-in person's."""

import streamlit as st

from core.collections import Collection
from core.corpus import Corpus, Labels, judgements
from core.errors import EmbedscopeError
from pages.shared import door, state
from pages.shared.state import Key
from pages.shared.ui import output

Texts = Corpus | Collection  # that marks belong to; a collection's by the ids of its texts


def grades(texts: Texts, query: str) -> dict[str, int]:
    """This visitor's marks for the query: document id to 1, relevant, or 0, not."""
    return judgements.of_query(all_grades(texts), query)


def all_grades(texts: Texts) -> dict[str, dict[str, int]]:
    """This visitor's marks in the corpus or collection, by query."""
    token = _token()
    return judgements.marks(token, texts.fingerprint) if token else {}


def mark(texts: Texts, query: str, document_id: str, grade: int | None) -> None:
    """Save a mark; None removes it. The first one creates the token, which is in the URL from then on.

    Raises
    ------
    InputError
        There are too many marks, or they cannot be saved on this machine.
    """
    token = _token() or judgements.new_token()
    judgements.mark(token, texts.fingerprint, query, document_id, grade)
    if token != door.key():
        _remember(token)


def buttons(texts: Texts, query: str, document_id: str, *, key: Key) -> None:
    """Two buttons, relevant or not, that show the mark; pressed again, they remove it.

    `key` distinguishes documents, and places on a page where the same one can be marked.
    """
    st.session_state[key] = grades(texts, query).get(document_id)
    st.segmented_control(
        "Is it relevant to the query?",
        [1, 0],
        format_func={1: ":material/thumb_up:", 0: ":material/thumb_down:"}.__getitem__,
        key=key,
        on_change=_press,
        args=(texts, query, document_id, key),
        label_visibility="collapsed",
    )


def write_address() -> None:
    """Write the token into the address of every page, so that a reload of any page finds the marks again."""
    _token()


def show_failure() -> None:
    """Show once why the last mark could not be saved: a callback cannot draw."""
    if problem := st.session_state.pop(state.Labels.FAILURE, ""):
        st.error(output.markdown_free(problem), icon=":material/error:")


def _press(texts: Texts, query: str, document_id: str, key: Key) -> None:
    try:
        mark(texts, query, document_id, st.session_state[key])
    except EmbedscopeError as error:
        st.session_state[state.Labels.FAILURE] = str(error)


def labels(texts: Texts) -> Labels | None:
    """This visitor's marks, not yet matched with the documents; None if nothing is marked as relevant."""
    token = _token()
    return judgements.labels(token, texts.fingerprint) if token else None


def _token() -> str:
    """The token in the URL, or this session's from another page; empty if there is none or it is malformed.

    It is written to the URL again, because Streamlit clears that from page to page. Who has logged in has one token,
    which is nowhere in the address: marks are then seen and changed by nobody else.
    """
    if own := door.key():
        return own
    for candidate in (st.query_params.get(state.Labels.TOKEN, ""), str(st.session_state.get(state.Labels.TOKEN, ""))):
        if judgements.is_token(candidate):
            _remember(candidate)
            return candidate
    return ""


def _remember(token: str) -> None:
    st.session_state[state.Labels.TOKEN] = token
    if st.query_params.get(state.Labels.TOKEN) != token:
        st.query_params[state.Labels.TOKEN] = token
