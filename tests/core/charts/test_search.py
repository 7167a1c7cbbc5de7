"""The histogram of nearest neighbours, as plotly is given it."""

import numpy as np

from core.charts.search import nearest_cosines


def test_every_text_is_counted_and_the_threshold_is_drawn() -> None:
    figure = nearest_cosines(np.array([0.3, 0.31, 0.8, 1.0], np.float32), 0.95, colour="#0F7FBF")
    bars = figure.data[0]
    assert sum(bars.y) == 4
    assert sum(count for place, count in zip(bars.x, bars.y, strict=True) if place > 0.95) == 1
    assert figure.layout.shapes[0].x0 == 0.95
    assert nearest_cosines(np.array([], np.float32), 0.95, colour="#0F7FBF").data
