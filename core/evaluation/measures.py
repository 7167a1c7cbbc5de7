"""Quality of rankings against relevance judgements.

The measures are those of trec_eval, including its order of ties: higher score first, then the greater document id.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from core.errors import InputError

Qrels = Mapping[str, Mapping[str, int]]
Run = Mapping[str, Mapping[str, float]]
Grades = list[int]
Measure = Callable[[Grades, Grades], float]

CUT = 10
MAP_CUT = 100


@dataclass(frozen=True)
class Quality:
    """Mean measures over the queries, and each query's own.

    Attributes
    ----------
    means : dict of str to float
        "ndcg@10", "mrr@10", "map@100", "recall@10", each from 0 to 1; and recall at further cuts if asked for.
    per_query : dict of query id to the same measures.
    """

    means: dict[str, float]
    per_query: dict[str, dict[str, float]]

    @property
    def queries(self) -> int:
        """Number of queries with at least one relevant document."""
        return len(self.per_query)

    def values(self, measure: str) -> list[float]:
        """Each query's value of a measure, in the same order for all systems measured with the same labels."""
        return [self.per_query[query][measure] for query in sorted(self.per_query)]


def evaluate(run: Run, qrels: Qrels, *, recall_at: Sequence[int] = ()) -> Quality:
    """Measure a run (query id to document id to score) against relevance labels.

    Queries without a relevant document are not counted; a labelled query that is missing from the run counts 0.

    Parameters
    ----------
    recall_at : sequence of int
        Further cuts for recall: "recall@5" for 5.

    Raises
    ------
    InputError
        No query has a relevant document.
    """
    judged = {query: labels for query, labels in qrels.items() if any(grade > 0 for grade in labels.values())}
    if not judged:
        raise InputError("No query has a relevant document: there is nothing to measure against.")
    measures = MEASURES | {f"recall@{cut}": partial(_recall, cut=cut) for cut in recall_at}
    return _average({query: _measure(run.get(query, {}), labels, measures) for query, labels in judged.items()})


def average_by_group(quality: Quality, groups: Mapping[str, str]) -> dict[str, Quality]:
    """The quality averaged over each group of queries; `groups` maps query ids to groups; others are "unknown"."""
    members: dict[str, dict[str, dict[str, float]]] = {}
    for query, values in quality.per_query.items():
        members.setdefault(groups.get(query, "unknown"), {})[query] = values
    return {name: _average(per_query) for name, per_query in sorted(members.items())}


def _average(per_query: dict[str, dict[str, float]]) -> Quality:
    measures = next(iter(per_query.values()))
    means = {name: float(np.mean([values[name] for values in per_query.values()])) for name in measures}
    return Quality(means, per_query)


def _measure(
    scores: Mapping[str, float], labels: Mapping[str, int], measures: Mapping[str, Measure]
) -> dict[str, float]:
    ranking = sorted(scores, key=lambda document: (np.float32(scores[document]), document), reverse=True)
    grades = [max(0, labels.get(document, 0)) for document in ranking]
    ideal = sorted((grade for grade in labels.values() if grade > 0), reverse=True)
    return {name: measure(grades, ideal) for name, measure in measures.items()}


def _ndcg(grades: Grades, ideal: Grades) -> float:
    """Discounted gain over the best possible (Järvelin and Kekäläinen 2002), gain = grade, as trec_eval."""
    return _discounted_gain(grades[:CUT]) / _discounted_gain(ideal[:CUT])


def _discounted_gain(grades: Grades) -> float:
    return float(sum(grade / np.log2(rank + 1) for rank, grade in enumerate(grades, start=1)))


def _reciprocal_rank(grades: Grades, _ideal: Grades) -> float:
    return next((1 / rank for rank, grade in enumerate(grades[:CUT], start=1) if grade > 0), 0.0)


def _average_precision(grades: Grades, ideal: Grades) -> float:
    relevant, total = 0, 0.0
    for rank, grade in enumerate(grades[:MAP_CUT], start=1):
        if grade > 0:
            relevant += 1
            total += relevant / rank
    return total / len(ideal)


def _recall(grades: Grades, ideal: Grades, cut: int = CUT) -> float:
    return sum(grade > 0 for grade in grades[:cut]) / len(ideal)


MEASURES: dict[str, Measure] = {
    "ndcg@10": _ndcg,
    "mrr@10": _reciprocal_rank,
    "map@100": _average_precision,
    "recall@10": _recall,
}
