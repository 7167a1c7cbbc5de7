"""Agreement of lists without labels, by brute force."""

import numpy as np
import pytest

from core.evaluation import agreement_by_query, agreement_sentence, agreements, informative
from core.search import Hits


def lists(*queries: list[int]) -> Hits:
    rows = np.array(queries, np.int64)
    return Hits(rows, np.tile(np.linspace(1, 0.5, rows.shape[1], dtype=np.float32), (len(rows), 1)))


def rank_biased(first: list[int], second: list[int]) -> float:
    """Webber, Moffat and Zobel 2010, equation 23, term by term, for lists of one length and p = 0.9."""
    common = [len(set(first[:depth]) & set(second[:depth])) for depth in range(1, len(first) + 1)]
    seen = sum(found / depth * 0.9**depth for depth, found in enumerate(common, start=1))
    return common[-1] / len(first) * 0.9 ** len(first) + 0.1 / 0.9 * seen


def test_agreement_is_the_mean_rank_biased_overlap() -> None:
    rng = np.random.default_rng(0)
    systems = {name: lists(*(rng.permutation(30)[:10].tolist() for _ in range(20))) for name in "abc"}
    matrix = agreements(systems)
    for row, first in enumerate("abc"):
        for column, second in enumerate("abc"):
            pairs = zip(systems[first].rows.tolist(), systems[second].rows.tolist(), strict=True)
            assert matrix[row, column] == pytest.approx(np.mean([rank_biased(a, b) for a, b in pairs]))
    upper = matrix[np.triu_indices(3, 1)]
    assert agreement_by_query(systems).mean() == pytest.approx(upper.mean())


def test_what_was_not_found_is_not_agreed_on() -> None:
    nothing = Hits(np.zeros((2, 3), np.int64), np.array([[0, 0, 0], [0, 0, 0]], np.float32))
    something = lists([0, 1, 2], [0, 1, 2])
    assert agreement_by_query({"a": nothing, "b": something}).tolist() == [0, 0]
    assert agreement_by_query({"a": nothing, "b": nothing}).tolist() == [1, 1]


def test_the_queries_of_least_agreement_come_first() -> None:
    first = lists([0, 1, 2, 3], [0, 1, 2, 3], [0, 1, 2, 3])
    second = lists([0, 1, 2, 3], [6, 7, 8, 9], [0, 1, 8, 9])
    assert informative({"a": first, "b": second}) == [1, 2, 0]


def test_of_equal_ones_the_next_offers_other_documents_than_those_before() -> None:
    first = lists([0, 1], [0, 2], [10, 11])
    second = lists([3, 4], [3, 5], [12, 13])
    assert informative({"a": first, "b": second}) == [0, 2, 1]


def test_every_query_is_offered_once() -> None:
    rng = np.random.default_rng(1)
    systems = {name: lists(*(rng.permutation(12)[:10].tolist() for _ in range(400))) for name in "ab"}
    assert sorted(informative(systems)) == list(range(400))


def test_queries_that_differ_in_the_second_decimal_are_ordered_by_agreement() -> None:
    rng = np.random.default_rng(2)
    systems = {name: lists(*(rng.permutation(30)[:10].tolist() for _ in range(100))) for name in "ab"}
    shown = agreement_by_query(systems)[informative(systems)].round(2)
    assert (np.diff(shown) >= 0).all()
    assert len(set(shown.tolist())) > 10


def test_the_sentence_names_the_pairs_that_agree_least_and_most() -> None:
    matrix = np.array([[1, 0.2, 0.5], [0.2, 1, 0.35], [0.5, 0.35, 1]])
    assert agreement_sentence(matrix, ["a", "b", "c"]) == (
        "a and b agree least (0.20), a and c most (0.50); 1 means the same lists."
    )
    assert agreement_sentence(matrix[:2, :2], ["a", "b"]) == "a and b agree at 0.20, where 1 means the same lists."
    assert agreement_sentence(np.eye(1), ["BM25"]) == "BM25 is the only system: pick a model in the sidebar."


def test_one_system_alone_agrees_with_itself() -> None:
    assert agreements({"a": lists([1, 2])}).tolist() == [[1]]
    assert informative({"a": lists([1, 2], [3, 4])}) == [0, 1]
