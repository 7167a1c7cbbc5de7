"""Maps: PCA and trustworthiness against scikit-learn, neighbours worked out by hand, UMAP by what it must do."""

from collections.abc import Iterator

import numpy as np
import pytest
from sklearn.decomposition import PCA
from sklearn.manifold import trustworthiness
from sklearn.neighbors import NearestNeighbors

from core.errors import InputError
from core.projection import Floats, Projection, faithfulness, nearest_rows, principal_components, project, umap_child


def unit(vectors: np.ndarray) -> Floats:
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def normal(rows: int, dimensions: int, seed: int = 0) -> Floats:
    return np.random.default_rng(seed).normal(size=(rows, dimensions)).astype(np.float32)


def neighbour_sets(points: np.ndarray, k: int) -> list[set[int]]:
    found = NearestNeighbors(n_neighbors=k).fit(points.astype(np.float64)).kneighbors(return_distance=False)
    return [set(row.tolist()) for row in found]


@pytest.fixture(scope="session", autouse=True)
def _child_ends_with_the_session() -> Iterator[None]:
    yield
    umap_child().end()


@pytest.fixture(scope="module")
def clusters() -> np.ndarray:
    """200 unit rows in eight groups."""
    return unit(np.repeat(normal(8, 32, seed=1), 25, axis=0) + 0.4 * normal(200, 32, seed=2))


@pytest.fixture(scope="module")
def flat_map(clusters: np.ndarray) -> Projection:
    return project(clusters)


@pytest.mark.parametrize("dimensions", [2, 3])
def test_principal_components_are_scikit_learns_up_to_sign(dimensions: int) -> None:
    vectors = unit(normal(60, 20))
    reference = PCA(dimensions, svd_solver="covariance_eigh").fit(vectors.astype(np.float64))
    coordinates, shares = principal_components(vectors, dimensions)
    assert np.abs(coordinates) == pytest.approx(np.abs(reference.transform(vectors)), abs=1e-5)
    assert shares == pytest.approx(reference.explained_variance_ratio_, abs=1e-6)


def test_each_principal_axis_is_turned_so_that_its_largest_weight_is_positive() -> None:
    vectors = normal(50, 6)
    for turned in (vectors, -vectors):
        weights = (turned - turned.mean(0)).T @ principal_components(turned, 3)[0]
        assert (np.take_along_axis(weights, np.abs(weights).argmax(0)[None], 0) > 0).all()


def test_axes_beyond_the_number_of_vectors_are_zero() -> None:
    coordinates, shares = principal_components(unit(normal(2, 8)), 3)
    assert coordinates[:, 2].tolist() == [0, 0]
    assert shares == pytest.approx((1, 0, 0))


@pytest.mark.parametrize("k", [1, 5, 15])
def test_trustworthiness_with_all_rows_is_scikit_learns(k: int) -> None:
    vectors = unit(normal(120, 16))
    layout = vectors[:, :2] + np.float32(0.05) * normal(120, 2, seed=1)
    result = faithfulness(vectors, layout, k, np.arange(120))
    expected = trustworthiness(vectors.astype(np.float64), layout.astype(np.float64), n_neighbors=k)
    assert 0.5 < expected < 0.95
    assert result.trustworthiness == pytest.approx(expected, abs=1e-4)
    assert (result.neighbours, result.rows) == (k, 120)


def test_trustworthiness_is_scikit_learns_where_tight_groups_lie_far_apart() -> None:
    vectors = unit(normal(300, 32))
    groups = np.repeat(20 * normal(10, 2, seed=1), 30, axis=0)
    layout = groups + 0.003 * normal(300, 2, seed=2)
    result = faithfulness(vectors, layout, 15, np.arange(300))
    expected = trustworthiness(vectors.astype(np.float64), layout.astype(np.float64), n_neighbors=15)
    assert result.trustworthiness == pytest.approx(expected, abs=5e-4)


