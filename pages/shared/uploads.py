"""Uploaded files: in the session, so that every page and a visit to another one finds them again."""

import weakref
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import streamlit as st
from streamlit.runtime.uploaded_file_manager import DeletedFile, UploadedFile

from core.corpus import file_name, together
from core.errors import LimitError
from core.jobs import limits
from core.markdown import markdown_free
from core.settings import most_rows
from core.storage import digests
from core.tables import unique_names
from pages.shared import cache, navigation
from pages.shared.state import Parameter, Uploads
from pages.shared.ui import notices

Result = TypeVar("Result")


@dataclass(frozen=True)
class Upload:
    """An uploaded file; its digest is that of its content and extension."""

    id: str
    name: str
    digest: str
    content: bytes


def current(keys: Uploads) -> tuple[Upload, ...]:
    """The session's files, with those that the uploader has just received, unless they are too large: see `ask`."""
    with suppress(LimitError):
        _store(keys)
    return _uploads(keys)


def store_file(keys: Uploads, name: str, content: bytes) -> None:
    """Store a file in the session as if it had been uploaded."""
    st.session_state[keys.UPLOADS] = (_upload(name, name, content),)


def ask(
    keys: Uploads, label: str, formats: Sequence[str] | None = None, *, several: bool = False
) -> tuple[Upload, ...]:
    """The uploader, and the files of an earlier visit with a button that removes them; returns the session's files.

    Files with which the visitor, or all visitors together, would have uploaded too much are refused below it.

    Without formats it takes files of any ending, which their readers know by the content or refuse.
    """
    refusal = ""
    try:
        _store(keys)
    except LimitError as error:
        refusal = str(error)
    uploads = _uploads(keys)
    st.file_uploader(
        label,
        type=formats,
        accept_multiple_files=several,
        key=keys.UPLOADER,
        on_change=_forget_if_empty,
        args=(keys,),
    )
    if refusal:
        st.error(markdown_free(refusal), icon=":material/error:")
    elif uploads and [file.file_id for file in _received(keys)] != [upload.id for upload in uploads]:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.text(f"Uploaded: {together([upload.name for upload in uploads])}", width="content")
            st.button("Remove", key=keys.REMOVE, on_click=_forget, args=(keys,), type="tertiary")
    return uploads


def show_missing(control: Parameter, what: str, place: str, instead: str) -> None:
    """Say above the page that an upload the link asks for is not here, what is shown instead, and what loses uploads.

    Anyone who has just chosen to upload something is not told what they know.
    """
    if navigation.is_as_linked(control):
        notices.above().info(
            f"No {what} is uploaded in this session, so {instead}. Links, reloads and restarts of the server lose "
            f"uploads: upload it again under “{place}”.",
            icon=":material/upload_file:",
        )


def read(upload: Upload, reader: Callable[[str, bytes], Result]) -> Result:
    """What an uploaded file holds, read once for each name and content."""
    key = (reader.__name__, upload.name, upload.digest, most_rows())
    return cache.memory().recall(key, lambda: reader(upload.name, upload.content))


def _store(keys: Uploads) -> None:
    """Store new uploads in the session; called before the uploader is drawn.

    Raises
    ------
    LimitError
        They are too large.
    """
    received = _received(keys)
    ids = [file.file_id for file in received]
    if not received or ids == st.session_state.get(keys.SEEN):
        return
    known = {upload.id: upload for upload in _uploads(keys)}
    names = unique_names(file_name(file.name) for file in received)
    st.session_state[keys.UPLOADS] = tuple(
        known.get(file.file_id) or _upload(file.file_id, name, file.getvalue())
        for file, name in zip(received, names, strict=True)
    )
    st.session_state[keys.SEEN] = ids


def _received(keys: Uploads) -> Sequence[UploadedFile]:
    """The files that the uploader shows, but for those that went with the server that had them."""
    shown: UploadedFile | list[UploadedFile | DeletedFile] | None = st.session_state.get(keys.UPLOADER)
    files = shown if isinstance(shown, list) else [shown]
    return [file for file in files if file and not isinstance(file, DeletedFile)]


def _upload(own_id: str, name: str, content: bytes) -> Upload:
    give_back = limits.UPLOADS.take(len(content))
    upload = Upload(own_id, name, digests.of(content, Path(name).suffix.lower().encode()), content)
    weakref.finalize(upload, give_back)  # once no session has it any more
    return upload


def _uploads(keys: Uploads) -> tuple[Upload, ...]:
    uploads: tuple[Upload, ...] = st.session_state.get(keys.UPLOADS, ())
    return uploads


def _forget_if_empty(keys: Uploads) -> None:
    """Forget the files when the user removes the last one from the uploader, but not a file opened since."""
    came = [upload.id for upload in _uploads(keys)] == st.session_state.get(keys.SEEN)
    if came and not _received(keys):
        _forget(keys)


def _forget(keys: Uploads) -> None:
    st.session_state.pop(keys.UPLOADS, None)
