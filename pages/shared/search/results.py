"""The Results view: one query, a list of each system, and what the lists have in common."""

from collections.abc import Sequence

import streamlit as st

from core import snippets
from core.corpus import Corpus, Labels
from core.models import ModelSpec
from pages.shared import output, progress, quality
from pages.shared.frame import errors_told
from pages.shared.search import asking, cards, compared, lists
from pages.shared.search.conditions import Conditions

HEIGHT = 600


def show(texts: Corpus, specs: Sequence[ModelSpec], where: Conditions, k: int) -> None:
    """The query's box, the lists side by side, their agreement and their time."""
    typed = asking.box()
    asking.examples()
    query = asking.cleaned(typed)
    if not _told(texts, where):
        return
    answers: set[str] = set()
    qualities, labels = {}, None
    with progress.line("search", height=HEIGHT) as tell:
        found = lists.found(texts, query, specs, where, k, tell)
        with errors_told():
            if labels := quality.labels(texts):
                qualities = quality.measured(texts, labels, specs, tell)
                answers = asking.answers(labels, query)
    compared.chart(texts, found, k, answers)
    cards.show(texts, query, found, k, answers, qualities)
    if labels and qualities:
        _explain(labels)
    overlaps, times = compared.agreement(found), compared.latency(found)
    compared.downloads(texts, query, found, k, overlaps, times)
    output.code(snippets.search(specs[0], query, texts.texts))


def _told(texts: Corpus, where: Conditions) -> bool:
    """Say what is searched; whether there is anything left."""
    if where.rows is None:
        return True
    st.caption(
        f":material/filter_alt: {len(where.rows):,} of {len(texts):,} texts are searched: "
        f"{output.markdown_free(where.sentence)}."
    )
    if not len(where.rows):
        st.info("The filter leaves no text to search: take a condition back.", icon=":material/filter_alt_off:")
    return len(where.rows) > 0


def _explain(labels: Labels) -> None:
    st.caption(
        f"nDCG@10 is the mean over {len(labels.queries):,} labelled queries ({output.markdown_free(labels.name)}, the "
        "whole corpus); 1 would put every answer on top. The Evaluate page has the intervals."
    )
