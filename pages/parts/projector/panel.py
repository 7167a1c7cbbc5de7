"""The panel beside the map: search results, the marked text with its neighbours, the selection."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import streamlit as st

from core.corpus import Corpus
from core.maps import Indices, Neighbours
from core.maps.faithfulness import Misplaced
from core.maps.regions import characteristic_words
from core.storage import digests
from core.wording import shorten
from pages.parts.projector import neighbours, selection
from pages.parts.projector.charts import Chart
from pages.parts.projector.finder import Found
from pages.parts.projector.map_view.content import Rows
from pages.shared import cache, state
from pages.shared.ui import output

MOST_LISTED = 1000
MOST_COUNTED = 100_000  # texts whose words are counted: a few seconds
ROW_PIXELS, HEAD_PIXELS = 35, 38
TEXT_PIXELS, NUMBER_PIXELS = 130, 60
MOST_LINES = 10


def show_found(texts: Corpus, what: Found, near: Sequence[Neighbours], charts: Sequence[Chart]) -> None:
    """The results of the search box: rows that contain the words, or the typed text's neighbours under each model."""
    if what.problem:
        st.warning(output.markdown_free(what.problem))
    elif what.rows is not None:
        count = len(what.rows)
        st.markdown(f"**{count:,} of {len(texts):,} texts** contain “{output.markdown_free(shorten(what.text, 60))}”")
        if count:
            st.button("Select them", icon=":material/select_all:", on_click=selection.select, args=(texts, what.rows))
            _list(texts, what.rows[:MOST_LISTED], name="matches")
    elif near:
        st.markdown(f"**“{output.markdown_free(shorten(what.text, 80))}”** is the star on the map")
        exact = charts[0].projection.linear is not None
        st.caption(
            "Placed exactly, by the map's own axes."
            if exact
            else "This map can't place a new text itself: the star is placed among its true neighbours."
        )
        _neighbours(texts, near, charts, name="typed")


def show_point(texts: Corpus, row: int, near: Sequence[Neighbours], charts: Sequence[Chart]) -> None:
    """The marked text, and its true neighbours under each model."""
    with st.container(border=True, gap="xsmall"):
        title, close = st.columns([8, 1], vertical_alignment="top")
        title.markdown(f"**{output.markdown_free(texts.titles[row] if 'title' in texts.fields else texts.ids[row])}**")
        close.button(
            ":material/close:", type="tertiary", key=state.Projector.CLOSE_POINT, help="Close",
            on_click=selection.point_at, args=(texts, None),
        )  # fmt: skip
        st.text(shorten(texts.texts[row], 600))
        known = [f"{name}: {cells[row]}" for name, cells in texts.fields.items() if name != "title" and cells[row]]
        if known:
            st.caption(output.markdown_free(shorten(" · ".join(known), 300)))
    if near:
        st.markdown("**Nearest in the original space**")
        _neighbours(texts, near, charts, name="point")


def show_misplaced(charts: Sequence[Chart], wrong: Sequence[Misplaced]) -> None:
    """How many false and missing neighbours the marked text has on each map, in a sentence."""
    for chart, of_map in zip(charts, wrong, strict=True):
        if chart.source:
            k = min(neighbours.MEASURED, len(chart.coordinates) - 1)
            where = f"On {output.markdown_free(chart.title)}'s map" if len(charts) > 1 else "On this map"
            st.caption(
                f"{where}, {len(of_map.false)} of its {k} nearest points are false neighbours (near only on the "
                f"map), and {len(of_map.torn)} of its {k} true neighbours are missing nearby."
            )


def show_selected(texts: Corpus, rows: Rows) -> None:
    """The selected texts: their number, characteristic words, the list, a download."""
    chosen = np.asarray(rows)
    st.markdown(f"**{len(chosen):,} texts selected**")
    named = st.container()  # filled last: with many texts, counting words takes longer than listing them
    _list(texts, chosen[:MOST_LISTED], name="selection")
    if len(chosen) > MOST_LISTED:
        st.caption(f"Showing the first {MOST_LISTED:,}; the download has all of them.")
    output.download_table(_table(texts, chosen), "selection", "Download the selection")
    with named:
        _show_words(texts, chosen)


