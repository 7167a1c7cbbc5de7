"""How well each model ranks a whole collection for uploaded labels, exactly and by its index."""

from collections.abc import Mapping, Sequence

import streamlit as st

from core import collections, corpus
from core.collections import ByIndex, Collection, Matched, Model, OnDisk
from core.evaluation import CUT, Quality
from core.models import ModelSpec
from core.progress import Progress
from pages.parts.evaluate import measures
from pages.shared import cache, corpora, state, uploads
from pages.shared.frame import show_errors
from pages.shared.labels import picker, sources
from pages.shared.ui import output, progress

HEIGHT = 320
MEASURE, TITLE, RECALL = "ndcg@10", "nDCG@10", "recall@10"

Qualities = dict[str, Quality]


def show(opened: Collection, ready: Sequence[ModelSpec]) -> None:
    """The uploads of labels, the chart with its sentence, whether the indexes change it, and the table."""
    label = "Labels: files" if sources.has_files() else "Labels: none yet"
    with st.popover(label, icon=":material/checklist:", key=state.Labels.POPOVER):
        picker.ask_files()
    if not sources.has_files():
        st.info(
            f"Upload queries and relevance labels under “Labels”: each model with vectors in {opened.name} is measured "
            "on the whole collection.",
            icon=":material/checklist:",
        )
        corpora.offer_missing(opened, ("vectors", "index"))
        return
    with progress.line(state.Evaluate.RANK, height=HEIGHT) as on_progress:
        on_progress("Matching labels with the collection", 0, 1)
        matched = _match(opened)
        exact, by_index = _measure(opened, matched, ready, on_progress)
    if not exact:
        corpora.offer_missing(opened, ("vectors",))
        return
    picker.show_skips(matched.labels)
    measures.draw(exact, MEASURE, TITLE)
    for compared in collections.compare(exact, by_index):
        if compared.by_index:
            st.markdown(output.markdown_free(compared.sentence))
    queries = next(iter(exact.values())).queries
    st.caption(
        f"{queries:,} labelled queries ({output.markdown_free(matched.labels.name)}) over all {len(opened):,} texts of "
        f"{opened.name}, by exact search."
    )
    output.download_table(measures.table(exact, RECALL), "measures")
    corpora.offer_missing(opened, ("vectors", "index"))


def _match(opened: Collection) -> Matched:
    """The uploaded labels, matched with the documents of the whole collection."""
    (upload,) = uploads.current(state.Labels.QRELS)
    queries, labelled = sources.uploaded_queries(), uploads.read(upload, corpus.labels_of)
    key = ("matched", opened.data.uri, opened.data.version, queries.fingerprint, upload.digest)
    return cache.memory().recall(key, lambda: collections.match_labels(opened, upload.name, queries, labelled))


def _measure(
    opened: Collection, matched: Matched, specs: Sequence[ModelSpec], on_progress: Progress
) -> tuple[Qualities, Qualities]:
    """Each model's quality by exact search, and of those with an index by that."""
    exact: Qualities = {}
    by_index: Qualities = {}
    for spec in specs:
        if model := collections.vectors_by(opened, spec):
            with show_errors():
                found = _qualities(opened, matched, spec, model, on_progress)
                exact[spec.name] = found["exact"]
                by_index |= {spec.name: found["index"]} if "index" in found else {}
    return exact, by_index


def _qualities(
    opened: Collection, matched: Matched, spec: ModelSpec, model: Model, on_progress: Progress
) -> Mapping[str, Quality]:
    """A model's quality by "exact" search and, if it has one, by its "index"."""
    queries = cache.embed_texts(matched.labels.queries.documents, spec, on_progress, kind="query").vectors

    def measure() -> Qualities:
        finder = OnDisk(opened, model, on_progress)
        found = {"exact": collections.measure(opened, finder, queries, matched)}
        if index := collections.index_of(opened, model):
            found["index"] = collections.measure(opened, ByIndex(finder, index), queries, matched, CUT)
        return found

    key = ("collected", opened.data.uri, opened.data.version, matched.labels.fingerprint, *cache.identity(spec))
    return cache.memory().recall(key, measure)
