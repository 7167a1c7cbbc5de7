"""Duplicates against all pairs by hand and scipy's single linkage; texts that stand alone against a full matrix."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.cluster.hierarchy import fcluster, linkage

from core.search import duplicates
from core.search.duplicates import group, near_pairs, nearest_others, same_texts


def unit_rows(rows: int, seed: int, dimensions: int = 3) -> np.ndarray:
    vectors = np.random.default_rng(seed).normal(size=(rows, dimensions)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


@given(rows=st.integers(2, 60), threshold=st.sampled_from([0.5, 0.9, 0.99]), seed=st.integers(0, 100))
@settings(max_examples=40, deadline=None)
def test_near_pairs_are_all_pairs_that_reach_the_threshold(rows: int, threshold: float, seed: int) -> None:
    vectors = unit_rows(rows, seed)
    cosines = vectors @ vectors.T
    expected = {(i, j) for i in range(rows) for j in range(i + 1, rows) if cosines[i, j] >= threshold}
    pairs = near_pairs(vectors, threshold)
    found = list(zip(pairs.first.tolist(), pairs.second.tolist(), strict=True))
    assert set(found) == expected
    assert len(found) == pairs.count == len(expected)
    assert pairs.cosines == pytest.approx([cosines[pair] for pair in found], abs=1e-6)
    assert (np.diff(pairs.cosines) <= 0).all()


@pytest.mark.parametrize("at_once", [50, 10_000])
def test_groups_are_those_of_single_linkage(at_once: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(duplicates, "SCORES_AT_ONCE", at_once)
    vectors = unit_rows(120, 1)
    tree = linkage(vectors, "single", "cosine")
    labels = fcluster(tree, 1 - 0.995, "distance")
    expected = {frozenset(np.flatnonzero(labels == label).tolist()) for label in labels}
    groups = group(near_pairs(vectors, 0.995))
    assert {frozenset(rows.tolist()) for rows in groups} == {group for group in expected if len(group) > 1}
    assert [len(rows) for rows in groups] == sorted(map(len, groups), reverse=True)


def test_a_corpus_of_one_text_many_times_is_one_group_and_its_pairs_are_counted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(duplicates, "MOST_PAIRS", 100)
    pairs = near_pairs(np.ones((300, 1), np.float32), 0.9)
    assert pairs.count == 300 * 299 / 2
    assert len(pairs.first) == 100
    assert [rows.tolist() for rows in group(pairs)] == [list(range(300))]


@pytest.mark.parametrize("rows", [0, 1])
def test_fewer_than_two_texts_have_no_pair(rows: int) -> None:
    pairs = near_pairs(np.ones((rows, 2), np.float32), 0.5)
    assert pairs.count == 0
    assert group(pairs) == []


def test_a_vector_that_holds_nan_is_near_nothing() -> None:
    vectors = np.array([[1, 0], [np.nan, 0], [1, 0]], np.float32)
    assert [rows.tolist() for rows in group(near_pairs(vectors, 0.5))] == [[0, 2]]


def test_texts_are_the_same_but_for_case_blanks_and_forms_of_a_character() -> None:
    texts = ["A  cat", "dog", "a cat ", "the ﬁsh", "bird", "The fish", "a\tCAT"]
    assert [rows.tolist() for rows in same_texts(texts)] == [[0, 2, 6], [3, 5]]


def test_groups_of_the_same_texts_are_joined_to_those_of_near_ones() -> None:
    pairs = near_pairs(np.array([[1, 0], [1, 0], [0, 1], [-1, 0], [0, -1]], np.float32), 0.9)
    same = [np.array([1, 2]), np.array([3, 4])]
    assert [rows.tolist() for rows in group(pairs, same)] == [[0, 1, 2], [3, 4]]


def test_the_nearest_other_is_never_the_text_itself_even_among_identical_ones() -> None:
    vectors = np.vstack([unit_rows(20, 0, 8), np.repeat(unit_rows(1, 9, 8), 4, axis=0)])
    cosines = vectors @ vectors.T
    np.fill_diagonal(cosines, -np.inf)
    rows, nearest = nearest_others(vectors)
    assert nearest == pytest.approx(cosines.max(axis=1), abs=1e-6)
    assert (rows != np.arange(len(vectors))).all()
    assert cosines[np.arange(len(vectors)), rows] == pytest.approx(nearest, abs=1e-6)


def test_the_search_for_pairs_tells_how_far_it_is_and_ends_if_that_raises() -> None:
    told: list[tuple[int, int]] = []
    near_pairs(unit_rows(5, 0), 0.5, lambda *done: told.append(done))
    assert told[-1] == (5, 5)

    def cancel(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        near_pairs(unit_rows(5, 0), 0.5, cancel)
