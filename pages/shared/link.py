"""What a link asks for and the page does not have, in one sentence."""

import re
from collections.abc import Sequence

import streamlit as st

from core.wording import join, shorten
from pages.shared import navigation, state
from pages.shared.ui import notices, output

LONGEST = 40
TRACKING = ("utm_", "fbclid", "gclid")


def show_dropped(page: str) -> None:
    """Name what the link asks for and its page does not have: a value until its control is changed, or a name."""
    if navigation.is_opening():
        st.session_state[state.EveryPage.DROPPED] = {
            name: st.session_state[name]
            for name, given in navigation.link().items()
            if _is_control(name, page) and not is_accepted(given, st.session_state[name])
        }
        st.session_state[state.EveryPage.STRAY] = (page, [name for name in navigation.link() if _is_stray(name, page)])
    dropped: dict[str, object] = st.session_state.get(state.EveryPage.DROPPED, {})
    page_of_strays, strays = st.session_state.get(state.EveryPage.STRAY, (page, []))
    names = [name for name, value in dropped.items() if name in st.session_state and st.session_state[name] == value]
    names += strays if page_of_strays == page else []
    if names:
        named = [f"{name}={shorten(', '.join(navigation.link()[name]), LONGEST)}" for name in names]
        notices.above().info(
            f"The link asks for {output.markdown_free(join(named))}, which this page does not have: it shows its "
            "default instead.",
            icon=":material/link_off:",
        )


def is_accepted(given: Sequence[str], value: object) -> bool:
    """Whether a control has the value that a link gives, which may be written with its unit, as in “5 results”."""
    values = value if isinstance(value, list | tuple) else [value]
    return len(given) == len(values) and all(map(_is_same, given, values))


def _is_same(given: str, value: object) -> bool:
    if isinstance(value, int | float) and not isinstance(value, bool):
        number = re.match(r"[-+]?[\d.]+(e[-+]?\d+)?", given)
        return number is not None and number[0].rstrip(".").count(".") < 2 and float(number[0].rstrip(".")) == value
    return given.casefold() == ("" if value is None else str(value)).casefold()


def _is_stray(name: str, page: str) -> bool:
    """Whether no control of the page has this name; what campaigns add to links is passed over."""
    return not state.is_parameter(name, page) and not name.startswith(TRACKING)


def _is_control(name: str, page: str) -> bool:
    """Whether a control of the page has this parameter; unknown models have a sentence of their own."""
    return name != state.EveryPage.MODELS and name in st.session_state and state.is_parameter(name, page)
