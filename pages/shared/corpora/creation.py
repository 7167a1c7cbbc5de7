"""A new collection: its name, its files or their folder, and how they are read; a job makes it of them."""

from collections.abc import Sequence

import streamlit as st
from streamlit.runtime.uploaded_file_manager import DeletedFile, UploadedFile

from core import collections, wording
from core.collections import Reading, Request, uploads
from core.corpus import FEWEST_TOKENS, MOST_TOKENS, file_name
from core.errors import InputError, LimitError
from core.jobs import limits
from core.models import ModelSpec
from core.models.files import availability
from core.tables import FORMATS
from core.wording import join
from pages.shared import cache, picks, state
from pages.shared.corpora import files
from pages.shared.ui import output

FILES, FOLDER = "Files", "A folder"


def ask(*, is_open: bool) -> None:
    """The form, in a fold that is open where there is no collection yet."""
    with st.expander("New collection", icon=":material/add:", expanded=is_open, key=state.Jobs.NEW):
        kind = st.segmented_control(
            "Upload", [FILES, FOLDER], default=FILES, key=state.Jobs.KIND, required=True, label_visibility="collapsed"
        )
        uploader = _uploader()
        with st.form(state.Jobs.FORM, border=False, enter_to_submit=False):
            st.text_input("Name", key=state.Jobs.NAME, placeholder="letters, digits, - and _")
            st.file_uploader(
                f"{FILES} with texts" if kind == FILES else f"{FOLDER} of files with texts",
                type=list(FORMATS),
                accept_multiple_files=True if kind == FILES else "directory",
                key=uploader,
            )
            _ask_how()
            st.caption(_promise(ready_models()))
            st.form_submit_button("Create", type="primary", icon=":material/database:", on_click=_create)
        if failure := st.session_state.pop(state.Jobs.FAILURE, None):
            st.error(output.markdown_free(failure), icon=":material/error:")


def _ask_how() -> None:
    """The columns, unless they have the usual names, and whether texts are split."""
    left, middle, right = st.columns(3)
    left.text_input("Text column", key=state.Jobs.TEXT_COLUMN, placeholder="text")
    middle.text_input("Id column", key=state.Jobs.ID_COLUMN, placeholder="id")
    right.number_input(
        "Tokens per passage", FEWEST_TOKENS, MOST_TOKENS, None, key=state.Jobs.PASSAGES, placeholder="not split"
    )


def _promise(specs: Sequence[ModelSpec]) -> str:
    """What is done with the files, and where their limits are."""
    embedded = f"embedded with {output.markdown_free(join([spec.name for spec in specs]))}, " if specs else ""
    paid = [spec.name for spec in specs if spec.provider == "openai"]
    sent = f" All texts are sent to {output.markdown_free(join(paid))}, whose provider may bill them." if paid else ""
    return (
        f"Parquet, JSONL and CSV of any number of rows, up to {files.most_megabytes():,} MB in total; {files.COMMAND}. "
        f"The texts are read, {embedded}indexed and mapped on this machine, whether you stay or leave. You can cancel "
        f"and resume it.{sent}"
    )


def ready_models() -> list[ModelSpec]:
    """The picked models that can embed a collection on this machine."""
    return [spec for spec in picks.models() if availability(spec).is_ready]


def request(name: str, reading: Reading | None = None) -> Request:
    """A job for a collection with the models that are picked now."""
    return Request(name, tuple(ready_models()), picks.device(), picks.precision(), reading)


def _create() -> None:
    """Store what is uploaded, and begin."""
    name = str(st.session_state[state.Jobs.NAME] or "").strip()
    try:
        received = _received()
        collections.check_new(name, received)
        with limits.UPLOADS.hold(sum(file.size for file in received)):
            uploads.store(name, ((file_name(file.name), file.getbuffer()) for file in received))
    except (InputError, LimitError) as error:
        st.session_state[state.Jobs.FAILURE] = str(error)
        return
    cache.jobs().start(request(name, _reading()))
    st.session_state[state.Corpus.COLLECTION] = name
    st.session_state[state.Jobs.FILLED] = st.session_state.get(state.Jobs.FILLED, 0) + 1
    st.session_state[state.Jobs.NAME] = ""


def _reading() -> Reading:
    text, own_id = (
        str(st.session_state[key] or "").strip() or None for key in (state.Jobs.TEXT_COLUMN, state.Jobs.ID_COLUMN)
    )
    return Reading(text, own_id, st.session_state[state.Jobs.PASSAGES])


def _received() -> list[UploadedFile]:
    """The files that the form's uploader has received.

    Raises
    ------
    InputError
        They are too large together.
    """
    uploader = _uploader()
    shown: list[UploadedFile | DeletedFile] = st.session_state.get(uploader) or []
    received = [file for file in shown if not isinstance(file, DeletedFile)]
    size = sum(file.size for file in received)
    if size > files.most_megabytes() * 1_000_000:
        raise InputError(
            f"These files total {wording.size(size)}, and the limit is {files.most_megabytes():,} MB: {files.COMMAND}."
        )
    return received


def _uploader() -> state.Key:
    """The uploader of a form that is yet to be filled: a new one holds no files."""
    return state.Jobs.FILES(st.session_state.get(state.Jobs.FILLED, 0), st.session_state.get(state.Jobs.KIND, FILES))
