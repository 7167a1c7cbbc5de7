"""The maps as a Streamlit component: large data is sent separately and once, changes are small.

What the user does on a map is asked for in each run, with `new_marks` and `new_point_size`, not told to callbacks:
Streamlit ends a callback at its first use of the session when the next gesture is already waiting, so that the first
is lost.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import streamlit as st

from pages.parts.projector.map_view.bundle import bundle
from pages.parts.projector.map_view.content import Categories, Gradient, Label, Look, Marks, Rows
from pages.parts.projector.map_view.packing import Points, pack_colour, pack_rows, unpack_rows
from pages.shared import state

JS = Path(__file__).parent / "js"
NOTHING = Marks()
PLAIN = Look()
MOST_PIXELS = 20.0  # the diameter of the largest points


def show(
    points: Points,
    colour: Categories | Gradient,
    *,
    key: str,
    marks: Marks = NOTHING,
    labels: Sequence[Label] = (),
    neighbours: Rows = (),
    false: Sequence[Rows] = (),
    torn: Sequence[Rows] = (),
    matches: Rows | None = None,
    typed: Sequence[tuple[float, ...] | None] = (),
    typed_text: str = "",
    look: Look = PLAIN,
    camera: Mapping[str, Any] | None = None,
    moving: str = "",
    height: str = "640px",
) -> None:
    """Draw the maps of `points`; the page reruns when the user has marked something else, or resized the points.

    Parameters
    ----------
    marks
        The marks known to the page. The browser keeps those the user made since.
    neighbours
        Rows nearest to `marks.point` in the original space: the same on all maps.
    false, torn
        For each map, the point's false neighbours, and its true neighbours missing nearby.
    matches
        Rows that a search found (None: no search); all others fade.
    typed, typed_text
        For each map, the place of a typed text in the map's own coordinates (None: no place).
    camera
        An earlier value of `camera(key)`, to open the maps at that view. Later changes by the user take precedence.
    moving
        The name of a layout that moves, such as t-SNE's: its maps are turned once, not at each step.
    height
        A CSS length, including toolbar and legend.
    """
    colour_id, colour_packet = pack_colour(colour, points.count)
    with st.container(gap=None):
        _data_component()(data=points.packet, key=state.Projector.PARCEL(key, "points"))
        _data_component()(data=colour_packet, key=state.Projector.PARCEL(key, "colour"))
        _view_component()(
            key=key,
            height=height,
            on_marks_change=_ignore,
            on_camera_change=_ignore,
            on_size_change=_ignore,
            data={
                "points": points.id,
                "colour": colour_id,
                "height": height,
                "acknowledged": _last_gesture(key),
                "marks": _pack_selection(marks, points.count),
                "neighbours": {
                    "of": marks.point,
                    "rows": _list_rows(neighbours),
                    "false": [_list_rows(rows) for rows in false],
                    "torn": [_list_rows(rows) for rows in torn],
                },
                "matches": None if matches is None else pack_rows(matches, points.count),
                "typed": {"text": typed_text, "places": [place and list(map(float, place)) for place in typed]},
                "labels": [
                    {"map": at.map, "text": at.text, "place": list(map(float, at.place)), "colour": at.colour}
                    for at in labels
                ],
                "look": {"size": look.size, "labels": look.labels, "edges": look.edges},
                "camera": camera,
                "layout": moving or points.id,
                "legend": _legend(colour),
            },
        )


def new_marks(key: str, rows: str, count: int) -> Marks | None:
    """What the user has marked on the maps of this key since this was last asked; None if nothing.

    `rows` and `count` identify the rows, as in `Points`: marks among other rows are passed over.
    """
    sent = _take(key, "marks")
    if not isinstance(sent, Mapping) or sent.get("rows") != rows:
        return None
    point = sent.get("point")
    isolated = sent.get("isolated")
    return Marks(
        point if type(point) is int and 0 <= point < count else None,
        unpack_rows(sent.get("selected"), count),
        None if isolated is None else unpack_rows(isolated, count),
    )


def camera(key: str) -> dict[str, Any] | None:
    """The current camera, to be passed to `show` again; None if nothing was moved."""
    seen = _state(key, "camera")
    return dict(seen) if isinstance(seen, Mapping) and seen else None


def new_point_size(key: str) -> float | None:
    """The size in pixels that the user has chosen on the maps since this was last asked; None if none."""
    size = _take(key, "size")
    return min(MOST_PIXELS, max(0.0, float(size))) if isinstance(size, int | float) else None


@cache
def _data_component() -> Callable[..., object]:
    """The component that sends bytes and the drawing script to the browser; resent only when they change."""
    return st.components.v2.component("embedscope_map_data", js=bundle(JS / "data-component.js"))


@cache
def _view_component() -> Callable[..., object]:
    return st.components.v2.component(
        "embedscope_maps",
        html=(JS / "viewer.html").read_text("utf-8"),
        css=(JS / "viewer.css").read_text("utf-8"),
        js=bundle(JS / "view-component.js"),
    )


def _state(key: str, name: str) -> object:
    """One of the component's states as sent by the browser, unchecked; None if it sent none."""
    component = st.session_state.get(key)
    return component.get(name) if isinstance(component, Mapping) else None


def _take(key: str, name: str) -> object:
    """One of the component's states, unless it was taken before."""
    sent, taken = _state(key, name), state.Projector.TAKEN(key, name)
    is_new = sent is not None and sent != st.session_state.get(taken)
    st.session_state[taken] = sent
    return sent if is_new else None


def _last_gesture(key: str) -> int:
    """The number of the last gesture taken, so that an older answer does not undo a newer gesture."""
    taken = st.session_state.get(state.Projector.TAKEN(key, "marks"))
    serial = taken.get("serial") if isinstance(taken, Mapping) else None
    return serial if type(serial) is int else 0


def _pack_selection(marked: Marks, count: int) -> dict[str, Any]:
    return {
        "point": marked.point,
        "selected": pack_rows(marked.selected, count),
        "isolated": None if marked.isolated is None else pack_rows(marked.isolated, count),
    }


def _list_rows(rows: Rows) -> list[int]:
    return [int(row) for row in rows]


def _legend(colour: Categories | Gradient) -> dict[str, Any]:
    if isinstance(colour, Categories):
        names, colours, shapes = map(list, (colour.names, colour.colours, colour.shapes))
        return {"kind": "categories", "names": names, "colours": colours, "shapes": shapes}
    middle = (colour.low + colour.high) / 2
    ticks = [_tick(value, colour) for value in (colour.low, middle, colour.high)]
    return {"kind": "gradient", "title": colour.title, "stops": list(colour.scale), "ticks": ticks}


def _tick(value: float, colour: Gradient) -> str:
    if colour.format == "date":
        return datetime.fromtimestamp(value, UTC).strftime("%Y-%m-%d")
    if colour.format == "percent":
        return f"{value:.0%}"
    return f"{value:,.0f}" if abs(colour.high - colour.low) >= 10 else f"{value:.3g}"


def _ignore() -> None:
    """The page reads this state when it needs it."""
