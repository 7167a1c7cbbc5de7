"""What the models are ranked for: a use, or tasks of one's own with their weights."""

import streamlit as st

from core import leaderboard
from pages.shared.state import Models

OWN = "Tasks of my own"
MOST_WEIGHT = 10


def choose() -> tuple[str, dict[str, float]]:
    """The name of the use and the weight of each of its tasks."""
    use = st.selectbox(
        "Ranked for", [*leaderboard.USES, OWN], key=Models.USE, bind="query-params", persist_state="session",
        width=210, help="The score is the mean over MTEB's tasks of this use.",
    ) or leaderboard.EVERYTHING  # fmt: skip
    tasks = leaderboard.current().tasks
    return (use, leaderboard.tasks_of(use, tasks)) if use != OWN else (use, _own(list(tasks)))


def _own(tasks: list[str]) -> dict[str, float]:
    """The chosen tasks, all tasks until there are any."""
    with st.popover("Tasks", icon=":material/checklist:"):
        chosen = st.multiselect(
            "Tasks that are like yours", tasks, key=Models.OWN_TASKS, bind="query-params", persist_state="session"
        )
        weights = {
            task: st.number_input(
                f"Weight of {task}", 1, MOST_WEIGHT, key=Models.TASK_WEIGHT(task), bind="query-params",
                persist_state="session",
            )
            for task in chosen
        }  # fmt: skip
    return {task: float(weight) for task, weight in weights.items()} or dict.fromkeys(tasks, 1.0)
