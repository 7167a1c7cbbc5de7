from pages.shared.navigation import require_frame

require_frame()

from functools import partial

import pandas as pd
import streamlit as st

from core import benchmark, examples
from core.charts.models import score_against_size, sizes_and_scores, task_scores
from core.comparison import NAMED, compare, headline, matching, rank
from core.models import BOARDS, all_models, catalogue, names, servers
from core.wording import join
from pages.parts.models import downloads
from pages.shared import frame, guide, picks, state
from pages.shared.ui import chart, inputs, output

MOST_CHARACTERS = 80
COLUMNS = (
    "model", "here", "mteb_v2", "mteb_v1", "download_bytes", "parameters", "dimensions", "max_tokens",
    "hello_world_ms", "usd_per_million_tokens", "license", "url",
)  # fmt: skip


def pick_rows() -> None:
    """Pick the ticked rows; picks hidden by the filter stay."""
    rows = st.session_state[state.Models.TABLE]["selection"]["rows"]
    ticked = [shown[row].name for row in rows if row < len(shown)]
    hidden = [name for name in st.session_state[state.EveryPage.MODELS] if name not in {spec.name for spec in shown}]
    wanted_names = [name for name in names() if name in {*ticked, *hidden}]
    if len(wanted_names) > picks.MOST_MODELS:
        st.toast(f"You can pick up to {picks.MOST_MODELS} models: untick one first.", icon=":material/info:")
        return
    st.session_state[state.EveryPage.MODELS] = wanted_names


guide.show()
with st.container(horizontal=True, vertical_alignment="bottom"):
    wanted = inputs.short_text(
        "Filter",
        key=state.Models.FILTER,
        most=MOST_CHARACTERS,
        placeholder="Name, maker or licence",
        width=280,
        live=True,
    )
    which = st.segmented_control(
        "Show", NAMED, default="All", key=state.Models.SHOW, bind="query-params", required=True
    )
    board = st.segmented_control(
        "Score", list(BOARDS), default="MTEB v2", key=state.Models.BOARD, bind="query-params", required=True,
        help="The table is sorted by this score, and the charts show it.",
    )  # fmt: skip

shown = rank(matching(all_models(), wanted, which or "All"), board)
table = pd.DataFrame(compare(shown, benchmark.latest_timings()))
chosen = [spec.name for spec in picks.models()]
if shown:
    output.answer(headline(shown, board))
    st.session_state[state.Models.TABLE] = {
        "selection": {
            "rows": [row for row, spec in enumerate(shown) if spec.name in chosen],
            "columns": [],
            "cells": [],
        }
    }
    number = st.column_config.NumberColumn
    score = partial(st.column_config.ProgressColumn, min_value=50, max_value=75, format="%.2f", width=80)
    st.dataframe(
        table,
        key=state.Models.TABLE,
        hide_index=True,
        on_select=pick_rows,
        selection_mode="multi-row",
        column_order=COLUMNS,
        height=38 + 35 * len(table),
        placeholder="–",
        alt="Embedding models with score, size, licence and what each needs to run on this machine",
        column_config={
            "model": st.column_config.TextColumn("Model", width=215),
            "here": st.column_config.TextColumn(
                "Availability", width=130, help="What the model needs to run on this machine."
            ),
            "mteb_v1": score("MTEB v1", help="Average of 56 datasets; bar: 50 to 75."),
            "mteb_v2": score("MTEB v2", help="Mean of 41 English tasks, on a different scale from v1; bar: 50 to 75."),
            "download_bytes": number("Size", format="bytes", help="Download size.", width=62),
            "parameters": number("Parameters", format="compact", help="Number of parameters.", width=84),
            "dimensions": number("Dimensions", help="Dimensions of an embedding.", width=86),
            "license": st.column_config.TextColumn("Licence", width=84),
            "url": st.column_config.LinkColumn("Link", display_text=":material/open_in_new:", width=40),
            "hello_world_ms": number("ms", format="%.3g", width=48, help='Median for "Hello World" on this CPU.'),
            "max_tokens": number("Max tokens", help="Longest input, in tokens.", width=86),
            "usd_per_million_tokens": number("Price", format="$%.2g", help="US dollars per million tokens.", width=52),
        },
    )  # fmt: skip
else:
    st.info("No model matches the filter: clear it or show all.", icon=":material/filter_alt_off:")
st.caption(
    "Tick up to four models to use them on every page. The bars of both scores run from 50 to 75; MTEB v1 and v2 are "
    "different scales. Dashes and blanks mean unknown. Scores: embeddings-benchmark/results (v2), archived MTEB "
    "leaderboard (v1)."
)

offered = downloads.offer_missing()
for problem in servers.problems():
    st.warning(output.markdown_free(problem), icon=":material/dns:")

frame.let_browser_draw()
charts = st.grid(2, min_column_width=430)
with charts.cell():
    st.markdown(f"## {board} against size")
    chart.draw(
        score_against_size(shown, chosen, board), key=state.Models.SCORE_AGAINST_SIZE,
        alt=f"{board} score against download size",
    )  # fmt: skip
    drawn = sizes_and_scores(shown, board)
    if undrawn := [spec.name for spec in shown if spec not in drawn]:
        st.caption(f"Not drawn, since their score or size is unknown: {output.markdown_free(join(undrawn, most=8))}.")
with charts.cell():
    st.markdown("## Seven task types (MTEB v1)")
    scored = [spec for spec in picks.models() if spec.mteb_v1]
    if scored:
        chart.draw(task_scores(scored), key=state.Models.TASKS, alt="MTEB v1 scores of the picked models by task type")
    else:
        st.info("None of the picked models has MTEB v1 scores by task type.", icon=":material/info:")

by_id = downloads.more_models()
with st.container(horizontal=True):
    output.download_table(table, "models")
    st.link_button("MTEB leaderboard", "https://huggingface.co/spaces/mteb/leaderboard", icon=":material/leaderboard:")
output.code(examples.compare(catalogue(), board))
downloads.fetch_requested(offered, by_id)
