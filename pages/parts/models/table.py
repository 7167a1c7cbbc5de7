"""The table of models: their rows, and the ticks that pick them."""

from collections.abc import Sequence
from contextlib import nullcontext
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from core import leaderboard
from core.models import BOARDS, ModelSpec, pickable
from pages.shared import navigation, picks, state
from pages.shared.ui import output

HEIGHT = 500  # pixels, however many models there are, so that nothing below it moves when a filter changes
ROW_HEIGHT, HEADER_HEIGHT = 35, 38
LOWEST, HIGHEST = 20, 95  # ends of the bars of scores
SHOWN = (  # the most important first: a narrow window has to be scrolled for the others
    "name", "here", "score", "rank_interval", "parameters", "dimensions", "max_tokens", "license", "download_bytes",
    "usd_per_million_tokens", "hello_world_ms", "zero_shot", "released", "url",
)  # fmt: skip


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
    picks_first = "Your picks first, then by" if chosen else "By"
    st.caption(f"{picks_first} {_title(board, use)}; bars run from {LOWEST} to {HIGHEST}.")
    needed = HEADER_HEIGHT + ROW_HEIGHT * len(rows)
    with st.container(height=HEIGHT, border=False) if needed < HEIGHT else nullcontext():
        _draw(rows, specs, board, use, min(HEIGHT, needed))


def _draw(rows: pd.DataFrame, specs: Sequence[ModelSpec], board: str, use: str, height: int) -> None:
    table = rows.assign(name=rows["model"].str.rpartition("/")[2]).drop(columns="rank")
    st.dataframe(
        table,
        key=state.Models.TABLE,
        hide_index=True,
        on_select=partial(_pick, specs),
        selection_mode=["multi-row", "single-cell"],
        column_order=[name for name in SHOWN if table[name].notna().any()],
        height=height,
        placeholder="–",
        alt="Embedding models with score, size, licence and what each needs to run on this machine",
        column_config=_columns(board, use),
    )


def show_none() -> None:
    """What to do where no model is left, in the room of the table."""
    with st.container(height=HEIGHT, border=False):
        st.info("No model matches: clear “Find” and the filters, or show all.", icon=":material/filter_alt_off:")


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


def _is_whole(board: str, use: str) -> bool:
    """Whether the score is of the whole board, not of some tasks."""
    return use in (board, leaderboard.EVERYTHING)


def _title(board: str, use: str) -> str:
    """What the table is sorted by."""
    return board if _is_whole(board, use) else f"the score for “{output.markdown_free(use)}”"


def _columns(board: str, use: str) -> dict[str, Any]:
    """How each column is titled, explained and written."""
    text, number = st.column_config.TextColumn, st.column_config.NumberColumn
    bar = st.column_config.ProgressColumn
    score = partial(bar, min_value=LOWEST, max_value=HIGHEST, format="%.2f", width=84)
    of = BOARDS[board] if _is_whole(board, use) else f"Mean of the tasks of “{use}”"
    return {
        "name": text("Model", width=242),
        "here": text("Availability", width=124, help="What the model needs to run on this machine."),
        "score": score(board if _is_whole(board, use) else "Score", help=f"{of}; bar: {LOWEST} to {HIGHEST}."),
        "rank_interval": text(
            "Rank", width=84, help="95 % interval of the rank among these models, by drawing the tasks anew."
        ),
        "parameters": number("Parameters", format="compact", help="Number of parameters.", width=90),
        "dimensions": number("Dimensions", help="Dimensions of an embedding.", width=92),
        "max_tokens": number("Max tokens", help="Longest input, in tokens.", width=92),
        "license": text("Licence", width=96),
        "hello_world_ms": number(
            "Time here, ms", format="%.3g", width=110, help='Median for "Hello World" on this CPU.'
        ),
        "usd_per_million_tokens": number("Price", format="$%.2g", help="US dollars per million tokens.", width=60),
        "model": text("Full name"),
        "download_bytes": number("Size", format="bytes", help="Download size.", width=70),
        "zero_shot": number("Zero-shot", format="%d %%", width=80, help="Tasks on whose data it was not trained."),
        "released": text("Released", width=76),
        "mteb_v1": score("MTEB v1", help="Average of 56 datasets, another scale than v2."),
        "mteb_v2": score("MTEB v2", help="Mean of 41 tasks."),
        "url": st.column_config.LinkColumn("Link", display_text=":material/open_in_new:", width=40),
        "notes": text("To know", width=200, help="What is unusual about its scores."),
    }
