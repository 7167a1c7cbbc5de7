"""Marking by clicking: which documents answer a query, kept under a token that stands in the URL."""

import streamlit as st

from core.corpus import Corpus, Labels, marked

KEY = "marks"


def grades(texts: Corpus, query: str) -> dict[str, int]:
    """What this visitor has marked for the query: document id to 1, relevant, or 0, not."""
    token = _token()
    return marked.marks(token, texts.fingerprint).get(query, {}) if token else {}


def mark(texts: Corpus, query: str, document_id: str, grade: int | None) -> None:
    """Keep a mark; None takes it back. The first one makes the token, which stands in the URL from then on.

    Raises
    ------
    InputError
        There are too many marks, or they cannot be kept on this machine.
    """
    token = _token() or marked.new_token()
    marked.mark(token, texts.fingerprint, query, document_id, grade)
    _remember(token)


def labels(texts: Corpus) -> Labels | None:
    """This visitor's marks in the corpus; None where nothing is marked as relevant."""
    token = _token()
    return marked.labels(token, texts) if token else None


def _token() -> str:
    """The token in the URL, or this session's on another page; empty where there is none yet, or one of another form.

    It is put into the URL again, because Streamlit empties that from page to page.
    """
    for candidate in (st.query_params.get(KEY, ""), str(st.session_state.get(KEY, ""))):
        if marked.is_token(candidate):
            _remember(candidate)
            return candidate
    return ""


def _remember(token: str) -> None:
    st.session_state[KEY] = token
    if st.query_params.get(KEY) != token:
        st.query_params[KEY] = token
