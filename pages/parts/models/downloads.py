"""Models downloaded from the Hub: the picked ones that are missing, any other by its id, and trending ones."""

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core import models, wording
from core.errors import EmbedscopeError, InputError, UnknownModelError
from core.models import ModelSpec, hub
from core.models.files import availability, beyond_memory
from core.wording import join, shorten
from pages.shared import cache, door, picks, state
from pages.shared.frame import show_errors
from pages.shared.ui import output, progress

RESUMES = "You can stop a download or leave the page: it resumes where it stopped."
OFFERED, BY_ID = "offered", "by_id"
LONGEST_NAME = 80

Places = dict[str, DeltaGenerator]


def offer_missing() -> Places:
    """A button for each picked model that can be downloaded; returns the place of each one's progress, by name."""
    _show_done(OFFERED)
    if not door.may_download():
        return {}
    return {spec.name: _offer(spec) for spec in picks.models() if _is_downloadable(spec)}


def _is_downloadable(spec: ModelSpec) -> bool:
    return spec.provider == "huggingface" and not availability(spec).is_ready and not beyond_memory(spec)


def _offer(spec: ModelSpec) -> DeltaGenerator:
    size = f" ({wording.size(spec.download_bytes)})" if spec.download_bytes else ""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            f"Download {spec.name}{size}",
            key=state.Models.DOWNLOAD(spec.name),
            icon=":material/download:",
            on_click=_start,
            args=(spec.name,),
        )
        st.caption(RESUMES, width="content")
    return st.container()


def describe(spec: ModelSpec) -> str:
    """What a model needs to run here, in a sentence for this page, where it can be downloaded."""
    if not _is_downloadable(spec):
        return availability(spec).sentence
    size = f" ({wording.size(spec.download_bytes)})" if spec.download_bytes else ""
    ways = [f"download it here{size}"] if door.may_download() else []
    return f"Not on this machine yet: {join([*ways, f'run `python -m core download {spec.name}`'], 'or')}."


def offer_one(spec: ModelSpec) -> None:
    """A button that downloads a model, unless it is here, closed, too large, or offered above already."""
    if door.may_download() and _is_downloadable(spec) and spec.name not in {picked.name for picked in picks.models()}:
        st.button(
            "Download", key=state.Models.CARD_DOWNLOAD, icon=":material/download:", on_click=_start, args=(spec.name,)
        )


def more_models() -> DeltaGenerator:
    """Any model of the Hub by its id, and trending ones; returns the place of such a download's progress."""
    if not door.may_download():
        return st.empty()
    columns = st.grid(2, min_column_width=430)
    with columns.cell():
        st.markdown("## Another model")
        with st.form(state.Models.ANOTHER, border=False), st.container(horizontal=True, vertical_alignment="bottom"):
            st.text_input(
                "Hub ID", key=state.Models.HUB_ID, placeholder="owner/name", width=320, persist_state="session"
            )
            st.form_submit_button("Download", icon=":material/download:", on_click=_start_another)
        progress_place = st.container()
        with progress_place:
            _show_done(BY_ID)
        st.caption(
            f"Only sentence-transformers models with safetensors weights; their own code is never run. {RESUMES} "
            "Your administrator can add models from a folder (EMBEDSCOPE_MODELS) or behind an OpenAI-compatible "
            "API (.streamlit/secrets.toml)."
        )
    with columns.cell():
        st.markdown("## Trending on the Hub")
        if st.button("Show trending models", icon=":material/trending_up:", key=state.Models.SHOW_TRENDING):
            st.session_state[state.Models.TRENDING_SHOWN] = True
        if st.session_state.get(state.Models.TRENDING_SHOWN):
            with show_errors():
                _trending_table()
    return progress_place


def fetch_requested(offered: Places, by_id: DeltaGenerator) -> None:
    """Download the requested model, with progress at the button; called last, when the page is complete.

    Then the page reruns and shows the model as ready. A failed download is not retried automatically.
    """
    name = _find_request()
    if name is None:
        return
    with offered.get(name, by_id), show_errors():
        done = _fetch(name)
        st.session_state[state.Models.DOWNLOADED(OFFERED if name in offered else BY_ID)] = done
        st.rerun()


def _fetch(name: str) -> str:
    """Download the model; returns the sentence to show."""
    try:
        spec = _spec(name)
        with progress.line(state.Models.FETCH(name), count=wording.size) as on_progress:
            pin = hub.download(spec, on_progress=on_progress)
    except EmbedscopeError:
        st.session_state.pop(state.Models.DOWNLOADING)
        raise
    st.session_state.pop(state.Models.DOWNLOADING)
    advice = "" if spec in picks.models() else " Tick it in the table to use it."
    return f"{spec.name} is downloaded, pinned to revision {pin.revision[:14]}.{advice}"


def _show_done(where: str) -> None:
    if done := st.session_state.pop(state.Models.DOWNLOADED(where), None):
        st.success(output.markdown_free(done), icon=":material/check:")


def _spec(name: str) -> ModelSpec:
    try:
        return models.get(name)
    except UnknownModelError:
        given = shorten(name, LONGEST_NAME)
        raise InputError(f"{given!r} is not a Hub ID: write it as owner/name, such as BAAI/bge-m3.") from None


def _trending_table() -> None:
    import pandas as pd

    try:
        rows = cache.trending()
    except EmbedscopeError:
        st.session_state.pop(state.Models.TRENDING_SHOWN)
        raise
    st.dataframe(
        pd.DataFrame(rows),
        hide_index=True,
        key=state.Models.TRENDING,
        height=240,
        alt="Sentence-transformers models trending on the Hub",
        column_config={
            "id": st.column_config.TextColumn("Model", width="medium"),
            "downloads": st.column_config.NumberColumn("Downloads, 30 days", format="compact"),
            "likes": st.column_config.NumberColumn("Likes", format="compact"),
            "updated": st.column_config.TextColumn("Updated"),
        },
    )
    st.caption("Copy a model's name into “Hub ID” to download it.")


def _start_another() -> None:
    _start((st.session_state[state.Models.HUB_ID] or "").strip())


def _start(name: str) -> None:
    st.session_state[state.Models.DOWNLOADING] = name
    progress.start_anew(state.Models.FETCH(name))


def _find_request() -> str | None:
    """The name of the model that this session is downloading, unless cancelled."""
    name: str | None = st.session_state.get(state.Models.DOWNLOADING)
    return None if name is None or progress.is_cancelled(state.Models.FETCH(name)) else name
