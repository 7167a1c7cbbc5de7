"""Where the labels of a corpus come from: the sample's own, uploaded files, or marks made by clicking."""

import streamlit as st

from core import corpus
from core.corpus import Corpus, Labels
from pages.shared import corpora, state, uploads
from pages.shared.labels import judgements
from pages.shared.labels.judgements import Texts

SAMPLE, FILES, MARKED = "Sample", "Files", "Marked by clicking"
FILES_KEYS = (state.Labels.QUERIES, state.Labels.QRELS)


def owner(texts: Corpus) -> Texts:
    """What marks on these texts belong to: the collection that they are a sample of, or else the corpus itself."""
    opened = corpora.collection()
    return texts if opened is None else opened


def offer(texts: Texts) -> list[str]:
    """The possible sources of labels for the corpus or collection, the usual one first."""
    if texts.fingerprint == corpus.sample().fingerprint:
        return [SAMPLE, FILES, MARKED]
    return [FILES, MARKED]


def current(texts: Texts) -> str:
    """The source of the current labels: the one chosen, or else the one available."""
    offered, of_corpora = offer(texts), st.session_state.get(state.Labels.SOURCE_OF_CORPUS, {})
    linked = st.query_params.get(state.Labels.SOURCE)
    shown = (st.session_state.get(state.Labels.SOURCE) or linked) if is_shown(texts) else None
    for chosen in (shown, of_corpora.get(texts.fingerprint), linked):
        if chosen in offered:
            return str(chosen)
    return FILES if has_files() and SAMPLE not in offered else default(texts)


def default(texts: Texts) -> str:
    """The default source of labels, which a link can omit."""
    return SAMPLE if SAMPLE in offer(texts) else MARKED


def is_shown(texts: Texts) -> bool:
    """Whether the choice on the screen was made for this corpus rather than an earlier one."""
    return st.session_state.get(state.Labels.SHOWN_FOR, texts.fingerprint) == texts.fingerprint


def remember(texts: Texts, kind: str) -> None:
    """Remember the source of the corpus's labels, for pages without that choice and for when the corpus returns."""
    st.session_state.setdefault(state.Labels.SOURCE_OF_CORPUS, {})[texts.fingerprint] = kind
    st.session_state[state.Labels.SHOWN_FOR] = texts.fingerprint


def has_files() -> bool:
    """Whether both files are uploaded, the queries and their labels."""
    return all(map(uploads.current, FILES_KEYS))


def uploaded_queries() -> Corpus:
    """The queries of the uploaded files, with what was skipped among them. Errors as in `labels`."""
    (upload,) = uploads.current(state.Labels.QUERIES)
    return uploads.read(upload, corpus.from_file)


def labels(texts: Corpus) -> Labels | None:
    """The current labels for the corpus: the sample's own, uploaded files, or marks made by clicking.

    None if there are none.

    Raises
    ------
    InputError
        The uploaded files cannot be read, or label nothing here.
    """
    marked_in = owner(texts)
    if current(marked_in) == SAMPLE:
        return corpus.sample_labels()
    made = unmatched(marked_in)
    return corpus.match_labels(made.name, made.queries, made.qrels, texts, made.left_out) if made else None


def unmatched(texts: Texts) -> Labels | None:
    """The uploaded labels or the marks, before any document is looked for; None if there are none.

    Raises
    ------
    InputError
        The uploaded files cannot be read.
    """
    if current(texts) == MARKED:
        return judgements.labels(texts)
    if not has_files():
        return None
    (upload,) = uploads.current(state.Labels.QRELS)
    graded = uploads.read(upload, corpus.labels_of)
    return Labels(upload.name, uploaded_queries(), graded.qrels, graded.left_out)
