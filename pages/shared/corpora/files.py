"""Uploaded files: shared by all pages of the session, read once for equal content."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from core import map_files, wording
from core.corpus import file_name, together
from core.errors import InputError
from core.settings import most_rows
from core.storage import digests
from core.tables import FORMATS, MOST_BYTES, Table, lines, read_table, unique_names
from pages.shared import cache
from pages.shared.state import Files

ITS_NAME = "\0"


@dataclass(frozen=True)
class Upload:
    """An uploaded file; its digest is that of its content and extension."""

    id: str
    name: str
    digest: str
    content: bytes


@dataclass(frozen=True)
class Source:
    """A table with the name and the digest of what it was read from."""

    name: str
    digest: str
    table: Table


def store_uploads(keys: Files) -> None:
    """Store new uploads in the session, which other pages share; called before the uploader is drawn."""
    uploaded: Sequence[UploadedFile] = st.session_state.get(keys.UPLOADER) or ()
    ids = [file.file_id for file in uploaded]
    if not uploaded or ids == st.session_state.get(keys.SEEN):
        return
    st.session_state[keys.SEEN] = ids
    known = {upload.id: upload for upload in _uploads(keys)}
    names = unique_names(file_name(file.name) for file in uploaded)
    st.session_state[keys.UPLOADS] = tuple(
        known.get(file.file_id) or _upload(file.file_id, name, file.getvalue())
        for file, name in zip(uploaded, names, strict=True)
    )


def store_file(keys: Files, name: str, content: bytes) -> None:
    """Store a file in the session as if it had been uploaded."""
    st.session_state[keys.UPLOADS] = (_upload(name, name, content),)


def ask(keys: Files) -> tuple[Upload, ...]:
    """The uploaded files; none until there are any.

    Raises
    ------
    InputError
        They are too large together.
    """
    st.file_uploader(
        "Files with texts",
        type=map_files.FORMATS,
        accept_multiple_files=True,
        key=keys.UPLOADER,
        on_change=_forget_if_empty,
        args=(keys,),
    )
    st.caption(
        f"{', '.join(FORMATS).upper()}, recognised by extension; several files become one corpus. Up to "
        f"{most_rows():,} rows and {_most_megabytes():,} MB in total; a Parquet file may unpack to "
        f"{wording.size(MOST_BYTES)}. Skipped rows are counted and listed."
    )
    uploads = _uploads(keys)
    uploader: Sequence[UploadedFile] = st.session_state.get(keys.UPLOADER) or ()
    if uploads and [file.file_id for file in uploader] != [upload.id for upload in uploads]:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.text(f"Uploaded: {together([upload.name for upload in uploads])}", width="content")
            st.button("Remove", key=keys.REMOVE, on_click=_forget, args=(keys,), type="tertiary")
    size = sum(len(upload.content) for upload in uploads)
    if size > _most_megabytes() * 1_000_000:
        raise InputError(
            f"These files total {wording.size(size)}, and the limit is {_most_megabytes():,} MB: upload fewer."
        )
    return uploads


def source(upload: Upload) -> Source:
    """The table of an uploaded file, without its lists of numbers.

    Raises
    ------
    InputError
        The file cannot be read.
    """
    return Source(upload.name, upload.digest, table(upload))


def table(upload: Upload, *, with_lists: bool = False) -> Table:
    """The file's table, or its error; both are cached by content, whatever the name.

    Raises
    ------
    InputError
        The file cannot be read.
    """
    key = ("table", upload.digest, most_rows(), with_lists)
    read = cache.memory().recall(key, lambda: _read(upload, with_lists))
    if isinstance(read, str):
        raise InputError(read.replace(ITS_NAME, upload.name))
    return read


def source_of_text(text: str) -> Source:
    """Pasted texts, one per line."""
    digest = digests.of(text.encode("utf-8", "surrogatepass"))
    return Source("pasted texts", digest, lines(text))


def names(keys: Files) -> list[str]:
    """The names of the session's files."""
    return [upload.name for upload in _uploads(keys)]


def _upload(own_id: str, name: str, content: bytes) -> Upload:
    return Upload(own_id, name, digests.of(content, Path(name).suffix.lower().encode()), content)


def _read(upload: Upload, with_lists: bool) -> Table | str:
    try:
        return read_table(upload.name, upload.content, with_lists=with_lists)
    except InputError as error:
        return str(error).replace(upload.name, ITS_NAME)


def _uploads(keys: Files) -> tuple[Upload, ...]:
    uploads: tuple[Upload, ...] = st.session_state.get(keys.UPLOADS, ())
    return uploads


def _forget_if_empty(keys: Files) -> None:
    """Forget the files when the user removes the last one from the uploader, but not a file opened since."""
    came = [upload.id for upload in _uploads(keys)] == st.session_state.get(keys.SEEN)
    if came and not st.session_state.get(keys.UPLOADER):
        _forget(keys)


def _forget(keys: Files) -> None:
    st.session_state.pop(keys.UPLOADS, None)


def _most_megabytes() -> int:
    return int(st.get_option("server.maxUploadSize"))
