"""The lists in present mode: the first results of each system in a line or two, all in one window, nothing to press."""

import html
from collections.abc import Container, Mapping

import streamlit as st

from core.charts.style import model_colours
from core.corpus import Corpus
from core.evaluation import Quality
from pages.parts.search import cards
from pages.parts.search.lists import List
from pages.shared import state

MOST, FEW = 5, 3  # results of a list, where lists stand in one row, and where they do not
MOST_ACROSS, ACROSS_OF_MANY = 4, 3
STYLE = """<style>
.short-lists { display: grid; grid-template-columns: repeat(var(--across), 1fr); gap: 1rem 1.2rem; font-size: .9rem }
.short-lists .system { font-size: 1rem; overflow-wrap: anywhere; padding-bottom: .2rem; border-bottom: 3px solid }
.short-lists .result { display: flex; gap: .5rem; padding: .3rem 0 }
.short-lists .words { flex: 1; display: flex; flex-wrap: wrap; justify-content: space-between; gap: 0 .5rem }
.short-lists .title {
    flex: 1 0 100%; display: -webkit-box; -webkit-box-orient: vertical; -webkit-line-clamp: 2; overflow: hidden
}
@media (max-width: 1100px) {
    .short-lists { grid-template-columns: 1fr 1fr }
    .short-lists .title { flex: 1 1 9em }
}
@media (max-width: 640px) { .short-lists { grid-template-columns: 1fr } }
@media (max-height: 800px) {
    .short-lists .title { -webkit-line-clamp: 1 }
    .short-lists .result:nth-child(n + 5) { display: none }
}
</style>"""


def show(
    texts: Corpus,
    lists: Mapping[str, List],
    k: int,
    relevant: Container[str],
    quality: Mapping[str, Quality],
) -> None:
    """The lists side by side; `relevant` are the ids of the relevant documents."""
    are_many = len(lists) > MOST_ACROSS
    shown = min(k, FEW if are_many else MOST)
    colours = model_colours(lists)
    drawn = [
        f"<div>{_system(system, colours[system], quality.get(system))}{_results(texts, hits, shown, relevant)}</div>"
        for system, hits in lists.items()
    ]
    across = ACROSS_OF_MANY if are_many else len(lists)
    with st.container(key=state.EveryPage.PRESENTED_LISTS):
        st.html(f'{STYLE}<div class="short-lists" style="--across:{across}">{"".join(drawn)}</div>')


def _system(name: str, colour: str, quality: Quality | None) -> str:
    figure = f"<div>{cards.measured(quality)}</div>" if quality else ""
    return f'<div class="system" style="border-color:{colour}"><b>{html.escape(name)}</b>{figure}</div>'


def _results(texts: Corpus, hits: List, shown: int, relevant: Container[str]) -> str:
    if not hits.rows:
        return '<div class="result">Nothing found.</div>'
    return "".join(_result(texts, hits, rank, relevant) for rank in range(1, min(shown, len(hits.rows)) + 1))


def _result(texts: Corpus, hits: List, rank: int, relevant: Container[str]) -> str:
    """Rank, title and score, and whether it is labelled as relevant."""
    row = hits.rows[rank - 1]
    tick = f" {cards.RELEVANT}" if texts.document_ids[row] in relevant else ""
    return (
        f'<div class="result"><b>{rank}</b><div class="words">'
        f'<span class="title">{html.escape(texts.titles[row])}</span>'
        f"<span>{cards.score(hits, rank)}{tick}</span></div></div>"
    )
