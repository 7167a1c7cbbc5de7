"""The queries that one of two systems answers better, and the hits of both."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from core import evaluation
from core.charts.evaluation import gains
from core.charts.style import model_colours
from core.corpus import Labels
from core.evaluation import Quality
from core.retrieval import BM25, HYBRID
from core.wording import decimal
from pages.shared import state
from pages.shared.state import Parameter
from pages.shared.ui import chart, inputs, output

if TYPE_CHECKING:
    import pandas as pd

TABLE_HEIGHT = 300


def show(
    labels: Labels,
    measured: Mapping[str, Quality],
    measure: str,
    title: str,
    show_hits: Callable[[Sequence[str], str], None],
) -> None:
    """Two systems' difference on each query, sorted; for the query clicked `show_hits` draws both lists.

    It is called with the two systems and the query's id.
    """
    import pandas as pd

    if len(measured) < 2:
        return
    st.markdown("## Queries won and lost")
    first, second = _two(measured)
    if first == second:
        st.info("Choose two different systems.", icon=":material/info:")
        return
    queries = sorted(measured[first].per_query)
    one, other = (np.array(measured[name].values(measure)) for name in (first, second))
    all_pairs = evaluation.differences({name: found.values(measure) for name, found in measured.items()})
    asked = dict(zip(labels.queries.ids, labels.queries.texts, strict=True))
    st.markdown(f"{output.markdown_free(evaluation.sentence(first, second, all_pairs[first, second]))}.")
    chart.draw(
        gains(
            one - other,
            [asked[query] for query in queries],
            first,
            second,
            title,
            colours=model_colours((first, second)),
        ),
        key=state.Evaluate.GAINS,
        name="won-and-lost",
        alt=f"Difference of {first} and {second} on each query",
        is_presented=False,
    )
    table = pd.DataFrame(
        {
            "Query": [asked[query] for query in queries],
            first: one,
            second: other,
            "Difference": one - other,
            "id": queries,
        }
    ).sort_values("Difference", ascending=False, kind="stable", ignore_index=True)
    row = _pick(table, first, second)
    if row is None:
        return
    query = str(table["id"][row])
    st.markdown(f"**{output.markdown_free(asked[query])}**")
    show_hits((first, second), query)


def _two(measured: Mapping[str, Quality]) -> tuple[str, str]:
    """The two systems to compare: by default the best model and BM25, or the next model where that is not measured."""
    names = list(measured)
    models = [name for name in names if name not in (BM25, HYBRID)] or names
    best, *others = sorted(models, key=lambda name: -measured[name].means["ndcg@10"])
    usual = BM25 if BM25 in names else others[0]
    with st.container(horizontal=True):
        return _system("System", state.Evaluate.FIRST, names, best), _system(
            "Compared with", state.Evaluate.SECOND, names, usual
        )


def _system(title: str, key: Parameter, names: Sequence[str], usual: str) -> str:
    inputs.fall_back(key, names, usual)
    chosen = st.selectbox(title, names, names.index(usual), key=key, bind="query-params", width=320)
    return str(chosen or usual)


def _pick(table: "pd.DataFrame", first: str, second: str) -> int | None:
    """The row of the table that is ticked; None if none is."""
    st.caption(f"The biggest wins of {output.markdown_free(first)} are on top. Tick a query to see both lists.")
    shown = st.dataframe(
        output.signed(table, {"Difference": partial(decimal, digits=3, sign="+")}),
        hide_index=True,
        key=state.Evaluate.WON_AND_LOST,
        height=TABLE_HEIGHT,
        on_select="rerun",
        selection_mode="single-row",
        alt="Each query with the measure of both systems",
        column_config={
            "Query": st.column_config.TextColumn(width="large"),
            **{
                name: st.column_config.ProgressColumn(min_value=0, max_value=1, format="%.3f")
                for name in (first, second)
            },
            "id": None,
        },
    )
    rows = [row for row in shown.selection.rows if row < len(table)]
    return rows[0] if rows else None
