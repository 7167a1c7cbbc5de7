"""Custom axes: each runs from one text, or group of texts, to another."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import streamlit as st

from core.corpus import one_text
from core.errors import InputError
from core.map_files import Space
from core.maps import Axes, Floats
from core.progress import Progress
from core.search.patterns import matching
from core.wording import shorten
from pages.parts.projector import selection
from pages.parts.projector.sources import Source
from pages.shared import cache, state
from pages.shared.ui import inputs

FIRST = {
    "x_from": "a machine that people build",
    "x_to": "an animal in the wild",
    "y_from": "something very small",
    "y_to": "something very large",
    "z_from": "long ago in history",
    "z_to": "technology of the future",
}
MOST_CHARACTERS = 500


@dataclass(frozen=True)
class End:
    """One end of an axis: a text, or the mean of rows."""

    text: str
    rows: tuple[int, ...] = ()

    @property
    def name(self) -> str:
        """A short name for the axis's title."""
        return f"{len(self.rows)} texts" if self.rows else shorten(self.text, 32)


def choose(space: Space, dimensions: int) -> list[tuple[End, End]]:
    """The ends of each axis, set in a popover."""
    with st.popover("Axes", icon=":material/tune:", width="content"):
        if space.vectors is None:
            st.caption(
                "From any text to any other, or from one group of texts to another: select the group on the map first."
            )
        else:
            st.caption(
                "From rows that contain one word to rows that contain another, or between groups: select them on "
                "the map first."
            )
        return [(_end(space, f"{axis}_from"), _end(space, f"{axis}_to")) for axis in "xyz"[:dimensions]]


def titles(ends: Sequence[tuple[End, End]]) -> Axes:
    """The axes' names."""
    return Axes(tuple((start.name, end.name) for start, end in ends))


def vectors_of(
    ends: Sequence[tuple[End, End]], space: Space, source: Source, on_progress: Progress
) -> list[tuple[Floats, Floats]]:
    """The vectors of the ends under one source: pairs of (d,) arrays.

    Raises
    ------
    InputError
        The space has vectors of its own, and no row contains the words of an end.
    """
    return [
        (_vector(start, space, source, on_progress), _vector(end, space, source, on_progress)) for start, end in ends
    ]


def selections(space: Space) -> dict[str, list[int]]:
    """The ends that are selections, for saving: their rows by the end's key."""
    end_rows = {key: st.session_state.get(state.Projector.AXIS_END_ROWS(key), ("", ())) for key in FIRST}
    return {key: list(rows) for key, (of, rows) in end_rows.items() if rows and of == space.fingerprint}


def restore(space: Space, rows_of: Mapping[str, Sequence[int]]) -> None:
    """Restore the ends from a file; missing rows are skipped."""
    for key in FIRST:
        rows = tuple(row for row in rows_of.get(key, ()) if 0 <= row < len(space))
        st.session_state[state.Projector.AXIS_END_ROWS(key)] = (space.fingerprint, rows)


def _end(space: Space, key: str) -> End:
    axis, side = key.split("_")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        text = inputs.short_text(
            f"{axis.upper()} {side}", FIRST[key] if space.vectors is None else "", key=state.Projector.AXIS_END(key),
            most=MOST_CHARACTERS, on_change=partial(_forget, key),
        )  # fmt: skip
        st.button(
            "Use selection", key=state.Projector.TAKE_AXIS_END(key), on_click=_take, args=(space, key),
            help="Use the texts selected on the map.",
        )  # fmt: skip
    of, rows = st.session_state.get(state.Projector.AXIS_END_ROWS(key), ("", ()))
    if rows and of == space.fingerprint:
        st.caption(f"{len(rows):,} selected texts. Type a text to replace them.")
        return End("", rows)
    return End(text.strip() or FIRST[key])


def _take(space: Space, key: str) -> None:
    rows = tuple(int(row) for row in selection.current(space.corpus).selected)
    if rows:
        st.session_state[state.Projector.AXIS_END_ROWS(key)] = (space.fingerprint, rows)


def _forget(key: str) -> None:
    st.session_state.pop(state.Projector.AXIS_END_ROWS(key), None)


def _vector(end: End, space: Space, source: Source, on_progress: Progress) -> Floats:
    rows = np.array(end.rows, np.int64)
    if not len(rows) and source.spec:
        return cache.embed_texts([one_text(end.text, "the end of an axis")], source.spec, on_progress).vectors[0]
    if not len(rows):
        rows = matching([space.corpus.texts, *space.corpus.fields.values()], end.text)
    if not len(rows):
        raise InputError(
            f"No row contains “{shorten(end.text, 60)}”: give each end of an axis a word that some rows contain, "
            "or a selection."
        )
    return source.vectors[rows].mean(axis=0)
