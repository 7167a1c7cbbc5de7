"""Quality against labels: rankings against relevance judgements, similarities against gold scores."""

from core.evaluation.bootstrap import Difference, Interval, difference, interval, sentence
from core.evaluation.comparisons import describe_intervals, differences
from core.evaluation.compression import Compressed, compressions
from core.evaluation.disagreement import agreement_by_query, agreement_sentence, agreements, informative
from core.evaluation.documents import Find, best_documents
from core.evaluation.measures import CUT, MAP_CUT, MEASURES, Qrels, Quality, Run, average_by_group, evaluate
from core.evaluation.pairs import Agreement, agreement, displacement, intervals, scores_of

__all__ = [
    "CUT",
    "MAP_CUT",
    "MEASURES",
    "Agreement",
    "Compressed",
    "Difference",
    "Find",
    "Interval",
    "Qrels",
    "Quality",
    "Run",
    "agreement",
    "agreement_by_query",
    "agreement_sentence",
    "agreements",
    "average_by_group",
    "best_documents",
    "compressions",
    "describe_intervals",
    "difference",
    "differences",
    "displacement",
    "evaluate",
    "informative",
    "interval",
    "intervals",
    "scores_of",
    "sentence",
]
