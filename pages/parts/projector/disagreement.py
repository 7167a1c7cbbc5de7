"""Where models disagree: how many neighbours they share, and the texts on which they differ most."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd
import streamlit as st

from core.corpus import Corpus
from core.maps import Indices
from core.maps.agreement import agreement_matrix, largest_disagreements
from core.progress import Progress
from core.wording import shorten
from pages.parts.projector import colours, selection
from pages.parts.projector.charts import Chart
from pages.parts.projector.panel import HEAD_PIXELS, ROW_PIXELS
from pages.shared import state
from pages.shared.ui import output

MOST_LISTED = 50
LINES = 6


def show(texts: Corpus, charts: Sequence[Chart], k: int, on_progress: Progress) -> None:
    """How many neighbours the models share, and the texts on which they disagree most; a click on one marks it."""
    mapped = [chart for chart in charts if chart.source]
    models = colours.neighbours_of_each(mapped, k, on_progress)
    matrix = agreement_matrix(models)
    rows = largest_disagreements(models, MOST_LISTED)
    nearest = {
        f"Nearest for {chart.title}": [shorten(texts.titles[near.rows[row][0]], 80) if near.k else "" for row in rows]
        for chart, near in zip(mapped, models, strict=True)
    }
    table = pd.DataFrame(
        {
            "Text": [shorten(texts.titles[row], 200) for row in rows],
            "Shared": colours.agreement(mapped, k, on_progress)[rows],
            **nearest,
        }
    )
    if len(mapped) == 2:
        summary, listed = st.columns([1, 4], gap="medium")
    else:
        summary = listed = st.container()
    with summary:
        _show_shares([chart.title for chart in mapped], matrix, models[0].k)
    with listed:
        st.markdown("**Texts these models disagree on most**: click one to see both lists of neighbours")
        _list(texts, table, rows)
    specs = [chart.source.spec for chart in mapped if chart.source and chart.source.spec]
    output.download_table(output.with_options(table, specs, queries=False), "disagreement", "Download the list")


def _show_shares(titles: Sequence[str], matrix: npt.NDArray[np.float64], k: int) -> None:
    """One figure for two models, a matrix for more."""
    if len(titles) == 2:
        st.metric("Shared neighbours", f"{matrix[0, 1]:.0%}")
    else:
        st.markdown("**Shared neighbours**")
        st.dataframe(
            pd.DataFrame(matrix, columns=list(titles)).assign(**{"": titles})[["", *titles]],
            hide_index=True,
            key=state.Projector.AGREEMENT,
            column_config={"": "Model", **{title: st.column_config.NumberColumn(format="percent") for title in titles}},
            alt="For each pair of models, the mean share of a text's nearest neighbours that are the same",
        )
    st.caption(
        f"Mean share of a text's {k} nearest neighbours, over all texts. Measured in the original spaces, so no map "
        "distorts it."
    )


def _list(texts: Corpus, table: pd.DataFrame, rows: Indices) -> None:
    def mark() -> None:
        lines = st.session_state[state.Projector.DISAGREED]["selection"]["rows"]
        if lines:
            selection.point_at(texts, int(rows[lines[0]]))

    st.dataframe(
        table,
        hide_index=True,
        key=state.Projector.DISAGREED,
        height=HEAD_PIXELS + ROW_PIXELS * LINES,
        on_select=mark,
        selection_mode="single-row",
        column_config={
            "Shared": st.column_config.NumberColumn(format="percent", width=70),
            "Text": st.column_config.TextColumn(width=200),
        },
        alt="Texts by how few of their neighbours the models share, fewest first",
    )
