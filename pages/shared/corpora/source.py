"""Whether a page's texts are typed there or those of all pages: one's own texts are shown without another click."""

from dataclasses import dataclass

import streamlit as st

from pages.shared import state
from pages.shared.corpora import picker
from pages.shared.state import Parameter
from pages.shared.ui import inputs


@dataclass(frozen=True)
class Source:
    """Where a page's texts come from.

    Attributes
    ----------
    key : Parameter
        Of the control that chooses it.
    usual : str
        What it is until it is chosen.
    """

    key: Parameter
    usual: str

    @property
    def is_typed(self) -> bool:
        """Whether the texts are typed on the page, as far as is known before the control is drawn."""
        return inputs.choice(self.key, self.usual) != state.YOUR_TEXTS

    def choose(self) -> bool:
        """Draw the control; whether the texts are typed on the page."""
        chosen = st.segmented_control(
            "Texts", [state.TYPE, state.YOUR_TEXTS], default=self.usual, key=self.key, bind="query-params",
            required=True, label_visibility="collapsed",
        )  # fmt: skip
        return chosen != state.YOUR_TEXTS


def source(key: Parameter, typed: Parameter, default: str) -> Source:
    """Where the texts of a page come from, before anything of it is drawn.

    They are the user's own, if there are any, unless other texts than the `default` were `typed` on the page. The
    button in the page's head names no corpus that the page does not show.
    """
    _follow(key)
    is_edited = inputs.choice(typed, default) != default or state.EveryPage.TOO_LONG(typed) in st.query_params
    found = Source(key, state.YOUR_TEXTS if picker.own() and not is_edited else state.TYPE)
    if found.is_typed:
        picker.hide_name()
    return found


def _follow(key: Parameter) -> None:
    """Show the user's own texts once they change, and typed ones once there are none."""
    own, noted = picker.own(), state.EveryPage.OWN_TEXTS(key)
    if key in st.session_state and own != st.session_state.get(noted, own):
        st.session_state[key] = state.YOUR_TEXTS if own else state.TYPE
    st.session_state[noted] = own
