"""Alignment of maps against scipy's Procrustes analysis."""

import numpy as np
import pytest
from scipy.spatial import procrustes
from scipy.stats import ortho_group

from core.errors import InputError
from core.maps.alignment import align
from core.maps.neighbours import Floats


def normal(rows: int, dimensions: int, seed: int = 0) -> Floats:
    return np.random.default_rng(seed).normal(size=(rows, dimensions)).astype(np.float32)


@pytest.mark.parametrize("dimensions", [2, 3])
def test_the_residual_is_scipys_disparity(dimensions: int) -> None:
    reference, layout = normal(50, dimensions), normal(50, dimensions, seed=1) + 0.5 * normal(50, dimensions)
    expected = procrustes(reference, layout)[2]
    assert 0.1 < expected < 0.95
    assert align(reference, layout).residual == pytest.approx(expected, abs=1e-6)


def test_the_aligned_map_is_scipys_in_the_references_own_scale() -> None:
    reference, layout = 7 * normal(50, 2) + 3, normal(50, 2, seed=1) + normal(50, 2)
    expected = procrustes(reference, layout)[1]
    aligned = align(reference, layout).coordinates - reference.mean(0)
    assert aligned / np.linalg.norm(reference - reference.mean(0)) == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize("dimensions", [2, 3])
@pytest.mark.parametrize("seed", range(6))
def test_a_map_moved_scaled_turned_or_mirrored_is_brought_back(dimensions: int, seed: int) -> None:
    reference = normal(30, dimensions)
    turned = ortho_group.rvs(dimensions, random_state=seed).astype(np.float32)  # with and without a reflection
    aligned = align(reference, 40 * reference @ turned - 9)
    assert aligned.coordinates == pytest.approx(reference, abs=1e-4)
    assert aligned.residual == pytest.approx(0, abs=1e-6)
    assert aligned.coordinates.dtype == np.float32


def test_no_small_turn_or_change_of_scale_brings_an_aligned_map_nearer() -> None:
    reference, layout = normal(40, 2), normal(40, 2, seed=1) + normal(40, 2)
    aligned = align(reference, layout).coordinates - reference.mean(0)
    least = np.square(reference - reference.mean(0) - aligned).sum()
    for angle, scale in ((0.05, 1), (-0.05, 1), (0, 1.05), (0, 0.95)):
        turn = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        assert np.square(reference - reference.mean(0) - aligned @ turn).sum() > least


def test_a_single_point_is_laid_on_the_other() -> None:
    aligned = align(np.array([[3, 4]], np.float32), np.array([[-1, 9]], np.float32))
    assert aligned.coordinates.tolist() == [[3, 4]]
    assert aligned.residual == 0


def test_points_at_one_place_come_to_the_references_centre_and_share_nothing_with_it() -> None:
    reference = normal(20, 2)
    aligned = align(reference, np.full((20, 2), 0.1, np.float32))
    assert aligned.coordinates == pytest.approx(np.tile(reference.mean(0), (20, 1)), abs=1e-6)
    assert aligned.residual == 1


def test_a_map_keeps_its_size_beside_a_reference_at_one_place() -> None:
    layout = normal(20, 2)
    aligned = align(np.full((20, 2), 0.1, np.float32), layout)
    assert aligned.coordinates == pytest.approx(layout - layout.mean(0) + 0.1, abs=1e-6)
    assert aligned.residual == 1


def test_two_maps_at_one_place_are_the_same() -> None:
    aligned = align(np.ones((5, 2), np.float32), np.zeros((5, 2), np.float32))
    assert aligned.coordinates.tolist() == [[1, 1]] * 5
    assert aligned.residual == 0


def test_empty_maps_are_aligned() -> None:
    assert align(normal(0, 3), normal(0, 3)).coordinates.shape == (0, 3)


@pytest.mark.parametrize(("one", "other"), [(2, 3), (3, 2), (4, 4)])
def test_only_like_dimensions_are_laid_on_each_other(one: int, other: int) -> None:
    with pytest.raises(InputError, match=f"{other} dimensions can't be aligned with one of {one}"):
        align(normal(9, one), normal(9, other))


def test_maps_of_different_texts_are_an_error_with_both_numbers() -> None:
    with pytest.raises(InputError, match="9 and 8 points"):
        align(normal(9, 2), normal(8, 2))


@pytest.mark.parametrize("value", [np.nan, np.inf])
@pytest.mark.parametrize("which", [0, 1])
def test_values_that_are_no_numbers_are_a_clear_error(value: float, which: int) -> None:
    maps = [normal(9, 2), normal(9, 2)]
    maps[which][2, 1] = value
    with pytest.raises(InputError, match="not finite numbers"):
        align(*maps)
