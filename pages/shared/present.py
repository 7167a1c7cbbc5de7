"""Present mode: the page's title, its answer and its first chart alone, large enough for a room; the address has it."""

from contextvars import ContextVar

import streamlit as st

from pages.shared import navigation, state

HELP = (
    "Only the answer and its first chart, for a room. The arrow keys, Page Up and Page Down change pages, and Escape "
    "leaves. The link opens the page like this."
)
STYLE = """
[data-testid="stSidebar"], [data-testid="stHeader"], [data-testid="stExpandSidebarButton"] { display: none !important }
[data-testid="stMainBlockContainer"] { padding-block: 1.2rem 0 !important }
h1 { font-size: 2rem !important }
.answer { font-size: 2rem !important }
/* Alerts stay, as do the title and the way out, which is seen when it is pointed at */
.st-key-head [data-testid="stCaptionContainer"], .st-key-in_force > :not(:has(.st-key-present)), .st-key-foot,
.st-key-result :is(
    [data-testid="stElementContainer"], [data-testid="stLayoutWrapper"],
    [data-testid="stColumn"], [data-testid="stGridCell"]
):not(
    :has(.answer, .st-key-presented, .st-key-map, [data-testid="stAlert"]),
    .st-key-presented *, .st-key-map, .st-key-map *
) {
    display: none !important
}
.answer ~ * { display: none }
.st-key-result [data-testid="stColumn"] { flex: 1 1 100% !important; min-width: 100% }
.st-key-result [data-testid="stGrid"] { grid-template-columns: 1fr !important }
[data-testid="stLayoutWrapper"]:has(> .st-key-presented), .st-key-map {
    height: calc(100vh - 16rem) !important; min-height: 20rem; flex: none !important
}
.st-key-present { opacity: 0 }
.st-key-present:is(:hover, :focus-within) { opacity: 1 }
.st-key-previous_page, .st-key-next_page { display: none }
"""

_is_free: ContextVar[bool] = ContextVar("chart_is_free", default=False)


def is_on() -> bool:
    """Whether the page is shown in front of people."""
    return bool(st.session_state.get(state.EveryPage.PRESENT))


def switch() -> None:
    """The switch of the mode, in the page's head; and while it is on, the rules that hide all else."""
    st.toggle("Present", key=state.EveryPage.PRESENT, bind="query-params", help=HELP)
    _is_free.set(is_on())
    if is_on():
        st.html(f"<style>{STYLE}</style>")
        _ways()


def takes_chart() -> bool:
    """Whether a chart is the page's first, which fills the screen; asked once for each chart of a run."""
    is_first = _is_free.get()
    _is_free.set(False)
    return is_first


def _ways() -> None:
    """Links to the pages before and after this one, out of sight: the keys click them."""
    names = list(navigation.PAGES)
    place = names.index(st.session_state[state.EveryPage.PAGE] or navigation.DEFAULT_PAGE)
    ways = {state.EveryPage.PREVIOUS_PAGE: place - 1, state.EveryPage.NEXT_PAGE: (place + 1) % len(names)}
    for key, other in ways.items():
        with st.container(key=key):
            st.page_link(f"pages/{names[other]}.py", label=navigation.PAGES[names[other]][0])
