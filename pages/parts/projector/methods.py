"""The layout of the map: the method and its settings, which apply when "Compute" is pressed."""

from dataclasses import dataclass, replace

import streamlit as st

from core.map_files import Space
from core.maps import NAMES, Fitted, Metric, Pca, Tsne, Umap
from core.maps.pca import COMPONENTS
from pages.parts.projector import iterations, neighbours
from pages.parts.projector.sources import Source
from pages.shared import state
from pages.shared.state import Parameter
from pages.shared.ui import inputs


@dataclass(frozen=True)
class Wanted:
    """The layout asked for.

    Attributes
    ----------
    method : str
        A key of `maps.NAMES`.
    settings : Fitted or None
        None for custom axes and for given coordinates.
    metric : Metric or None
        The distance of UMAP and t-SNE; None for each source's own.
    dimensions : int
        2 or 3.
    components : tuple of int
        The components of PCA to show, counted from 0.
    """

    method: str
    settings: Fitted | None
    dimensions: int
    components: tuple[int, ...]
    metric: Metric | None = None

    def settings_for(self, source: Source) -> Fitted | None:
        """The settings with the distance for a source."""
        if isinstance(self.settings, Umap | Tsne):
            return replace(self.settings, metric=self.metric or source.metric)
        return self.settings


def choose(space: Space) -> Wanted:
    """The row's controls: method, dimensions, and a popover of settings."""
    given = ["given"] if space.coordinates is not None else []
    fitted = [] if given and space.vectors is None and not space.has_texts else ["umap", "pca", "tsne", "axes"]
    options = [*given, *fitted]
    _show_as_given(space)
    inputs.fall_back(state.Projector.METHOD, options, options[0])
    method = st.segmented_control(
        "Method", options, default=options[0], key=state.Projector.METHOD, bind="query-params", required=True,
        format_func=_short,
    )  # fmt: skip
    method = method or options[0]
    if method == "given" and space.coordinates is not None:
        return Wanted(method, None, space.coordinates.shape[1], ())
    dimensions = st.segmented_control(
        "Dimensions", [2, 3], default=2, key=state.Projector.DIMENSIONS, bind="query-params", required=True,
        format_func="{}D".format,
    )  # fmt: skip
    dimensions = dimensions or 2
    if method == "axes":
        return Wanted(method, None, dimensions, ())
    with st.popover("Settings", icon=":material/tune:"):
        if method == "pca":
            return Wanted(method, Pca(), dimensions, _components(dimensions))
        with st.form(state.Projector.SETTINGS, border=False):
            settings: Fitted = _umap() if method == "umap" else _tsne()
            metric_key = state.Projector.UMAP_METRIC if method == "umap" else state.Projector.TSNE_METRIC
            metric = neighbours.choose_metric("Distance", metric_key)
            st.form_submit_button("Compute", type="primary", on_click=iterations.start, icon=":material/play_arrow:")
    return Wanted(method, settings, dimensions, (), metric)


def _show_as_given(space: Space) -> None:
    """Show newly loaded coordinates as they are, whatever method was chosen before."""
    before = st.session_state.get(state.Projector.METHOD_FOR, "")
    st.session_state[state.Projector.METHOD_FOR] = space.fingerprint
    if before and before != space.fingerprint and space.coordinates is not None:
        st.session_state[state.Projector.METHOD] = "given"


def _short(method: str) -> str:
    return {"axes": "Axes", "given": "As given"}.get(method, NAMES[method])


def _umap() -> Umap:
    return Umap(
        neighbours=st.number_input(
            "Neighbours", 2, 500, 15, key=state.Projector.UMAP_NEIGHBOURS, bind="query-params",
            help="Few show fine detail, many show the overall shape.",
        ),
        min_dist=st.slider(
            "Minimum distance (min_dist)", 0.0, 1.0, 0.1, 0.01, key=state.Projector.UMAP_MIN_DIST, bind="query-params"
        ),
        seed=_seed(state.Projector.UMAP_SEED),
    )  # fmt: skip


def _tsne() -> Tsne:
    return Tsne(
        perplexity=st.number_input(
            "Perplexity", 1, 500, 30, 5, key=state.Projector.PERPLEXITY, bind="query-params",
            help="About how many neighbours each point considers.",
        ),
        learning_rate=st.number_input(
            "Learning rate", 0.0, 1e6, None, 10.0, format="%.0f", key=state.Projector.LEARNING_RATE,
            bind="query-params", placeholder="Automatic", help="Empty: automatic, by the number of points.",
        ) or 0,
        iterations=st.number_input(
            "Iterations", 50, iterations.MOST, 750, 50, key=state.Projector.ITERATIONS, bind="query-params"
        ),
        seed=_seed(state.Projector.TSNE_SEED),
    )  # fmt: skip


def _seed(key: Parameter) -> int:
    return st.number_input("Seed", 0, 1_000_000, 42, key=key, bind="query-params")


def _components(dimensions: int) -> tuple[int, ...]:
    """Which principal components to show: the first ones, until others are chosen."""
    names = [f"PC{number}" for number in range(1, COMPONENTS + 1)]
    shown = [
        st.selectbox(
            f"{axis.upper()} axis", names, index=place, key=state.Projector.COMPONENT(axis), bind="query-params"
        )
        for place, axis in enumerate("xyz"[:dimensions])
    ]
    return tuple(names.index(name) for name in shown if name in names)
