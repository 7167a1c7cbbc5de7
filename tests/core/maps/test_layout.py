"""Layouts: UMAP by what it must do and against umap-learn called by hand; remembered, cancelled, refused."""

import threading
import time
from pathlib import Path

import numpy as np
import psutil
import pytest
from sklearn.manifold import trustworthiness
from sklearn.neighbors import NearestNeighbors

from core.errors import InputError
from core.maps import METRICS, Axes, Fitted, Pca, Projection, Tsne, Umap, neighbours_of, project, resume, settings_of
from core.maps.layout import is_remembered
from core.maps.neighbours import nearest_rows
from core.maps.process import process
from core.storage import digests
from tests.core.maps.clouds import GROUPS, OF_EACH, groups, normal, unit

SHORT = Tsne(iterations=300)
METHODS = [Umap(), SHORT, Pca()]
IN_THE_CHILD = [Umap(), SHORT]
ENDLESS = Tsne(iterations=100_000)

every_method = pytest.mark.parametrize("settings", METHODS, ids=lambda settings: settings.method)
every_slow_method = pytest.mark.parametrize("settings", IN_THE_CHILD, ids=lambda settings: settings.method)


class CancelledError(Exception):
    """What a page raises when somebody leaves it."""


def maps_processes() -> list[psutil.Process]:
    """The children that live and in which maps are fitted: one at most."""
    living = [each for each in psutil.Process().children() if each.status() != psutil.STATUS_ZOMBIE]
    return [each for each in living if each.cmdline()[-1:] == ["maps"]]


def wait_for(condition, seconds: float):  # type: ignore[no-untyped-def]
    """What the condition gives, as soon as it is true."""
    deadline = time.monotonic() + seconds
    while not (value := condition()) and time.monotonic() < deadline:
        time.sleep(0.02)
    return value


def trust(vectors: np.ndarray, coordinates: np.ndarray) -> float:
    return trustworthiness(vectors, coordinates, n_neighbors=15, metric="cosine")


def must_not_be_asked(what: str, done: int, total: int) -> None:
    raise AssertionError(what)


@pytest.fixture(scope="module")
def clusters() -> np.ndarray:
    return groups()


@pytest.fixture(scope="module")
def flat_map(clusters: np.ndarray) -> Projection:
    return project(clusters, Umap())


def test_a_umap_is_more_trustworthy_than_a_random_layout(clusters: np.ndarray, flat_map: Projection) -> None:
    assert flat_map.coordinates.shape == (200, 2)
    assert trust(clusters, flat_map.coordinates) > 0.85 > 0.6 > trust(clusters, normal(200, 2, seed=3))
    assert (flat_map.settings, flat_map.linear, flat_map.explained_variance) == (Umap(), None, ())
    assert flat_map.seconds.keys() == {"neighbours", "layout"}
    assert flat_map.is_finished


def test_what_umap_compiles_is_left_on_disk_for_the_next_process(flat_map: Projection) -> None:
    on_disk = process().call("tests.core.maps.clouds:umap_functions_on_disk")
    assert on_disk.keys() == {"smooth_knn_dist", "compute_membership_strengths"}
    assert all(on_disk.values())


def test_a_umap_is_as_trustworthy_as_umap_learn_called_by_hand(clusters: np.ndarray, flat_map: Projection) -> None:
    by_hand = process().call("tests.core.maps.clouds:umap_by_hand", vectors=clusters)  # where UMAP is compiled already
    assert trust(clusters, flat_map.coordinates) > trust(clusters, by_hand) - 0.02


def test_a_umap_keeps_groups_together(flat_map: Projection) -> None:
    group = np.repeat(np.arange(GROUPS), OF_EACH)
    near = NearestNeighbors(n_neighbors=5).fit(flat_map.coordinates).kneighbors(return_distance=False)
    assert np.mean(group[near] == group[:, None]) > 0.95


def test_a_umap_in_three_dimensions_has_three_coordinates(clusters: np.ndarray) -> None:
    result = project(clusters, Umap(), dimensions=3)
    assert result.coordinates.shape == (200, 3)
    assert trust(clusters, result.coordinates) > 0.85


def test_a_small_min_dist_draws_groups_closer_together(clusters: np.ndarray) -> None:
    def median_gap(min_dist: float) -> float:
        coordinates = project(clusters, Umap(min_dist=min_dist)).coordinates
        return float(np.median(NearestNeighbors(n_neighbors=1).fit(coordinates).kneighbors()[0]))

    assert median_gap(0) < median_gap(0.9) / 2


