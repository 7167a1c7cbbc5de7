"""The comparison of models: which meet one's demands, where they stand, what they cost, and all of it as a table."""

from core.comparison.costs import COST_TITLES, COSTS, Dot, describe_front, dots, front
from core.comparison.demands import INSTRUCTIONS, NAMED, Demands, matching
from core.comparison.standing import Standing, headline, stand, task_types, unscored
from core.comparison.table import add_standing, compare

__all__ = [
    "COSTS",
    "COST_TITLES",
    "INSTRUCTIONS",
    "NAMED",
    "Demands",
    "Dot",
    "Standing",
    "add_standing",
    "compare",
    "describe_front",
    "dots",
    "front",
    "headline",
    "matching",
    "stand",
    "task_types",
    "unscored",
]
