"""What is mapped: texts under the picked models, or vectors and coordinates of one's own."""

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from core import corpus, map_files
from core.embedding import Provenance
from core.map_files import Space
from core.maps import Floats
from core.models import ModelSpec
from core.progress import Progress
from core.settings import most_rows
from core.storage import digests
from pages.shared import cache
from pages.shared.ui import inputs

KINDS = ("Sample", "Paste", "Files")
OPENED = "View"


@dataclass(frozen=True)
class Source:
    """The vectors of one map.

    Attributes
    ----------
    title : str
        The model's name, or the file's.
    vectors : (n, d) float32 array
    content : str
        The vectors' digest.
    spec, provenance
        The model that embedded the texts, and how; None for vectors of one's own.
    """

    title: str
    vectors: Floats
    content: str
    spec: ModelSpec | None = None
    provenance: Provenance | None = None


def chosen_space() -> Space:
    """The sample corpus, pasted texts, uploaded files or an opened view, chosen in a popover that names the choice.

    Raises
    ------
    InputError
        The files cannot be read, or there is nothing in them.
    """
    kinds = [*KINDS, OPENED] if "opened_space" in st.session_state else KINDS
    asked = st.session_state.get("space") or st.query_params.get("space")  # a link's first run knows only the latter
    named = str(asked) if asked in kinds else KINDS[0]
    with st.popover(f"Data: {named.lower()}", icon=":material/library_books:"):
        kind = st.segmented_control(
            "Data", kinds, default="Sample", key="space", bind="query-params", required=True,
            label_visibility="collapsed",
        )  # fmt: skip
        if kind == "Paste":
            pasted = st.text_area("Texts, one a line", key="space_pasted", height=240, persist_state="session")
            return Space(corpus.from_paste(pasted or ""))
        if kind == "Files":
            return _uploaded() or sample()
    if kind == OPENED:
        opened: Space = st.session_state["opened_space"]
        return opened
    return sample()


def sample() -> Space:
    """The corpus that comes with Embedscope."""
    return Space(corpus.sample())


def is_sample(space: Space) -> bool:
    """Whether this is the corpus that comes with Embedscope."""
    return space.corpus.fingerprint == corpus.sample().fingerprint


def _uploaded() -> Space | None:
    """What the uploaded files hold; None until there are any."""
    files = st.file_uploader(
        "A file of texts, or vectors with their metadata",
        type=map_files.FORMATS,
        accept_multiple_files=True,
        key="space_files",
    )
    st.caption(
        "Texts: TXT, CSV, TSV, JSONL or Parquet; columns x, y and z are shown as they are. Vectors: NPY or a tensors "
        "TSV of TensorFlow's Projector, alone or with a metadata file, or a Parquet or JSONL with a column of vectors. "
        f"Up to {most_rows():,} rows; what is beyond is counted."
    )
    column = st.text_input("Column with the texts, if it is not called text", key="space_column", max_chars=100)
    if not files:
        return None
    named = (column or "").strip() or None
    return cache.space(
        (*(file.file_id for file in files), named),
        lambda: map_files.from_files([(file.name, file.getvalue()) for file in files], text_column=named),
    )


def models_to_map(space: Space) -> list[ModelSpec]:
    """The picked models whose maps are wanted: one or more; none where the vectors are one's own."""
    if space.vectors is not None:
        return []
    ready = inputs.ready_models()
    names = [spec.name for spec in ready]
    if "map_models" in st.session_state:  # as it may come from a saved view
        st.session_state["map_models"] = [name for name in st.session_state["map_models"] or [] if name in names]
    chosen = st.segmented_control(
        "Models",
        names,
        default=names[:1],
        selection_mode="multi",
        key="map_models",
        bind="query-params",
        help="Two or more draw linked maps of the same texts.",
    )
    return [spec for spec in ready if spec.name in (chosen or names[:1])]


def sources_of(space: Space, specs: Sequence[ModelSpec], tell: Progress) -> list[Source]:
    """The vectors to map: the space's own, or the texts embedded by each model."""
    if space.vectors is not None:
        return [Source(space.name, space.vectors, _digest(space.fingerprint, space.vectors))]
    return [_embedded(space, spec, tell) for spec in specs]


def _embedded(space: Space, spec: ModelSpec, tell: Progress) -> Source:
    result = cache.embedded(space.corpus, spec, tell)
    name = f"{space.corpus.fingerprint} {spec.name} {result.provenance.revision} {result.provenance.precision}"
    return Source(spec.name, result.vectors, _digest(name, result.vectors), spec, result.provenance)


def _digest(name: str, vectors: Floats) -> str:
    return cache.memory().recall(("digest", name), lambda: digests.of_array(vectors))
