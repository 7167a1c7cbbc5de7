"""t-SNE against openTSNE called by hand, against chance, and against itself stopped and gone on."""

import os
import signal
import warnings
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from sklearn.manifold import trustworthiness

from core import machine
from core.errors import InputError, JobError
from core.maps import Projection, Tsne, project, resume, tsne
from core.maps.neighbours import nearest_rows
from tests.core.maps.clouds import groups, normal, unit
from tests.core.maps.test_layout import maps_processes

pytestmark = pytest.mark.usefixtures("home")
SHORT = Tsne(iterations=300)


def trust(vectors: np.ndarray, coordinates: np.ndarray, k: int = 15) -> float:
    return trustworthiness(vectors, coordinates, n_neighbors=k, metric="cosine")


def in_steps(vectors: np.ndarray, settings: Tsne, step: int) -> Projection:
    result = resume(vectors, None, settings, iterations=step)
    while not result.is_finished:
        result = resume(vectors, result, settings, iterations=step)
    return result


def must_not_be_asked(what: str, done: int, total: int) -> None:
    raise AssertionError(what)


@pytest.fixture(scope="module")
def by_open_tsne() -> np.ndarray:
    from openTSNE import TSNE

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return np.asarray(TSNE(perplexity=30, metric="cosine", neighbors="exact", random_state=42).fit(groups()))


@pytest.mark.parametrize("dimensions", [2, 3])
def test_a_map_is_as_trustworthy_as_open_tsnes_own_and_more_than_chance(
    by_open_tsne: np.ndarray, dimensions: int
) -> None:
    vectors = groups()
    result = project(vectors, Tsne(), dimensions=dimensions)
    assert result.coordinates.shape == (200, dimensions)
    assert result.iterations == 750
    assert result.is_finished
    of_chance = trust(vectors, normal(200, dimensions, seed=3))
    assert trust(vectors, result.coordinates) > 0.85 > 0.6 > of_chance
    assert trust(vectors, result.coordinates) > trust(vectors, by_open_tsne) - 0.02


def test_with_so_many_points_that_the_gradient_is_interpolated_a_map_is_still_trustworthy() -> None:
    vectors = groups(of_each=260)
    coordinates = project(vectors, SHORT).coordinates
    assert trust(vectors, coordinates) > 0.85 > trust(vectors, normal(len(vectors), 2))


@pytest.mark.parametrize("rows", [4, 8, 20, 60])
def test_a_few_texts_without_groups_are_not_drawn_into_one_point(rows: int) -> None:
    spread = np.ptp(project(unit(normal(rows, 32, seed=1)), Tsne()).coordinates, axis=0)
    assert spread.max() > 1


@pytest.mark.parametrize("step", [7, 250])
def test_stopped_and_gone_on_a_map_is_as_trustworthy_as_in_one_run(step: int) -> None:
    vectors = groups()
    in_one_run = project(vectors, Tsne(seed=1)).coordinates
    result = in_steps(vectors, Tsne(seed=2), step)
    assert result.iterations == 750
    assert trust(vectors, result.coordinates) == pytest.approx(trust(vectors, in_one_run), abs=0.02)


def test_a_map_grows_by_the_iterations_asked_for_and_by_none_beyond_its_last() -> None:
    vectors, seen = unit(normal(50, 8)), []
    result = None
    for asked in (100, 170, 1, 100):
        result = resume(vectors, result, SHORT, iterations=asked)
        seen.append((result.iterations, result.is_finished))
    assert seen == [(100, False), (270, False), (271, False), (300, True)]
    assert result
    again = resume(vectors, result, SHORT, iterations=50, on_progress=must_not_be_asked)
    assert (again.iterations, again.is_finished) == (300, True)
    assert np.array_equal(again.coordinates, result.coordinates)


@pytest.mark.parametrize("asked", [0, -5])
def test_no_iterations_leave_a_map_as_it_is(asked: int) -> None:
    vectors = unit(normal(50, 8))
    result = resume(vectors, None, SHORT, iterations=20)
    same = resume(vectors, result, SHORT, iterations=asked)
    assert same.iterations == 20
    assert np.array_equal(same.coordinates, result.coordinates)


def test_a_map_that_has_more_iterations_than_are_now_asked_for_keeps_them() -> None:
    vectors = unit(normal(50, 8))
    further = resume(vectors, None, SHORT, iterations=60)
    result = resume(vectors, further, Tsne(iterations=40), iterations=10)
    assert (result.iterations, result.is_finished) == (60, True)
    assert np.array_equal(result.coordinates, further.coordinates)


def test_after_the_child_was_killed_a_map_goes_on_from_its_coordinates() -> None:
    vectors = groups()
    so_far = resume(vectors, None, SHORT, iterations=280)
    (killed,) = maps_processes()
    os.kill(killed.pid, signal.SIGKILL)
    killed.wait(5)
    result = resume(vectors, so_far, SHORT, iterations=1)
    (following,) = maps_processes()
    assert following.pid != killed.pid
    assert result.iterations == 281
    moved = np.abs(result.coordinates - so_far.coordinates).max()
    assert 0 < moved < 0.1 * np.ptp(so_far.coordinates)


