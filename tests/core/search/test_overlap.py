"""Rank-biased overlap against its definition, summed far beyond the lists' ends."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.search.overlap import rank_biased_overlap

RANKINGS = st.lists(st.integers(0, 12), unique=True, min_size=1, max_size=10)


def by_definition(first: list[int], second: list[int], p: float) -> float:
    """(1 - p) times the sum of p^(d-1) times the agreement at depth d, of which what is not seen is extrapolated."""
    short, long = sorted((first, second), key=len)

    def overlap(depth: int) -> float:
        if depth <= len(long):
            seen = len(set(short[:depth]) & set(long[:depth]))
            whole = len(set(short) & set(long[: len(short)]))
            return (seen + whole / len(short) * max(0, depth - len(short))) / depth
        return overlap(len(long))

    return (1 - p) * sum(p ** (depth - 1) * overlap(depth) for depth in range(1, 1500))


@given(first=RANKINGS, second=RANKINGS, p=st.sampled_from([0.5, 0.9, 0.98]))
def test_the_overlap_is_that_of_its_definition(first: list[int], second: list[int], p: float) -> None:
    assert rank_biased_overlap(first, second, p) == pytest.approx(by_definition(first, second, p), abs=1e-9)
    assert rank_biased_overlap(second, first, p) == pytest.approx(rank_biased_overlap(first, second, p))


@given(ranking=RANKINGS)
def test_the_same_ranking_agrees_wholly_and_one_without_a_common_document_not_at_all(ranking: list[int]) -> None:
    assert rank_biased_overlap(ranking, ranking) == pytest.approx(1)
    assert rank_biased_overlap(ranking, [document + 100 for document in ranking]) == 0


def test_the_overlap_is_that_of_the_rbo_package() -> None:
    ranked, other = ["a", "b", "c", "d", "e"], ["b", "a", "x", "e", "y"]
    assert rank_biased_overlap(ranked, other) == pytest.approx(
        0.57411, abs=1e-9
    )  # RankingSimilarity.rbo_ext of rbo 0.1.3


def test_a_change_at_the_top_counts_more_than_one_at_the_end() -> None:
    ranking = list(range(10))
    at_top, at_end = [1, 0, *ranking[2:]], [*ranking[:8], 9, 8]
    assert rank_biased_overlap(ranking, at_top) < rank_biased_overlap(ranking, at_end) < 1


def test_nothing_found_agrees_with_nothing_found_alone() -> None:
    assert rank_biased_overlap([], []) == 1
    assert rank_biased_overlap([], [1]) == rank_biased_overlap([1], []) == 0
