"""The maps: laid out, and aligned with each other for comparison."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import streamlit as st

from core import maps
from core.corpus import Corpus
from core.map_files import Density, Space
from core.maps import Axes, Floats, Given, Metric, Pca, Projection, Tsne
from core.maps.alignment import Aligned, align
from core.maps.faithfulness import Misplaced, false_and_torn
from core.maps.neighbours import NO_DISTANCE, nearest_to
from core.maps.placement import place
from core.progress import Progress
from core.storage import digests
from pages.parts.projector import iterations, map_view, neighbours
from pages.parts.projector.methods import Wanted
from pages.parts.projector.sources import Source
from pages.shared import cache
from pages.shared.ui import output

PLACING = 10  # neighbours that place a typed text if the method cannot
Ends = Sequence[tuple[Floats, Floats]]


@dataclass(frozen=True)
class Chart:
    """One map as drawn.

    Attributes
    ----------
    title : str
    source : Source or None
        None if only coordinates were given.
    projection : Projection
    shown : (n, 2 or 3) float32 array
        The components shown, as laid out.
    aligned : Aligned or None
        The same, aligned with the first map; None for the first one, and if axes have a meaning.
    axes : tuple of str
        The axes' titles, if they have a meaning.
    density : Density or None
        Of the whole map, if only some of its points are drawn.
    """

    title: str
    source: Source | None
    projection: Projection
    shown: Floats
    aligned: Aligned | None = None
    axes: tuple[str, ...] = ()
    density: Density | None = None

    @property
    def coordinates(self) -> Floats:
        """Where each text is drawn: (n, 2 or 3)."""
        return self.aligned.coordinates if self.aligned else self.shown

    @property
    def identity(self) -> tuple[object, ...]:
        """The map's key in caches."""
        return (self.source.content if self.source else "", digests.of_array(self.coordinates))

    @property
    def metric(self) -> Metric:
        """The distance that the map preserves; Euclidean for linear maps."""
        return getattr(self.projection.settings, "metric", "euclidean")

    @property
    def as_map(self) -> map_view.Map:
        """The map in the form to be drawn."""
        residual = f" · residual {self.aligned.residual:.2f}" if self.aligned else ""
        counts = self.density.counts if self.density else None
        return map_view.Map(f"{self.title}{residual}", self.coordinates, self.axes, counts)

    def place_vector(self, vector: Floats, components: tuple[int, ...]) -> tuple[float, ...]:
        """Place a new vector, (1, d), on the map: exactly for linear maps, else by its true neighbours."""
        if self.source is None:
            return ()
        if self.projection.linear:
            own = self.projection.linear.apply(vector)
            own = own[:, list(components)] if components else own
            return tuple((self.aligned.apply(own) if self.aligned else own)[0].tolist())
        metric = getattr(self.projection.settings, "metric", self.source.metric)
        near = nearest_to(vector, self.source.vectors, PLACING, metric=metric)
        return tuple(place(near.rows, near.distances, self.coordinates)[0].tolist())


def lay_out(
    space: Space, sources: Sequence[Source], wanted: Wanted, axes: Axes, ends: Sequence[Ends], on_progress: Progress
) -> list[Chart]:
    """A chart of each source; for custom axes, `ends` holds each source's vectors."""
    if wanted.method == "given":
        assert space.coordinates is not None
        source, projection = sources[0] if sources else None, Projection(Given(), space.coordinates)
        return [Chart(space.name, source, projection, space.coordinates, density=space.density)]
    results = [_projection(source, wanted, axes, ends, place, on_progress) for place, source in enumerate(sources)]
    charts = [_chart(source, result, wanted) for source, result in zip(sources, results, strict=True)]
    if isinstance(results[0].settings, Axes):
        return charts
    return [charts[0], *(_align(charts[0], chart) for chart in charts[1:])]


def _projection(
    source: Source, wanted: Wanted, axes: Axes, ends: Sequence[Ends], place: int, on_progress: Progress
) -> Projection:
    settings = wanted.settings_for(source)
    if settings is None:
        return maps.project_on(source.vectors, axes, ends[place])
    if isinstance(settings, Tsne):
        return iterations.advance(source, settings, wanted.dimensions, on_progress)
    return cache.memory().recall(
        ("map", source.content, settings, wanted.dimensions),
        lambda: maps.project(
            source.vectors, settings, dimensions=wanted.dimensions, content=source.content, on_progress=on_progress
        ),
    )


