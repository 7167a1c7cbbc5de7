"""The heatmaps: one per model, or the difference of two models, on one scale and in one order."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import combinations

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.charts.similarity import heatmap
from core.charts.style import plain
from core.similarity import NAMES, Matrix
from pages.parts.similarity import scores
from pages.parts.similarity.cells import clickable
from pages.parts.similarity.pair import Pair
from pages.parts.similarity.scores import Order, Scored
from pages.parts.similarity.sources import Compared
from pages.shared import frame, present, state
from pages.shared.ui import inputs, output

BETWEEN = " − "


def choose_difference(names: Sequence[str]) -> tuple[str, str] | None:
    """The two models whose difference is drawn; None if each model is drawn separately."""
    if len(names) < 2:
        return None
    views = ["Each model", "Difference"]
    view = st.segmented_control(
        "Heatmaps", views, default=views[0], key=state.Similarity.HEATMAPS, bind="query-params", required=True
    )
    if view != "Difference":
        return None
    offered = {f"{one}{BETWEEN}{other}": (one, other) for one, other in combinations(names, 2)}
    if len(offered) == 1:
        return next(iter(offered.values()))
    inputs.fall_back(state.Similarity.DIFFERENCE, list(offered), next(iter(offered)))
    chosen = st.selectbox(
        "Difference of", list(offered), key=state.Similarity.DIFFERENCE, bind="query-params", width=320
    )  # fmt: skip
    return offered[str(chosen)]


def comparable(
    difference: tuple[str, str] | None,
    values: Mapping[str, Matrix],
    results: Mapping[str, Scored],
    *,
    percentiles: bool,
) -> tuple[str, str] | None:
    """The two models, if both have values whose difference means something; a line says why scores have none."""
    if not difference or not all(name in values for name in difference):
        return None
    pair = [results[name] for name in difference]
    if percentiles or scores.are_comparable(pair):
        return difference
    functions = " and ".join(f"{result.spec.name} by {NAMES[result.similarity]}" for result in pair)
    sentence = f"Vectors are compared for {functions}: choose Percentile to see the difference."
    st.info(output.markdown_free(sentence), icon=":material/info:")
    return None


def show(
    values: Mapping[str, Matrix],
    results: Mapping[str, Scored],
    compared: Compared,
    orders: Mapping[str, Order],
    pair: Pair,
    *,
    percentiles: bool,
    difference: tuple[str, str] | None,
    on_click: Callable[[Pair], None],
) -> DeltaGenerator:
    """Draw them, and return the place of the pair's explanation, beside a single heatmap or below several.

    A `difference` is of two models whose scores are `comparable`. A click on a cell opens its pair.
    """
    matrices, scales = dict(values), scores.scales_of(values, results, percentiles=percentiles)
    if difference:
        one, other = difference
        name = BETWEEN.join(difference)
        matrices = {name: values[one] - values[other]}
        scales = {name: scores.difference_scale(matrices[name], results[one].similarity, percentiles=percentiles)}
    shared = replace(next(iter(orders.values())), row_tree=None, column_tree=None)  # of a difference
    panels = st.grid(1 if present.is_on() else 2, min_column_width=430)
    for place, (name, matrix) in enumerate(matrices.items()):
        order = orders.get(name, shared)
        with panels.cell():
            st.markdown(f"## {output.markdown_free(name)}")
            figure = heatmap(
                order.of(matrix),
                [compared.rows[row] for row in order.rows],
                [compared.texts[column] for column in order.columns] if compared.queries else None,
                scale=scales[name],
                row_tree=order.row_tree,
                column_tree=order.column_tree,
                marked=order.place(pair),
                numbers=[row + 1 for row in order.rows],
                room_above=any(orders[other].column_tree for other in matrices if other in orders),
            )
            clickable(
                figure,
                place,
                f"Heatmap of the texts by {plain(name)}: {scales[name].title}",
                partial(_open, on_click, order),
            )
        frame.let_browser_draw()
    return (panels.cell() if len(matrices) == 1 else st).empty()


def _open(on_click: Callable[[Pair], None], order: Order, row: int, column: int) -> None:
    """Open the pair of a cell, given as it is drawn."""
    on_click((order.rows[row], order.columns[column]))
