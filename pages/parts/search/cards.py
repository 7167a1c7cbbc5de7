"""The lists side by side: a column for each system, a card for each document."""

import html
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.charts.similarity import percent
from core.charts.style import model_colours
from core.collections import Collection
from core.corpus import Corpus
from core.evaluation import Quality
from core.retrieval import BM25, HYBRID
from core.search.sentences import sentences
from core.wording import ordinal, shorten, three_figures
from pages.parts.search import confidence, marks
from pages.parts.search.lists import List
from pages.shared import cache, state
from pages.shared.labels import judgements
from pages.shared.ui import output

NARROWEST = 210
EXCERPT = 420
MOST_BEFORE = 160
BADGE = "padding:0 .4em;border-radius:.5em;white-space:nowrap;"
LOW_OPACITY = 0.72  # of a text: on both grounds its contrast stays above 4.5 to 1
GREEN, GREY = "rgba(0,158,115,.22)", "rgba(138,146,156,.22)"
SENTENCE = "background:rgba(230,159,0,.28);border-radius:3px;padding:1px 0"


def _badge(text: str, colour: str, tooltip: str) -> str:
    return f'<span style="{BADGE}background:{colour}" title="{html.escape(tooltip)}">{html.escape(text)}</span>'


RELEVANT = _badge("✓ relevant", GREEN, "labelled as relevant")


@dataclass(frozen=True)
class Slot:
    """The place of a card's words on the page, and what is in it."""

    place: DeltaGenerator
    system: str
    rank: int
    row: int
    moved: str
    is_relevant: bool


def show(
    texts: Corpus,
    query: str,
    lists: Mapping[str, List],
    k: int,
    relevant: Container[str],
    quality: Mapping[str, Quality],
    *,
    found_in: Collection | None = None,
) -> list[Slot]:
    """A column of cards for each list, wrapped in a narrow window; returns the places of the cards' words.

    `relevant` are the ids of the relevant documents, `found_in` the collection whose texts they are, to which the marks
    below the cards then belong.
    """
    if problem := st.session_state.pop(state.Search.MARK_FAILURE, None):
        st.error(output.markdown_free(problem), icon=":material/error:")
    st.html(marks.FILLED)
    marked_in = texts if found_in is None else found_in
    grades = judgements.grades(marked_in, query)
    first = next(iter(lists))
    leaders = lists[first].rows
    colours = model_colours(lists)
    columns = st.grid(len(lists), min_column_width=NARROWEST)
    slots = []
    for place, (system, hits) in enumerate(lists.items()):
        with columns.cell():
            st.html(_heading(system, colours[system], quality.get(system)))
            for rank, row in enumerate(hits.rows[:k], start=1):
                moved = "" if system == first else _move(rank, row, leaders, first)
                with st.container(border=True, gap="xsmall"):
                    document = texts.document_ids[row]
                    slots.append(Slot(st.empty(), system, rank, row, moved, document in relevant))
                    _draw(texts, slots[-1], hits)
                    marks.toggle(marked_in, query, document, grades.get(document), state.Search.MARK(place, row))
            if not hits.rows:
                reason = _nothing(texts, query, system) if found_in is None else "Nothing found."
                st.info(reason, icon=":material/search_off:")
            _source(system, first, hits)
    return slots


def draw_again(texts: Corpus, slots: Sequence[Slot], lists: Mapping[str, List]) -> None:
    """Draw the cards again, with marked sentences and percentiles."""
    for slot in slots:
        _draw(texts, slot, lists[slot.system])


def _draw(texts: Corpus, slot: Slot, hits: List) -> None:
    slot.place.html(_card(texts, slot, hits))


def measured(quality: Quality) -> str:
    """How well a system ranks, of how many queries: not of the one on screen."""
    return f"nDCG@10 <b>{quality.means['ndcg@10']:.2f}</b> over {quality.queries:,} queries"


def _heading(system: str, colour: str, quality: Quality | None) -> str:
    figure = ""
    if quality:
        figure = f'<div style="opacity:.75">{measured(quality)}</div>'
    line = f"border-bottom:3px solid {colour};padding-bottom:.2em;overflow-wrap:anywhere"
    return f'<div style="{line}"><b style="font-size:1.15em">{html.escape(system)}</b>{figure}</div>'


