"""Downloads: coordinates, neighbours, the files of TensorFlow's Projector, the whole view."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import streamlit as st

from core import corpus, map_files, similarity, wording
from core.devices import devices
from core.errors import InputError, LimitError
from core.map_files import Space
from core.maps import NAMES, Tsne, Umap, neighbours_of
from pages.parts.projector import view_file
from pages.parts.projector.charts import Chart
from pages.parts.projector.neighbours import Asked
from pages.parts.projector.sources import Source
from pages.shared import state
from pages.shared.ui import output


def provenance(charts: Sequence[Chart]) -> None:
    """For the page's foot: what computed each map, and the seconds of embedding, neighbours and layout."""
    where = "neighbours on the GPU, layout on the CPU" if "cuda" in devices() else "map computed on the CPU"
    for chart in charts:
        result = chart.projection
        steps = [f"{step} {wording.duration(seconds)}" for step, seconds in result.seconds.items()]
        method = NAMES[result.settings.method]
        if isinstance(result.settings, Umap | Tsne):
            method = f"{method} by {similarity.NAMES[result.settings.metric]}"
        facts = [method, *steps, where] if steps else [method]
        if chart.source and chart.source.provenance:
            output.provenance(chart.source.provenance, *facts)
        else:
            output.explain(
                " · ".join([output.markdown_free(chart.title), f"{len(chart.coordinates):,} points", *facts])
            )


def downloads(space: Space, charts: Sequence[Chart], wanted: Asked) -> None:
    """Downloads, each made on request, and a saved view to open."""
    with st.container(horizontal=True, vertical_alignment="center"):
        for chart in charts:
            of = f" {chart.title}" if len(charts) > 1 else ""
            with st.popover(f"Download{of}", icon=":material/download:"):
                _of_chart(space, chart, wanted)
        is_sample = space.corpus.fingerprint == corpus.sample().fingerprint
        view = view_file.view_of(space)  # read now, because the download is made without a session
        _button("Save this view", lambda: view_file.pack(view, None if is_sample else space), "view.zip")
        with st.popover("Open a view", icon=":material/folder_open:"):
            st.file_uploader("A view saved on this page", type=["zip"], key=state.Projector.VIEW_FILE, on_change=_open)
            if problem := st.session_state.pop(state.Projector.VIEW_FAILURE, ""):
                st.error(output.markdown_free(problem))


def _of_chart(space: Space, chart: Chart, wanted: Asked) -> None:
    """The downloads of one map."""
    options = _options(chart)
    drawn = map_files.with_fields(replace(space, coordinates=chart.coordinates), options)
    name = chart.title.replace("/", "-")
    _button("Coordinates (CSV)", lambda: map_files.coordinates_csv(drawn), f"map-{name}.csv")
    source = chart.source
    if source is None:
        return
    with_vectors = replace(drawn, vectors=source.vectors)
    _button(
        f"{wanted.k} neighbours per text (CSV)",
        lambda: _neighbours(space, source, wanted, options),
        f"neighbours-{name}.csv",
    )
    _button(
        "Texts, vectors and map (Parquet)", lambda: map_files.space_parquet(with_vectors), f"vectors-{name}.parquet"
    )
    _button(
        "For TensorFlow's Projector (ZIP)", lambda: map_files.projector_archive(with_vectors), f"projector-{name}.zip"
    )


def _options(chart: Chart) -> dict[str, str | int]:
    """What is not usual about the map's model; empty for a file's own vectors."""
    spec = chart.source.spec if chart.source else None
    return spec.options(queries=False) if spec else {}


def _neighbours(space: Space, source: Source, wanted: Asked, options: Mapping[str, object]) -> bytes:
    nearest = neighbours_of(source.vectors, wanted.k, metric=wanted.metric_for(source), content=source.content)
    return map_files.neighbours_csv(space.corpus.ids, nearest.rows, nearest.distances, options)


def _button(label: str, content: Callable[[], bytes], name: str) -> None:
    st.download_button(
        label, content, file_name=name, icon=":material/download:", on_click="ignore", key=state.EveryPage.SAVE(name)
    )


def _open() -> None:
    """Open an uploaded view, or show why that failed."""
    file = st.session_state.get(state.Projector.VIEW_FILE)
    if file is None:
        return
    try:
        view_file.open_view(*view_file.unpack(file.name, file.getvalue()))
    except (InputError, LimitError) as error:
        st.session_state[state.Projector.VIEW_FAILURE] = str(error)
