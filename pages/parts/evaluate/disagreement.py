"""Without labels: how much the systems agree, and the queries where marks are most informative, to mark in place."""

from collections.abc import Mapping, Sequence

import numpy as np
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core import corpus, evaluation, examples
from core.charts.evaluation import agreement_matrix
from core.corpus import Corpus
from core.corpus.judgements import of_query
from core.corpus.labels import OWN_DOCUMENTS
from core.evaluation import CUT
from core.models import ModelSpec
from core.retrieval import HYBRID, Ranking
from core.tables import ENDINGS
from core.wording import count
from pages.parts.evaluate import hit_lists
from pages.shared import cache, corpora, picks, quality, state, uploads
from pages.shared.labels import judgements, picker, sources
from pages.shared.labels.judgements import Texts
from pages.shared.ui import chart, inputs, output, progress

SAMPLE, PASTE, FILE = "Sample", "Paste", "File"
TABLE_HEIGHT = 300
DEPTH = 5


def show(ready: Sequence[ModelSpec], controls: DeltaGenerator) -> None:
    """Draw the view: the matrix of agreement, the most informative queries, both lists of one with buttons to mark."""
    with controls:
        texts = corpora.choose()
        queries = _queries(texts)
    corpora.note_sample(texts)
    output.show_skips(texts)
    if queries is None:
        st.info(
            "Add queries that people ask of these texts under “Queries”, one per line. No labels are needed.",
            icon=":material/help:",
        )
        return
    output.show_skips(queries)
    judgements.show_failure()
    marked_in = sources.owner(texts)
    with progress.line(state.Evaluate.DISAGREE, height=400) as on_progress:
        specs = quality.select_embeddable(texts, ready, on_progress)
        rankings = quality.rankings(texts, queries, specs, on_progress)
    compared = {name: ranking for name, ranking in rankings.items() if name != HYBRID}
    systems = {name: ranking.hits for name, ranking in compared.items()}
    if themselves := int((corpus.own_documents(queries, texts) >= 0).sum()):
        st.caption(f":material/filter_alt: {OWN_DOCUMENTS[:1].upper()}{OWN_DOCUMENTS[1:]} ({themselves:,}).")
    matrix = evaluation.agreements(systems)
    output.answer(evaluation.agreement_sentence(matrix, list(systems)))
    panels = st.grid(2, min_column_width=430)
    with panels.cell():
        _draw(matrix, list(systems), len(queries))
    with panels.cell():
        place = _choose_query(texts, queries, compared, specs, judgements.all_grades(marked_in))
    for spec in specs:
        if source := picks.source(spec):
            output.provenance(source, asked=rankings[spec.name].asked)
    st.markdown(f"## {output.markdown_free(queries.texts[place])}")
    _mark_elsewhere(queries.texts[place])
    grades = judgements.grades(marked_in, queries.texts[place])
    hit_lists.show(texts, place, compared, grades, question=queries.texts[place], marked_in=marked_in, depth=DEPTH)
    _offer_judgements(marked_in)
    if specs:
        output.code(examples.search(specs[0], queries.texts[place], texts.texts))


def _queries(texts: Corpus) -> Corpus | None:
    """The queries: the sample's for the sample corpus, pasted, from a file, or those of the current labels."""
    offered = [SAMPLE, PASTE, FILE] if sources.SAMPLE in sources.offer(texts) else [PASTE, FILE]
    inputs.fall_back(state.Evaluate.QUERIES, offered, offered[0])
    label = inputs.choice(state.Evaluate.QUERIES, offered[0]).lower()
    with st.popover(f"Queries: {label}", icon=":material/help:", key=state.Evaluate.QUERIES_POPOVER):
        source = st.segmented_control(
            "Queries", offered, default=offered[0], key=state.Evaluate.QUERIES, bind="query-params", required=True
        )
        if source == SAMPLE:
            st.caption("The 192 queries of the sample corpus; their labels are not used here.")
            return corpus.sample_queries()
        if source == PASTE:
            pasted = inputs.remember_text(state.Evaluate.QUERIES_PASTED, "", height=220, label="Queries, one per line")
            return corpus.from_paste(pasted, "pasted queries") if pasted.strip() else None
        uploaded = uploads.ask(state.Evaluate.QUERIES_FILE, "Queries", ENDINGS)
        st.caption("TXT (one per line), or CSV, TSV, JSONL or Parquet with the column text.")
        if not uploaded:
            uploads.show_missing(
                state.Evaluate.QUERIES, "file with queries", "Queries", "there is nothing to compare yet"
            )
        return uploads.read(uploaded[0], corpus.from_file) if uploaded else None


