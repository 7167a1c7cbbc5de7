"""Placing new texts on a map: rows left out of it find their way back."""

import csv
from pathlib import Path

import numpy as np
import pytest
from sklearn.decomposition import PCA

from core.encoders import Encoder
from core.errors import InputError
from core.maps.neighbours import Floats, nearest_to
from core.maps.placement import place


def normal(rows: int, dimensions: int, seed: int = 0) -> Floats:
    return np.random.default_rng(seed).normal(size=(rows, dimensions)).astype(np.float32)


def at(*values: float) -> np.ndarray:
    return np.array([values], np.float32)


def place_left_out(vectors: Floats, layout: Floats) -> tuple[Floats, Floats, Floats, Floats]:
    """Every tenth row placed by the others: its place, its old place, a random one, and those of its neighbours."""
    out = np.arange(len(vectors)) % 10 == 0
    near = nearest_to(vectors[out], vectors[~out], 15)
    chance = np.random.default_rng(5).choice(layout[~out], out.sum())
    return place(near.rows, near.distances, layout[~out]), layout[out], chance, layout[~out][near.rows[:, :5]]


def distances(points: Floats, others: Floats) -> np.ndarray:
    return np.linalg.norm(points - others, axis=-1)


@pytest.mark.parametrize("dimensions", [2, 3])
def test_rows_left_out_of_a_map_of_clusters_return_to_their_cluster(dimensions: int) -> None:
    vectors = np.repeat(normal(12, 32), 50, axis=0) + 0.3 * normal(600, 32, seed=1)
    layout = np.repeat(10 * normal(12, dimensions, seed=2), 50, axis=0) + 0.5 * normal(600, dimensions, seed=3)
    placed, old, chance, around = place_left_out(vectors, layout)
    assert (distances(placed, old) < 2.5).all()
    assert (distances(placed[:, None], around).mean(1) < distances(chance[:, None], around).mean(1)).mean() > 0.85


def test_sentences_left_out_of_a_map_return_near_their_place(wordllama: Encoder, shared_data: Path) -> None:
    with (shared_data / "sentences.csv").open(encoding="utf-8") as file:
        texts = [row["text"] for row in csv.DictReader(file)][::10]
    vectors = wordllama.encode(texts)
    layout = PCA(2, svd_solver="covariance_eigh").fit_transform(vectors).astype(np.float32)
    placed, old, chance, around = place_left_out(vectors, layout)
    assert np.median(distances(placed, old)) < np.median(distances(chance, old)) / 2
    assert (distances(placed[:, None], around).mean(1) < distances(chance[:, None], around).mean(1)).mean() > 0.85


def test_an_exact_duplicate_lands_on_its_twin() -> None:
    vectors, layout = normal(80, 24), normal(80, 2, seed=1)
    near = nearest_to(3 * vectors, vectors, 15)
    assert np.array_equal(place(near.rows, near.distances, layout), layout)


def test_a_text_between_two_groups_goes_with_the_heavier_and_not_into_the_void() -> None:
    layout = np.concatenate([0.1 * normal(8, 2), 100 + 0.1 * normal(7, 2, seed=1)])
    placed = place(np.arange(15)[None], np.full((1, 15), 0.4, np.float32), layout)
    assert np.abs(placed).max() < 1


def test_nearer_neighbours_outweigh_more_and_farther_ones() -> None:
    layout = np.concatenate([0.1 * normal(6, 2), 100 + 0.1 * normal(9, 2, seed=1)])
    near_first = np.concatenate([np.full(6, 0.1), np.full(9, 0.9)])[None].astype(np.float32)
    assert np.abs(place(np.arange(15)[None], near_first, layout)).max() < 1


def test_of_three_groups_the_heaviest_wins_too() -> None:
    groups = [(0, 6), (50, 5), (100, 4)]
    layout = np.concatenate([centre + 0.1 * normal(rows, 2) for centre, rows in groups]).astype(np.float32)
    assert np.abs(place(np.arange(15)[None], np.full((1, 15), 0.4, np.float32), layout)).max() < 1


def test_within_a_group_the_place_leans_to_the_nearest_in_truth() -> None:
    corners = np.array([[0, 0], [1, 0], [0, 1], [1, 1], [0.5, 0.5]], np.float32)
    placed = place(np.array([[3, 4, 1, 2, 0]]), at(0.1, 0.2, 0.3, 0.3, 0.4), corners)[0]
    assert (placed > 0.5).all()
    assert (placed <= 1).all()


def test_the_unit_of_the_distances_does_not_matter() -> None:
    layout, rows = normal(20, 2), np.arange(12)[None]
    rising = np.linspace(0.2, 0.9, 12, dtype=np.float32)[None]
    assert place(rows, 50 * rising, layout) == pytest.approx(place(rows, rising, layout), abs=1e-5)


def test_neighbours_at_one_place_hold_a_text_there() -> None:
    layout = np.full((9, 2), 4, np.float32)
    assert place(np.arange(9)[None], np.linspace(0.1, 0.5, 9)[None].astype(np.float32), layout).tolist() == [[4, 4]]


def test_a_single_neighbour_lends_its_place() -> None:
    assert place(np.array([[1]]), at(0.7), normal(3, 3)).tolist() == normal(3, 3)[1:2].tolist()


def test_no_texts_to_place_are_no_places() -> None:
    assert place(np.empty((0, 15), np.int64), np.empty((0, 15), np.float32), normal(20, 3)).shape == (0, 3)


def test_a_map_without_texts_is_a_clear_error() -> None:
    with pytest.raises(InputError, match="without neighbours"):
        place(np.empty((1, 0), np.int64), np.empty((1, 0), np.float32), normal(0, 2))
