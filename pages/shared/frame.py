"""The frame around every page: the sidebar with the picked models, and errors shown as sentences."""

import html
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from functools import partial
from pathlib import Path

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core import metrics
from core.charts.style import model_colour
from core.devices import devices
from core.errors import EmbedscopeError
from core.models import DEFAULT_PICKS, ModelSpec, pickable
from core.models.files import availability
from core.wording import join, shorten
from pages.shared import corpora, dimensions, door, link, navigation, picks, present, prompts, state
from pages.shared.labels import judgements
from pages.shared.ui import notices, output

STYLE = """
/* Streamlit's grey of chart text on white has a contrast of 3.7 to 1 */
.js-plotly-plot text[style*="rgb(128, 132, 149)"] { fill: color-mix(in srgb, currentColor 80%, transparent) !important }
/* Names of marks can be read over other marks */
.js-plotly-plot .textpoint text {
    paint-order: stroke; stroke: light-dark(#FFFFFF, #0E1116); stroke-width: 4px; stroke-linejoin: round
}
/* Streamlit sets headings so tightly, and browsers round the places of letters so, that words run together */
h1, h2, h3, .answer { letter-spacing: normal !important; text-rendering: geometricPrecision }
/* The accent that carries white text is too dark to be read on a dark ground */
[data-selected="true"] p { color: light-dark(#0B6BA8, #7CC0F0) }
/* What is in force on every page stands at the right of its title, as far as there is room */
.st-key-head > * { width: auto; min-width: 0 }
.st-key-head > :first-child { flex: 0 1 auto }
.st-key-head > :last-child { flex: 1 1 auto; margin-left: auto }
.st-key-in_force { width: 100%; min-height: 2.5rem; justify-content: flex-end }
.picked { white-space: nowrap; margin-right: .8rem; font-size: .9rem }
@media (min-width: 1200px) {
    .st-key-head, .st-key-head > :first-child > *, .st-key-in_force { flex-wrap: nowrap }
    .st-key-head > :first-child > * > * { flex: 0 1 auto }
    .st-key-head > :first-child > * > :first-child { flex: none }
    .st-key-head > :first-child { flex-shrink: 9 }
    .st-key-head > :first-child > * > :nth-child(2) { min-width: 15rem }
    .st-key-in_force { text-align: right }
    .st-key-in_force > :first-child { flex: 0 1 auto; min-width: 0 }
}
@media (max-width: 1200px) {
    .st-key-head { gap: .5rem }
    .st-key-in_force { justify-content: flex-start }
    [data-testid="stMain"] button[data-variant="segmented_control"] { padding-inline: .6rem }
}
/* Segments are as tall as the buttons and boxes beside them, so that controls and captions stand on one line each */
[data-testid="stMain"] button[data-variant="segmented_control"] { min-height: 2.5rem }
/* An answer that comes late, or that the controls change, moves nothing below it */
.st-key-answer { min-height: 5.55rem; padding-bottom: .25rem }
@media (min-width: 1200px) { .st-key-answer { min-height: 3.85rem } }
/* A script takes no room, so there is no gap above it */
[data-testid="stMainBlockContainer"] > * > .stElementContainer:has(> .stHtml) { position: absolute }
/* Charts and tables take the room that Streamlit leaves empty at both sides */
[data-testid="stMainBlockContainer"] { padding-inline: clamp(1rem, 6vw - 2.75rem, 3rem) }
/* A phone has room for the answer, but not for a page's purpose, for presenting, or for a chart's camera button. The
   title stands in the bar at the top, beside the way to the sidebar */
@media (max-width: 640px) {
    .modebar-container, .st-key-head > :first-child > * > :nth-child(2), .st-key-present { display: none }
    [data-testid="stHeader"], [data-testid="stToolbar"] { height: 3rem; min-height: 0 }
    [data-testid="stMainBlockContainer"] { padding-top: 3.2rem }
    h1 { position: fixed; top: 0; left: 6.5rem; z-index: 999990; line-height: 3rem !important; padding: 0 !important }
    .st-key-in_force { gap: .25rem .75rem }
    .st-key-in_force button { min-height: 2rem; padding-block: 0 }
}
/* A chart's values are for screen readers alone: there is no gap above them, and they widen no narrow page */
.stElementContainer:has(.values) { position: absolute; width: 1px; overflow: hidden }
"""
SCRIPT = Path(__file__).parent / "frame.js"
SECONDS_TO_DRAW = 0.8
LONGEST_NAME = 80

_rest: ContextVar[Callable[[], None]] = ContextVar("what_is_drawn_after_the_page")


@contextmanager
def around_page() -> Iterator[None]:
    """Draw the sidebar around the page and mark the page as framed; its errors become sentences."""
    token = navigation.in_frame.set(True)
    known = [spec.name for spec in pickable()]
    named = filter(None, st.query_params.get_all(state.EveryPage.MODELS))  # empty where every pick has been removed
    unknown = [name for name in named if name not in known]
    st.html(f"<style>{STYLE}</style>")
    st.html(f"<script>{SCRIPT.read_text(encoding='utf-8')}</script>", unsafe_allow_javascript=True)
    sidebar()
    judgements.write_address()
    names_of_models = _begin_head()
    notices.begin()
    _show_unknown(unknown)
    page, foot = st.container(key=state.EveryPage.RESULT), st.empty() if navigation.is_new.get() else st.container()
    _rest.set(partial(_finish, names_of_models, foot))
    try:
        with page, show_errors(), suppress(navigation.PageEndError):
            output.begin()
            yield
        finish()
    finally:
        navigation.in_frame.reset(token)


