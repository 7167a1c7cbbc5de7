"""The pages, their addresses and their titles; imports little besides Streamlit, so that it is on screen first."""

from contextvars import ContextVar
from functools import cache
from pathlib import Path

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from pages.shared import state

DEFAULT_PAGE = "models"
ICON = str(Path(__file__).parent / "icon.svg")
LOGO = str(Path(__file__).parent / "logo.svg")

PAGES = {
    "models": ("Models", "Compare models and pick up to four to use on every page."),
    "explain": ("Explain", "Watch a sentence become tokens, token vectors and one embedding."),
    "embed": ("Embed", "Embed your own texts with the picked models, side by side."),
    "similarity": ("Similarity", "Heatmaps of how alike your texts are, one per picked model."),
    "search": ("Search", "One query through every picked model and BM25, side by side."),
    "evaluate": (
        "Evaluate",
        "How well each model finds the right documents for your queries, and how certain that is.",
    ),
    "projector": (
        "Projector",
        "Map your texts with UMAP, PCA or t-SNE, see how far to trust the map, and link models.",
    ),
    "benchmark": ("Benchmark", "Time the picked models on this machine, CPU vs GPU."),
    "verdict": ("Verdict", "Weigh quality, speed, memory, price and licence to choose a model, and see why."),
}

FIRST_DRAWN_BY = {"models": "DataFrame", "search": "", "projector": ""}  # Streamlit's script for the first result
IMPORT = '<script>import(new URL("{address}", document.baseURI)).catch(() => {{}})</script>'

in_frame: ContextVar[bool] = ContextVar("in_frame", default=False)


def declare() -> StreamlitPage:
    """Declare the pages and return the one the address asks for.

    They have no icons: Streamlit would make a page's icon the tab's, and let the browser fetch it from Google.
    """
    return st.navigation(
        [
            st.Page(f"pages/{name}.py", title=title, help=purpose, default=name == DEFAULT_PAGE)
            for name, (title, purpose) in PAGES.items()
        ],
        position="top",
    )


def require_frame() -> None:
    """Rerun through the entrypoint if the page was started on its own; called before a page imports anything else.

    On the first deep link after a server start, Streamlit runs a file of pages/ by itself; declaring the navigation
    once turns that off for the whole process. (A session key would not work: st.stop() leaves no chance to reset it.)
    """
    if not in_frame.get():
        declare()
        st.rerun()


def update_link(page: StreamlitPage) -> None:
    """Translate an old link's parameters into today's, and rerun if there were any."""
    outdated = [each for each in state.earlier(page.url_path or DEFAULT_PAGE) if each.is_in(st.query_params)]
    for each in outdated:
        value = st.query_params.pop(each.name)
        st.query_params.setdefault(each.now, each.values.get(value, value))
    if outdated:
        st.rerun()


def head(page: StreamlitPage) -> None:
    """The page's one line of title and purpose, on screen before the page imports anything."""
    if st.session_state.get(state.EveryPage.PAGE) != page.url_path:
        st.session_state[state.EveryPage.PAGE] = page.url_path
        st.session_state[state.EveryPage.DONE_WORK] = set[state.Work]()  # another page's results leave the screen
    title, purpose = PAGES[page.url_path or DEFAULT_PAGE]
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        st.title(title, anchor=False, width="content")
        st.caption(purpose, width="content")
        if address := _script(FIRST_DRAWN_BY.get(page.url_path or DEFAULT_PAGE, "PlotlyChart")):
            st.html(IMPORT.format(address=address), width="content", unsafe_allow_javascript=True)


@cache
def _script(name: str) -> str:
    """The address of one of Streamlit's scripts, which the browser can load while the server imports; empty if none.

    Streamlit itself would ask for it only once the first chart has arrived, and plotly takes a second to load.
    """
    folder = Path(st.__file__).parent / "static" / "static" / "js"
    found = sorted(folder.glob(f"{name}.*.js")) if name else []
    return f"static/js/{found[0].name}" if len(found) == 1 else ""
