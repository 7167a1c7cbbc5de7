"""The Results view: one query, a list of each system, and what the lists have in common."""

from collections.abc import Sequence

import streamlit as st

from core import examples
from core.corpus import Corpus, Labels
from core.models import ModelSpec
from pages.parts.search import cards, comparison, lists, query
from pages.parts.search.filters import Conditions
from pages.shared import quality, state
from pages.shared.frame import show_errors
from pages.shared.labels import sources
from pages.shared.ui import output, progress

HEIGHT = 600


def show(texts: Corpus, specs: Sequence[ModelSpec], where: Conditions, k: int) -> None:
    """The query's box, the lists side by side, their agreement and their time."""
    typed = query.box()
    query.examples()
    asked = query.clean(typed)
    if not _explain_scope(texts, where):
        return
    answers: set[str] = set()
    qualities, labels = {}, None
    with progress.line(state.Search.SEARCH, height=HEIGHT) as on_progress:
        hits = lists.find(texts, asked, specs, where, k, on_progress)
        with show_errors():
            if labels := sources.labels(texts):
                qualities = quality.measure(texts, labels, specs, on_progress)
                answers = query.answers(labels, asked)
    comparison.show_moves(texts, hits, k, answers)
    slots = cards.show(texts, asked, hits, k, answers, qualities)
    with progress.line(state.Search.HIGHLIGHT) as on_progress:
        hits = lists.highlight(hits, on_progress)
    cards.highlight(texts, slots, hits)
    if labels and qualities:
        _explain(labels)
    overlaps, times = comparison.agreement(hits), comparison.latency(hits)
    comparison.downloads(texts, asked, hits, k, overlaps, times, specs)
    output.code(examples.search(specs[0], asked, texts.texts))


def _explain_scope(texts: Corpus, where: Conditions) -> bool:
    """Show what is searched; returns whether anything is left."""
    if where.rows is None:
        return True
    st.caption(
        f":material/filter_alt: Searching {len(where.rows):,} of {len(texts):,} texts: "
        f"{output.markdown_free(where.sentence)}."
    )
    if not len(where.rows):
        st.info("The filter leaves no text to search: remove a filter.", icon=":material/filter_alt_off:")
    return len(where.rows) > 0


def _explain(labels: Labels) -> None:
    st.caption(
        f"nDCG@10 is the mean over {len(labels.queries):,} labelled queries ({output.markdown_free(labels.name)}, "
        "the whole corpus); 1 means every answer is on top. The Evaluate page has the intervals."
    )
