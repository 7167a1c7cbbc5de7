"""True neighbours against scikit-learn's, and a full sort of distances in float64."""

from typing import get_args

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import pairwise_distances
from sklearn.neighbors import NearestNeighbors

from core.errors import InputError
from core.maps import METRICS, Floats, Metric, nearest_rows, nearest_to
from tests.core.maps.clouds import normal, unit

every_metric = pytest.mark.parametrize("metric", METRICS)


def scikit_learns(vectors: np.ndarray, k: int, metric: str) -> tuple[np.ndarray, np.ndarray]:
    """Distances and rows of the k nearest of each row among the others."""
    return NearestNeighbors(n_neighbors=k, metric=metric, algorithm="brute").fit(vectors).kneighbors()


def same_share(found: np.ndarray, expected: np.ndarray) -> float:
    return float(np.mean([len({*one} & {*other}) / len(one) for one, other in zip(found, expected, strict=True)]))


@every_metric
@pytest.mark.parametrize("k", [1, 15])
def test_the_nearest_rows_are_scikit_learns(metric: Metric, k: int) -> None:
    vectors = normal(300, 24) * np.linspace(0.1, 3, 300, dtype=np.float32)[:, None]
    distances, rows = scikit_learns(vectors.astype(np.float64), k, metric)
    found = nearest_rows(vectors, k, metric=metric)
    assert found.rows.tolist() == rows.tolist()
    assert found.distances == pytest.approx(distances, abs=1e-5)
    assert (found.rows.dtype.name, found.distances.dtype.name) == ("int64", "float32")
    assert (found.metric, found.k) == (metric, k)


@every_metric
def test_the_vectors_nearest_to_queries_are_scikit_learns(metric: Metric) -> None:
    vectors, queries = normal(200, 12), normal(30, 12, seed=1)
    reference = NearestNeighbors(n_neighbors=7, metric=metric, algorithm="brute").fit(vectors.astype(np.float64))
    distances, rows = reference.kneighbors(queries.astype(np.float64))
    found = nearest_to(queries, vectors, 7, metric=metric)
    assert found.rows.tolist() == rows.tolist()
    assert found.distances == pytest.approx(distances, abs=1e-5)


@every_metric
def test_a_query_that_is_one_of_the_vectors_finds_it_first(metric: Metric) -> None:
    vectors = normal(50, 6)
    found = nearest_to(vectors[[4, 40]], vectors, 3, metric=metric)
    assert found.rows[:, 0].tolist() == [4, 40]
    assert found.distances[:, 0] == pytest.approx([0, 0], abs=1e-6)


@pytest.mark.parametrize("away", [1e2, 1e4])
def test_far_from_the_origin_euclids_neighbours_are_still_exact(away: float) -> None:
    vectors = normal(300, 20) + np.float32(away)
    distances, rows = scikit_learns(vectors.astype(np.float64), 10, "euclidean")
    found = nearest_rows(vectors, 10, metric="euclidean")
    assert same_share(found.rows, rows) == 1
    assert found.distances == pytest.approx(distances, rel=1e-5)


def test_far_from_the_origin_nearly_all_neighbours_by_cosine_are_found() -> None:
    vectors = normal(300, 20) + np.float32(100)  # all cosines lie above 0.999
    assert same_share(nearest_rows(vectors, 10).rows, scikit_learns(vectors.astype(np.float64), 10, "cosine")[1]) > 0.99


@pytest.mark.parametrize("apart", [1e2, 1e4])
def test_within_groups_that_lie_far_apart_euclids_neighbours_are_still_exact(apart: float) -> None:
    vectors = np.repeat(np.float32(apart) * normal(6, 20), 50, axis=0) + np.float32(0.1) * normal(300, 20, seed=1)
    differences = vectors[:, None].astype(np.float64) - vectors
    expected = np.sqrt(np.square(differences).sum(2))
    np.fill_diagonal(expected, np.inf)
    found = nearest_rows(vectors, 10, metric="euclidean")
    assert found.rows.tolist() == expected.argsort(axis=1, kind="stable")[:, :10].tolist()
    assert found.distances == pytest.approx(np.sort(expected, axis=1)[:, :10], rel=1e-5)