def _chart(source: Source, result: Projection, wanted: Wanted) -> Chart:
    shown = result.coordinates
    axes: tuple[str, ...] = ()
    if isinstance(result.settings, Pca):
        shown = np.ascontiguousarray(result.coordinates[:, list(wanted.components)])
        shares = result.explained_variance
        axes = tuple(f"PC{number + 1} ({shares[number]:.1%} of the variance)" for number in wanted.components)
    if isinstance(result.settings, Axes):
        axes = tuple(f"{start} → {end}" for start, end in result.settings.ends)
    return Chart(source.title, source, result, shown, axes=axes)


def _align(first: Chart, other: Chart) -> Chart:
    """Align the other map with the first; its rotated axes no longer have a meaning."""
    if first.shown.shape != other.shown.shape:
        return other
    return replace(other, aligned=align(first.shown, other.shown), axes=())


def pack(
    texts: Corpus, charts: Sequence[Chart], hover: str, hover_texts: Callable[[Corpus], Sequence[str]]
) -> map_view.Points:
    """The maps packed for the browser, cached; `hover` names the tooltip's content."""

    def pack() -> map_view.Points:
        return map_view.pack([chart.as_map for chart in charts], hover_texts(texts), rows=texts.fingerprint)

    if iterations.is_moving([chart.projection for chart in charts]):  # about to change
        return pack()
    drawn = (
        (chart.as_map.title, chart.axes, chart.density and chart.density.total, *chart.identity) for chart in charts
    )
    key = ("packed", texts.fingerprint, hover, *drawn)
    return cache.memory().recall(key, pack)


def place_typed(
    charts: Sequence[Chart], vectors: Sequence[Floats], components: tuple[int, ...]
) -> list[tuple[float, ...] | None]:
    """The position of a typed text on each map; empty if none is typed."""
    return [chart.place_vector(vector, components) for chart, vector in zip(charts, vectors, strict=False)]


def find_misplaced(charts: Sequence[Chart], row: int | None, on_progress: Progress) -> list[Misplaced]:
    """The misplaced neighbours of one text on each map; empty if none is marked."""
    if row is None:
        return []
    return [
        false_and_torn(row, neighbours.of(chart.source, on_progress, chart.metric), chart.coordinates)
        if chart.source
        else Misplaced(np.empty(0, np.int64), np.empty(0, np.int64))
        for chart in charts
    ]


def explain(charts: Sequence[Chart]) -> None:
    """Captions: which model has no distance, each principal component's variance, how maps are drawn, a residual."""
    for chart in charts:
        if chart.source and chart.source.spec and chart.source.spec.similarity == "dot":
            st.caption(f"{output.markdown_free(chart.title)} {NO_DISTANCE}")
        if shares := chart.projection.explained_variance:
            listed = ", ".join(f"PC{number} {share:.1%}" for number, share in enumerate(shares, 1))
            title = f"{chart.title}: " if len(charts) > 1 else ""
            st.caption(f"{title}{len(shares)} components explain {sum(shares):.0%} of the variance: {listed}")
    if sentence := map_view.note_on_count(len(charts[0].coordinates)):
        st.caption(sentence)
    if density := charts[0].density:
        st.caption(_note_on_density(density, len(charts[0].coordinates)))
    if any(chart.aligned for chart in charts):
        st.caption(
            f"Moved, rotated, mirrored and scaled to match the map of {output.markdown_free(charts[0].title)} "
            "(Procrustes). Residual: the share of the map's spread that still differs, from 0 (the same map) to 1 "
            "(nothing in common)."
        )


def _note_on_density(density: Density, drawn: int) -> str:
    """How many of how many points are drawn, and what shows the others."""
    of_all = f"{drawn:,} of {density.total:,} texts are drawn, spread evenly over the collection"
    return (
        f"{of_all}; the cloud behind them shows where all of them lie." if density.counts is not None else f"{of_all}."
    )
