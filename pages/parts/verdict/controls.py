"""The user's settings: the weights, and the price of this machine's hour."""

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core import verdict
from core.charts.verdict import WIDTHS
from core.verdict import CRITERIA, MOST_WEIGHT, PRESETS, Weights
from pages.shared import state


def weights(*, is_price_known: bool) -> Weights:
    """A slider for each criterion, from 0 to 10, below its column of the chart; disabled where no price is known."""
    usual = Weights().by_criterion
    heading, *columns = st.columns(WIDTHS)
    heading.markdown("**Weights**")
    chosen = {
        name: column.slider(
            name.capitalize(),
            0.0,
            MOST_WEIGHT,
            usual[name],
            0.5,
            format="%g",
            key=state.Verdict.WEIGHT(name),
            bind="query-params",
            disabled=name == "price" and not is_price_known,
        )
        for name, column in zip(CRITERIA, columns, strict=True)
    }
    if not is_price_known:
        columns[CRITERIA.index("price")].caption("not known yet")
    return Weights(**chosen)


def begin_presets() -> DeltaGenerator:
    """The place of the presets, as tall as they will be once the sliders are drawn."""
    st.html(f"<style>.st-key-{state.Verdict.PRESETS} {{ min-height: 4.25rem }}</style>")
    return st.container(width="content", key=state.Verdict.PRESETS)


def presets(now: Weights) -> None:
    """Weights for usual purposes, at a click; the one that the sliders show is chosen."""
    st.session_state[state.Verdict.PRESET] = next((name for name, each in PRESETS.items() if each == now), None)
    st.segmented_control("Weights for", list(PRESETS), key=state.Verdict.PRESET, on_change=_take_preset)


def _take_preset() -> None:
    if chosen := st.session_state[state.Verdict.PRESET]:
        for name, weight in PRESETS[chosen].by_criterion.items():
            st.session_state[state.Verdict.WEIGHT(name)] = weight


def dollars_per_hour() -> float:
    """The price of this machine's hour, in a popover that explains the scales."""
    with st.popover("Method", icon=":material/balance:"):
        st.markdown("\n".join(f"- {line}" for line in verdict.scales()))
        st.markdown(
            "The price of a model on this machine is the machine's hourly cost at the throughput timed (128 "
            "tokens, batches of 16), running around the clock; behind an API, it is the API's price. Every scale "
            "is fixed: no model's figures depend on the others compared."
        )
        return st.number_input(
            "US dollars per hour of this machine", 0.0, 1000.0, 1.0, 0.1, key=state.Measurement.DOLLARS_PER_HOUR,
            bind="query-params", width=260,
        )  # fmt: skip
