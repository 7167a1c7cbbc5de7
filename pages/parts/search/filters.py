"""Filters on the documents' fields, applied before the search and stored in the address."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import streamlit as st

from core.corpus import Corpus
from core.search.filters import Choices, Span, filters, matching
from pages.shared import cache, state
from pages.shared.ui import output

MOST_SHOWN = 8


@dataclass(frozen=True)
class Conditions:
    """The documents to search.

    Attributes
    ----------
    rows : (m,) int array, optional
        The rows that meet every condition; None if there is no condition.
    sentence : str
        The conditions in words, for a caption; empty if there is none.
    choices, spans : dict
        The values, and the numbers from and to, that the documents' fields may have.
    """

    rows: npt.NDArray[np.int64] | None = None
    sentence: str = ""
    choices: Mapping[str, Sequence[str]] = field(default_factory=dict)
    spans: Mapping[str, tuple[float, float]] = field(default_factory=dict)


def choose(texts: Corpus) -> Conditions:
    """A popover with a control for each field to filter by; none if there is no such field."""
    fields = {name: cells for name, cells in texts.fields.items() if name != "title"}
    offered = cache.memory().recall(("filters", texts.fingerprint), lambda: filters(fields))[:MOST_SHOWN]
    if not offered:
        return Conditions()
    values: dict[str, list[str]] = {}
    spans: dict[str, tuple[float, float]] = {}
    with st.popover(_label(), icon=":material/filter_alt:", key=state.Search.FILTERS):
        for each in offered:
            if isinstance(each, Choices):
                values[each.field] = _choices(each)
            elif (span := _span(each)) != (each.low, each.high):
                spans[each.field] = span
    values = {name: chosen for name, chosen in values.items() if chosen}
    parts = [f"{name} is {' or '.join(chosen)}" for name, chosen in values.items()]
    parts += [f"{name} from {low:g} to {high:g}" for name, (low, high) in spans.items()]
    if not parts:
        return Conditions()
    return Conditions(matching(fields, values, spans), " and ".join(parts), values, spans)


def explain(where: Conditions, texts: int) -> bool:
    """Show how many of so many texts are searched; returns whether any is left."""
    if where.rows is None:
        return True
    st.caption(
        f":material/filter_alt: Searching {len(where.rows):,} of {texts:,} texts: "
        f"{output.markdown_free(where.sentence)}."
    )
    if not len(where.rows):
        st.info("The filter leaves no text to search: remove a filter.", icon=":material/filter_alt_off:")
    return len(where.rows) > 0


def _label() -> str:
    prefix = state.Search.FILTER.prefix
    count = sum(bool(st.session_state[key]) for key in st.session_state if str(key).startswith(prefix))
    return "Filter" if not count else "Filter (on)"


def _choices(field: Choices) -> list[str]:
    key = state.Search.FILTER(field.field)
    if key in st.session_state:  # the values may come from another corpus
        st.session_state[key] = [value for value in st.session_state[key] if value in field.counts]
    return st.multiselect(
        output.markdown_free(field.field),
        list(field.counts),
        format_func=lambda value: value or "(blank)",  # it is in the address
        key=key,
        bind="query-params",
        placeholder="any",
    )


def _span(field: Span) -> tuple[float, float]:
    key = state.Search.FILTER(field.field)
    whole = field.is_whole
    low, high = (int(field.low), int(field.high)) if whole else (field.low, field.high)
    if key in st.session_state:
        held = st.session_state[key]
        if not (low <= held[0] <= held[1] <= high):
            st.session_state[key] = (low, high)
    ends = st.slider(
        output.markdown_free(field.field),
        low,
        high,
        (low, high),
        step=1 if whole else (high - low) / 200,
        format=None if whole else "%.4g",
        key=key,
        bind="query-params",
    )
    return float(ends[0]), float(ends[1])
