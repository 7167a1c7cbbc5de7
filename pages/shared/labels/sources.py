"""Where the labels of a corpus come from: the sample's own, uploaded files, or marks made by clicking."""

import streamlit as st

from core import corpus
from core.corpus import Corpus, Labels
from core.evaluation import Qrels
from pages.shared import state
from pages.shared.labels import judgements

SAMPLE, FILES, MARKED = "Sample", "Files", "Marked by clicking"


def offer(texts: Corpus) -> list[str]:
    """The possible sources of labels for the corpus, the usual one first."""
    if texts.fingerprint == corpus.sample().fingerprint:
        return [SAMPLE, FILES, MARKED]
    return [FILES, MARKED]


def current(texts: Corpus) -> str:
    """The source of the current labels: the one chosen, or else the one available."""
    offered, of_corpora = offer(texts), st.session_state.get(state.Labels.SOURCE_OF_CORPUS, {})
    shown = st.session_state.get(state.Labels.SOURCE) if is_shown(texts) else None
    for chosen in (shown, of_corpora.get(texts.fingerprint), st.query_params.get(state.Labels.SOURCE)):
        if chosen in offered:
            return str(chosen)
    return FILES if state.Labels.UPLOADS in st.session_state and SAMPLE not in offered else default(texts)


def default(texts: Corpus) -> str:
    """The default source of labels, which a link can omit."""
    return SAMPLE if SAMPLE in offer(texts) else MARKED


def is_shown(texts: Corpus) -> bool:
    """Whether the choice on the screen was made for this corpus rather than an earlier one."""
    return st.session_state.get(state.Labels.SHOWN_FOR, texts.fingerprint) == texts.fingerprint


def remember(texts: Corpus, kind: str) -> None:
    """Remember the source of the corpus's labels, for pages without that choice and for when the corpus returns."""
    st.session_state.setdefault(state.Labels.SOURCE_OF_CORPUS, {})[texts.fingerprint] = kind
    st.session_state[state.Labels.SHOWN_FOR] = texts.fingerprint


def file_name() -> str:
    """The name of the uploaded file of labels; empty if there is none."""
    return str(st.session_state[state.Labels.UPLOADS][1]) if state.Labels.UPLOADS in st.session_state else ""


def upload(queries: Corpus, name: str, qrels: Qrels) -> None:
    """Store uploaded queries and labels for this session."""
    st.session_state[state.Labels.UPLOADS] = (queries, name, qrels)


def labels(texts: Corpus) -> Labels | None:
    """The current labels for the corpus: the sample's own, uploaded files, or marks made by clicking.

    None if there are none.

    Raises
    ------
    InputError
        The uploaded files label nothing here.
    """
    kind = current(texts)
    if kind == SAMPLE:
        return corpus.sample_labels()
    if kind == MARKED:
        return judgements.labels(texts)
    if state.Labels.UPLOADS not in st.session_state:
        return None
    queries, name, qrels = st.session_state[state.Labels.UPLOADS]
    return corpus.match_labels(name, queries, qrels, texts)
