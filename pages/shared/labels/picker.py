"""The current labels: the sample's, files, or marks made by clicking; chosen in a popover beside the corpus."""

from collections.abc import Callable
from functools import partial

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core import examples
from core.collections import Collection
from core.corpus import Corpus, Labels
from core.corpus.labels import as_beir, as_trec
from core.tables import ENDINGS
from core.wording import count
from pages.shared import state, uploads
from pages.shared.labels import judgements, sources
from pages.shared.labels.judgements import Texts
from pages.shared.ui import inputs, output


def choose(texts: Corpus) -> Labels | None:
    """The labels for the corpus, with a note on what was skipped; None if there are none yet."""
    marked_in = sources.owner(texts)
    return _read(marked_in, _choose_source(marked_in), partial(sources.labels, texts))


def choose_unmatched(opened: Collection) -> Labels | None:
    """The labels for a collection, of which no document is looked for yet; None if there are none."""
    return _read(opened, _choose_source(opened), partial(sources.unmatched, opened))


def _read(texts: Texts, popover: DeltaGenerator, read: Callable[[], Labels | None]) -> Labels | None:
    """The labels, with a note in the popover on what was skipped in uploaded queries."""
    labels = read()
    if labels and sources.current(texts) == sources.FILES:
        with popover:
            output.show_skips(sources.uploaded_queries())
    return labels


def _choose_source(texts: Texts) -> DeltaGenerator:
    """The popover in which the source of the labels is chosen, files are uploaded and marks are downloaded."""
    offered, usual = sources.offer(texts), sources.current(texts)
    is_linked = state.Labels.SOURCE in st.query_params and state.Labels.SOURCE not in st.session_state
    if not sources.is_shown(texts) or not is_linked:
        st.session_state[state.Labels.SOURCE] = usual
    inputs.fall_back(state.Labels.SOURCE, offered, usual)
    with st.popover(_label(usual), icon=":material/checklist:", key=state.Labels.POPOVER) as popover:
        kind = st.segmented_control(
            "Labels",
            offered,
            default=sources.default(texts),
            key=state.Labels.SOURCE,
            bind="query-params",
            required=True,
        )
        sources.remember(texts, kind or usual)
        if kind == sources.FILES:
            ask_files()
        elif kind == sources.MARKED:
            _offer_judgements(texts)
        else:
            st.caption("192 queries on every subject of the sample corpus, each with the passages that answer it.")
    return popover


def _label(kind: str) -> str:
    """The current choice."""
    return "Labels: none yet" if kind == sources.FILES and not sources.has_files() else f"Labels: {kind.lower()}"


def show_skips(labels: Labels) -> None:
    """Captions of what was skipped in the labels and of copies they don't name, if anything."""
    for remark in labels.remarks:
        st.caption(f":material/filter_alt: {output.markdown_free(remark)}")


def missing(texts: Corpus) -> None:
    """What to do if the corpus has no labels."""
    st.info(
        f"There are no labels for {output.markdown_free(texts.name)} yet. Upload queries and relevance labels under "
        "“Labels”, or mark on the Search page which results are relevant. The view “Agreement” suggests "
        "which queries to mark first.",
        icon=":material/checklist:",
    )
    st.page_link("pages/search.py", label="Search and mark", icon=":material/search:")


def ask_files() -> None:
    """Queries and labels as two files, which stay in this session."""
    queries = uploads.ask(state.Labels.QUERIES, "Queries", ENDINGS)
    st.caption("TXT (one per line), or CSV, TSV, JSONL or Parquet with the columns _id and text.")
    graded = uploads.ask(state.Labels.QRELS, "Relevance labels")
    st.caption("BEIR columns (query-id, corpus-id, score) or TREC columns (query, iteration, document, grade).")
    if not queries and not graded:
        uploads.show_missing(state.Labels.SOURCE, "file with labels", "Labels", "nothing is measured yet")
    elif not queries or not graded:
        st.info(f"Now upload the {'relevance labels' if queries else 'queries'}.")


def _offer_judgements(texts: Texts) -> None:
    """The marks so far, for download in both formats."""
    import pandas as pd

    labels = judgements.labels(texts)
    if labels is None:
        st.caption("No document is marked as relevant yet: mark results on the Search page.")
        return
    marks = sum(map(len, labels.qrels.values()))
    st.caption(
        f"{count(marks, 'mark')} on {count(len(labels.queries), 'query', 'queries')}, saved on this server under the "
        "link in the address bar. Anyone with the link can see and change them."
    )
    queries = pd.DataFrame({"_id": labels.queries.ids, "text": labels.queries.texts})
    with st.container(horizontal=True):
        downloads(labels, "marks")
        output.download_table(queries, "marked-queries", "Queries CSV")


def downloads(labels: Labels, name: str) -> None:
    """The labels as BEIR's TSV and as TREC's qrels."""
    for title, write, ending in (("BEIR TSV", as_beir, "tsv"), ("TREC qrels", as_trec, "qrels")):
        st.download_button(
            title,
            partial(write, labels.qrels),
            file_name=f"{name}.{ending}",
            mime="text/plain",
            icon=":material/download:",
            on_click="ignore",
            key=state.EveryPage.SAVE(name, ending),
        )


def few(texts: Corpus, labels: Labels) -> tuple[list[str], list[str], list[list[int]]]:
    """Three queries, their answers among other documents, and each one's grade for each query, for the code."""
    asked = dict(zip(labels.queries.ids[:3], labels.queries.texts, strict=False))
    place = {name: row for row, name in reversed(list(enumerate(texts.document_ids)))}
    relevant = [[name for name, grade in labels.qrels[query].items() if grade > 0 and name in place] for query in asked]
    answers = [name for names in relevant for name in names[:2]]
    shown = list(dict.fromkeys([*answers, *place]))[: examples.MOST_TEXTS_SHOWN]
    grades = [[max(0, labels.qrels[query].get(name, 0)) for name in shown] for query in asked]
    return list(asked.values()), [texts.documents[place[name]] for name in shown], grades