def test_faithfulness_of_five_points_on_a_line_is_as_worked_out_by_hand() -> None:
    # The first and the last point change places. Nearest in truth: b, a, b, c, d; on the map: d, e, b, c, b. Two agree;
    # the strangers d, e, b have ranks 3, 4, 3 in truth, which is 2 + 3 + 2 too many.
    truth = np.array([[0], [1], [3], [7], [15]], np.float32)
    layout = np.array([[15], [1], [3], [7], [0]], np.float32)
    result = faithfulness(truth, layout, 1, np.arange(5))
    assert result.neighbour_recall == pytest.approx(2 / 5)
    assert result.trustworthiness == pytest.approx(1 - 7 * 2 / (5 * 1 * (2 * 5 - 3 * 1 - 1)))


def test_neighbour_recall_is_measured_on_the_sampled_rows_against_all_rows() -> None:
    vectors = unit(normal(100, 8))
    layout, sample = vectors[:, :2].copy(), np.array([3, 50, 51, 99])
    true, drawn = neighbour_sets(vectors, 6), neighbour_sets(layout, 6)
    expected = np.mean([len(true[row] & drawn[row]) / 6 for row in sample])
    result = faithfulness(vectors, layout, 6, sample)
    assert 0 < expected < 1
    assert result.neighbour_recall == pytest.approx(expected)
    assert result.rows == 4


def test_a_map_that_is_the_truth_is_fully_faithful() -> None:
    points = normal(40, 2)
    result = faithfulness(points, 3 * points, 5, np.arange(40))
    assert (result.trustworthiness, result.neighbour_recall) == (1, 1)


def test_the_nearest_rows_start_with_the_row_itself_and_fall_in_cosine() -> None:
    vectors = unit(normal(50, 12))
    rows, cosines = nearest_rows(vectors, 7)
    expected = np.argsort(-(vectors.astype(np.float64) @ vectors.T), axis=1)[:, :7]
    assert rows.tolist() == expected.tolist()
    assert cosines == pytest.approx(np.einsum("id,ikd->ik", vectors, vectors[expected]), abs=1e-6)


def test_each_of_many_twins_is_its_own_first_neighbour_and_no_neighbour_is_named_twice() -> None:
    rows, cosines = nearest_rows(np.repeat(unit(normal(1, 12)), 40, axis=0), 5)
    assert rows[:, 0].tolist() == list(range(40))
    assert all(len(set(row)) == 5 for row in rows.tolist())
    assert cosines == pytest.approx(np.ones((40, 5)), abs=1e-6)


def test_no_more_neighbours_than_rows_are_named() -> None:
    assert nearest_rows(unit(normal(3, 4)), 15)[0].shape == (3, 3)


@pytest.mark.parametrize("dimensions", [2, 3])
def test_a_pca_map_holds_the_principal_components_and_their_variance(clusters: np.ndarray, dimensions: int) -> None:
    result = project(clusters, "pca", dimensions=dimensions)
    reference = PCA(dimensions, svd_solver="covariance_eigh").fit(clusters.astype(np.float64))
    assert np.abs(result.coordinates) == pytest.approx(np.abs(reference.transform(clusters)), abs=1e-4)
    assert result.explained_variance == pytest.approx(reference.explained_variance_ratio_, abs=1e-5)
    assert result.quality
    expected = trustworthiness(clusters.astype(np.float64), result.coordinates.astype(np.float64), n_neighbors=15)
    assert result.quality.trustworthiness == pytest.approx(expected, abs=1e-3)


def test_a_umap_is_more_trustworthy_than_a_random_layout(clusters: np.ndarray, flat_map: Projection) -> None:
    assert flat_map.coordinates.shape == (200, 2)
    of_map = trustworthiness(clusters, flat_map.coordinates, n_neighbors=15)
    of_chance = trustworthiness(clusters, normal(200, 2, seed=3), n_neighbors=15)
    assert of_map > 0.85 > 0.6 > of_chance
    assert flat_map.quality
    assert flat_map.quality.trustworthiness == pytest.approx(of_map, abs=1e-3)
    assert flat_map.explained_variance == ()


