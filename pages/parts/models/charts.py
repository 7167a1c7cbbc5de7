"""The models as charts: score against cost, and the picked ones by task type."""

from collections.abc import Mapping, Sequence

import streamlit as st

from core import leaderboard
from core.benchmark import Timing
from core.charts.models import score_against_cost, task_scores
from core.comparison import COST_TITLES, COSTS, Standing, describe_front, dots, front, task_types, unscored
from core.models import ModelSpec
from pages.shared import picks, state
from pages.shared.ui import chart, output

NARROW = f"""
/* On a narrow page there is room for the names of the picked models alone, which are bold */
.stElementContainer:has(> .st-key-{state.Models.SCORE_AGAINST_SIZE}), .st-key-{state.Models.SCORE_AGAINST_SIZE} {{
    container-type: inline-size
}}
@container (max-width: 470px) {{ .textpoint:not(:has(tspan)) {{ display: none }} }}
"""


def against_cost(
    specs: Sequence[ModelSpec],
    standing: Standing,
    weights: Mapping[str, float],
    timings: Mapping[tuple[str, str], Timing],
) -> None:
    """Each model's score against a cost to choose, with the models that no other beats."""
    board = standing.board
    heading = st.container(key=state.EveryPage.ALSO_PRESENTED("against"))
    cost = st.selectbox("Cost", list(COSTS), key=state.Models.AGAINST, bind="query-params", width=210) or "Parameters"
    heading.markdown(f"## Score against {COST_TITLES[cost]}")
    points = dots(specs, standing, cost, timings)
    best = front(points)
    st.markdown(output.markdown_free(describe_front(best, cost)))
    snapshot = leaderboard.current()
    baseline = snapshot.baseline if board == "MTEB v2" else None
    random = leaderboard.mean(baseline, weights, snapshot.tasks) if baseline else None
    picked = [spec.name for spec in picks.models()]
    if missing := unscored(picks.models(), standing):
        with st.container(key=state.EveryPage.ALSO_PRESENTED("unscored")):
            st.caption(output.markdown_free(missing))
    st.html(f"<style>{NARROW}</style>")
    chart.draw(
        score_against_cost(points, best, picked, cost=cost, score=f"{board} score", baseline=random),
        key=state.Models.SCORE_AGAINST_SIZE,
        alt=f"{board} score against {cost.lower()}",
    )
    st.caption(f"{len(points):,} of {len(specs):,} models: of the others the score or the cost is unknown.")


def by_task_type(board: str) -> None:
    """The picked models' scores by task type."""
    scores = task_types(picks.models(), board)
    st.markdown(f"## Task types ({board})")
    if not scores:
        st.info(f"None of the picked models has {board} scores by task type.", icon=":material/info:")
        return
    chart.draw(
        task_scores([spec for spec in picks.models() if spec.id in scores], scores, board),
        key=state.Models.TASKS,
        alt=f"{board} scores of the picked models by task type",
    )