def _card(texts: Corpus, slot: Slot, hits: List) -> str:
    """Rank, move, score and the text with its sentence marked, fully escaped; grey if it says little."""
    percentile = hits.percentiles[slot.rank - 1] if hits.percentiles else None
    is_low = hits.is_hopeless or (percentile is not None and percentile < confidence.LOW)
    tick = RELEVANT if slot.is_relevant else ""
    known = html.escape(_subject(texts, slot.row))
    head = (
        '<div style="display:flex;gap:0 .5em;align-items:baseline;flex-wrap:wrap">'
        f'<b style="font-size:1.2em">{slot.rank}</b>'
        f"{score(hits, slot.rank)}{slot.moved}{tick}<span>{known}</span></div>"
    )
    meaning = f'<div style="font-size:.95em">{_meaning(hits, percentile)}</div>' if _has_meaning(hits) else ""
    title = f"<div><b>{html.escape(texts.titles[slot.row])}</b></div>" if "title" in texts.fields else ""
    body = _excerpt(texts.texts[slot.row], None if is_low else hits.marks.sentences.get(slot.row))
    text = f'<div style="font-size:.95em;line-height:1.45;overflow-wrap:anywhere">{body}</div>'
    return f'<div style="opacity:{LOW_OPACITY if is_low else 1}">{head}{meaning}{title}{text}</div>'


def score(hits: List, rank: int) -> str:
    """A result's score with its unit, as HTML."""
    written = f"{hits.ranking.unit} {three_figures(hits.scores[rank - 1])}"
    return f'<span title="{hits.ranking.score_name}" style="white-space:nowrap">{written}</span>'


def _has_meaning(hits: List) -> bool:
    """Whether its scores have percentiles, or may get some: those of models."""
    return bool(hits.percentiles) or (hits.percentiles is None and hits.ranking.provenance is not None)


def _meaning(hits: List, percentile: float | None) -> str:
    """The score's percentile among random pairs; a blank line until it is known.

    So it stays where nothing resembles the query: the best of many scores is above most random pairs all the same.
    """
    if percentile is None or hits.is_hopeless:
        return "&nbsp;"
    return "above all random pairs" if percentile == 100 else f"above {percent(percentile)} of random pairs"


def _subject(texts: Corpus, row: int) -> str:
    """The document's subject; for a passage, its document."""
    if texts.parents and texts.parents[row] != texts.ids[row]:
        return shorten(texts.parents[row], 40)
    return shorten(texts.fields["subject"][row], 40) if "subject" in texts.fields else ""


def _excerpt(text: str, place: int | None) -> str:
    """An excerpt around the marked sentence; the beginning if there is none."""
    parts = sentences(text)
    if place is None or len(parts) == 1:
        return html.escape(shorten(text, EXCERPT))
    before, sentence = "".join(parts[:place]), shorten(parts[place].strip(), EXCERPT)
    after = "".join(parts[place + 1 :])
    if len(text) > EXCERPT and len(before) > MOST_BEFORE:
        before = "…" + before[-MOST_BEFORE:].partition(" ")[2]
    room = max(0, EXCERPT - len(before) - len(sentence))
    after = shorten(after, room) if room > 1 else ("…" if after else "")
    mark = f'<mark style="{SENTENCE};color:inherit">{html.escape(sentence)}</mark>'
    return f"{html.escape(before)}{mark} {html.escape(after)}"


def _move(rank: int, row: int, leaders: list[int], first: str) -> str:
    """How the document's rank differs from the first list's."""
    if row not in leaders:
        return _badge(f"▲ from beyond {ordinal(len(leaders))}", GREY, f"not in the top {len(leaders)} of {first}")
    before = leaders.index(row) + 1
    if before == rank:
        return _badge("=", GREY, f"same rank for {first}")
    sign = "▲" if before > rank else "▼"
    return _badge(f"{sign} from {ordinal(before)}", GREY, f"rank {before} for {first}")


def _nothing(texts: Corpus, query: str, system: str) -> str:
    if system != BM25:
        return "Nothing found."
    return output.markdown_free(cache.keyword_index(texts).explain_nothing(query))


def _source(system: str, first: str, hits: List) -> None:
    """What computed the list."""
    if hits.ranking.provenance:
        output.provenance(hits.ranking.provenance, asked=hits.ranking.asked)
    elif system == HYBRID:
        st.caption(f"Reciprocal rank fusion of the other lists; sentences highlighted by {output.markdown_free(first)}")
    else:
        st.caption(f"BM25 over {hits.ranking.words}")
