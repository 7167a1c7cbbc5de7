"""How well each model ranks a whole collection for its labels, exactly and by its index."""

from collections.abc import Sequence

import streamlit as st

from core import collections
from core.collections import Collection
from core.models import ModelSpec
from pages.parts.evaluate import measures
from pages.shared import collection_quality, state
from pages.shared.labels import picker, sources
from pages.shared.ui import output, progress

HEIGHT = 320
MEASURE, TITLE, RECALL = "ndcg@10", "nDCG@10", "recall@10"


def show(opened: Collection, ready: Sequence[ModelSpec]) -> None:
    """The choice of labels, the chart with its sentence, whether the indexes change it, and the table."""
    labels = picker.choose_unmatched(opened)
    if labels is None:
        st.info(
            "Upload queries and relevance labels under “Labels”, or mark results on the Search page: each model with "
            f"vectors in {opened.name} is measured on the whole collection.",
            icon=":material/checklist:",
        )
        st.page_link("pages/search.py", label="Search and mark", icon=":material/search:")
        return
    with progress.line(state.Evaluate.RANK, height=HEIGHT) as on_progress:
        matched = collection_quality.match(opened, labels, on_progress)
        exact, by_index = collection_quality.measure(opened, matched, ready, on_progress)
    if not exact:
        st.info(
            f"No picked model has vectors in {opened.name}: `python -m core collection embed {opened.name} --model "
            "MODEL` computes them.",
            icon=":material/terminal:",
        )
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
        + (" Documents not marked count as not relevant." if sources.current(opened) == sources.MARKED else "")
    )
    output.download_table(measures.table(exact, RECALL), "measures")
