"""Axes of one's own, against the projection onto a line worked out by hand."""

import numpy as np
import pytest

from core.errors import InputError
from core.maps import Axes, project_on
from core.maps.axes import axes_between
from tests.core.maps.clouds import normal, unit


def along(vectors: np.ndarray, start: np.ndarray, end: np.ndarray) -> np.ndarray:
    """How far each vector lies along the line from start, 0, to end, 1."""
    direction = end.astype(np.float64) - start
    return (vectors.astype(np.float64) - start) @ direction / (direction @ direction)


@pytest.mark.parametrize("count", [1, 2, 3])
@pytest.mark.parametrize("away", [0, 1e3])
def test_each_axis_is_0_at_its_start_and_1_at_its_end(count: int, away: float) -> None:
    vectors = normal(2 * count, 16) + np.float32(away)
    ends = [(vectors[2 * axis], vectors[2 * axis + 1]) for axis in range(count)]
    placed = axes_between(ends).apply(vectors)
    assert placed.shape == (2 * count, count)
    for axis in range(count):
        assert placed[2 * axis, axis] == pytest.approx(0, abs=1e-4)
        assert placed[2 * axis + 1, axis] == pytest.approx(1, abs=1e-4)


def test_a_text_lies_on_each_axis_where_its_foot_lies_on_the_line() -> None:
    vectors, ends = unit(normal(40, 16)), [tuple(unit(normal(2, 16, seed=seed))) for seed in (1, 2, 3)]
    result = project_on(vectors, Axes((("bad", "good"), ("old", "new"), ("a", "b"))), ends)
    expected = np.column_stack([along(vectors, start, end) for start, end in ends])
    assert result.coordinates == pytest.approx(expected, abs=1e-5)
    assert result.linear
    assert np.array_equal(result.linear.apply(vectors), result.coordinates)
    assert result.settings == Axes((("bad", "good"), ("old", "new"), ("a", "b")))
    assert result.is_finished


def test_an_axis_and_its_reverse_mirror_each_other() -> None:
    start, end = unit(normal(2, 16))
    placed = axes_between([(start, end), (end, start)]).apply(np.stack([start, end]))
    assert placed == pytest.approx(np.array([[0, 1], [1, 0]]), abs=1e-5)


def test_axes_on_one_line_each_begin_at_their_own_start() -> None:
    points = np.array([[1, 2], [2, 2], [5, 2]], np.float32)
    placed = axes_between([(points[0], points[2]), (points[1], points[2])]).apply(points)
    assert placed == pytest.approx(np.array([[0, -1 / 3], [1 / 4, 0], [1, 1]]), abs=1e-6)


def test_there_may_be_more_axes_than_dimensions() -> None:
    corners = np.eye(2, dtype=np.float32)
    zero = np.zeros(2, np.float32)
    placed = axes_between([(zero, corners[0]), (zero, corners[1]), (corners[0], corners[1])]).apply(corners)
    assert placed == pytest.approx(np.array([[1, 0, 0], [0, 1, 1]]), abs=1e-6)


def test_axes_that_cross_at_any_angle_are_each_measured_by_themselves() -> None:
    start, end = np.zeros(2, np.float32), np.array([2, 0], np.float32)
    slanted = np.array([2, 0.02], np.float32)
    placed = axes_between([(start, end), (start, slanted)]).apply(np.array([[1, 0], [1, 50]], np.float32))
    assert placed == pytest.approx(np.array([[0.5, 0.49995], [0.5, 0.74992]]), abs=1e-4)


def test_an_axis_that_ends_where_it_begins_is_a_clear_error() -> None:
    start, end = unit(normal(2, 16))
    with pytest.raises(InputError, match="two different ends"):
        axes_between([(start, end), (start, start.copy())])
