"""The density of a map, against numpy's own histogram."""

import numpy as np

from core.map_files import count_cells, frame_of
from core.map_files.density import CELLS


def test_the_points_of_all_blocks_are_counted_in_the_frame_of_some() -> None:
    points = np.random.default_rng(0).normal(size=(5000, 2)).astype(np.float32)
    points[::100] = np.nan
    centre, reach = frame_of(points[1::7])
    counts = count_cells(np.array_split(points, 9), centre, reach)
    x, y = points[np.isfinite(points).all(axis=1)].astype(float).T
    edges = [np.linspace(middle - reach, middle + reach, CELLS + 1) for middle in centre]
    expected, *_ = np.histogram2d(x, y, bins=edges)
    np.testing.assert_array_equal(counts.T, expected)
    assert 0 < counts.sum() < 4950


def test_points_at_one_place_have_a_frame() -> None:
    centre, reach = frame_of(np.ones((3, 2), np.float32))
    assert (centre.tolist(), reach) == ([1, 1], 1)
    counts = count_cells([np.ones((3, 2), np.float32)], centre, reach)
    assert counts[CELLS // 2, CELLS // 2] == 3
