"""Quality against labels: rankings against relevance judgements, cosines against gold scores."""

from core.evaluation.bootstrap import Difference, Interval, difference, interval, sentence
from core.evaluation.comparisons import describe_intervals, differences
from core.evaluation.compression import Compressed, compressions
from core.evaluation.disagreement import agreement_by_query, agreements, informative
from core.evaluation.documents import Finder, best_documents
from core.evaluation.measures import CUT, MAP_CUT, MEASURES, Qrels, Quality, Run, average_by_group, evaluate
from core.evaluation.pairs import Agreement, agreement, cosines_of, displacement, intervals

__all__ = [
    "CUT",
    "MAP_CUT",
    "MEASURES",
    "Agreement",
    "Compressed",
    "Difference",
    "Finder",
    "Interval",
    "Qrels",
    "Quality",
    "Run",
    "agreement",
    "agreement_by_query",
    "agreements",
    "average_by_group",
    "best_documents",
    "compressions",
    "cosines_of",
    "describe_intervals",
    "difference",
    "differences",
    "displacement",
    "evaluate",
    "informative",
    "interval",
    "intervals",
    "sentence",
]
