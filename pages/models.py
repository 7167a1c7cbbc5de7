import pandas as pd
import streamlit as st

from core import benchmark, snippets
from core.encoders.files import availability
from core.figures.models import BOARDS, score_against_size, task_radar
from core.models import catalogue, names
from pages.shared import frame, output
from pages.shared.frame import require_frame

require_frame()

HERE = ["All", "Original six", "Ready here"]


def pick_rows() -> None:
    """Make the ticked rows the picked models; picks that the filter hides stay."""
    rows = st.session_state["models_table"]["selection"]["rows"]
    ticked = [shown[row].name for row in rows if row < len(shown)]
    hidden = [name for name in st.session_state["models"] if name not in {spec.name for spec in shown}]
    chosen = [name for name in names() if name in {*ticked, *hidden}]
    if len(chosen) > frame.MOST_PICKS:
        st.toast(f"At most {frame.MOST_PICKS} models can be picked: untick one first.", icon=":material/info:")
        return
    st.session_state["models"] = chosen


frame.head("models")
timings = benchmark.kept_timings()

with st.container(horizontal=True, vertical_alignment="bottom"):
    wanted = st.text_input(
        "Filter",
        key="filter",
        bind="query-params",
        placeholder="Name, maker or licence",
        width=280,
        live=True,
        max_chars=80,
    )
    which = st.segmented_control("Show", HERE, default="All", key="show", bind="query-params", required=True)
    board = st.segmented_control(
        "Score in the charts", list(BOARDS), default="MTEB v1", key="board", bind="query-params", required=True
    )

shown = [
    spec
    for spec in catalogue()
    if (wanted or "").lower() in f"{spec.name} {spec.organisation} {spec.license}".lower()
    and (which != "Original six" or spec.original)
    and (which != "Ready here" or availability(spec).is_ready)
]
table = pd.DataFrame(
    [
        {
            "Model": spec.name,
            "Here": availability(spec).label,
            "MTEB v1": spec.mteb_v1.get("average"),
            "MTEB v2": spec.mteb_v2,
            "Size": spec.download_bytes,
            "Parameters": spec.parameters,
            "Length": spec.dimensions,
            "Licence": spec.license,
            "Link": spec.url,
            "Hello World": getattr(timings.get((spec.name, "cpu")), "median_ms", None),
            "Tokens": spec.max_tokens,
            "Price": spec.usd_per_million_tokens,
        }
        for spec in shown
    ]
)
picked = [spec.name for spec in frame.picked_models()]
if shown:
    st.session_state["models_table"] = {
        "selection": {
            "rows": [row for row, spec in enumerate(shown) if spec.name in picked],
            "columns": [],
            "cells": [],
        }
    }
    number = st.column_config.NumberColumn
    st.dataframe(
        table,
        key="models_table",
        hide_index=True,
        on_select=pick_rows,
        selection_mode="multi-row",
        height=38 + 35 * len(table),
        placeholder="–",
        alt="Embedding models with score, size, licence and what each needs to run here",
        column_config={
            "Model": st.column_config.TextColumn(pinned=True, width=225),
            "Here": st.column_config.TextColumn(width=135, help="What the model needs to run on this machine."),
            "MTEB v1": st.column_config.ProgressColumn(
                min_value=50, max_value=75, format="%.2f", width=85, help="Average of 56 datasets; bar: 50 to 75."
            ),
            "MTEB v2": st.column_config.ProgressColumn(
                min_value=50, max_value=75, format="%.2f", width=85,
                help="Mean of 41 English tasks: another scale than v1. Bar: 50 to 75.",
            ),
            "Size": number(format="bytes", help="Download.", width=62),
            "Parameters": number("Params", format="compact", help="Parameters.", width=60),
            "Length": number(help="Dimensions of an embedding.", width=58),
            "Licence": st.column_config.TextColumn(width=82),
            "Link": st.column_config.LinkColumn(display_text=":material/open_in_new:", width=42),
            "Hello World": number("Here, ms", format="%.2f", width=68, help='Median for "Hello World" on this CPU.'),
            "Tokens": number(help="Longest input.", width=60),
            "Price": number(format="$%.2f", help="US dollars per million tokens.", width=52),
        },
    )  # fmt: skip
else:
    st.info("No model matches the filter: clear it, or show all.", icon=":material/filter_alt_off:")
st.caption(
    "Tick up to four rows: they are the models of all pages. MTEB v1 and v2 are different scales. "
    "Empty means not known. Scores: archived MTEB leaderboard (v1), embeddings-benchmark/results (v2)."
)

charts = st.grid(2, min_column_width=430)
with charts.cell():
    st.markdown(f"#### {board} against size")
    st.plotly_chart(
        score_against_size(catalogue(), picked, board), key="score_size", alt=f"{board} score against download size"
    )
with charts.cell():
    st.markdown("#### The seven task types (MTEB v1)")
    known = [spec for spec in frame.picked_models() if spec.mteb_v1]
    if known:
        st.plotly_chart(task_radar(known), key="radar", alt="MTEB v1 scores of the picked models by task type")
    else:
        st.info("None of the picked models has MTEB v1 scores by task type.", icon=":material/info:")

with st.container(horizontal=True):
    output.download_table(table, "models")
    st.link_button(
        "Trending on the Hub", "https://huggingface.co/models?library=sentence-transformers&sort=trending",
        icon=":material/trending_up:",
    )  # fmt: skip
    st.link_button("MTEB leaderboard", "https://huggingface.co/spaces/mteb/leaderboard", icon=":material/leaderboard:")
output.code(snippets.compare(catalogue(), board))
