"""From passages to documents, by brute force."""

import numpy as np
import pytest

from core.evaluation import best_documents
from core.search import Hits


@pytest.mark.parametrize("k", [1, 5, 100])
def test_a_document_counts_by_its_best_passage_and_k_documents_are_found(k: int) -> None:
    rng = np.random.default_rng(0)
    ids = [f"d{number}" for number in rng.integers(0, 40, 500) ** 2 // 40]
    names = list(dict.fromkeys(ids))
    scores = rng.random((7, 500)).astype(np.float32)

    def find(block: slice, depth: int) -> Hits:
        rows = np.argsort(-scores[block], axis=1)[:, :depth]
        return Hits(rows, np.take_along_axis(scores[block], rows, 1))

    found = best_documents(find, 7, ids, k)
    for query in range(7):
        best = {name: max(scores[query, row] for row in range(500) if ids[row] == name) for name in names}
        expected = sorted(names, key=lambda name: -best[name])[:k]
        assert [names[row] for row in found.rows[query]] == expected
        assert found.scores[query].tolist() == [best[name] for name in expected]


def test_texts_that_are_documents_pass_through() -> None:
    hits = Hits(np.array([[1, 0]]), np.array([[0.9, 0.1]], np.float32))
    found = best_documents(lambda _block, depth: Hits(hits.rows[:, :depth], hits.scores[:, :depth]), 1, ["a", "b"], 10)
    assert found.rows.tolist() == [[1, 0]]


def test_no_query_finds_nothing() -> None:
    assert best_documents(lambda _block, _depth: pytest.fail("nothing to search"), 0, ["a"], 10).rows.shape == (0, 1)


@pytest.mark.parametrize("k", [1, 3, 100])
def test_a_query_that_is_a_document_does_not_find_it_and_k_others_are_found(k: int) -> None:
    rng = np.random.default_rng(1)
    ids = [f"d{number}" for number in rng.integers(0, 12, 60)]
    scores = rng.random((3, 60)).astype(np.float32)

    def find(block: slice, depth: int) -> Hits:
        rows = np.argsort(-scores[block], axis=1)[:, :depth]
        return Hits(rows, np.take_along_axis(scores[block], rows, 1))

    found = best_documents(find, 3, ids, k, own=np.array([4, -1, 0]))
    every = best_documents(find, 3, ids, 100)
    for query, own in enumerate([4, -1, 0]):
        assert found.rows_of(query).tolist() == [row for row in every.rows_of(query).tolist() if row != own][:k]