def test_the_same_seed_gives_the_same_map_and_another_seed_another(
    clusters: np.ndarray, flat_map: Projection, home: Path
) -> None:
    assert np.array_equal(project(clusters, Umap(seed=42)).coordinates, flat_map.coordinates)
    assert not np.allclose(project(clusters, Umap(seed=7)).coordinates, flat_map.coordinates)


@pytest.mark.parametrize(("of_each", "total"), [(25, 500), (251, 200)], ids=["few", "many"])
def test_a_umap_tells_its_progress_epoch_by_epoch(of_each: int, total: int, home: Path) -> None:
    told: list[tuple[str, int, int]] = []
    project(groups(of_each), Umap(), on_progress=lambda *progress: told.append(progress))
    epochs = [(done, of) for what, done, of in told if what == "Laying out with UMAP"]
    assert epochs == sorted(epochs)
    assert epochs[-1] == (total, total)


@every_slow_method
def test_a_map_that_is_known_is_not_laid_out_again(settings: Fitted, home: Path) -> None:
    vectors = unit(normal(60, 8))
    content = digests.of_array(vectors)
    assert not is_remembered(content, settings, 2)
    first = project(vectors, settings)
    assert is_remembered(content, settings, 2)
    again = project(vectors.copy(), settings, on_progress=must_not_be_asked)
    assert np.array_equal(again.coordinates, first.coordinates)
    assert (again.settings, again.iterations, again.seconds) == (first.settings, first.iterations, first.seconds)


@pytest.mark.parametrize(
    ("settings", "dimensions", "changed"),
    [
        (Umap(seed=1), 2, False),
        (Umap(neighbours=14), 2, False),
        (Umap(min_dist=0.2), 2, False),
        (Umap(metric="euclidean"), 2, False),
        (Umap(), 3, False),
        (Umap(), 2, True),
    ],
    ids=["seed", "neighbours", "min_dist", "metric", "dimensions", "vectors"],
)
def test_a_map_of_anything_else_is_another_map(settings: Umap, dimensions: int, changed: bool, home: Path) -> None:
    vectors = unit(normal(60, 8))
    project(vectors, Umap())
    if changed:
        vectors[59, 7] = np.nextafter(vectors[59, 7], np.float32(2))
    assert not is_remembered(digests.of_array(vectors), settings, dimensions)


def test_neighbours_are_found_once_and_are_those_of_a_search(home: Path) -> None:
    vectors = unit(normal(60, 8))
    told: list[str] = []
    for metric in (*METRICS, *METRICS):
        found = neighbours_of(vectors, 5, metric=metric, on_progress=lambda what, *_: told.append(what))
        expected = nearest_rows(vectors, 5, metric=metric)
        assert found.rows.tolist() == expected.rows.tolist()
        assert found.distances.tolist() == expected.distances.tolist()
        assert (found.rows.dtype.name, found.metric) == ("int64", metric)
    assert told == ["Finding neighbours"] * len(METRICS)


def test_a_damaged_map_is_laid_out_again(home: Path) -> None:
    vectors = unit(normal(60, 8))
    first = project(vectors, Umap())
    for path in home.rglob("*.map"):
        path.write_bytes(path.read_bytes()[:-100])
    assert np.array_equal(project(vectors, Umap()).coordinates, first.coordinates)
    project(vectors, Umap(), on_progress=must_not_be_asked)


@every_method
@pytest.mark.parametrize("dimensions", [2, 3])
def test_four_texts_are_enough_for_a_map(settings: Fitted, dimensions: int) -> None:
    result = project(unit(normal(4, 8)), settings, dimensions=dimensions)
    assert result.coordinates[:, :dimensions].shape == (4, dimensions)
    assert np.isfinite(result.coordinates).all()


@every_method
def test_identical_texts_have_a_map(settings: Fitted) -> None:
    result = project(np.repeat(unit(normal(1, 8)), 20, axis=0), settings)
    assert len(result.coordinates) == 20
    assert np.isfinite(result.coordinates).all()
    assert np.isfinite(result.explained_variance).all()


@every_method
def test_vectors_of_five_thousand_dimensions_have_a_map(settings: Fitted) -> None:
    group = np.repeat(np.arange(4), 15)
    vectors = normal(4, 5000)[group] + 0.5 * normal(60, 5000, seed=1)
    coordinates = project(vectors, settings, dimensions=3).coordinates[:, :3]
    near = NearestNeighbors(n_neighbors=3).fit(coordinates).kneighbors(return_distance=False)
    assert np.mean(group[near] == group[:, None]) > 0.95


