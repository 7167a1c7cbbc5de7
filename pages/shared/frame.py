"""The frame around every page: the sidebar with the picked models, and errors shown as sentences."""

import html
import time
from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.charts.style import model_colour
from core.devices import devices
from core.errors import EmbedscopeError
from core.machine import this_machine
from core.models import DEFAULT_PICKS, ModelSpec, pickable
from core.models.files import availability
from core.wording import join, shorten
from pages.shared import dimensions, navigation, picks, prompts, state
from pages.shared.labels import judgements
from pages.shared.ui import notices, output

STYLE = """
/* Streamlit's grey of chart text on white has a contrast of 3.7 to 1 */
.js-plotly-plot text[style*="rgb(128, 132, 149)"] { fill: color-mix(in srgb, currentColor 80%, transparent) !important }
/* The accent that carries white text is too dark to be read on a dark ground */
[data-selected="true"] p { color: light-dark(#0B6BA8, #7CC0F0) }
/* Charts and tables take the room that Streamlit leaves empty at both sides */
[data-testid="stMainBlockContainer"] { padding-inline: clamp(1rem, 3vw, 3rem) }
/* A chart's values are for screen readers alone, and take no room */
.stElementContainer:has(.values) {
    position: absolute; width: 1px !important; height: 1px; overflow: hidden; clip-path: inset(50%)
}
"""
SECONDS_TO_DRAW = 0.8
LONGEST_NAME = 80


@contextmanager
def around_page() -> Iterator[None]:
    """Draw the sidebar around the page and mark the page as framed; its errors become sentences."""
    token = navigation.in_frame.set(True)
    known = [spec.name for spec in pickable()]
    unknown = [name for name in st.query_params.get_all(state.EveryPage.MODELS) if name not in known]
    st.html(f"<style>{STYLE}</style>")
    states = sidebar()
    judgements.write_address()
    notices.begin()
    _show_unknown(unknown)
    try:
        with show_errors():
            yield
    finally:
        navigation.in_frame.reset(token)
        _draw_states(states)


@contextmanager
def show_errors() -> Iterator[None]:
    """Show an error that the user can fix as a sentence in place of the result."""
    try:
        yield
    except EmbedscopeError as error:
        st.error(output.markdown_free(str(error)), icon=":material/error:")


def let_browser_draw() -> None:
    """Wait a moment, once per session, so that what is above appears before the browser loads the charts' code."""
    if state.EveryPage.DRAWN not in st.session_state:
        st.session_state[state.EveryPage.DRAWN] = True
        time.sleep(SECONDS_TO_DRAW)


def is_dark() -> bool:
    """Whether the user sees the dark theme."""
    return st.context.theme.type == "dark"


def sidebar() -> DeltaGenerator:
    """The picked models with their options, the device and the precision; returns the place of the models' states."""
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
        states = st.empty()
        _options()
        _draw_states(states)
        _device_choice()
    return states


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
    st.caption(f"Machine: {this_machine().sentence}")


def _draw_states(place: DeltaGenerator) -> None:
    """Under each picked model's name: what computes it and where its vectors came from, or what it needs."""
    if states := "".join(_state(spec) for spec in picks.models()):
        place.html(states)


def _state(spec: ModelSpec) -> str:
    dot = f'<span style="color:{model_colour(spec.id)};font-size:1.2em">&#9679;</span>'
    lines = "".join(f'<div style="opacity:.75;margin-left:1.1em">{html.escape(line)}</div>' for line in _facts(spec))
    return f'<div style="line-height:1.35;margin-bottom:.55em">{dot} <b>{html.escape(spec.name)}</b>{lines}</div>'


def _facts(spec: ModelSpec) -> list[str]:
    source = picks.source(spec)
    if source is None:
        return [availability(spec).label]
    return list(filter(None, [f"{source.engine} · {source.precision}", source.reason, output.origin(source)]))
