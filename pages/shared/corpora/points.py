"""Vectors and coordinates in uploaded files, which the Projector draws directly."""

from collections.abc import Sequence

import streamlit as st

from core import map_files
from core.map_files import Space
from core.settings import most_rows
from pages.shared import cache, state
from pages.shared.corpora import files
from pages.shared.uploads import Upload


def hold_vectors_alone(uploads: Sequence[Upload]) -> bool:
    """Whether one of the files holds only vectors."""
    return any(map_files.holds_vectors_alone(upload.content) for upload in uploads)


def choose(keys: state.Files, uploads: Sequence[Upload]) -> Space | None:
    """The texts with the files' vectors or coordinates, read once; None if they have neither.

    Raises
    ------
    InputError
        The files cannot be read, or do not belong together.
    """
    asked = str(st.session_state.get(keys.TEXT_COLUMN) or "").strip() or None
    space = cache.memory().recall(
        ("space", tuple((upload.name, upload.digest) for upload in uploads), asked, most_rows()),
        lambda: _read(uploads, asked),
    )
    if space is not None:
        st.text_input(
            "Text column, if it is not called text", key=keys.TEXT_COLUMN, persist_state="session",
        )  # fmt: skip
    return space


def _read(uploads: Sequence[Upload], text_column: str | None) -> Space | None:
    if hold_vectors_alone(uploads):
        return map_files.from_files([(each.name, each.content) for each in uploads], text_column=text_column)
    if len(uploads) != 1:
        return None
    (upload,) = uploads
    table = files.table(upload)
    table = files.table(upload, with_lists=True) if table.unread_lists else table
    space = map_files.from_table(upload.name, table, text_column=text_column)
    return None if space.vectors is None and space.coordinates is None else space
