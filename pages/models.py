from pages.shared.navigation import require_frame

require_frame()

from functools import partial

import pandas as pd
import streamlit as st

from core import benchmark, examples, leaderboard
from core.charts.models import score_against_cost, task_scores
from core.comparison import (
    COSTS,
    NAMED,
    add_standing,
    compare,
    describe_front,
    dots,
    front,
    headline,
    matching,
    stand,
    task_types,
)
from core.models import BOARDS, catalogue, pickable, servers
from pages.parts.models import card, demands, downloads, guide, uses
from pages.shared import frame, picks, state
from pages.shared.ui import chart, inputs, output

MOST_CHARACTERS = 80
TABLE_HEIGHT = 500
COLUMNS = (
    "model", "here", "score", "rank_interval", "parameters", "download_bytes", "dimensions", "max_tokens", "license",
    "hello_world_ms", "usd_per_million_tokens", "zero_shot", "released", "mteb_v1", "url", "notes",
)  # fmt: skip


def pick_rows() -> None:
    """Pick the ticked rows; picks hidden by the filter stay."""
    selection = st.session_state[state.Models.TABLE]["selection"]
    if cells := selection.get("cells"):
        st.session_state[state.Models.CARD] = shown[cells[0][0]].name
    ticked = [shown[row].name for row in selection["rows"] if row < len(shown)]
    hidden = [name for name in st.session_state[state.EveryPage.MODELS] if name not in {spec.name for spec in shown}]
    wanted_names = [spec.name for spec in pickable() if spec.name in {*ticked, *hidden}]
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
    use, weights = uses.choose() if board == "MTEB v2" else (board, {})
    wishes = demands.choose()

snapshot = leaderboard.current()
found = matching(pickable(), wanted, which or "All", wishes)
standing = stand(found, board, weights)
shown = standing.sort(found)
timings = benchmark.latest_timings()
table = pd.DataFrame(add_standing(compare(shown, timings), shown, standing))
chosen = [spec.name for spec in picks.models()]
if shown:
    output.answer(headline(shown, standing))
    st.session_state[state.Models.TABLE] = {
        "selection": {
            "rows": [row for row, spec in enumerate(shown) if spec.name in chosen],
            "columns": [],
            "cells": st.session_state.get(state.Models.TABLE, {}).get("selection", {}).get("cells", []),
        }
    }
    meaning = BOARDS[board] if use in (board, leaderboard.EVERYTHING) else "mean of these tasks"
    number = st.column_config.NumberColumn
    score = partial(st.column_config.ProgressColumn, min_value=20, max_value=95, format="%.2f", width=80)
    st.dataframe(
        table,
        key=state.Models.TABLE,
        hide_index=True,
        on_select=pick_rows,
        selection_mode=["multi-row", "single-cell"],
        column_order=COLUMNS,
        height=min(TABLE_HEIGHT, 38 + 35 * len(table)),
        placeholder="–",
        alt="Embedding models with score, size, licence and what each needs to run on this machine",
        column_config={
            "model": st.column_config.TextColumn("Model", width=215),
            "here": st.column_config.TextColumn(
                "Availability", width=130, help="What the model needs to run on this machine."
            ),
            "score": score(
                board if use == leaderboard.EVERYTHING else use,
                help=f"{meaning}; bar: 20 to 95.",
            ),
            "rank_interval": st.column_config.TextColumn(
                "Rank", width=86, help="95 % interval of the rank among these models, by drawing the tasks anew."
            ),
            "mteb_v1": score("MTEB v1", help="Average of 56 datasets, another scale than v2; bar: 20 to 95."),
            "zero_shot": number("Zero-shot", format="%d %%", width=80, help="Tasks on whose data it was not trained."),
            "released": st.column_config.TextColumn("Released", width=76),
            "notes": st.column_config.TextColumn("To know", width=200, help="What is unusual about its scores."),
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
    f"{len(shown):,} models. Tick up to four to use them on every page; click a cell for a model's card. Dashes and "
    f"blanks mean unknown. MTEB v2 of {snapshot.date}: {snapshot.source}. MTEB v1: archived leaderboard, another scale."
)
opened = card.choose(shown)
if opened:
    card.show(opened)

offered = downloads.offer_missing()
for problem in servers.problems():
    st.warning(output.markdown_free(problem), icon=":material/dns:")

frame.let_browser_draw()
left, right = st.columns([5, 3], gap="medium")
with left:
    st.markdown(f"## {board} against cost")
    cost = st.selectbox("Cost", list(COSTS), key=state.Models.AGAINST, bind="query-params", width=210) or "Parameters"
    points = dots(shown, standing, cost, timings)
    best = front(points)
    st.markdown(output.markdown_free(describe_front(best, cost)))
    baseline = snapshot.baseline if board == "MTEB v2" else None
    random = leaderboard.mean(baseline, weights, snapshot.tasks) if baseline else None
    chart.draw(
        score_against_cost(points, best, chosen, cost=cost, score=f"{board} score", baseline=random),
        key=state.Models.SCORE_AGAINST_SIZE,
        alt=f"{board} score against {cost.lower()}",
    )
    st.caption(f"{len(points):,} of {len(shown):,} models: of the others the score or the cost is unknown.")
with right:
    scores = task_types(picks.models(), board)
    st.markdown(f"## Task types ({board})")
    if scores:
        chart.draw(
            task_scores([spec for spec in picks.models() if spec.id in scores], scores, board),
            key=state.Models.TASKS,
            alt=f"{board} scores of the picked models by task type",
        )
    else:
        st.info(f"None of the picked models has {board} scores by task type.", icon=":material/info:")

by_id = downloads.more_models()
with st.container(horizontal=True):
    output.download_table(table, "models")
    st.link_button("MTEB leaderboard", "https://huggingface.co/spaces/mteb/leaderboard", icon=":material/leaderboard:")
output.code(examples.compare(catalogue(), board))
frame.finish()
downloads.fetch_requested(offered, by_id)
