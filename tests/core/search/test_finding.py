"""A corpus searched in parts or among some of its rows, against the whole searched at once."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.search import Hits, InMemory, exact, finding, nearest, nearest_in
from core.similarity.functions import SIMILARITIES, Similarity, unit


def grid(rows: int, seed: int, similarity: Similarity) -> np.ndarray:
    """Vectors on a small grid: many are equal, many equally near, some zero, one in ten holds NaN."""
    rng = np.random.default_rng(seed)
    vectors = rng.integers(-2, 3, (rows, 3)).astype(np.float32)
    vectors[rng.random(rows) < 0.1] = np.nan
    return unit(vectors) if similarity == "cosine" else vectors


@pytest.mark.parametrize("few", [exact.FEW_SCORES, 0], ids=["few", "many"])
@pytest.mark.parametrize("similarity", SIMILARITIES)
def test_the_hits_of_any_parts_together_are_those_of_the_whole(
    similarity: Similarity, few: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exact, "FEW_SCORES", few)

    @given(
        size=st.integers(0, 60),
        k=st.integers(1, 70),
        cuts=st.lists(st.integers(0, 60), max_size=6),
        seed=st.integers(0, 999),
    )
    @settings(max_examples=40, deadline=None)
    def check(size: int, k: int, cuts: list[int], seed: int) -> None:
        queries, documents = grid(4, seed, similarity), grid(size, seed + 1, similarity)
        blocks = [(rows, documents[rows]) for rows in np.split(np.arange(size), sorted(min(cut, size) for cut in cuts))]
        np.random.default_rng(seed).shuffle(blocks)
        whole, parts = (
            nearest(queries, documents, k, similarity=similarity),
            nearest_in(queries, iter(blocks), k, similarity=similarity),
        )
        assert parts.rows.tolist() == whole.rows.tolist()
        assert parts.scores.tolist() == whole.scores.tolist()

    check()


@pytest.mark.parametrize("similarity", SIMILARITIES)
def test_parts_of_real_numbers_score_as_the_whole_to_the_last_digit(similarity: Similarity) -> None:
    rng = np.random.default_rng(0)
    queries, kinds = rng.normal(size=(7, 77)).astype(np.float32), rng.normal(size=(200, 77)).astype(np.float32)
    documents = kinds[rng.integers(0, 200, 40_000)]
    whole = nearest(queries, documents, 300, similarity=similarity)
    blocks = ((rows, documents[rows]) for rows in np.split(np.arange(40_000), [7, 20_000, 20_001, 33_333]))
    parts = nearest_in(queries, blocks, 300, similarity=similarity)
    assert parts.rows.tolist() == whole.rows.tolist()
    assert parts.scores.tolist() == whole.scores.tolist()


def test_at_depth_only_what_may_be_among_the_best_is_scored_again(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    queries, documents = (unit(rng.normal(size=(rows, 32)).astype(np.float32)) for rows in (5, 60_000))
    whole = nearest(queries, documents, 100)
    scored: list[int] = []
    score = exact._scores

    def note(*args: Any) -> Any:
        scored.append(args[2].shape[1])
        return score(*args)

    monkeypatch.setattr(exact, "_scores", note)
    monkeypatch.setattr(exact, "FEW_SCORES", 0)
    blocks = [(rows, documents[rows]) for rows in np.split(np.arange(60_000), 30)]
    parts = nearest_in(queries, iter(blocks), 100)
    assert (parts.rows.tolist(), parts.scores.tolist()) == (whole.rows.tolist(), whole.scores.tolist())
    assert scored[0] == 100
    assert sum(scored) < 1000  # of 3,000


def test_many_small_blocks_are_scored_by_a_product_of_matrices_as_one_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exact, "FEW_SCORES", 1000)
    by_hand: list[int] = []
    few = exact._best_of_few

    def note(*args: Any) -> Any:
        by_hand.append(len(args[1]))
        return few(*args)

    monkeypatch.setattr(exact, "_best_of_few", note)
    queries, documents = grid(5, 0, "cosine"), grid(2000, 1, "cosine")
    parts = nearest_in(queries, ((rows, documents[rows]) for rows in np.split(np.arange(2000), 20)), 10)
    assert by_hand == [100, 100]
    assert parts.rows.tolist() == nearest(queries, documents, 10).rows.tolist()


def test_among_many_rows_their_vectors_are_never_copied_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(finding, "NUMBERS_AT_ONCE", 30)
    sizes: list[int] = []
    search = exact._nearest

    def note(*args: Any, **how: Any) -> Hits:
        sizes.append(len(args[1]))
        return search(*args, **how)

    monkeypatch.setattr(exact, "_nearest", note)
    documents, queries = grid(50, 1, "dot"), grid(3, 0, "dot")
    among = np.arange(3, 48)
    hits = InMemory(documents, "dot").find(queries, 20, among)
    expected = nearest(queries, documents[among], 20, similarity="dot")
    assert (hits.rows.tolist(), max(sizes[:5])) == (among[expected.rows].tolist(), 10)


def test_parts_may_have_fewer_hits_than_are_wanted() -> None:
    one = Hits(np.array([[4], [0]]), np.array([[0.5], [-1]], np.float32))
    other = Hits(np.array([[2, 3], [3, 2]]), np.array([[0.5, 0.1], [2, 1]], np.float32))
    assert Hits.merged([one, other], 2).rows.tolist() == [[2, 4], [3, 2]]
    assert Hits.merged([one, other], 9).scores.tolist() == pytest.approx(np.array([[0.5, 0.5, 0.1], [2, 1, -1]]))


def test_among_some_rows_the_nearest_of_them_are_found() -> None:
    documents, queries = grid(50, 1, "dot"), grid(3, 0, "dot")
    among = np.array([3, 7, 30, 31, 49])
    hits = InMemory(documents, "dot").find(queries, 3, among)
    order = nearest(queries, documents, 50, similarity="dot")
    for rows, best in zip(hits.rows.tolist(), order.rows.tolist(), strict=True):
        assert rows == [row for row in best if row in among][:3]
