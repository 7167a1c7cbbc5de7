"""True neighbours: of all texts, for measuring maps, and of one text, as many as asked for."""

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from core import maps
from core.maps import METRICS, Floats, Metric, Neighbours
from core.maps.faithfulness import NEIGHBOURS
from core.progress import Progress
from pages.parts.projector.sources import Source
from pages.shared import cache, state
from pages.shared.state import Parameter

AUTO = "auto"
FEWEST, FIRST, MOST = 5, 10, 500
MEASURED = NEIGHBOURS  # for measuring maps


@dataclass(frozen=True)
class Asked:
    """How many neighbours are listed and highlighted, and by which distance; None for each source's own."""

    k: int
    metric: Metric | None

    def metric_for(self, source: Source) -> Metric:
        """The distance for a source."""
        return self.metric or source.metric


def choose() -> Asked:
    """The two controls."""
    k = st.slider("Neighbours per text", FEWEST, MOST, FIRST, key=state.Projector.NEIGHBOURS, bind="query-params")
    return Asked(k, choose_metric("Distance between texts", state.Projector.METRIC))


def choose_metric(label: str, key: Parameter) -> Metric | None:
    """A control for a distance; None for each source's own."""
    chosen = st.segmented_control(
        label, (AUTO, *METRICS), default=AUTO, key=key, bind="query-params", required=True, format_func=str.capitalize,
        help="Auto: the model's own distance; the cosine for a dot product and for uploaded vectors.",
    )  # fmt: skip
    return next((metric for metric in METRICS if metric == chosen), None)


def of(source: Source, on_progress: Progress, metric: Metric | None = None, k: int = MEASURED) -> Neighbours:
    """The k nearest of every text, by default by the source's own distance; maps are measured on fifteen."""
    metric = metric or source.metric
    return cache.memory().recall(
        ("neighbours", source.content, metric, k),
        lambda: maps.neighbours_of(source.vectors, k, metric=metric, content=source.content, on_progress=on_progress),
    )


def of_row(source: Source, row: int, wanted: Asked) -> Neighbours:
    """The nearest of one text, excluding itself: one line of rows and distances."""
    nearest = of_vector(source, source.vectors[row : row + 1], Asked(wanted.k + 1, wanted.metric))
    others = nearest.rows != row
    others[others.all(axis=1), -1] = False
    return Neighbours(nearest.rows[others][None], nearest.distances[others][None], nearest.metric)


def of_vector(source: Source, vector: Floats, wanted: Asked) -> Neighbours:
    """The nearest of a vector, (1, d): one line of rows and distances."""
    return maps.nearest_to(vector, source.vectors, wanted.k, metric=wanted.metric_for(source))


def under_each(sources: Sequence[Source], row: int | None, wanted: Asked) -> list[Neighbours]:
    """The marked text's neighbours under each source; empty if none is marked."""
    return [] if row is None else [of_row(source, row, wanted) for source in sources]


def under_each_typed(sources: Sequence[Source], vectors: Sequence[Floats], wanted: Asked) -> list[Neighbours]:
    """The typed text's neighbours under each source."""
    return [of_vector(source, vector, wanted) for source, vector in zip(sources, vectors, strict=False)]