@every_slow_method
def test_vectors_of_one_dimension_have_a_map_in_three(settings: Fitted) -> None:
    assert np.isfinite(project(normal(30, 1), settings, dimensions=3).coordinates).all()


@every_slow_method
@pytest.mark.parametrize("rows", [0, 1, 2, 3])
def test_fewer_than_four_texts_are_a_clear_error(settings: Fitted, rows: int) -> None:
    with pytest.raises(InputError, match=f"needs at least 4 texts; there are {rows}"):
        project(unit(normal(rows, 8)), settings)


@every_method
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_value_that_is_no_number_is_a_clear_error(settings: Fitted, value: float) -> None:
    vectors = unit(normal(20, 8))
    vectors[3, 2] = value
    with pytest.raises(InputError, match="not finite numbers"):
        project(vectors, settings)


@every_slow_method
@pytest.mark.parametrize("seed", [-1, 2**32])
def test_a_seed_that_the_libraries_do_not_take_is_a_clear_error(settings: Fitted, seed: int) -> None:
    with pytest.raises(InputError, match=f"from 0 to 4,294,967,295, not {seed}"):
        project(unit(normal(20, 8)), settings_of(settings.method, seed=seed))


@pytest.mark.parametrize("values", [{"neighbours": 1}, {"min_dist": -0.1}, {"min_dist": 1.1}, {"min_dist": np.nan}])
def test_settings_of_umap_that_are_out_of_bounds_are_refused(values: dict[str, float]) -> None:
    with pytest.raises(InputError, match="at least 2 neighbours"):
        settings_of("umap", **values)


@pytest.mark.parametrize("neighbours", [2, 500])
def test_any_number_of_neighbours_on_offer_makes_a_umap_of_few_texts(neighbours: int) -> None:
    assert np.isfinite(project(unit(normal(40, 8)), Umap(neighbours=neighbours)).coordinates).all()


def test_an_unknown_method_is_an_error_that_names_the_known_ones() -> None:
    with pytest.raises(InputError, match=r"'mds'.*umap, pca, tsne"):
        settings_of("mds")


@every_method
@pytest.mark.parametrize("dimensions", [0, 1, 4])
def test_a_map_of_other_than_two_or_three_dimensions_is_a_clear_error(settings: Fitted, dimensions: int) -> None:
    with pytest.raises(InputError, match=f"2 or 3 dimensions, not {dimensions}"):
        project(unit(normal(20, 8)), settings, dimensions=dimensions)


def test_only_a_t_sne_on_its_way_is_not_finished() -> None:
    nowhere = np.empty((0, 2), np.float32)
    assert not Projection(Tsne(), nowhere, iterations=749).is_finished
    assert Projection(Tsne(), nowhere, iterations=750).is_finished
    assert Projection(Umap(), nowhere).is_finished
    assert Projection(Axes(), nowhere).is_finished


def test_a_cancelled_fit_ends_its_process_at_once_and_the_next_one_is_made_ready_unasked(home: Path) -> None:
    vectors, cancelled_at, at_work = groups(), list[float](), list[int]()

    def cancel(what: str, done: int, total: int) -> None:
        if what == "Laying out with t-SNE":
            at_work.extend(each.pid for each in maps_processes())
            cancelled_at.append(time.monotonic())
            raise CancelledError

    with pytest.raises(CancelledError):
        resume(vectors, None, ENDLESS, iterations=100_000, on_progress=cancel)
    (killed,) = at_work
    assert time.monotonic() - cancelled_at[0] < 2
    assert not psutil.pid_exists(killed)
    (following,) = wait_for(maps_processes, seconds=10)
    assert following.pid != killed
    project(vectors, Umap())
    assert [each.pid for each in maps_processes()] == [following.pid]


def test_a_fit_that_is_cancelled_while_it_waits_leaves_the_one_at_work_alone(home: Path) -> None:
    vectors, results = unit(normal(60, 8)), list[Projection]()
    at_work, may_go_on = threading.Event(), threading.Event()

    def hold(what: str, done: int, total: int) -> None:
        if what == "Laying out with UMAP":
            at_work.set()
            may_go_on.wait(30)

    def cancel_in_the_queue(what: str, done: int, total: int) -> None:
        if what.startswith("Waiting"):
            raise CancelledError

    first = threading.Thread(target=lambda: results.append(project(vectors, Umap(), on_progress=hold)))
    first.start()
    assert at_work.wait(60)
    with pytest.raises(CancelledError):
        project(vectors, Umap(seed=1), on_progress=cancel_in_the_queue)
    may_go_on.set()
    first.join(60)
    assert [result.coordinates.shape for result in results] == [(60, 2)]
