"""The heatmaps: one per model, or the difference of two models, on one scale and in one order."""

from collections.abc import Callable, Mapping, Sequence
from itertools import combinations

import streamlit as st

from core.charts.similarity import heatmap
from core.charts.style import plain
from core.similarity import Matrix
from pages.parts.similarity import scores
from pages.parts.similarity.cells import clickable
from pages.parts.similarity.pair import Pair
from pages.parts.similarity.scores import Order
from pages.parts.similarity.sources import Compared
from pages.shared import state
from pages.shared.ui import inputs, output

BETWEEN = " − "


def choose_difference(names: Sequence[str]) -> tuple[str, str] | None:
    """The two models whose difference is drawn; None if each model is drawn separately."""
    if len(names) < 2:
        return None
    views = ["Each model", "Difference"]
    view = st.segmented_control(
        "Show",
        views,
        default=views[0],
        key=state.Similarity.HEATMAPS,
        bind="query-params",
        required=True,
        label_visibility="collapsed",
    )
    if view != "Difference":
        return None
    offered = {f"{one}{BETWEEN}{other}": (one, other) for one, other in combinations(names, 2)}
    if len(offered) == 1:
        return next(iter(offered.values()))
    inputs.fall_back(state.Similarity.DIFFERENCE, list(offered), next(iter(offered)))
    chosen = st.selectbox(
        "Difference of", list(offered), key=state.Similarity.DIFFERENCE, bind="query-params",
        label_visibility="collapsed", width=320,
    )  # fmt: skip
    return offered[str(chosen)]


def show(
    values: Mapping[str, Matrix],
    compared: Compared,
    order: Order,
    pair: Pair,
    *,
    percentiles: bool,
    difference: tuple[str, str] | None,
    on_click: Callable[[Pair], None],
) -> None:
    """Draw them; a click on a cell opens its pair."""
    if difference and all(name in values for name in difference):
        one, other = difference
        matrices = {f"{one}{BETWEEN}{other}": values[one] - values[other]}
        scale = scores.difference_scale(next(iter(matrices.values())), percentiles=percentiles)
    else:
        matrices = dict(values)
        scale = scores.scale_of(values, percentiles=percentiles)
    panels = st.grid(2 if len(matrices) > 1 else 1, min_column_width=430)
    for place, (name, matrix) in enumerate(matrices.items()):
        with panels.cell():
            st.markdown(f"#### {output.markdown_free(name)}")
            figure = heatmap(
                order.of(matrix),
                [compared.rows[row] for row in order.rows],
                [compared.texts[column] for column in order.columns],
                scale=scale,
                row_tree=order.row_tree,
                column_tree=order.column_tree,
                marked=order.place(pair),
            )
            clickable(
                figure,
                place,
                f"{scale.title} of the texts by {plain(name)}".capitalize(),
                lambda row, column: on_click((order.rows[row], order.columns[column])),
            )
