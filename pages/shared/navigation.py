"""The pages, their addresses and their titles; imports little besides Streamlit, so that it is on screen first."""

from contextlib import AbstractContextManager, nullcontext
from contextvars import ContextVar
from functools import cache
from pathlib import Path
from typing import Literal, NoReturn

import streamlit as st
from streamlit.delta_generator import DeltaGenerator
from streamlit.navigation.page import StreamlitPage
from streamlit.runtime.scriptrunner import get_script_run_ctx

from pages.shared import state

DEFAULT_PAGE = "models"
UNUSED = "default-page"
ICON = str(Path(__file__).parent / "icon.svg")
LOGO = str(Path(__file__).parent / "logo.svg")

GROUPS = {
    "Understand": {
        "explain": ("Explain", "How a sentence becomes tokens, vectors and one embedding."),
        "embed": ("Embed", "Embed your own texts with the picked models, side by side."),
        "similarity": ("Similarity", "Heatmaps of how alike your texts are, one per picked model."),
    },
    "Explore": {
        "search": ("Search", "One query through every picked model and BM25, side by side."),
        "projector": ("Projector", "A map of your texts, and how far to trust it."),
    },
    "Decide": {
        "models": ("Models", "Compare models and pick up to four to use on every page."),
        "evaluate": ("Evaluate", "How surely each model finds the right documents."),
        "benchmark": ("Benchmark", "How fast the picked models are."),
        "verdict": ("Verdict", "Weigh quality, speed, memory, price and licence."),
    },
}
PAGES = {name: page for pages in GROUPS.values() for name, page in pages.items()}

# Streamlit's own groups are menus that hide their pages: here all pages are one click away, below their group's name
STYLE = """
[data-testid="stTopNav"] .rc-overflow-item, [data-testid="stSidebarNavItems"] > li { position: relative }
[data-testid="stTopNav"] .rc-overflow-item { padding-top: 1rem }
[data-testid="stTopNav"] .rc-overflow-item::before { position: absolute; top: .1rem; left: .5rem }
[data-testid="stTopNav"] .rc-overflow-item::before, [data-testid="stSidebarNavItems"] > li::before {
    font-size: .75rem; line-height: 1; white-space: nowrap; color: color-mix(in srgb, currentColor 70%, transparent)
}
[data-testid="stSidebarNavItems"] > li::before { display: block; padding: .8rem .5rem .2rem }
"""
GROUP = """
[data-testid="stTopNav"] .rc-overflow-item:nth-child({place})::before,
[data-testid="stSidebarNavItems"] > li:nth-child({place})::before {{ content: "{name}" }}
[data-testid="stTopNav"] .rc-overflow-item:nth-child({place}):not(:first-child) {{ margin-left: 1.2rem }}
"""

FIRST_DRAWN_BY = {"models": "DataFrame", "search": "", "projector": ""}  # Streamlit's script for the first result
IMPORT = '<script>import(new URL("{address}", document.baseURI)).catch(() => {{}})</script>'

in_frame: ContextVar[bool] = ContextVar("in_frame", default=False)
is_new: ContextVar[bool] = ContextVar("is_new", default=True)
in_force: ContextVar[DeltaGenerator] = ContextVar("in_force")


def declare(position: Literal["top", "hidden"] = "top") -> StreamlitPage:
    """Declare the pages, and return the one the address asks for; links to them stand at the top, or nowhere.

    They have no icons: Streamlit would make a page's icon the tab's, and let the browser fetch it from Google. The
    default page's address is empty; a link to it by its name leads there too.
    """
    pages = {name: _page(name, *titles) for name, titles in PAGES.items()}
    by_name = st.Page(_do_nothing, title=PAGES[DEFAULT_PAGE][0], url_path=DEFAULT_PAGE, visibility="hidden")
    page = st.navigation([*pages.values(), by_name], position=position)
    if page is by_name:
        asked = {name: st.query_params.get_all(name) for name in st.query_params}
        st.switch_page(pages[DEFAULT_PAGE], query_params=asked)
    return page


def _page(name: str, title: str, purpose: str) -> StreamlitPage:
    is_default = name == DEFAULT_PAGE
    path = UNUSED if is_default else name  # Streamlit lets no other page have the path that it replaces by an empty one
    return st.Page(f"pages/{name}.py", title=title, help=purpose, default=is_default, url_path=path)