def finish() -> None:
    """Draw what stands around the page's result, once: a page calls it before it begins long work of its own."""
    rest = _rest.get()
    _rest.set(lambda: None)
    rest()


def _begin_head() -> DeltaGenerator:
    """What is in force, at the right of the page's title: the picked models, whose place is returned; the corpus."""
    with navigation.in_force.get():
        place = st.empty()
        _draw_models(place)
        corpora.begin(st.container(width="content"))
        present.switch()
    return place


def _finish(names_of_models: DeltaGenerator, foot: DeltaGenerator) -> None:
    """What is known only after the page: how its results were computed; and the corpus button, if it drew none."""
    _draw_models(names_of_models)
    with notices.above(), show_errors():
        corpora.offer()
    link.show_dropped(st.session_state[state.EveryPage.PAGE] or navigation.DEFAULT_PAGE)
    with foot.container(key=state.EveryPage.FOOT):
        output.foot()


@contextmanager
def show_errors() -> Iterator[None]:
    """Show an error that the user can fix as a sentence in place of the result."""
    try:
        yield
    except EmbedscopeError as error:
        metrics.ERRORS.add(
            page=st.session_state.get(state.EveryPage.PAGE) or navigation.DEFAULT_PAGE, kind=type(error).__name__
        )
        st.error(output.markdown_free(str(error)), icon=":material/error:")


def let_browser_draw() -> None:
    """Wait a moment, once per session, so that what is above appears before the browser loads what is below."""
    if state.EveryPage.DRAWN not in st.session_state:
        st.session_state[state.EveryPage.DRAWN] = True
        time.sleep(SECONDS_TO_DRAW)


def is_dark() -> bool:
    """Whether the user sees the dark theme."""
    return st.context.theme.type == "dark"


def sidebar() -> None:
    """The picked models with their options, the device and the precision."""
    with st.sidebar:
        st.multiselect(
            "Picked models",
            [spec.name for spec in pickable()],
            default=DEFAULT_PICKS,
            max_selections=picks.MOST_MODELS,
            key=state.EveryPage.MODELS,
            bind="query-params",
            help="Used on every page. You can also tick them in the table on the Models page.",
        )
        _options()
        _device_choice()
        door.show_person()


def _options() -> None:
    """The prompts and dimensions of each picked model, folded."""
    if not picks.models():
        return
    with st.popover("Prompts and dimensions", icon=":material/tune:", type="tertiary"):
        tabs = st.tabs([output.markdown_free(spec.name) for spec in picks.models()])
        for tab, own, spec in zip(tabs, picks.own_models(), picks.models(), strict=True):
            with tab:
                prompts.choose(own, spec)
                dimensions.choose(spec)


def _show_unknown(unknown: list[str]) -> None:
    """Name the models of a link that are not on this machine, until other models are picked."""
    picked = st.session_state.get(state.EveryPage.MODELS)
    if unknown:
        st.session_state[state.EveryPage.UNKNOWN_MODELS] = (unknown, picked)
    noted, then = st.session_state.get(state.EveryPage.UNKNOWN_MODELS, ((), None))
    if noted and picked == then:
        named = output.markdown_free(join([shorten(name, LONGEST_NAME) for name in noted], most=picks.MOST_MODELS))
        notices.above().info(
            f"This link also names {named}, which this machine does not have: download it on the Models page, or pick "
            "another model.",
            icon=":material/link_off:",
        )


def _device_choice() -> None:
    if len(devices()) > 1:
        st.segmented_control(
            "Device",
            ["auto", *devices()],
            default="auto",
            key=state.EveryPage.DEVICE,
            bind="query-params",
            required=True,
        )
    else:
        st.caption("Device: CPU (no GPU on this machine)")
    st.segmented_control(
        "Precision",
        ["auto", "float32"],
        default="auto",
        key=state.EveryPage.PRECISION,
        bind="query-params",
        required=True,
        help="auto: the fastest engine on this machine whose vectors stay within cosine 0.999 of float32.",
    )


def _draw_models(place: DeltaGenerator) -> None:
    """Each picked model's name in its colour; pointed at, what computes it and where its vectors came from."""
    place.html("".join(map(_named, picks.models())) or "No model is picked", width="content")


def _named(spec: ModelSpec) -> str:
    facts = html.escape(" · ".join(_facts(spec)))
    dot = f'<span style="color:{model_colour(spec.id)};font-size:1.2em">&#9679;</span>'
    return f'<span class="picked" title="{facts}">{dot}&nbsp;{html.escape(spec.name)}</span> '


def _facts(spec: ModelSpec) -> list[str]:
    source = picks.source(spec)
    if source is None:
        return [availability(spec).label]
    return list(filter(None, [f"{source.engine} · {source.precision}", source.reason, output.origin(source)]))
