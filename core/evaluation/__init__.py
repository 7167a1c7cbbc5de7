"""Quality against labels: rankings against relevance judgements, cosines against gold scores."""

from core.evaluation.bootstrap import Difference, Interval, difference, interval, sentence
from core.evaluation.documents import Finder, best_documents
from core.evaluation.measures import CUT, MAP_CUT, MEASURES, Qrels, Quality, Run, evaluate, grouped
from core.evaluation.pairs import Agreement, agreement

__all__ = [
    "CUT",
    "MAP_CUT",
    "MEASURES",
    "Agreement",
    "Difference",
    "Finder",
    "Interval",
    "Qrels",
    "Quality",
    "Run",
    "agreement",
    "best_documents",
    "difference",
    "evaluate",
    "grouped",
    "interval",
    "sentence",
]