def _do_nothing() -> None:
    """The page at the default page's name, which is left before it is run."""


def style() -> str:
    """The CSS rules that write each group's name above its first page."""
    firsts = {name: list(PAGES).index(next(iter(pages))) for name, pages in GROUPS.items()}
    return STYLE + "".join(GROUP.format(name=name, place=place + 1) for name, place in firsts.items())


class PageEndError(Exception):
    """A page has said all there is to say; the frame goes on with what stands around it."""


def end_page() -> NoReturn:
    """End the page here; unlike `st.stop`, after which nothing can be drawn, this leaves the frame its foot."""
    raise PageEndError


def require_frame() -> None:
    """Rerun through the entrypoint if the page was started on its own; called before a page imports anything else.

    On the first deep link after a server start, Streamlit runs a file of pages/ by itself; declaring the navigation
    once turns that off for the whole process. (A session key would not work: st.stop() leaves no chance to reset it.)
    """
    if not in_frame.get():
        declare()
        st.rerun()


def update_link(page: StreamlitPage) -> None:
    """Translate an old link's parameters into today's, and rerun if there were any; note what the link asks for."""
    outdated = [each for each in state.earlier(page.url_path or DEFAULT_PAGE) if each.is_in(st.query_params)]
    for each in outdated:
        value = st.query_params.pop(each.name)
        st.query_params.setdefault(each.now, each.values.get(value, value))
        if value in each.implied:
            st.query_params.setdefault(*each.implied[value])
    if outdated:
        st.rerun()
    is_first = state.EveryPage.LINK not in st.session_state
    st.session_state[state.EveryPage.LINK_IS_NEW] = is_first
    if is_first:
        st.session_state[state.EveryPage.LINK] = {name: st.query_params.get_all(name) for name in st.query_params}


def link() -> dict[str, list[str]]:
    """The parameters of the address that opened this session."""
    parameters: dict[str, list[str]] = st.session_state.get(state.EveryPage.LINK, {})
    return parameters


def is_opening() -> bool:
    """Whether this is the session's first run, which the link opened."""
    return bool(st.session_state.get(state.EveryPage.LINK_IS_NEW))


def is_as_linked(control: state.Parameter) -> bool:
    """Whether a control has the value that the address which opened this session gave it."""
    return link().get(control) == [str(st.session_state.get(control))]


def head(page: StreamlitPage) -> None:
    """The page's one line of title and purpose, on screen before the page imports anything.

    At its right is the place of what is in force on every page, which the frame fills.
    """
    is_new.set(st.session_state.get(state.EveryPage.PAGE) != page.url_path)
    if is_new.get():
        st.session_state[state.EveryPage.PAGE] = page.url_path
        st.session_state[state.EveryPage.DONE_WORK] = set[state.Work]()  # another page's results leave the screen
    title, purpose = PAGES[page.url_path or DEFAULT_PAGE]
    st.html(f"<style>{style()}</style>")
    with st.container(horizontal=True, vertical_alignment="center", key=state.EveryPage.HEAD):
        with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
            st.title(title, anchor=False, width="content")
            st.caption(purpose, width="content")
        in_force.set(
            st.container(horizontal=True, vertical_alignment="center", width="content", key=state.EveryPage.IN_FORCE)
        )
    if address := _script(FIRST_DRAWN_BY.get(page.url_path or DEFAULT_PAGE, "PlotlyChart")):
        st.html(IMPORT.format(address=address), width="content", unsafe_allow_javascript=True)


def as_frame() -> AbstractContextManager[None]:
    """Draw what a page has asked for as a part of the frame: its controls are then the same ones on every page."""
    context = get_script_run_ctx()
    return context.run_with_active_hash(context.pages_manager.main_script_hash) if context else nullcontext()


def is_history() -> bool:
    """Whether the browser's Back or Forward has asked for this run."""
    context = get_script_run_ctx()
    return context is not None and context.is_history_navigation


@cache
def _script(name: str) -> str:
    """The address of one of Streamlit's scripts, which the browser can load while the server imports; empty if none.

    Streamlit itself would ask for it only once the first chart has arrived, and plotly takes a second to load.
    """
    folder = Path(st.__file__).parent / "static" / "static" / "js"
    found = sorted(folder.glob(f"{name}.*.js")) if name else []
    return f"static/js/{found[0].name}" if len(found) == 1 else ""
