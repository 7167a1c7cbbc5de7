"""Notices above the page, at its full width, for what parts in a narrow column or a closed popover have to say."""

from contextvars import ContextVar

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

_above: ContextVar[DeltaGenerator] = ContextVar("above")


def begin() -> None:
    """Make the place, before the page is drawn."""
    _above.set(st.container())


def above() -> DeltaGenerator:
    """The place above the page."""
    return _above.get()
