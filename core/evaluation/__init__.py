"""Quality against labels: rankings against relevance judgements, cosines against gold scores."""

from core.evaluation.measures import CUT, MAP_CUT, MEASURES, Qrels, Quality, Run, evaluate, grouped
from core.evaluation.pairs import Agreement, agreement

__all__ = [
    "CUT",
    "MAP_CUT",
    "MEASURES",
    "Agreement",
    "Qrels",
    "Quality",
    "Run",
    "agreement",
    "evaluate",
    "grouped",
]
