"""The table of models: their rows, and the ticks that pick them."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from core import leaderboard
from core.models import BOARDS, ModelSpec, pickable
from pages.shared import navigation, picks, state

HEIGHT = 500  # pixels, however many models there are, so that nothing below it moves when a filter changes
SHOWN = (  # as much as a window 1024 pixels wide has room for; the others can be switched on above the table
    "name", "here", "score", "rank_interval", "parameters", "dimensions", "max_tokens", "license",
)  # fmt: skip
SHOWN_IF_PICKED = ("hello_world_ms", "usd_per_million_tokens")  # known of few models: where a picked one has it


def with_picks_on_top(specs: Sequence[ModelSpec]) -> list[ModelSpec]:
    """The models, first those that are picked; a tick picks a model without moving its row under the pointer."""
    picked = [spec.name for spec in picks.models()]
    on_top, known = st.session_state.get(state.Models.ON_TOP, ((), None))
    if navigation.is_new.get() or picked != known:
        on_top = picked
    st.session_state[state.Models.ON_TOP] = (on_top, picked)
    return sorted(specs, key=lambda spec: spec.name not in on_top)


def show(rows: pd.DataFrame, specs: Sequence[ModelSpec], board: str, use: str) -> None:
    """The models, each with its row; the picked ones are ticked.

    Parameters
    ----------
    rows : DataFrame
        Those of `core.comparison.add_standing`.
    board, use : str
        What the score is of.
    """
    table: dict[str, dict[str, list[object]]] = st.session_state.get(state.Models.TABLE, {})
    chosen = {spec.name for spec in picks.models()}
    st.session_state[state.Models.TABLE] = {
        "selection": {
            "rows": [row for row, spec in enumerate(specs) if spec.name in chosen],
            "columns": [],
            "cells": table.get("selection", {}).get("cells", []),
        }
    }
    known = rows[rows["model"].isin(chosen)].notna().any()
    st.dataframe(
        rows.assign(name=rows["model"].str.rpartition("/")[2]).drop(columns="rank"),
        key=state.Models.TABLE,
        hide_index=True,
        on_select=partial(_pick, specs),
        selection_mode=["multi-row", "single-cell"],
        column_order=[*SHOWN, *(name for name in SHOWN_IF_PICKED if known[name])],
        height=HEIGHT,
        placeholder="–",
        alt="Embedding models with score, size, licence and what each needs to run on this machine",
        column_config=_columns(board, use),
    )


def show_none() -> None:
    """What to do where no model is left, in the room of the table."""
    with st.container(height=HEIGHT, border=False):
        st.info("No model matches the filter: clear it or show all.", icon=":material/filter_alt_off:")


def _pick(specs: Sequence[ModelSpec]) -> None:
    """Pick the ticked rows; picks hidden by the filter stay."""
    selection = st.session_state[state.Models.TABLE]["selection"]
    if cells := selection.get("cells"):
        st.session_state[state.Models.CARD] = st.session_state[state.Models.CARD_CLICKED] = specs[cells[0][0]].name
    ticked = [specs[row].name for row in selection["rows"] if row < len(specs)]
    hidden = set(st.session_state[state.EveryPage.MODELS]) - {spec.name for spec in specs}
    wanted = [spec.name for spec in pickable() if spec.name in {*ticked, *hidden}]
    if len(wanted) > picks.MOST_MODELS:
        st.toast(f"You can pick up to {picks.MOST_MODELS} models: untick one first.", icon=":material/info:")
        return
    st.session_state[state.EveryPage.MODELS] = wanted
    st.session_state[state.Models.ON_TOP] = (st.session_state[state.Models.ON_TOP][0], wanted)


def _columns(board: str, use: str) -> dict[str, Any]:
    """How each column is titled, explained and written."""
    text, number = st.column_config.TextColumn, st.column_config.NumberColumn
    score = partial(st.column_config.ProgressColumn, min_value=20, max_value=95, format="%.2f", width=70)
    is_whole = use in (board, leaderboard.EVERYTHING)
    return {
        "name": text("Model", width=152),
        "here": text("Availability", width=106, help="What the model needs to run on this machine."),
        "score": score(
            board if is_whole else "Score",
            help=f"{BOARDS[board] if is_whole else f'Mean of the tasks of “{use}”'}; bar: 20 to 95.",
        ),
        "rank_interval": text(
            "Rank", width=78, help="95 % interval of the rank among these models, by drawing the tasks anew."
        ),
        "parameters": number("Params", format="compact", help="Number of parameters.", width=62),
        "dimensions": number("Dims", help="Dimensions of an embedding.", width=52),
        "max_tokens": number("Tokens", help="Longest input, in tokens.", width=60),
        "license": text("Licence", width=84),
        "hello_world_ms": number("ms", format="%.3g", width=48, help='Median for "Hello World" on this CPU.'),
        "usd_per_million_tokens": number("Price", format="$%.2g", help="US dollars per million tokens.", width=52),
        "model": text("Full name"),
        "download_bytes": number("Size", format="bytes", help="Download size.", width=62),
        "zero_shot": number("Zero-shot", format="%d %%", width=80, help="Tasks on whose data it was not trained."),
        "released": text("Released", width=76),
        "mteb_v1": score("MTEB v1", help="Average of 56 datasets, another scale than v2; bar: 20 to 95."),
        "mteb_v2": score("MTEB v2", help="Mean of 41 tasks; bar: 20 to 95."),
        "url": st.column_config.LinkColumn("Link", display_text=":material/open_in_new:", width=40),
        "notes": text("To know", width=200, help="What is unusual about its scores."),
    }
