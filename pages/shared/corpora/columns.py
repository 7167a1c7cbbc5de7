"""The columns of text, title, id and metadata, chosen beside a preview of the first rows."""

from collections.abc import Sequence

import streamlit as st

from core.corpus import Columns, columns_beside, usual_columns
from core.corpus.cleaning import cell_text, plain
from core.storage import digests
from core.tables import Table, unique_names
from core.wording import shorten
from pages.shared.corpora.files import Source
from pages.shared.state import Files

NONE = -1
MOST_OFFERED = 300
MOST_KEPT_AT_FIRST = 20
MOST_SHOWN = 30
ROWS_SHOWN = 3
FILES_SHOWN = 3
LONGEST_NAME = 60
LONGEST_CELL = 200


def choose(files: Files, sources: Sequence[Source]) -> Columns:
    """The columns, by default as their names suggest; a single column needs no choice."""
    offered = list(dict.fromkeys(column for source in sources for column in source.table.columns))
    usual = _usual(sources, offered)
    if len(offered) == 1:
        return usual
    labels = unique_names(shorten(" ".join(plain(column).split()), LONGEST_NAME) for column in offered)
    _preview(files, sources, dict(zip(offered, labels, strict=True)))
    return _ask(files, offered[:MOST_OFFERED], labels, usual)


def _usual(sources: Sequence[Source], offered: Sequence[str]) -> Columns:
    texts = dict.fromkeys(text for source in sources for text in usual_columns(source.table.columns).texts)
    usual = columns_beside(tuple(texts), offered)
    return Columns(usual.texts, usual.title, usual.id, usual.metadata[:MOST_KEPT_AT_FIRST])


def _ask(files: Files, offered: Sequence[str], labels: Sequence[str], usual: Columns) -> Columns:
    """The user's choice, by position: a file's column names never become values of a widget."""
    suffix = digests.of(repr(offered).encode("utf-8", "backslashreplace"), size=6)
    places, show = range(len(offered)), labels.__getitem__
    known = {column: place for place, column in enumerate(offered)}
    left, right = st.columns(2)
    texts = left.multiselect(
        "Text", places, [known[column] for column in usual.texts if column in known], show,
        key=files.TEXTS(suffix), persist_state="session", help="The cells of several columns are joined.",
    )  # fmt: skip
    metadata = right.multiselect(
        "Metadata", places, [known[column] for column in usual.metadata if column in known], show,
        key=files.METADATA(suffix), persist_state="session",
    )  # fmt: skip
    title = left.selectbox(
        "Title", [NONE, *places], 1 + known.get(usual.title or "", NONE),
        lambda place: "none" if place == NONE else show(place),
        key=files.TITLE(suffix), persist_state="session", help="Added before the text when embedding.",
    )  # fmt: skip
    own_id = right.selectbox(
        "Id", [NONE, *places], 1 + known.get(usual.id or "", NONE),
        lambda place: "row number" if place == NONE else show(place),
        key=files.ID(suffix), persist_state="session",
    )  # fmt: skip
    taken = {*texts, title, own_id}
    return Columns(
        tuple(offered[place] for place in texts),
        None if title in (NONE, *texts) else offered[title],
        None if own_id == NONE else offered[own_id],
        tuple(offered[place] for place in metadata if place not in taken),
    )


def _preview(files: Files, sources: Sequence[Source], labels: dict[str, str]) -> None:
    """The first rows of the first files."""
    import pandas as pd

    shown = [
        {"file": source.name, **row} if len(sources) > 1 else row
        for source in sources[:FILES_SHOWN]
        for row in _first_rows(source.table, labels)
    ]
    st.dataframe(
        pd.DataFrame(shown, dtype=str).fillna(""),
        hide_index=True,
        key=files.PREVIEW,
        alt="The first rows of the files",
        row_height=35,
    )
    if len(labels) > MOST_SHOWN:
        st.caption(f"Showing the first {MOST_SHOWN} of {len(labels):,} columns; choose among {MOST_OFFERED} below.")


def _first_rows(table: Table, labels: dict[str, str]) -> list[dict[str, str]]:
    columns = list(table.cells.items())[:MOST_SHOWN]
    return [
        {labels[name]: shorten(" ".join(plain(cell_text(cells[row])).split()), LONGEST_CELL) for name, cells in columns}
        for row in range(min(ROWS_SHOWN, len(table)))
    ]
