"""Agreement of models on neighbours, against Python's sets."""

from itertools import combinations

import numpy as np
import pytest

from core.errors import InputError
from core.maps.agreement import agreement_matrix, largest_disagreements, overlaps, per_text
from core.maps.neighbours import Neighbours, nearest_rows


def given(rows: list[list[int]]) -> Neighbours:
    return Neighbours(np.array(rows, np.int64), np.zeros((len(rows), len(rows[0])), np.float32), "cosine")


def model(seed: int, k: int = 6, rows: int = 60) -> Neighbours:
    base, own = (np.random.default_rng(each).normal(size=(rows, 5)).astype(np.float32) for each in (0, seed))
    return nearest_rows(base + own, k)


def shared(first: Neighbours, second: Neighbours, k: int) -> list[float]:
    pairs = zip(first.rows[:, :k].tolist(), second.rows[:, :k].tolist(), strict=True)
    return [len(set(one) & set(other)) / k for one, other in pairs]


def test_the_overlap_is_the_share_of_common_neighbours_in_any_order() -> None:
    first, second = given([[1, 2, 3, 4], [0, 2, 3, 4]]), given([[4, 9, 8, 1], [4, 3, 2, 0]])
    assert overlaps(first, second).tolist() == [0.5, 1.0]


def test_overlaps_are_those_of_sets() -> None:
    first, second = model(1), model(2)
    expected = shared(first, second, 6)
    assert 0 < np.mean(expected) < 1
    assert overlaps(first, second) == pytest.approx(expected)


def test_the_smaller_number_of_neighbours_counts() -> None:
    assert overlaps(model(1, k=9), model(2, k=4)) == pytest.approx(shared(model(1), model(2), 4))


def test_a_lone_text_has_nothing_to_disagree_on() -> None:
    assert overlaps(model(1, rows=1), model(2, rows=1)).tolist() == [1]


def test_different_numbers_of_texts_are_an_error_with_both() -> None:
    with pytest.raises(InputError, match="60 and of 50 texts"):
        overlaps(model(1), model(2, rows=50))


def test_the_matrix_holds_mean_overlaps_and_each_model_agrees_with_itself() -> None:
    models = [model(seed) for seed in (1, 2, 3)]
    matrix = agreement_matrix(models)
    assert matrix.shape == (3, 3)
    assert np.array_equal(matrix, matrix.T)
    assert matrix.diagonal().tolist() == [1, 1, 1]
    for first, second in combinations(range(3), 2):
        assert matrix[first, second] == pytest.approx(np.mean(shared(models[first], models[second], 6)))


def test_the_matrix_of_no_texts_is_a_clear_error() -> None:
    with pytest.raises(InputError, match="no texts"):
        agreement_matrix([model(1, rows=0), model(2, rows=0)])


def test_a_texts_agreement_is_its_mean_over_all_pairs_of_models() -> None:
    models = [model(seed) for seed in (1, 2, 3)]
    expected = np.mean([shared(one, other, 6) for one, other in combinations(models, 2)], axis=0)
    assert per_text(models) == pytest.approx(expected)


def test_one_model_alone_cannot_agree() -> None:
    with pytest.raises(InputError, match="at least two models"):
        per_text([model(1)])


def test_the_most_disagreed_come_first_and_equal_ones_in_their_order() -> None:
    first = given([[1, 2], [0, 2], [0, 1], [0, 1], [0, 1]])
    second = given([[1, 3], [3, 4], [0, 1], [2, 4], [0, 3]])
    assert largest_disagreements([first, second], 4).tolist() == [1, 3, 0, 4]
    assert largest_disagreements([first, second], 99).tolist() == [1, 3, 0, 4, 2]
