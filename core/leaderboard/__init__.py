"""MTEB's leaderboard: two hundred models with their scores by task, ranked for a use, with ties."""

from core.leaderboard.caveats import caveats, too_small
from core.leaderboard.ranking import Ranking, mean, pareto, rank
from core.leaderboard.snapshot import Entry, Snapshot, current
from core.leaderboard.uses import EVERYTHING, USES, tasks_of

__all__ = [
    "EVERYTHING",
    "USES",
    "Entry",
    "Ranking",
    "Snapshot",
    "caveats",
    "current",
    "mean",
    "pareto",
    "rank",
    "tasks_of",
    "too_small",
]
