"""How well each system ranks the labelled queries, how sure that is, and the queries on which two systems differ."""

from collections.abc import Mapping, Sequence
from functools import partial

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core import evaluation, examples
from core.corpus import Corpus, Labels
from core.evaluation import Quality
from core.models import ModelSpec
from core.retrieval import BM25, Ranking
from pages.parts.evaluate import collected, downloads, hit_lists, measures, winners
from pages.shared import corpora, frame, picks, quality, state
from pages.shared.labels import picker, sources
from pages.shared.ui import inputs, output, progress

MEASURES = {"nDCG@10": "ndcg@10", "MRR@10": "mrr@10", "MAP@100": "map@100", "Recall@k": "recall@{k}"}
HEIGHT = 320


def show(ready: Sequence[ModelSpec], controls: DeltaGenerator) -> None:
    """Draw the view: the chart with its sentence, the table of measures, and the queries won and lost."""
    with controls:
        texts = corpora.choose()
    if (opened := corpora.collection()) is not None:
        collected.show(opened, ready, controls)
        return
    with controls:
        labels = picker.choose(texts)
        title = st.selectbox("Measure", list(MEASURES), key=state.Evaluate.MEASURE, bind="query-params", width=150)
        inputs.fall_back(state.Evaluate.RECALL_AT, quality.RECALL_CUTS, evaluation.CUT)
        cut = st.selectbox(
            "Recall at k", quality.RECALL_CUTS, quality.RECALL_CUTS.index(evaluation.CUT), key=state.Evaluate.RECALL_AT,
            bind="query-params", width=120,
        )  # fmt: skip
    output.show_skips(texts)
    if labels is None:
        picker.missing(texts)
        return
    picker.show_skips(labels)
    measure = MEASURES[title or "nDCG@10"].format(k=cut)
    with progress.line(state.Evaluate.RANK, height=HEIGHT) as on_progress:
        specs = quality.select_embeddable(texts, ready, on_progress)
        measured = quality.measure(texts, labels, specs, on_progress)
        full_rankings = quality.rankings(texts, labels.queries, specs, on_progress)
    rankings = {name: ranking.hits for name, ranking in full_rankings.items()}
    shown = (title or "nDCG@10").replace("@k", f"@{cut}")
    measures.draw(measured, measure, shown)
    frame.let_browser_draw()
    _provenance(texts, labels, measured, specs, full_rankings)
    table = measures.table(measured, f"recall@{cut}")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        output.download_table(output.with_options(table, specs, "System"), "measures")
        downloads.popover(labels, measured, rankings, texts.document_names, specs)
    winners.show(labels, measured, measure, shown, partial(_show_hits, texts, labels, full_rankings))
    if specs:
        output.code(examples.evaluate(specs[0], *picker.few(texts, labels)))


def _show_hits(
    texts: Corpus, labels: Labels, rankings: Mapping[str, Ranking], systems: Sequence[str], query: str
) -> None:
    """What the systems find for a query."""
    place = labels.queries.ids.index(query)
    hit_lists.show(texts, place, {name: rankings[name] for name in systems}, labels.qrels[query])


def _provenance(
    texts: Corpus,
    labels: Labels,
    measured: Mapping[str, Quality],
    specs: Sequence[ModelSpec],
    rankings: Mapping[str, Ranking],
) -> None:
    queries = next(iter(measured.values())).queries
    st.caption(
        f"{queries:,} labelled queries ({output.markdown_free(labels.name)}) over {len(texts.document_names):,} "
        f"documents ({output.markdown_free(texts.name)}). BM25 counts {rankings[BM25].words}. Hybrid: reciprocal rank "
        "fusion of all other systems."
        + (" Documents not marked count as not relevant." if sources.current(texts) == sources.MARKED else "")
    )
    output.explain(f"Intervals: 95%, by bootstrap over the queries, {evaluation.describe_intervals(len(measured))}.")
    for spec in specs:
        if source := picks.source(spec):
            output.provenance(source, asked=rankings[spec.name].asked)
