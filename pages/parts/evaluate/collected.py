"""How well each model ranks a whole collection for its labels, exactly and by its index."""

from collections.abc import Mapping, Sequence
from functools import partial

import numpy as np
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core import collections, evaluation
from core.collections import Collection
from core.corpus import Labels
from core.evaluation import Quality, Run
from core.models import ModelSpec
from core.retrieval import Ranking
from core.search import Hits
from pages.parts.evaluate import hit_lists, measures, winners
from pages.shared import collection_quality, corpora, frame, state
from pages.shared.collection_quality import Asked
from pages.shared.labels import picker, sources
from pages.shared.ui import output, progress

HEIGHT = 320
MEASURE, TITLE, RECALL = "ndcg@10", "nDCG@10", "recall@10"


def show(opened: Collection, ready: Sequence[ModelSpec], controls: DeltaGenerator) -> None:
    """The choice of labels, the chart with its sentence, whether the indexes change it, the table, and the hits."""
    with controls:
        labels = picker.choose_unmatched(opened)
    if labels is None:
        _ask_for_labels(opened)
        corpora.offer_missing(opened, ("vectors", "index"))
        return
    answer = st.empty()
    with progress.line(state.Evaluate.RANK, height=HEIGHT) as on_progress:
        matched = collection_quality.match(opened, labels, on_progress)
        asked = collection_quality.ask(opened, matched, ready, on_progress)
        by_index = collection_quality.measure_by_index(opened, matched, asked, on_progress)
        meanwhile = progress.meanwhile(on_progress, partial(_answer_by_index, answer, opened, by_index), patience=0)
        found = collection_quality.measure(opened, matched, asked, meanwhile)
        matched = collection_quality.match(opened, labels, on_progress, with_copies=True)
    if not found:
        corpora.offer_missing(opened, ("vectors",))
        return
    exact = {name: one.quality for name, one in found.items()}
    with answer.container():
        picker.show_skips(matched.labels)
        measures.draw(exact, MEASURE, TITLE)
    frame.let_browser_draw()
    for compared in collections.compare(exact, by_index):
        if compared.by_index:
            st.markdown(output.markdown_free(compared.sentence))
    _explain(opened, matched.labels, exact)
    output.download_table(measures.table(exact, RECALL), "measures")
    runs = {name: one.run for name, one in found.items()}
    winners.show(matched.labels, exact, MEASURE, TITLE, partial(_show_hits, opened, matched.labels, asked, runs))
    corpora.offer_missing(opened, ("vectors", "index"))


def _ask_for_labels(opened: Collection) -> None:
    st.info(
        "Upload queries and relevance labels under “Labels”, or mark results on the Search page: each model with "
        f"vectors in {opened.name} is measured on the whole collection.",
        icon=":material/checklist:",
    )
    st.page_link("pages/search.py", label="Search and mark", icon=":material/search:")


def _answer_by_index(place: DeltaGenerator, opened: Collection, measured: Mapping[str, Quality]) -> None:
    """Answer with what the indexes find, which takes much less time."""
    if measured:
        with place.container():
            measures.draw(measured, MEASURE, TITLE, key=state.Evaluate.RANKING_BY_INDEX)
            st.caption(f"So far by the indexes. Exact search goes through all {len(opened):,} texts now.")


def _explain(opened: Collection, labels: Labels, exact: Mapping[str, Quality]) -> None:
    """On what the figures are measured."""
    queries = next(iter(exact.values())).queries
    st.caption(
        f"{queries:,} labelled queries ({output.markdown_free(labels.name)}) over {collection_quality.scope(opened)}."
        + (" Documents not marked count as not relevant." if sources.current(opened) == sources.MARKED else "")
    )
    output.explain(f"Intervals: 95%, by bootstrap over the queries, {evaluation.describe_intervals(len(exact))}.")


def _show_hits(
    opened: Collection,
    labels: Labels,
    asked: Sequence[Asked],
    runs: Mapping[str, Run],
    systems: Sequence[str],
    query: str,
) -> None:
    """What the systems find for a query in the whole collection."""
    grades = labels.qrels[query]
    named = {name for system in systems for name in runs[system].get(query, {})} | set(grades)
    texts = collections.documents_named(opened, named)
    places = {name: place for place, name in enumerate(texts.document_names)}
    rankings = {}
    for one in asked:
        if one.spec.name in systems:
            scores = runs[one.spec.name].get(query, {})
            rows = np.array([[places[name] for name in scores]], np.int64)
            hits = Hits(rows, np.array([list(scores.values())], np.float32))
            rankings[one.spec.name] = Ranking(one.spec.name, hits, provenance=one.model.provenance)
    hit_lists.show(texts, 0, rankings, grades)
