"""The picks for all pages: models, prompts, device and precision; and where each model's vectors last came from."""

import streamlit as st

from core.models import DEFAULT_PICKS, ModelSpec, pickable
from core.provenance import Provenance
from pages.shared import state

MOST_MODELS = 4
ALL = "All"


def models() -> list[ModelSpec]:
    """The picked models, in the catalogue's order, with the prompts typed and the dimensions picked for them."""
    return [
        spec.with_prompts(
            _typed(state.EveryPage.QUERY_PROMPT(spec.name)), _typed(state.EveryPage.DOCUMENT_PROMPT(spec.name))
        ).with_dimensions(_dimensions(spec))
        for spec in own_models()
    ]


def own_models() -> list[ModelSpec]:
    """The picked models with the prompts that they come with and all their dimensions."""
    chosen = set(st.session_state.get(state.EveryPage.MODELS, DEFAULT_PICKS))
    return [spec for spec in pickable() if spec.name in chosen]


def set_options(name: str, query_prompt: str, document_prompt: str, truncate_dim: int | None) -> None:
    """Set a model's prompts and dimensions as if they were typed and picked; call it before a run's widgets."""
    st.session_state[state.EveryPage.QUERY_PROMPT(name)] = query_prompt
    st.session_state[state.EveryPage.DOCUMENT_PROMPT(name)] = document_prompt
    st.session_state[state.EveryPage.DIMENSIONS(name)] = str(truncate_dim or ALL)


def device() -> str:
    """The picked device: auto or one of `core.devices`."""
    return str(st.session_state.get(state.EveryPage.DEVICE) or "auto")


def precision() -> str:
    """The picked precision: auto or float32."""
    return str(st.session_state.get(state.EveryPage.PRECISION) or "auto")


def note_source(spec: ModelSpec, provenance: Provenance) -> None:
    """Remember where a model's vectors came from in this session."""
    noted = st.session_state.setdefault(state.EveryPage.PROVENANCES, {})
    noted[spec, device(), precision()] = provenance


def source(spec: ModelSpec) -> Provenance | None:
    """Where the model's vectors last came from, as picked now; None if there are none yet."""
    noted: dict[tuple[ModelSpec, str, str], Provenance] = st.session_state.get(state.EveryPage.PROVENANCES, {})
    return noted.get((spec, device(), precision()))


def _dimensions(spec: ModelSpec) -> int | None:
    """The length picked for a model's vectors; None for all dimensions."""
    picked = str(st.session_state.get(state.EveryPage.DIMENSIONS(spec.name)) or ALL)
    return int(picked) if picked in map(str, spec.matryoshka) else None


def _typed(key: state.Parameter) -> str | None:
    """A prompt as typed, empty if it was cleared; None before its box is drawn."""
    return st.session_state[key] or "" if key in st.session_state else None