def _show_words(texts: Corpus, chosen: Indices) -> None:
    """The characteristic words of the selected texts; in a large corpus counted on every n-th text."""
    step = -(-len(texts) // MOST_COUNTED)
    counted = chosen[chosen % step == 0] // step
    if len(counted) and (words := _words(texts, counted, step)):
        st.markdown("Characteristic words: " + ", ".join(output.markdown_free(word) for word in words))
    if step > 1:
        st.caption(f"Words counted in {len(counted):,} of them: one in {step} of all {len(texts):,} texts.")


def _words(texts: Corpus, counted: Indices, step: int) -> tuple[str, ...]:
    return cache.memory().recall(
        ("words", texts.fingerprint, step, digests.of_array(counted)),
        lambda: characteristic_words(texts.texts[::step], [counted])[0],
    )


def _neighbours(texts: Corpus, near: Sequence[Neighbours], charts: Sequence[Chart], *, name: str) -> None:
    """A list of neighbours for each model; a click on a line marks its text."""
    places = [place for place, chart in enumerate(charts) if chart.source]
    shown = places[0]
    if len(places) > 1:
        titles = {place: charts[place].title for place in places}
        chosen = st.segmented_control(
            "Under", places, default=places[0], format_func=lambda place: titles[place],
            key=state.Projector.NEIGHBOURS_UNDER(name), required=True, label_visibility="collapsed",
        )  # fmt: skip
        shown = chosen if chosen in places else places[0]
        shared = set(near[places[0]].rows[0].tolist())
        for place in places[1:]:
            shared &= set(near[place].rows[0].tolist())
        st.caption(f"{len(shared)} of the {near[shown].k} are the same for all {len(places)} models.")
    nearest = near[shown]
    table = pd.DataFrame(
        {
            "Text": [shorten(texts.titles[row], 200) for row in nearest.rows[0]],
            _heading(nearest): nearest.distances[0],
        }
    )
    _clickable(texts, table, nearest.rows[0], name=f"{name}_{shown}", number=_heading(nearest))


def _heading(nearest: Neighbours) -> str:
    return "1 - cos" if nearest.metric == "cosine" else "Distance"


def _list(texts: Corpus, rows: Indices, *, name: str) -> None:
    table = pd.DataFrame({"Text": [shorten(texts.titles[row], 200) for row in rows]})
    _clickable(texts, table, rows, name=name)


def _clickable(texts: Corpus, table: pd.DataFrame, rows: Indices, *, name: str, number: str = "") -> None:
    """A table of texts; clicking a line marks its text on the maps."""
    widget = state.Projector.TEXTS(name)

    def mark() -> None:
        lines = st.session_state[widget]["selection"]["rows"]
        if lines and lines[0] < len(rows):
            selection.point_at(texts, int(rows[lines[0]]))

    st.dataframe(
        table,
        hide_index=True,
        key=widget,
        height=HEAD_PIXELS + ROW_PIXELS * max(1, min(MOST_LINES, len(table))),
        on_select=mark,
        selection_mode="single-row",
        column_config={
            "Text": st.column_config.TextColumn(width=TEXT_PIXELS),
            number: st.column_config.NumberColumn(format="%.3f", width=NUMBER_PIXELS),
        },
        alt="Texts; click a row to highlight its point on the map",
    )


def _table(texts: Corpus, rows: Indices) -> pd.DataFrame:
    columns = {name: [cells[row] for row in rows] for name, cells in texts.fields.items()}
    return pd.DataFrame(
        {"id": [texts.ids[row] for row in rows], "text": [texts.texts[row] for row in rows]}
        | {name: cells for name, cells in columns.items() if name not in ("id", "text")}
    )
