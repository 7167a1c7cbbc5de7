"""Faithfulness against scikit-learn and values worked out by hand; single points against brute force."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import sem
from sklearn.manifold import trustworthiness
from sklearn.metrics import pairwise_distances
from sklearn.neighbors import NearestNeighbors

from core.errors import InputError
from core.maps import faithfulness as module
from core.maps.faithfulness import Estimate, Faithfulness, faithfulness, false_and_torn, nearest_on_map, point_errors
from core.maps.neighbours import METRICS, Floats, Neighbours, nearest_rows

Measures = tuple[float, float, float]

SHARES = st.floats(0, 1)


def normal(rows: int, dimensions: int, seed: int = 0) -> Floats:
    return np.random.default_rng(seed).normal(size=(rows, dimensions)).astype(np.float32)


def neighbour_sets(points: np.ndarray, k: int, metric: str = "euclidean") -> list[set[int]]:
    found = NearestNeighbors(n_neighbors=k, metric=metric).fit(points.astype(np.float64))
    return [set(row.tolist()) for row in found.kneighbors(return_distance=False)]


def rough_map(vectors: Floats) -> Floats:
    return vectors[:, :2] + np.float32(0.05) * normal(len(vectors), 2, seed=1)


def measured(vectors: Floats, coordinates: Floats, **settings: object) -> Faithfulness:
    result = faithfulness(vectors, coordinates, **settings)  # type: ignore[arg-type]
    assert result
    return result


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("k", [1, 5, 15])
def test_trustworthiness_with_all_rows_is_scikit_learns(metric: str, k: int) -> None:
    lengths = np.linspace(1, 3, 120, dtype=np.float32)[:, None]
    vectors = lengths * normal(120, 16) + np.float32(0.5)
    layout = rough_map(vectors)
    result = measured(vectors, layout, metric=metric, neighbours=k)
    expected = trustworthiness(vectors.astype(np.float64), layout.astype(np.float64), n_neighbors=k, metric=metric)
    assert 0.5 < expected < 0.95
    assert result.trustworthiness.value == pytest.approx(expected, abs=1e-4)
    assert (result.neighbours, result.rows, result.total) == (k, 120, 120)


def test_continuity_is_trustworthiness_with_the_spaces_swapped() -> None:
    vectors = normal(120, 16)
    layout = rough_map(vectors)
    result = measured(vectors, layout, metric="euclidean", neighbours=10)
    expected = trustworthiness(layout.astype(np.float64), vectors.astype(np.float64), n_neighbors=10)
    assert 0.5 < expected < 0.95
    assert result.continuity.value == pytest.approx(expected, abs=1e-4)


def test_neighbour_recall_is_the_mean_share_of_true_neighbours_beside_a_point() -> None:
    vectors = normal(100, 8)
    layout = rough_map(vectors)
    true, drawn = neighbour_sets(vectors, 6, "cosine"), neighbour_sets(layout, 6)
    expected = np.mean([len(one & other) / 6 for one, other in zip(true, drawn, strict=True)])
    assert 0 < expected < 1
    assert measured(vectors, layout, neighbours=6).neighbour_recall.value == pytest.approx(expected)


def test_five_points_on_a_line_are_as_worked_out_by_hand() -> None:
    # The first and the last point change places. Nearest in truth: b, a, b, c, d; on the map: d, e, b, c, b. Two agree.
    # The strangers d, e, b have ranks 3, 4, 3 in truth, and the lost b, a, d the same on the map: 2 + 3 + 2 too many.
    truth = np.array([[0, 0], [1, 0], [3, 0], [7, 0], [15, 0]], np.float32)
    layout = np.array([[15, 0], [1, 0], [3, 0], [7, 0], [0, 0]], np.float32)
    result = measured(truth, layout, metric="euclidean", neighbours=1)
    expected = 1 - 7 * 2 / (5 * 1 * (2 * 5 - 3 * 1 - 1))
    assert result.neighbour_recall.value == pytest.approx(2 / 5)
    assert result.trustworthiness.value == pytest.approx(expected)
    assert result.continuity.value == pytest.approx(expected)


def test_tight_groups_that_lie_far_apart_on_the_map_are_told_apart() -> None:
    vectors = normal(300, 32)
    layout = np.repeat(20 * normal(10, 2, seed=1), 30, axis=0) + np.float32(0.003) * normal(300, 2, seed=2)
    expected = trustworthiness(vectors.astype(np.float64), layout.astype(np.float64), n_neighbors=15)
    assert measured(vectors, layout, metric="euclidean").trustworthiness.value == pytest.approx(expected, abs=5e-4)


def test_vectors_far_from_the_origin_are_compared_by_their_differences() -> None:
    vectors = normal(200, 8)
    layout = rough_map(vectors)
    expected = trustworthiness(vectors.astype(np.float64), layout.astype(np.float64), n_neighbors=15)
    assert measured(vectors + 1000, layout, metric="euclidean").trustworthiness.value == pytest.approx(
        expected, abs=1e-2
    )


def test_a_map_that_is_the_truth_is_fully_faithful() -> None:
    points = normal(40, 2)
    result = measured(points, 3 * points, metric="euclidean", neighbours=5)
    assert [result.trustworthiness, result.continuity, result.neighbour_recall] == [Estimate(1.0)] * 3


def test_of_many_rows_a_fixed_sample_is_measured_against_all(monkeypatch: pytest.MonkeyPatch) -> None:
    vectors = normal(600, 16)
    layout = rough_map(vectors)
    monkeypatch.setattr(module, "SAMPLED_ROWS", 200)
    rows = module._sample_rows(600)
    true, drawn = neighbour_sets(vectors, 15, "cosine"), neighbour_sets(layout, 15)
    shares = [len(true[row] & drawn[row]) / 15 for row in rows]
    margin = 1.96 * sem(shares) * (1 - 200 / 600) ** 0.5
    result = measured(vectors, layout)
    assert len(set(rows.tolist())) == 200
    assert (result.rows, result.total) == (200, 600)
    assert result.neighbour_recall.value == pytest.approx(np.mean(shares))
    assert result.neighbour_recall.low == pytest.approx(np.mean(shares) - margin)
    assert result.neighbour_recall.high == pytest.approx(np.mean(shares) + margin)
    assert measured(vectors, layout) == result


def test_without_a_sample_there_is_no_interval() -> None:
    result = measured(normal(60, 16), normal(60, 2))
    assert {estimate.low for estimate in (result.trustworthiness, result.continuity, result.neighbour_recall)} == {None}


def test_intervals_hold_the_value_of_all_rows_in_about_95_of_100_samples(monkeypatch: pytest.MonkeyPatch) -> None:
    vectors = normal(300, 8)
    layout = rough_map(vectors)
    names = ("trustworthiness", "continuity", "neighbour_recall")
    whole = measured(vectors, layout)
    held = dict.fromkeys(names, 0)
    for seed in range(200):
        rows = np.random.default_rng(seed).choice(300, 100, replace=False)
        monkeypatch.setattr(module, "_sample_rows", lambda n, rows=rows: rows)
        sampled = measured(vectors, layout)
        for name in names:
            estimate = getattr(sampled, name)
            held[name] += estimate.low <= getattr(whole, name).value <= estimate.high
    assert all(180 <= times <= 198 for times in held.values())


@pytest.mark.parametrize("metric", METRICS)
def test_known_neighbours_lead_to_the_same_figures(metric: str) -> None:
    vectors = normal(150, 12)
    layout = rough_map(vectors)
    known = nearest_rows(vectors, 20, metric=metric)  # type: ignore[arg-type]
    assert measured(vectors, layout, metric=metric, true=known) == measured(vectors, layout, metric=metric)


def test_known_neighbours_of_another_metric_are_not_used() -> None:
    vectors = normal(150, 12) + 2
    layout = rough_map(vectors)
    other = nearest_rows(vectors, 20, metric="euclidean")
    assert measured(vectors, layout, true=other) == measured(vectors, layout)


def test_blocks_do_not_change_the_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    vectors = normal(150, 12)
    layout = rough_map(vectors)
    whole = measured(vectors, layout)
    monkeypatch.setattr(module, "BLOCK", 1)
    assert measured(vectors, layout).trustworthiness.value == pytest.approx(whole.trustworthiness.value, abs=1e-5)


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("value", [0, 1])
def test_identical_rows_are_no_strangers(metric: str, value: int) -> None:
    vectors = np.full((50, 7), value, np.float32)
    result = measured(vectors, normal(50, 2), metric=metric)
    assert (result.trustworthiness.value, result.neighbour_recall.value) == (1, 1)


def test_twins_rank_equally_whatever_the_rounding() -> None:
    vectors = np.repeat(normal(6, 384), 40, axis=0)
    layout = np.repeat(5 * normal(6, 2), 40, axis=0) + np.float32(0.01) * normal(240, 2, seed=2)
    result = measured(vectors, layout)
    assert (result.trustworthiness.value, result.neighbour_recall.value) == (1, 1)


def test_a_map_of_one_place_has_figures() -> None:
    result = measured(normal(30, 5), np.zeros((30, 2), np.float32))
    assert 0 <= result.trustworthiness.value < 1


@pytest.mark.parametrize("rows", [0, 1, 2])
def test_fewer_than_three_rows_have_no_faithfulness(rows: int) -> None:
    assert faithfulness(normal(rows, 4), normal(rows, 2)) is None


@pytest.mark.parametrize(("rows", "neighbours"), [(3, 1), (4, 1), (20, 9), (31, 15), (32, 15)])
def test_neighbours_are_fewer_than_half_the_rows(rows: int, neighbours: int) -> None:
    assert measured(normal(rows, 4), normal(rows, 2)).neighbours == neighbours


def test_vectors_and_points_that_do_not_match_are_an_error_with_both_numbers() -> None:
    with pytest.raises(InputError, match=r"1,200 vectors and 7 points"):
        faithfulness(normal(1200, 2), normal(7, 2))


@pytest.mark.parametrize("which", [0, 1])
def test_values_that_are_no_numbers_are_a_clear_error(which: int) -> None:
    arrays = [normal(9, 4), normal(9, 2)]
    arrays[which][3, 1] = np.nan
    with pytest.raises(InputError, match="not finite numbers"):
        faithfulness(*arrays)


@pytest.mark.parametrize(
    ("trustworthiness", "continuity", "recall", "beginning", "ending"),
    [
        (0.97, 0.97, 0.62, "Trust closeness on this map: near", "mean little"),
        (0.97, 0.97, 0.31, "Trust the groups", "mean little"),
        (0.97, 0.80, 0.31, "Trust the groups", "many related texts are far apart"),
        (0.97, 0.70, 0.31, "Read closeness on this map with care: nearby texts are related", "are far apart"),
        (0.80, 0.97, 0.31, "Read closeness on this map with care: some unrelated", "sit next to each other"),
        (0.70, 0.80, 0.03, "Don't read neighbours", "list of neighbours instead"),
    ],
)
def test_the_sentence_says_what_to_believe(
    trustworthiness: float, continuity: float, recall: float, beginning: str, ending: str
) -> None:
    sentence = map_of(trustworthiness, continuity, recall).sentence
    assert sentence.startswith(beginning)
    assert f"{ending} (of a text's 15 true neighbours, {recall:.0%} are among its 15 nearest points" in sentence
    assert sentence.count(".") == 1


def test_the_advice_names_the_map_and_is_better_the_farther_it_can_be_trusted() -> None:
    advice = [map_of(*[trust] * 3).advice("these maps") for trust in (0.7, 0.8, 0.87, 0.95)]
    assert advice == [
        "Don't read neighbours off these maps",
        "Read closeness on these maps with care",
        "Trust the groups on these maps, not the exact neighbours",
        "Trust closeness on these maps",
    ]


def map_of(trustworthiness: float, continuity: float, recall: float) -> Faithfulness:
    estimates = (Estimate(trustworthiness), Estimate(continuity), Estimate(recall))
    return Faithfulness(*estimates, neighbours=15, rows=100, total=100)


@given(st.tuples(SHARES, SHARES, SHARES), st.tuples(SHARES, SHARES, SHARES))
def test_a_better_map_is_never_trusted_less(one: Measures, other: Measures) -> None:
    worse, better = (tuple(map(pick, one, other)) for pick in (min, max))
    assert map_of(*worse).trust <= map_of(*better).trust


@given(st.tuples(SHARES, SHARES, SHARES), st.integers(0, 2), st.floats(0, 0.04))
def test_a_small_difference_never_turns_the_advice_round(measures: Measures, changed: int, step: float) -> None:
    after = [min(1.0, value + step) if place == changed else value for place, value in enumerate(measures)]
    assert map_of(*after).trust - map_of(*measures).trust in (0, 1)


def test_the_nearest_on_a_map_are_the_nearest_others() -> None:
    points = normal(80, 3)
    found = nearest_on_map(points, 5)
    distances = pairwise_distances(points.astype(np.float64))
    np.fill_diagonal(distances, np.inf)
    assert found.rows.tolist() == np.argsort(distances, axis=1)[:, :5].tolist()
    assert found.distances == pytest.approx(np.sort(distances, axis=1)[:, :5], abs=1e-5)


def test_points_at_one_place_are_never_their_own_neighbours() -> None:
    found = nearest_on_map(np.zeros((40, 2), np.float32), 5).rows
    assert found.shape == (40, 5)
    assert not (found == np.arange(40)[:, None]).any()
    assert all(len(set(row)) == 5 for row in found.tolist())


@pytest.mark.parametrize(("rows", "k"), [(0, 0), (1, 0), (2, 1), (4, 3)])
def test_a_small_map_has_as_many_neighbours_as_others(rows: int, k: int) -> None:
    assert nearest_on_map(normal(rows, 2), 15).rows.shape == (rows, k)


def test_a_points_error_is_the_share_of_its_true_neighbours_that_are_not_beside_it() -> None:
    vectors = normal(90, 6)
    layout = rough_map(vectors)
    true, drawn = neighbour_sets(vectors, 7, "cosine"), neighbour_sets(layout, 7)
    expected = [1 - len(one & other) / 7 for one, other in zip(true, drawn, strict=True)]
    errors = point_errors(nearest_rows(vectors, 7), layout)
    assert errors.dtype == np.float32
    assert errors == pytest.approx(expected)
    assert 0 < errors.mean() < 1


@pytest.mark.parametrize("rows", [0, 1, 3])
def test_few_points_have_no_errors(rows: int) -> None:
    assert point_errors(nearest_rows(normal(rows, 4), 15), normal(rows, 2)).tolist() == [0] * rows


def test_false_and_torn_neighbours_are_in_order_of_nearness() -> None:
    true = Neighbours(np.array([[1, 2, 3]]), np.array([[0.1, 0.2, 0.3]], np.float32), "cosine")
    layout = np.array([[0, 0], [9, 0], [2, 0], [8, 0], [1, 0], [3, 0], [5, 0]], np.float32)
    found = false_and_torn(0, true, layout)
    assert found.false.tolist() == [4, 5]
    assert found.torn.tolist() == [1, 3]


def test_false_and_torn_neighbours_are_as_many_as_the_points_error_says() -> None:
    vectors = normal(90, 6)
    layout, true = rough_map(vectors), nearest_rows(vectors, 8)
    errors = point_errors(true, layout)
    for row in range(90):
        found = false_and_torn(row, true, layout)
        assert len(found.false) == len(found.torn) == pytest.approx(8 * errors[row])
        assert row not in found.false
