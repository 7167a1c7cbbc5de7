"""Present mode: the page's title, its answer and its charts alone, large enough for a room; the address has it."""

from typing import TYPE_CHECKING

import streamlit as st

from pages.shared import navigation, state

if TYPE_CHECKING:
    import pandas as pd

HELP = (
    "Only the answer and the charts, for a room: the first fills the window, the others follow below. Arrow down and "
    "up go from chart to chart, arrow left and right or Page Up and Page Down from page to page; Leave or Escape ends "
    "it. The link opens the page like this."
)
LEFT_BELOW = "calc(100vh - var(--above, 17rem) - 1rem)"  # frame.js measures what is above the first chart or the map
HEIGHT = f"max(20rem, {LEFT_BELOW})"
SHOWN = ':is([class*="st-key-presented_"], .st-key-map, .st-key-presented)'
ALSO = '[class*="st-key-also_presented_"]'  # words that belong to a chart
STYLE = f"""
:is([data-testid="stSidebar"], [data-testid="stHeader"], [data-testid="stExpandSidebarButton"]) {{
    display: none !important
}}
[data-testid="stMainBlockContainer"] {{ padding-block: 1.2rem 0 !important }}
h1 {{ font-size: 2rem !important }}
h2, h2 * {{ font-size: 1.6rem !important }}
.answer {{ font-size: 2rem !important }}
.st-key-result [data-testid="stAlert"] p, {ALSO} :is([data-testid="stCaptionContainer"] p, .stMarkdownBadge),
.st-key-{state.EveryPage.LEAVE} button p {{ font-size: 1.25rem !important }}
.modebar-container {{ display: none }}
/* Alerts stay, as do headings of charts, the title and the way out, which stands in the window's corner */
.st-key-head [data-testid="stCaptionContainer"], .st-key-foot,
.st-key-in_force > :not(.st-key-{state.EveryPage.LEAVE}, :has(.st-key-{state.EveryPage.LEAVE})),
.st-key-result :is(
    [data-testid="stElementContainer"], [data-testid="stLayoutWrapper"],
    [data-testid="stColumn"], [data-testid="stGridCell"]
):not(
    :has(.answer, {SHOWN}, {ALSO}, [data-testid="stAlert"]), :has(h2):has(~ * {SHOWN}),
    {SHOWN}, {SHOWN} *, {ALSO}, {ALSO} *
) {{
    display: none !important
}}
.answer ~ * {{ display: none }}
.st-key-result [data-testid="stColumn"] {{ flex: 1 1 100% !important; min-width: 100% }}
[data-testid="stLayoutWrapper"]:has(> [class*="st-key-presented_"]) {{
    height: {HEIGHT} !important; flex: none !important; scroll-margin-top: 4rem
}}
.st-key-map {{ --text-scale: 1.4; --toolbar: none; --foot: fit-content; --highest-foot: 7.6rem }}
.st-key-presented {{ zoom: 1.45 }}
.st-key-{state.EveryPage.LEAVE} {{ position: fixed; top: .5rem; right: .75rem; z-index: 10 }}
.st-key-{state.EveryPage.LEAVE} button {{ min-height: 2rem; padding: .1rem .6rem }}
.st-key-previous_page, .st-key-next_page {{ display: none }}
@media (max-height: 800px) {{
    [data-testid="stMainBlockContainer"] {{ padding-block: .4rem 0 !important }}
    [data-testid="stMainBlockContainer"] > [data-testid="stVerticalBlock"] {{ gap: 0 }}
    h1 {{ font-size: 1.5rem !important; padding-block: .5rem !important }}
    h2, h2 * {{ font-size: 1.3rem !important }}
    .answer {{ font-size: 1.6rem !important }}
    .st-key-map {{ --highest-foot: 5.2rem }}
}}
@media (max-width: 640px) {{ h1, .answer {{ font-size: 1.5rem !important }} h1 {{ position: static !important }} }}
@media (max-width: 1100px) {{ .st-key-result [data-testid="stGrid"] {{ grid-template-columns: 1fr !important }} }}
"""


def is_on() -> bool:
    """Whether the page is shown in front of people."""
    return bool(st.session_state.get(state.EveryPage.PRESENT))


def switch() -> None:
    """The switch of the mode, in the page's head; and while it is on, the rules that hide all else."""
    st.toggle("Present", key=state.EveryPage.PRESENT, bind="query-params", help=HELP)
    if is_on():
        st.html(f"<style>{STYLE}</style>")
        st.button("Leave", icon=":material/close:", key=state.EveryPage.LEAVE, on_click=_leave)
        _ways()


def table(rows: "pd.DataFrame") -> None:
    """A view's table in place of a chart, large enough for a room; nothing unless the mode is on."""
    if is_on():
        with st.container(key=state.EveryPage.PRESENTED_LISTS):
            st.table(rows)


def _leave() -> None:
    st.session_state[state.EveryPage.PRESENT] = False


def _ways() -> None:
    """Links to the pages before and after this one, out of sight: the keys click them."""
    names = list(navigation.PAGES)
    place = names.index(st.session_state[state.EveryPage.PAGE] or navigation.DEFAULT_PAGE)
    ways = {state.EveryPage.PREVIOUS_PAGE: place - 1, state.EveryPage.NEXT_PAGE: (place + 1) % len(names)}
    for key, other in ways.items():
        with st.container(key=key):
            st.page_link(f"pages/{names[other]}.py", label=navigation.PAGES[names[other]][0])
