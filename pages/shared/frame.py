"""The frame around every page: the sidebar with the picked models, and errors told as sentences."""

import html
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

import streamlit as st

from core.encoders.files import availability
from core.errors import EmbedscopeError
from core.figures.style import model_colour
from core.machine import devices, this_machine
from core.models import DEFAULT_PICKS, ModelSpec, get, names
from pages.shared import navigation, resources
from pages.shared.output import markdown_free

MOST_PICKS = 4
SECONDS_TO_DRAW = 0.8

_in_frame: ContextVar[bool] = ContextVar("in_frame", default=False)


@contextmanager
def around_page() -> Iterator[None]:
    """Tell the page that it runs inside the entrypoint; what a person can mend ends the page as a sentence."""
    token = _in_frame.set(True)
    try:
        with errors_told():
            yield
    finally:
        _in_frame.reset(token)


@contextmanager
def errors_told() -> Iterator[None]:
    """Show an error that a person can mend as a sentence in place of what was to come."""
    try:
        yield
    except EmbedscopeError as error:
        st.error(markdown_free(str(error)), icon=":material/error:")


def require_frame() -> None:
    """Rerun through the entrypoint if the page was started on its own.

    On the first deep link after a server start, Streamlit runs a file of pages/ by itself; declaring the navigation
    once turns that off for the whole process. (A session key could not tell: st.stop() leaves no chance to reset it.)
    """
    if not _in_frame.get():
        navigation.declare()
        st.rerun()


def let_browser_draw() -> None:
    """Wait a moment, once a session, so that what is above appears before the browser loads the charts' code."""
    if "drawn" not in st.session_state:
        st.session_state["drawn"] = True
        time.sleep(SECONDS_TO_DRAW)


def is_dark() -> bool:
    """Whether the person looks at the dark theme."""
    return st.context.theme.type == "dark"


def sidebar() -> None:
    """The picked models with their state, and the device."""
    with st.sidebar:
        st.multiselect(
            "Picked models",
            names(),
            default=DEFAULT_PICKS,
            max_selections=MOST_PICKS,
            key="models",
            bind="query-params",
            help="Used on all pages. The table on the Models page picks too.",
        )
        if states := "".join(_state_line(spec) for spec in picked_models()):
            st.html(states)
        _device_choice()


def picked_models() -> list[ModelSpec]:
    """The models picked for all pages, in the catalogue's order."""
    chosen = set(st.session_state.get("models", DEFAULT_PICKS))
    return [get(name) for name in names() if name in chosen]


def picked_device() -> str:
    """The device picked for all pages: auto, cpu or cuda."""
    return str(st.session_state.get("device") or "auto")


def _device_choice() -> None:
    if len(devices()) > 1:
        st.segmented_control(
            "Device", ["auto", *devices()], default="auto", key="device", bind="query-params", required=True
        )
    else:
        st.caption("Device: CPU (there is no GPU here)")
    st.caption(f"Machine: {this_machine().sentence}")


def _state_line(spec: ModelSpec) -> str:
    """A model's name under its colour, and whether it is loaded, ready or what it needs."""
    state = availability(spec)
    label = "loaded" if resources.is_loaded(spec) else state.label
    dot = f'<span style="color:{model_colour(spec.name)};font-size:1.2em">&#9679;</span>'
    return (
        f'<div style="line-height:1.35;margin-bottom:.45em">{dot} <b>{html.escape(spec.name)}</b><br>'
        f'<span style="opacity:.7;margin-left:1.1em">{html.escape(label)}</span></div>'
    )
