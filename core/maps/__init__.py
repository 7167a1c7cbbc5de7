"""Maps: vectors laid out in two or three dimensions, and how far the layout can be trusted.

Layouts are fitted in a child process and cached on disk; true neighbours are exact.
"""

from core.maps.axes import Axes
from core.maps.layout import (
    METHODS,
    NAMES,
    Fitted,
    Given,
    Projection,
    Settings,
    neighbours_of,
    project,
    project_on,
    resume,
    settings_of,
)
from core.maps.neighbours import METRICS, Floats, Indices, Metric, Neighbours, metric_of, nearest_rows, nearest_to
from core.maps.pca import Pca
from core.maps.process import warm_up
from core.maps.tsne import Tsne
from core.maps.umap import Umap

__all__ = [
    "METHODS",
    "METRICS",
    "NAMES",
    "Axes",
    "Fitted",
    "Floats",
    "Given",
    "Indices",
    "Metric",
    "Neighbours",
    "Pca",
    "Projection",
    "Settings",
    "Tsne",
    "Umap",
    "metric_of",
    "nearest_rows",
    "nearest_to",
    "neighbours_of",
    "project",
    "project_on",
    "resume",
    "settings_of",
    "warm_up",
]
