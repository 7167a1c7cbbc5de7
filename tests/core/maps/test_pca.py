"""Principal components against scikit-learn's PCA in float64."""

import numpy as np
import pytest
from sklearn.decomposition import PCA

from core.errors import InputError
from core.maps import Pca, project
from core.maps.pca import principal_components
from tests.core.maps.clouds import groups, normal, unit

SHAPES = [(60, 20), (20, 60), (12, 5000), (500, 3)]


@pytest.mark.parametrize("shape", SHAPES)
def test_principal_components_are_scikit_learns_up_to_sign(shape: tuple[int, int]) -> None:
    vectors = normal(*shape) * np.linspace(1, 3, shape[1], dtype=np.float32)
    count = min(4, shape[1])
    reference = PCA(count, svd_solver="full").fit(vectors.astype(np.float64))
    coordinates, shares, _ = principal_components(vectors, count)
    expected = reference.transform(vectors.astype(np.float64))
    assert np.abs(coordinates) == pytest.approx(np.abs(expected), abs=1e-5 * np.abs(expected).max())
    assert shares == pytest.approx(reference.explained_variance_ratio_, abs=1e-6)


def test_far_from_the_origin_principal_components_are_still_scikit_learns() -> None:
    vectors = (normal(80, 6) * np.arange(1, 7) + 1e4).astype(np.float32)
    expected = PCA(3, svd_solver="full").fit_transform(vectors.astype(np.float64))
    assert np.abs(principal_components(vectors, 3)[0]) == pytest.approx(np.abs(expected), abs=5e-3)


@pytest.mark.parametrize("shape", SHAPES)
def test_the_linear_map_places_the_vectors_where_they_are(shape: tuple[int, int]) -> None:
    vectors = normal(*shape)
    coordinates, _, linear = principal_components(vectors, 3)
    assert linear.apply(vectors) == pytest.approx(coordinates, abs=1e-6)
    assert linear.apply(vectors[:1]) == pytest.approx(coordinates[:1], abs=1e-4)
    assert linear.weights.shape == (shape[1], 3)


def test_the_linear_map_places_a_new_vector_where_scikit_learn_does() -> None:
    vectors, new = normal(60, 20) + 3, normal(5, 20, seed=1) + 3
    reference = PCA(3, svd_solver="full").fit(vectors.astype(np.float64))
    assert np.abs(principal_components(vectors, 3)[2].apply(new)) == pytest.approx(
        np.abs(reference.transform(new.astype(np.float64))), abs=1e-5
    )


def test_each_principal_axis_is_turned_so_that_its_largest_weight_is_positive() -> None:
    vectors = normal(50, 6)
    for turned in (vectors, -vectors):
        coordinates, _, linear = principal_components(turned, 3)
        assert (np.take_along_axis(linear.weights, np.abs(linear.weights).argmax(0)[None], 0) > 0).all()
        by_hand = (turned - turned.mean(0)).T @ coordinates
        assert (np.take_along_axis(by_hand, np.abs(by_hand).argmax(0)[None], 0) > 0).all()


def test_components_beyond_the_number_of_vectors_or_dimensions_are_zero() -> None:
    for vectors, there in [(unit(normal(2, 8)), 2), (normal(30, 3), 3)]:
        coordinates, shares, _ = principal_components(vectors, 10)
        assert coordinates.shape == (len(vectors), 10)
        assert not coordinates[:, there:].any()
        assert sum(shares) == pytest.approx(1)
        assert shares[there:] == (0,) * (10 - there)


def test_a_pca_map_holds_the_first_ten_components_and_their_variance() -> None:
    vectors = groups()
    reference = PCA(10, svd_solver="full").fit(vectors.astype(np.float64))
    result = project(vectors, Pca())
    assert np.abs(result.coordinates) == pytest.approx(np.abs(reference.transform(vectors)), abs=1e-4)
    assert result.explained_variance == pytest.approx(reference.explained_variance_ratio_, abs=1e-5)
    assert result.linear
    assert np.array_equal(result.linear.apply(vectors), result.coordinates)


def test_two_texts_have_a_pca_map() -> None:
    result = project(np.eye(2, dtype=np.float32), Pca())
    assert np.sort(result.coordinates[:, 0]) == pytest.approx([-(0.5**0.5), 0.5**0.5])
    assert result.explained_variance[0] == pytest.approx(1)


@pytest.mark.parametrize("value", [0, 0.25, 1e4])
def test_identical_texts_lie_at_one_point_and_no_variance_is_explained(value: float) -> None:
    vectors = np.full((20, 8), value, np.float32)
    result = project(vectors, Pca())
    assert not result.coordinates.any()
    assert result.explained_variance == (0,) * 10
    assert result.linear
    assert not result.linear.apply(vectors + 1).any()


@pytest.mark.parametrize("rows", [0, 1])
def test_too_few_texts_for_principal_components_are_a_clear_error(rows: int) -> None:
    with pytest.raises(InputError, match=f"PCA map needs at least 2 texts; there are {rows}"):
        project(normal(rows, 8), Pca())