def _draw(matrix: np.ndarray, systems: list[str], queries: int) -> None:
    chart.draw(
        agreement_matrix(matrix, systems),
        key=state.Evaluate.AGREEMENT,
        name="agreement",
        alt="Rank-biased overlap of each pair of systems",
    )
    st.caption(f"Mean rank-biased overlap of the first {CUT} documents over {queries:,} queries, from 0 to 1.")


def _choose_query(
    texts: Corpus,
    queries: Corpus,
    compared: Mapping[str, Ranking],
    specs: Sequence[ModelSpec],
    marks: dict[str, dict[str, int]],
) -> int:
    """The queries, the most informative first; returns the one clicked, by default the top one."""
    import pandas as pd

    systems = {name: ranking.hits for name, ranking in compared.items()}
    depends = tuple(ranking.key for ranking in compared.values())
    key = ("informative", texts.fingerprint, queries.fingerprint, *depends, picks.device(), picks.precision())
    agreement, order = cache.memory().recall(
        key, lambda: (evaluation.agreement_by_query(systems), evaluation.informative(systems))
    )
    st.markdown("**Mark these first: the systems disagree most**")
    table = pd.DataFrame(
        {
            "Query": [queries.texts[row] for row in order],
            "Agreement": agreement[order],
            "Marked": [len(of_query(marks, queries.texts[row])) for row in order],
        }
    )
    shown = st.dataframe(
        table,
        hide_index=True,
        key=state.Evaluate.INFORMATIVE,
        height=TABLE_HEIGHT,
        on_select="rerun",
        selection_mode="single-row",
        alt="Queries, most informative first",
        column_config={
            "Query": st.column_config.TextColumn(width=250),
            "Agreement": st.column_config.ProgressColumn(min_value=0, max_value=1, format="%.2f", width=120),
            "Marked": st.column_config.NumberColumn(width=70),
        },
    )
    output.download_table(output.with_options(table, specs), "informative-queries")
    rows = [row for row in shown.selection.rows if row < len(order)]
    return order[rows[0] if rows else 0]


def _mark_elsewhere(query: str) -> None:
    """A link to the Search page with this query."""
    st.page_link(
        "pages/search.py",
        label="Open in Search",
        icon=":material/search:",
        query_params=[(state.Search.QUERY, query)],
    )


def _offer_judgements(texts: Texts) -> None:
    """The marks so far, for download."""
    labels = judgements.labels(texts)
    if labels is None:
        st.caption("Mark which results are relevant to the query: your marks become labels for the view “Ranking”.")
        return
    marks = sum(map(len, labels.qrels.values()))
    st.markdown(f"**{count(marks, 'mark')} on {count(len(labels.queries), 'query', 'queries')} so far**")
    with st.container(horizontal=True):
        picker.downloads(labels, "marks")
        st.button(
            "Measure with these marks",
            icon=":material/checklist:",
            on_click=_measure_with_marks,
            key=state.Evaluate.MEASURE_MARKS,
        )


def _measure_with_marks() -> None:
    st.session_state[state.Evaluate.VIEW] = "Ranking"
    st.session_state[state.Labels.SOURCE] = sources.MARKED
