from pages.shared.navigation import require_frame

require_frame()

import pandas as pd
import streamlit as st

from core import benchmark, examples, leaderboard
from core.comparison import NAMED, add_standing, compare, headline, matching, stand
from core.models import BOARDS, catalogue, pickable, servers
from pages.parts.models import card, charts, demands, downloads, guide, table, uses
from pages.shared import frame, picks, state
from pages.shared.ui import inputs, output

MOST_CHARACTERS = 80

guide.show()
with st.container(horizontal=True, vertical_alignment="bottom"):
    wanted = inputs.short_text(
        "Find",
        key=state.Models.FILTER,
        most=MOST_CHARACTERS,
        placeholder="Name, maker or licence",
        width=220,
        live=True,
    )
    which = st.segmented_control(
        "Show", NAMED, default="All", key=state.Models.SHOW, bind="query-params", required=True
    )
    board = st.segmented_control(
        "Score", list(BOARDS), default="MTEB v2", key=state.Models.BOARD, bind="query-params", required=True,
        help="The table is sorted by this score, below your picks, and the charts show it.",
    )  # fmt: skip
    use, weights = uses.choose() if board == "MTEB v2" else (board, {})
    wishes = demands.choose()

found = matching(pickable(), wanted, which or "All", wishes)
standing = stand(found, board, weights)
shown = table.with_picks_on_top(standing.sort(found))
timings = benchmark.latest_timings()
rows = pd.DataFrame(add_standing(compare(shown, timings), shown, standing))
if shown:
    output.answer(headline(shown, standing, [spec for spec in picks.own_models() if spec in shown]))
    table.show(rows, shown, board, use)
else:
    table.show_none()
snapshot = leaderboard.current()
st.caption(
    f"{len(shown):,} models. Tick up to four to use them on every page; click a cell for a model's card. Dashes and "
    "blanks mean unknown."
)
output.explain(f"MTEB v2 of {snapshot.date}: {snapshot.source}. MTEB v1: archived leaderboard, another scale.")
if opened := card.choose(shown):
    card.show(opened)

offered = downloads.offer_missing()
for problem in servers.problems():
    st.warning(output.markdown_free(problem), icon=":material/dns:")

frame.let_browser_draw()
panels = st.grid(5, min_column_width=170, gap="medium")  # one below the other where there is little room
with panels.cell(column_span=3):
    charts.against_cost(shown, standing, weights, timings)
with panels.cell(column_span=2):
    charts.by_task_type(board)

by_id = downloads.more_models()
with st.container(horizontal=True):
    output.download_table(rows, "models")
    st.link_button("MTEB leaderboard", "https://huggingface.co/spaces/mteb/leaderboard", icon=":material/leaderboard:")
output.code(examples.compare(catalogue(), board))
frame.finish()
downloads.fetch_requested(offered, by_id)