def test_a_child_killed_at_work_is_a_clear_error_and_the_next_step_begins_from_the_coordinates() -> None:
    def kill(what: str, done: int, total: int) -> None:
        if what == "Laying out with t-SNE":
            os.kill(at_work.pid, signal.SIGKILL)

    vectors = groups()
    so_far = resume(vectors, None, Tsne(iterations=20_000), iterations=260)
    (at_work,) = maps_processes()
    with pytest.raises(JobError, match="killed"):
        resume(vectors, so_far, Tsne(iterations=20_000), iterations=19_000, on_progress=kill)
    result = resume(vectors, so_far, Tsne(iterations=20_000), iterations=1)
    assert result.iterations == 261
    assert np.abs(result.coordinates - so_far.coordinates).max() < 0.1 * np.ptp(so_far.coordinates)


def test_another_map_between_two_steps_does_no_harm() -> None:
    vectors, others = groups(), unit(normal(60, 8))
    so_far = resume(vectors, None, SHORT, iterations=280)
    resume(others, None, SHORT, iterations=280)
    result = resume(vectors, so_far, SHORT, iterations=20)
    assert trust(vectors, result.coordinates) == pytest.approx(trust(vectors, so_far.coordinates), abs=0.02)


def test_the_same_seed_gives_the_same_map_and_another_seed_another(monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
    vectors, first = unit(normal(80, 16)), project(unit(normal(80, 16)), SHORT)
    monkeypatch.setenv("EMBEDSCOPE_HOME", str(home / "another"))
    assert np.array_equal(project(vectors, SHORT).coordinates, first.coordinates)
    assert not np.allclose(project(vectors, Tsne(iterations=300, seed=7)).coordinates, first.coordinates)


def test_a_map_finished_step_by_step_is_remembered_as_one_of_a_single_run() -> None:
    vectors = unit(normal(50, 8))
    result = in_steps(vectors, SHORT, 100)
    known = project(vectors, SHORT, on_progress=must_not_be_asked)
    assert np.array_equal(known.coordinates, result.coordinates)
    assert (known.iterations, known.is_finished) == (300, True)
    assert known.seconds == pytest.approx(result.seconds)


def test_a_map_that_is_not_finished_is_not_remembered() -> None:
    vectors = unit(normal(50, 8))
    resume(vectors, None, SHORT, iterations=10)
    told: list[str] = []
    project(vectors, SHORT, on_progress=lambda what, done, total: told.append(what))
    assert "Laying out with t-SNE" in told


def test_the_time_of_all_steps_is_counted() -> None:
    vectors = unit(normal(50, 8))
    first = resume(vectors, None, SHORT, iterations=100)
    second = resume(vectors, first, SHORT, iterations=100)
    assert second.seconds["neighbours"] == first.seconds["neighbours"]
    assert second.seconds["layout"] > first.seconds["layout"] > 0


def test_progress_rises_over_all_steps_to_the_last_iteration() -> None:
    vectors, told = unit(normal(50, 8)), list[tuple[str, int, int]]()
    so_far = resume(vectors, None, SHORT, iterations=100)
    resume(vectors, so_far, SHORT, iterations=200, on_progress=lambda *progress: told.append(progress))
    done = [done for what, done, total in told if (what, total) == ("Laying out with t-SNE", 300)]
    assert done == sorted(done)
    assert 100 < done[0] <= 110
    assert done[-1] == 300


def test_texts_that_are_identical_have_a_map() -> None:
    result = project(np.repeat(unit(normal(1, 8)), 20, axis=0), SHORT)
    assert result.coordinates.shape == (20, 2)
    assert np.isfinite(result.coordinates).all()


def test_vectors_of_zeros_among_others_have_a_place_on_the_map() -> None:
    vectors = unit(normal(40, 8))
    vectors[[3, 30]] = 0
    assert np.isfinite(project(vectors, SHORT).coordinates).all()


@pytest.mark.parametrize(
    "values",
    [
        {"perplexity": 0.5},
        {"perplexity": 501},
        {"perplexity": float("nan")},
        {"learning_rate": -1},
        {"learning_rate": float("inf")},
        {"iterations": 0},
        {"iterations": 100_001},
    ],
    ids=str,
)
def test_settings_out_of_bounds_are_refused(values: dict[str, float]) -> None:
    with pytest.raises(InputError, match="perplexity from 1 to 500"):
        Tsne(**values)  # type: ignore[arg-type]


@pytest.mark.parametrize(("rows", "perplexity"), [(4, 500), (40, 500), (40, 1)])
def test_any_perplexity_on_offer_makes_a_map_of_few_texts(rows: int, perplexity: float) -> None:
    result = project(unit(normal(rows, 8)), Tsne(perplexity=perplexity, iterations=300))
    assert np.isfinite(result.coordinates).all()


def test_in_a_container_it_takes_no_more_threads_than_the_quota_allows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tsne, "this_machine", lambda: replace(machine.this_machine(), cores=8, core_limit=1.5))
    threads: list[int] = []
    monkeypatch.setattr("openTSNE.TSNEEmbedding", lambda *_, n_jobs, **__: threads.append(n_jobs))
    vectors, settings = unit(normal(40, 8)), Tsne(perplexity=5)
    tsne._embedding(nearest_rows(vectors, 15), tsne.begin(vectors, settings, 2))
    assert threads == [2]
