"""The hits of systems for one query, side by side, with the relevant ones ticked."""

from collections.abc import Mapping, Sequence

import streamlit as st

from core.corpus import Corpus
from core.evaluation import CUT
from core.retrieval import Ranking
from core.search import Hits
from core.wording import shorten, three_figures
from pages.shared import state
from pages.shared.labels import judgements
from pages.shared.labels.judgements import Texts
from pages.shared.ui import output

TEXT_LENGTH = 160


def hits_of(hits: Hits, query: int) -> list[tuple[int, float]]:
    """A system's hits for a query with their scores, the best first."""
    scores = hits.scores[query][hits.is_found[query]]
    return list(zip(hits.rows_of(query).tolist(), scores.tolist(), strict=True))


def show(
    texts: Corpus,
    query: int,
    systems: Mapping[str, Ranking],
    grades: Mapping[str, int],
    *,
    question: str = "",
    marked_in: Texts | None = None,
    depth: int = CUT,
) -> None:
    """A column for each system; given a question, each document can be marked as answering it or not.

    The marks belong to the texts, or to the collection that they come from.
    """
    marked_in = texts if marked_in is None else marked_in
    names = texts.document_names
    places = _first_places(texts.document_ids)
    columns = st.grid(len(systems), min_column_width=300)
    for system, ranking in systems.items():
        with columns.cell():
            st.markdown(f"### {output.markdown_free(system)} &ensp;:small[:gray[{ranking.score_name}]]")
            listed = hits_of(ranking.hits, query)
            for rank, (row, score) in enumerate(listed[:depth], start=1):
                _card(
                    texts,
                    places[row],
                    names[row],
                    rank,
                    f"{ranking.unit} {three_figures(score)}",
                    grades,
                    question,
                    marked_in,
                    system,
                )
            if not listed:
                st.caption("Nothing found.")
            _show_missing(texts, listed, names, places, grades, depth)


def _card(
    texts: Corpus,
    place: int,
    name: str,
    rank: int,
    score: str,
    grades: Mapping[str, int],
    question: str,
    marked_in: Texts,
    system: str,
) -> None:
    grade = grades.get(name, 0)
    tick = f" :green-badge[:material/check: relevant{f' ({grade})' if grade > 1 else ''}]" if grade > 0 else ""
    with st.container(border=True, gap="xxsmall"):
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            st.markdown(f"**{rank}** &ensp; :gray[{score}]{tick}", width="content")
            if question:
                judgements.buttons(marked_in, question, name, key=state.Evaluate.MARK(system, place, name))
        if texts.fields.get("title", ("",) * len(texts))[place]:
            st.markdown(f"**{output.markdown_free(texts.titles[place])}**")
        st.text(shorten(texts.texts[place], TEXT_LENGTH))


def _show_missing(
    texts: Corpus,
    listed: Sequence[tuple[int, float]],
    names: Sequence[str],
    places: Sequence[int],
    grades: Mapping[str, int],
    depth: int,
) -> None:
    """The relevant documents beyond the first ones, and their ranks."""
    ranks = {names[row]: rank for rank, (row, _) in enumerate(listed, start=1)}
    numbers = {name: number for number, name in enumerate(names)}
    for name, grade in grades.items():
        if grade > 0 and ranks.get(name, depth + 1) > depth:
            where = f"at rank {ranks[name]}" if name in ranks else "not in the top 100"
            title = texts.titles[places[numbers[name]]] if name in numbers else f"{name}, not in the corpus"
            st.caption(f":material/close: {where}: {output.markdown_free(shorten(title, 80))}")


def _first_places(document_ids: Sequence[str]) -> list[int]:
    """The row of each document's first passage."""
    first: dict[str, int] = {}
    for place, name in enumerate(document_ids):
        first.setdefault(name, place)
    return list(first.values())