def test_a_umap_keeps_groups_together(clusters: np.ndarray, flat_map: Projection) -> None:
    groups = np.repeat(np.arange(8), 25)
    same = [groups[list(near)] == groups[row] for row, near in enumerate(neighbour_sets(flat_map.coordinates, 5))]
    assert np.mean(same) > 0.95


def test_a_umap_in_three_dimensions_has_three_coordinates(clusters: np.ndarray) -> None:
    result = project(clusters, dimensions=3)
    assert result.coordinates.shape == (200, 3)
    assert trustworthiness(clusters, result.coordinates, n_neighbors=15) > 0.85


def test_the_same_seed_gives_the_same_map_and_another_seed_another(clusters: np.ndarray, flat_map: Projection) -> None:
    assert np.array_equal(project(clusters, seed=42).coordinates, flat_map.coordinates)
    assert not np.allclose(project(clusters, seed=7).coordinates, flat_map.coordinates)


def test_a_umap_tells_its_progress_epoch_by_epoch(clusters: np.ndarray) -> None:
    told: list[tuple[str, int, int]] = []
    project(clusters, on_progress=lambda *progress: told.append(progress))
    epochs = [(done, total) for what, done, total in told if what == "Laying out with UMAP"]
    assert epochs == sorted(epochs)
    assert epochs[-1] == (200, 200)


@pytest.mark.parametrize("method", ["umap", "pca"])
@pytest.mark.parametrize("dimensions", [2, 3])
def test_four_texts_are_enough_for_a_map(method: str, dimensions: int) -> None:
    result = project(unit(normal(4, 8)), method, dimensions=dimensions)  # type: ignore[arg-type]
    assert result.coordinates.shape == (4, dimensions)
    assert np.isfinite(result.coordinates).all()


def test_two_texts_make_a_pca_map_that_is_too_small_to_measure() -> None:
    result = project(np.eye(2, dtype=np.float32), "pca")
    assert np.sort(result.coordinates[:, 0]) == pytest.approx([-(0.5**0.5), 0.5**0.5])
    assert result.quality is None


@pytest.mark.parametrize("method", ["umap", "pca"])
def test_identical_texts_have_a_map(method: str) -> None:
    result = project(np.repeat(unit(normal(1, 8)), 20, axis=0), method)  # type: ignore[arg-type]
    assert result.coordinates.shape == (20, 2)
    assert np.isfinite(result.coordinates).all()
    assert np.isfinite(result.explained_variance).all()


@pytest.mark.parametrize(
    ("method", "rows", "least"), [("umap", 0, "four|4"), ("umap", 3, "four|4"), ("pca", 1, "two|2")]
)
def test_too_few_texts_are_a_clear_error(method: str, rows: int, least: str) -> None:
    with pytest.raises(InputError, match=f"needs at least ({least}) texts"):
        project(unit(normal(rows, 8)), method)  # type: ignore[arg-type]


@pytest.mark.parametrize("method", ["umap", "pca"])
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_value_that_is_no_number_is_a_clear_error(method: str, value: float) -> None:
    vectors = unit(normal(20, 8))
    vectors[3, 2] = value
    with pytest.raises(InputError, match="not numbers"):
        project(vectors, method)  # type: ignore[arg-type]


def test_an_unknown_method_is_an_error_that_names_the_known_ones() -> None:
    with pytest.raises(InputError, match=r"'tsne'.*umap or pca"):
        project(unit(normal(20, 8)), "tsne")  # type: ignore[arg-type]


@pytest.mark.parametrize("dimensions", [0, 1, 4])
def test_a_map_of_other_than_two_or_three_dimensions_is_a_clear_error(dimensions: int) -> None:
    with pytest.raises(InputError, match=f"2 or 3 dimensions, not {dimensions}"):
        project(unit(normal(20, 8)), dimensions=dimensions)
