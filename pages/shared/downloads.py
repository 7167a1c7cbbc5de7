"""Models fetched from the Hub: the picked ones that are missing, any other by its id, and what is trending there."""

import streamlit as st

from core import models
from core.encoders import hub
from core.encoders.files import availability
from core.encoders.memory import gigabytes
from core.errors import EmbedscopeError, InputError
from core.models import ModelSpec
from core.settings import may_download
from pages.shared import output, picked, progress, resources
from pages.shared.frame import errors_told


def offer_missing() -> None:
    """A button for each picked model that can be downloaded; while it runs, its progress in bytes."""
    if done := st.session_state.pop("downloaded", None):
        st.success(f"{output.markdown_free(done)} Tick it in the table to use it.", icon=":material/check:")
    for spec in picked.models() if may_download() else ():
        if spec.provider == "huggingface" and not availability(spec).is_ready:
            _offer(spec)


def _offer(spec: ModelSpec) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            f"Download {spec.name}",
            key=f"download_{spec.name}",
            icon=":material/download:",
            on_click=_start,
            args=(spec.name,),
        )
        st.caption(f"{availability(spec).label}. Stopping, or leaving the page, keeps what has come.", width="content")
    if _wanted() == spec.name:
        with errors_told():
            _download(spec)


def more_models() -> None:
    """Any model of the Hub by its id, what is trending there, and how the host adds models."""
    if not may_download():
        return
    left, right = st.columns(2, gap="large")
    with left:
        st.markdown("#### Another model")
        with st.form("another_model", border=False), st.container(horizontal=True, vertical_alignment="bottom"):
            st.text_input("Hub id", key="another", placeholder="owner/name", max_chars=200, width=320)
            st.form_submit_button("Download", icon=":material/download:", on_click=_start_another)
        st.caption(
            "Only sentence-transformers models with safetensors weights; no code of theirs is ever run. The host adds "
            "models in a folder (EMBEDSCOPE_MODELS) and behind OpenAI's API (.streamlit/secrets.toml)."
        )
        wanted = _wanted()
        if wanted is not None and wanted not in {spec.name for spec in picked.models()}:
            with errors_told():
                _download(_named(wanted))
    with right:
        st.markdown("#### Trending on the Hub")
        if st.button("Show what is trending", icon=":material/trending_up:", key="show_trending"):
            st.session_state["trending_shown"] = True
        if st.session_state.get("trending_shown"):
            with errors_told():
                _trending_table()


def _named(name: str) -> ModelSpec:
    try:
        if not name:
            raise InputError("Give the model's id on the Hub, as owner/name.")
        return models.get(name)
    except EmbedscopeError:
        st.session_state.pop("downloading")
        raise


def _trending_table() -> None:
    import pandas as pd

    rows = resources.trending()
    st.dataframe(
        pd.DataFrame(rows),
        hide_index=True,
        key="trending",
        height=240,
        alt="Sentence-transformers models trending on the Hub",
        column_config={
            "id": st.column_config.TextColumn("Model", width="medium"),
            "downloads": st.column_config.NumberColumn("Downloads, 30 days", format="compact"),
            "likes": st.column_config.NumberColumn("Likes", format="compact"),
            "updated": st.column_config.TextColumn("Changed"),
        },
    )
    st.caption("Copy an id to the left to download it.")


def _start_another() -> None:
    _start((st.session_state["another"] or "").strip())


def _start(name: str) -> None:
    st.session_state["downloading"] = name
    progress.start_anew(_work(name))


def _download(spec: ModelSpec) -> None:
    """Fetch the model and run the page again, which now shows it as ready; a failure is not tried again by itself."""
    try:
        with progress.line(_work(spec.name), count=gigabytes) as tell:
            pin = hub.download(spec, on_progress=tell)
    except EmbedscopeError:
        st.session_state.pop("downloading")
        raise
    st.session_state.pop("downloading")
    st.session_state["downloaded"] = f"{spec.name} is here, pinned to revision {pin.revision[:14]}."
    st.rerun()


def _wanted() -> str | None:
    """The name of the model that is being downloaded for this session, if the person has not stopped it."""
    name: str | None = st.session_state.get("downloading")
    return None if name is None or progress.is_cancelled(_work(name)) else name


def _work(name: str) -> str:
    return f"download_of_{name}"
