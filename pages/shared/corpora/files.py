"""Uploaded files with texts: their tables, read once for equal content."""

from dataclasses import dataclass

import streamlit as st

from core import collections, wording
from core.errors import InputError, TooLargeError
from core.settings import most_rows
from core.storage import digests
from core.tables import FORMATS, MOST_BYTES, Table, lines, read_table
from pages.shared import cache, door, uploads
from pages.shared.state import Files
from pages.shared.uploads import Upload

ITS_NAME = "\0"
COMMAND = "on the machine that runs Embedscope, `python -m core collection create NAME --input FILES` takes more"


def advice() -> str:
    """How texts that are too many for memory are used all the same, in a sentence; empty where they can't be."""
    if not (collections.is_installed() and door.may_make_collections()):
        return ""
    return "To use all of them, make a collection: “Your texts”, Collection, New collection."


@dataclass(frozen=True)
class Source:
    """A table with the name and the digest of what it was read from."""

    name: str
    digest: str
    table: Table


def ask(keys: Files) -> tuple[Upload, ...]:
    """The uploaded files; none until there are any.

    Raises
    ------
    InputError
        They are too large together.
    """
    uploaded = uploads.ask(keys, "Files with texts", several=True)
    st.caption(
        f"{', '.join(FORMATS).upper()}, recognised by extension; several files become one corpus. A table needs a "
        "column of texts, such as “text”; you choose its columns once it is here. Up to "
        f"{most_rows():,} rows and {most_megabytes():,} MB in total; a Parquet file may unpack to "
        f"{wording.size(MOST_BYTES)}. Skipped rows are counted and listed."
    )
    size = sum(len(upload.content) for upload in uploaded)
    if size > most_megabytes() * 1_000_000:
        instead = f"; or make a collection: {COMMAND}" if collections.is_installed() else ""
        raise InputError(
            f"These files total {wording.size(size)}, and the limit is {most_megabytes():,} MB: upload fewer{instead}."
        )
    return uploaded


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


def _read(upload: Upload, with_lists: bool) -> Table | str:
    try:
        return read_table(upload.name, upload.content, with_lists=with_lists)
    except TooLargeError as error:
        return f"{str(error).replace(upload.name, ITS_NAME)} {advice()}".rstrip()
    except InputError as error:
        return str(error).replace(upload.name, ITS_NAME)


def most_megabytes() -> int:
    """The most that the files of an upload may have together."""
    return int(st.get_option("server.maxUploadSize"))
