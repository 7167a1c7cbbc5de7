"""Saves the whole view as one file and restores it: uploaded data, all choices, the marks."""

import io
import zipfile
from typing import Any, Literal

import streamlit as st
from pydantic import AliasChoices, BaseModel, ConfigDict, Field, ValidationError

from core import map_files, models, wording
from core.errors import InputError
from core.map_files import Space
from core.maps.neighbours import Metric
from core.models import ModelSpec
from pages.parts.projector import axes, map_view, selection
from pages.shared import corpora, picks, state

DATA, VIEW = "space.parquet", "view.json"
MOST_BYTES = 1_000_000_000  # of the data in a view, unpacked


class Choices(BaseModel):
    """The page's choices by their widgets' keys; missing ones are left unchanged."""

    model_config = ConfigDict(extra="ignore")

    models: list[str] | None = Field(None, max_length=picks.MOST_MODELS)
    map_models: list[str] | None = Field(None, max_length=picks.MOST_MODELS)
    precision: Literal["auto", "float32"] | None = None
    method: Literal["umap", "pca", "tsne", "axes", "given"] | None = None
    dimensions: Literal[2, 3] | None = None
    umap_neighbours: int | None = Field(None, ge=2, le=500)
    umap_min_dist: float | None = Field(None, ge=0, le=1)
    umap_metric: Metric | Literal["auto"] | None = None
    umap_seed: int | None = Field(None, ge=0, le=1e6)
    perplexity: int | None = Field(None, ge=1, le=500)
    learning_rate: float | None = Field(None, ge=0, le=1e6)
    component_x: str | None = Field(None, max_length=10)
    component_y: str | None = Field(None, max_length=10)
    component_z: str | None = Field(None, max_length=10)
    iterations: int | None = Field(None, ge=50, le=10_000)
    tsne_metric: Metric | Literal["auto"] | None = None
    tsne_seed: int | None = Field(None, ge=0, le=1e6)
    colour: str | None = None
    neighbours: int | None = Field(None, ge=5, le=500, validation_alias=AliasChoices("neighbours", "k"))  # k before
    metric: Metric | Literal["auto"] | None = None
    edges: bool | None = None
    map_labels: str | None = Field(None, validation_alias=AliasChoices("map_labels", "labels"))  # labels before
    hover: str | None = None
    size: float | None = Field(None, ge=0, le=20)
    find: str | None = Field(None, max_length=2000)
    find_in: str | None = None
    find_by: Literal["Meaning", "Words", "Regex"] | None = None
    axis_x_from: str | None = Field(None, max_length=500)
    axis_x_to: str | None = Field(None, max_length=500)
    axis_y_from: str | None = Field(None, max_length=500)
    axis_y_to: str | None = Field(None, max_length=500)
    axis_z_from: str | None = Field(None, max_length=500)
    axis_z_to: str | None = Field(None, max_length=500)


class Marked(BaseModel):
    """The marks and the camera."""

    point: int | None = None
    selected: list[int] = []
    isolated: list[int] | None = None
    camera: dict[str, Any] | None = None


class Options(BaseModel):
    """What was put before a model's texts, and the length of its vectors."""

    query_prompt: str = ""
    document_prompt: str = ""
    truncate_dim: int | None = None


class View(BaseModel):
    """The file's description."""

    schema_version: Literal[1] = 1
    name: str = Field("", max_length=500)  # of the data, which names the map
    choices: Choices
    marked: Marked
    options: dict[str, Options] = {}  # of the picked models
    ends: dict[str, list[int]] = {}  # of axes that start or end at selected texts


def view_of(space: Space) -> View:
    """The current view."""
    chosen = {name: st.session_state[name] for name in Choices.model_fields if name in st.session_state}
    return View(
        name=space.name[:500],
        choices=Choices(**chosen),
        marked=Marked(**selection.as_json(space.corpus)),
        options={spec.name: _options(spec) for spec in picks.models()},
        ends=axes.selections(space),
    )


def pack(view: View, data: Space | None) -> bytes:
    """The view as a ZIP file: the choices, and the data unless it is the sample corpus."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(VIEW, view.model_dump_json(exclude_none=True))
        if data is not None:
            archive.writestr(DATA, map_files.space_parquet(data))
    return buffer.getvalue()


def unpack(name: str, content: bytes) -> tuple[View, bytes | None]:
    """The view in such a file, and its data as a Parquet file; None for the sample corpus.

    Raises
    ------
    InputError
        It is not such a file.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            if sum(entry.file_size for entry in archive.infolist()) > MOST_BYTES:
                raise InputError(f"{name} unpacks to more than {wording.size(MOST_BYTES)}, so it was not opened.")
            view = View.model_validate_json(archive.read(VIEW))
            data = archive.read(DATA) if DATA in archive.namelist() else None
    except (zipfile.BadZipFile, KeyError, ValidationError, OSError, RuntimeError, NotImplementedError, ValueError):
        raise InputError(f"{name} is not a view saved on this page: save one below the map.") from None
    if data is not None:
        map_files.from_files([(DATA, data)])
    return view, data


def open_view(view: View, data: bytes | None) -> None:
    """Restore the corpus and all choices before a run's widgets are drawn; see `restore_selection`."""
    corpora.open_file(f"{view.name.removesuffix('.parquet') or 'view'}.parquet", data)
    for name, value in view.choices.model_dump(exclude_none=True).items():
        st.session_state[name] = [model for model in value if model in models.names()] if "models" in name else value
    for name, options in view.options.items():
        if name in models.names():
            picks.set_options(name, options.query_prompt, options.document_prompt, options.truncate_dim)
    st.session_state[state.Projector.OPENED_VIEW] = view


def restore_selection(space: Space) -> None:
    """Restore the marks of a view just opened, once its texts are loaded."""
    view: View | None = st.session_state.pop(state.Projector.OPENED_VIEW, None)
    if view is None:
        return
    axes.restore(space, view.ends)
    count = len(space)
    marked = view.marked
    selection.restore(
        space.corpus,
        map_view.Marks(
            marked.point if marked.point is not None and 0 <= marked.point < count else None,
            [row for row in marked.selected if 0 <= row < count],
            None if marked.isolated is None else [row for row in marked.isolated if 0 <= row < count],
        ),
        marked.camera,
    )


def _options(spec: ModelSpec) -> Options:
    return Options(query_prompt=spec.query_prompt, document_prompt=spec.document_prompt, truncate_dim=spec.truncate_dim)