@given(
    rows=st.integers(1, 40),
    k=st.integers(1, 45),
    metric=st.sampled_from(get_args(Metric)),
    seed=st.integers(0, 1000),
)
@settings(max_examples=80, deadline=None)
def test_among_twins_and_ties_a_row_has_exactly_k_others_and_they_are_as_near_as_any(
    rows: int, k: int, metric: Metric, seed: int
) -> None:
    vectors = np.random.default_rng(seed).choice([-0.5, 0, 0.5], size=(rows, 3)).astype(np.float32)
    found = nearest_rows(vectors, k, metric=metric)
    k = min(k, rows - 1)
    assert found.rows.shape == found.distances.shape == (rows, k)
    assert (found.rows != np.arange(rows)[:, None]).all()
    assert all(len({*row}) == k for row in found.rows.tolist())
    expected = pairwise_distances(vectors.astype(np.float64), metric=metric)
    assert found.distances == pytest.approx(np.take_along_axis(expected, found.rows, 1), abs=1e-6)
    np.fill_diagonal(expected, np.inf)
    assert found.distances == pytest.approx(np.sort(expected, axis=1)[:, :k], abs=1e-6)


@every_metric
def test_each_of_many_twins_has_others_for_neighbours_at_no_distance(metric: Metric) -> None:
    found = nearest_rows(np.repeat(normal(1, 12), 2000, axis=0), 5, metric=metric)
    assert (found.rows != np.arange(2000)[:, None]).all()
    assert all(len({*row}) == 5 for row in found.rows.tolist())
    assert found.distances == pytest.approx(np.zeros((2000, 5)), abs=1e-6)


def test_of_equally_near_ones_the_earlier_stands_first() -> None:
    corners = np.array([[0, 0], [1, 0], [0, 1], [-1, 0], [0, -1]], np.float32)
    assert nearest_rows(corners, 3, metric="euclidean").rows[0].tolist() == [1, 2, 3]


def test_a_row_of_zeros_is_at_a_right_angle_to_all() -> None:
    vectors = normal(30, 8)
    vectors[[3, 4]] = 0
    found = nearest_rows(vectors, 5)
    assert found.distances[[3, 4]].tolist() == [[1] * 5] * 2
    assert 3 not in found.rows[3]
    assert (found.distances[:3] < 1).all()


@every_metric
@pytest.mark.parametrize(("rows", "k"), [(3, 2), (1, 0), (0, 0)])
def test_with_fewer_others_than_asked_for_all_of_them_are_named(metric: Metric, rows: int, k: int) -> None:
    found = nearest_rows(normal(rows, 4), 15, metric=metric)
    assert found.rows.shape == found.distances.shape == (rows, k)


@every_metric
@pytest.mark.parametrize(("queries", "vectors", "shape"), [(0, 5, (0, 3)), (5, 0, (5, 0))])
def test_no_queries_or_no_vectors_give_no_neighbours(
    metric: Metric, queries: int, vectors: int, shape: tuple[int, int]
) -> None:
    assert nearest_to(normal(queries, 4), normal(vectors, 4), 3, metric=metric).rows.shape == shape


def test_the_first_of_known_neighbours_are_those_of_a_search_for_fewer() -> None:
    vectors = normal(100, 8)
    first, fewer = nearest_rows(vectors, 20, metric="euclidean").first(6), nearest_rows(vectors, 6, metric="euclidean")
    assert first.rows.tolist() == fewer.rows.tolist()
    assert first.distances.tolist() == fewer.distances.tolist()
    assert (first.k, first.metric) == (6, "euclidean")


@every_metric
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_a_value_that_is_no_number_is_a_clear_error(metric: Metric, value: float) -> None:
    whole, holed = unit(normal(20, 8)), unit(normal(20, 8))
    holed[3, 2] = value
    for queries, vectors in [(whole, holed), (holed, whole)]:
        with pytest.raises(InputError, match="not finite numbers"):
            nearest_to(queries, vectors, 3, metric=metric)


def test_an_unknown_metric_is_an_error_that_names_the_known_ones() -> None:
    with pytest.raises(InputError, match=r"'chebyshev'.*cosine, euclidean, manhattan"):
        nearest_rows(normal(20, 8), 3, metric="chebyshev")  # type: ignore[arg-type]


def test_the_search_tells_how_far_it_is() -> None:
    told: list[tuple[str, int, int]] = []
    nearest_rows(normal(2500, 4), 3, on_progress=lambda *progress: told.append(progress))
    assert told == [("Finding neighbours", done, 2500) for done in (1024, 2048, 2500)]


def test_a_search_ends_when_its_progress_raises() -> None:
    def cancel(what: str, done: int, total: int) -> None:
        told.append(done)
        raise KeyboardInterrupt

    told: list[int] = []
    with pytest.raises(KeyboardInterrupt):
        nearest_rows(normal(2500, 4), 3, on_progress=cancel)
    assert told == [1024]


@every_metric
def test_the_vectors_are_left_as_they_were(metric: Metric) -> None:
    vectors: Floats = normal(50, 4)
    before = vectors.copy()
    nearest_rows(vectors, 3, metric=metric)
    assert np.array_equal(vectors, before)
