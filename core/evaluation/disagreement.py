"""Without labels: how much systems agree on their hits, and the queries where a label is most informative."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations

import numpy as np
import numpy.typing as npt

from core.evaluation.measures import CUT
from core.search import Hits, rank_biased_overlap

STEP = 0.01  # agreements that differ by less count as equal
MOST_ORDERED = 200

Floats = npt.NDArray[np.float64]


def overlaps(first: Hits, second: Hits, depth: int = CUT) -> Floats:
    """For each query the rank-biased overlap of both lists' first `depth` documents, (q,), from 0 to 1.

    Documents that score exactly 0 are not hits. Two empty lists agree.
    """
    lists = range(len(first.rows))
    return np.array(
        [rank_biased_overlap(_rows_of(first, query, depth), _rows_of(second, query, depth)) for query in lists],
        np.float64,
    )


def agreements(systems: Mapping[str, Hits], depth: int = CUT) -> Floats:
    """The mean overlap of each pair of s systems over the queries, (s, s), with 1 on the diagonal."""
    names = list(systems)
    matrix = np.eye(len(names))
    for (row, first), (column, second) in combinations(enumerate(names), 2):
        matrix[row, column] = matrix[column, row] = overlaps(systems[first], systems[second], depth).mean()
    return matrix


def agreement_sentence(matrix: Floats, systems: Sequence[str]) -> str:
    """Which systems agree most and which least, from their mean overlaps, (s, s)."""
    pairs = sorted(combinations(range(len(systems)), 2), key=lambda pair: -matrix[pair])
    if not pairs:
        return f"{systems[0]} is the only system: pick a model in the sidebar."
    most, least = ((f"{systems[row]} and {systems[other]}", matrix[row, other]) for row, other in (pairs[0], pairs[-1]))
    if len(pairs) == 1:
        return f"{most[0]} agree at {most[1]:.2f}, where 1 means the same lists."
    return f"{least[0]} agree least ({least[1]:.2f}), {most[0]} most ({most[1]:.2f}); 1 means the same lists."


def agreement_by_query(systems: Mapping[str, Hits], depth: int = CUT) -> Floats:
    """For each query the mean overlap over all pairs of systems, (q,)."""
    pairs = [overlaps(first, second, depth) for first, second in combinations(systems.values(), 2)]
    queries = len(next(iter(systems.values())).rows)
    return np.mean(pairs, axis=0) if pairs else np.ones(queries)


def informative(systems: Mapping[str, Hits], depth: int = CUT) -> list[int]:
    """The queries in order of how much marking them shows which system is better.

    If lists agree, a label moves all systems alike, so the queries of least agreement come first. Ties are broken by
    how few of their documents earlier queries have shown, so that marks spread over the corpus.
    """
    agreement = agreement_by_query(systems, depth)
    steps = np.round(agreement / STEP)
    order: list[int] = []
    offered: set[int] = set()
    for step in np.unique(steps):
        equal = np.flatnonzero(steps == step)
        left = equal[np.argsort(agreement[equal], kind="stable")].tolist()
        documents = {query: _documents(systems.values(), query, depth) for query in left}
        while left and len(order) < MOST_ORDERED:
            best = min(left, key=lambda query: len(documents[query] & offered))
            left.remove(best)
            order.append(best)
            offered |= documents[best]
        order += left
    return order


def _documents(systems: Iterable[Hits], query: int, depth: int) -> set[int]:
    return {row for hits in systems for row in _rows_of(hits, query, depth)}


def _rows_of(hits: Hits, query: int, depth: int) -> list[int]:
    hits_of_query: list[int] = hits.rows_of(query)[:depth].tolist()
    return hits_of_query
