"""The frame around every page: the list of pages, the sidebar, and the page's head."""

import html
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from core.encoders.files import availability
from core.errors import EmbedscopeError
from core.figures.style import model_colour
from core.machine import devices, this_machine
from core.models import DEFAULT_PICKS, ModelSpec, get, names
from pages.shared import resources
from pages.shared.output import markdown_free

MOST_PICKS = 4
ICON = str(Path(__file__).parent / "icon.svg")
LOGO = str(Path(__file__).parent / "logo.svg")

_in_frame: ContextVar[bool] = ContextVar("in_frame", default=False)

PAGES = {
    "models": ("Models", "Compare the models and pick up to four for all pages."),
    "explain": ("Explain", "Watch a text become tokens, vectors and one embedding."),
    "embed": ("Embed", "Embed your own texts with the picked models, side by side."),
    "similarity": ("Similarity", "Cosine heatmaps of texts, one for each picked model."),
    "search": ("Search", "One query, every picked model and BM25 side by side."),
    "projector": ("Projector", "A map of a corpus by UMAP or PCA, in 2D or 3D."),
    "benchmark": ("Benchmark", "Time the picked models on this machine, CPU against GPU."),
}


def navigation() -> StreamlitPage:
    """Declare the pages and return the one the address asks for.

    They have no icons: Streamlit would make a page's icon the tab's, and let the browser fetch it from Google.
    """
    return st.navigation(
        [
            st.Page(f"pages/{name}.py", title=title, help=purpose, default=name == "models")
            for name, (title, purpose) in PAGES.items()
        ],
        position="top",
    )


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
    once turns that off for the whole process. (A session key cannot tell: st.stop() leaves no chance to take it back.)
    """
    if not _in_frame.get():
        navigation()
        st.rerun()


def head(name: str) -> None:
    """A page's one line of title and purpose."""
    title, purpose = PAGES[name]
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        st.header(title, anchor=False, width="content")
        st.caption(purpose, width="content")


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
