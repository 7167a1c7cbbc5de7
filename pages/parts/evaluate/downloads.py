"""Downloads of a ranking: each query's measures, the runs, and the labels."""

import io
import zipfile
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import streamlit as st

from core.corpus import Labels
from core.corpus.labels import as_trec_run
from core.evaluation import Quality
from core.models import ModelSpec
from core.search import Hits
from pages.shared import state
from pages.shared.labels import picker
from pages.shared.ui import output

if TYPE_CHECKING:
    import pandas as pd


def popover(
    labels: Labels,
    measured: Mapping[str, Quality],
    rankings: Mapping[str, Hits],
    names: Sequence[str],
    specs: Sequence[ModelSpec],
) -> None:
    """Downloads beside the table, each made on request."""
    with st.popover("More downloads", icon=":material/download:", width="content"):
        output.download_table(
            output.with_options(_per_query(labels, measured), specs, "system"), "queries", "Measures per query (CSV)"
        )
        st.download_button(
            "Rankings as TREC runs (ZIP)",
            lambda: runs(labels, rankings, names),
            file_name="runs.zip",
            mime="application/zip",
            icon=":material/download:",
            on_click="ignore",
            key=state.EveryPage.SAVE("runs", "zip"),
        )
        picker.downloads(labels, "labels")


def _per_query(labels: Labels, measured: Mapping[str, Quality]) -> "pd.DataFrame":
    import pandas as pd

    texts = dict(zip(labels.queries.ids, labels.queries.texts, strict=True))
    rows = [
        {"query": query, "text": texts[query], "system": name, **values}
        for name, quality in measured.items()
        for query, values in quality.per_query.items()
    ]
    return pd.DataFrame(rows)


def runs(labels: Labels, rankings: Mapping[str, Hits], names: Sequence[str]) -> bytes:
    """A ZIP with a TREC run of each system."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for system, hits in rankings.items():
            tag = "".join(letter if letter.isalnum() or letter in "-_." else "-" for letter in system).strip(".")
            archive.writestr(f"{tag}.run", as_trec_run(hits.as_run(labels.queries.ids, names), tag))
    return buffer.getvalue()
