"""The user's marks: a point, a selection, isolated rows; preserved across pages and reruns, and in the address."""

import base64
import json
import zlib
from collections.abc import Callable
from typing import Any

import numpy as np
import streamlit as st

from core.corpus import Corpus
from core.maps import Indices
from pages.parts.projector import map_view
from pages.parts.projector.map_view.content import Rows
from pages.shared import state
from pages.shared.state import Parameter

LONGEST_IN_URL = 1200
IN_ADDRESS = (state.Projector.POINT, state.Projector.SELECTED, state.Projector.ISOLATED)


def current(texts: Corpus) -> map_view.Marks:
    """The current marks among these texts; on the first run, those in the address."""
    entry = _entry(texts)
    if entry is None and any(name in st.query_params for name in IN_ADDRESS):
        return _put(texts, _of_address(texts))
    if entry is None or entry[0] != texts.fingerprint:
        return map_view.Marks()
    return entry[1]


def watch(texts: Corpus) -> Callable[[], bool]:
    """A function that says whether anything has been marked since this call."""
    before = _entry(texts)
    return lambda: _entry(texts) is not before


def point_at(texts: Corpus, row: int | None) -> None:
    """Mark one text, as a click on it does."""
    before = current(texts)
    _put(texts, map_view.Marks(row, before.selected, before.isolated))


def select(texts: Corpus, rows: Indices) -> None:
    """Select texts."""
    before = current(texts)
    _put(texts, map_view.Marks(before.point, rows, before.isolated))


def restore(texts: Corpus, marked: map_view.Marks, looked: dict[str, Any] | None) -> None:
    """Restore the marks and the camera."""
    _put(texts, marked)
    st.session_state[state.Projector.CAMERA_OF_VIEW] = (looked, map_view.camera(state.Projector.MAP))


def camera() -> dict[str, Any] | None:
    """The current camera; before anything was moved, the one from a view or the address."""
    now = map_view.camera(state.Projector.MAP)
    restored, before = st.session_state.get(state.Projector.CAMERA_OF_VIEW, (None, None))
    if restored and now == before:
        return restored
    return now or _json(st.query_params.get(state.Projector.CAMERA))


def write_address(texts: Corpus) -> None:
    """Write the marks into the address, and say which are too long for a link."""
    marked = current(texts)
    looked = map_view.camera(state.Projector.MAP)
    written = {
        state.Projector.POINT: "" if marked.point is None else texts.ids[marked.point],
        state.Projector.SELECTED: _compress(marked.selected, len(texts)),
        state.Projector.ISOLATED: "" if marked.isolated is None else _compress(marked.isolated, len(texts)),
    }
    if looked is not None:
        written[state.Projector.CAMERA] = json.dumps(looked, separators=(",", ":"))
    for name, value in written.items():
        _param(name, value)
    if any(len(value) > LONGEST_IN_URL for value in written.values()):
        st.caption("The marks on this map are too long for a link, and a reload loses them: save the view instead.")


def as_json(texts: Corpus) -> dict[str, Any]:
    """The marks and the camera, for a file."""
    marked = current(texts)
    return {
        "point": marked.point,
        "selected": [int(row) for row in marked.selected],
        "isolated": None if marked.isolated is None else [int(row) for row in marked.isolated],
        "camera": camera(),
    }


def _entry(texts: Corpus) -> tuple[str, map_view.Marks] | None:
    """The last marks with the fingerprint of their corpus, those just made on the map included; None before any."""
    new = map_view.new_marks(state.Projector.MAP, texts.fingerprint, len(texts))
    if new is not None:
        _put(texts, new)
    entry: tuple[str, map_view.Marks] | None = st.session_state.get(state.Projector.SELECTION)
    return entry


def _put(texts: Corpus, marked: map_view.Marks) -> map_view.Marks:
    st.session_state[state.Projector.SELECTION] = (texts.fingerprint, marked)
    return marked


def _of_address(texts: Corpus) -> map_view.Marks:
    point = st.query_params.get(state.Projector.POINT)
    isolated = st.query_params.get(state.Projector.ISOLATED)
    return map_view.Marks(
        texts.ids.index(point) if point in texts.ids else None,
        _decompress(st.query_params.get(state.Projector.SELECTED, ""), len(texts)),
        _decompress(isolated, len(texts)) if isolated else None,
    )


def _param(name: Parameter, value: str) -> None:
    if value and len(value) <= LONGEST_IN_URL:
        if st.query_params.get(name) != value:
            st.query_params[name] = value
    elif name in st.query_params:
        del st.query_params[name]


def _compress(rows: Rows, count: int) -> str:
    """Rows as text for an address: the bits of all rows, compressed; empty if there are none."""
    if not len(rows):
        return ""
    bits = np.zeros(count, bool)
    bits[np.asarray(rows)] = True
    return base64.urlsafe_b64encode(zlib.compress(np.packbits(bits).tobytes(), 9)).decode().rstrip("=")


def _decompress(text: str, count: int) -> Indices:
    """The rows in such a text; none if it is invalid."""
    try:
        packed = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        bits = zlib.decompressobj().decompress(packed, count // 8 + 1)
    except (ValueError, zlib.error):
        return np.empty(0, np.int64)
    return np.flatnonzero(np.unpackbits(np.frombuffer(bits, np.uint8))[:count]).astype(np.int64)


def _json(text: str | None) -> dict[str, Any] | None:
    try:
        value = json.loads(text or "null")
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None
