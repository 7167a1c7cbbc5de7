"""All pairs as a table: by score, or by how much the models disagree."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import streamlit as st

from core.similarity import Background, Matrix, disagreement, rank_pairs, without_negative_zero
from core.wording import decimal, shorten
from pages.parts.similarity.pair import Pair
from pages.parts.similarity.scores import Scored
from pages.parts.similarity.sources import Compared
from pages.shared import state
from pages.shared.ui import inputs, output

if TYPE_CHECKING:
    import pandas as pd

MOST_LISTED = 1000
SHOWN_OF_TEXT = 200
ORDERS = ("Most similar", "Least similar", "Most disagreed")

Indices = npt.NDArray[np.int64]
Pairs = tuple[Indices, Indices]


def choose_order(models: int, *, comparable: bool) -> str:
    """Choose how the table is sorted; models whose scores can't be compared have no disagreement."""
    offered = ORDERS if models > 1 and comparable else ORDERS[:2]
    inputs.fall_back(state.Similarity.PAIRS_BY, offered, ORDERS[0])
    chosen = st.segmented_control(
        "Pairs by", offered, default=ORDERS[0], key=state.Similarity.PAIRS_BY, bind="query-params", required=True,
        label_visibility="collapsed",
    )  # fmt: skip
    return str(chosen or ORDERS[0])


def rank(values: Mapping[str, Matrix], order: str, compared: Compared) -> Pairs:
    """Rows and columns of the pairs in that order; similar for the first model."""
    matrices = list(values.values())
    if order == "Most disagreed" and len(matrices) > 1:
        scores = disagreement(matrices)
    else:
        scores = -matrices[0] if order == "Least similar" else matrices[0]
    return rank_pairs(scores, symmetric=not compared.queries)


def table_of(
    pairs: Pairs, results: Mapping[str, Scored], backgrounds: Mapping[str, Background], compared: Compared
) -> "pd.DataFrame":
    """The pairs with each model's score, and its percentile if the model has a background."""
    import pandas as pd

    first, second = pairs
    rows, texts = ([shorten(text, SHOWN_OF_TEXT) for text in given] for given in (compared.rows, compared.texts))
    scores = {name: result.scores[first, second] for name, result in results.items()}
    return pd.DataFrame(
        {
            "Query" if compared.queries else "Text": [rows[row] for row in first],
            "Text" if compared.queries else "Other text": [texts[column] for column in second],
            **{results[name].label: column for name, column in scores.items()},
            **{f"{name}, percentile": backgrounds[name].percentile(scores[name]) for name in backgrounds},
        }
    )


def show(
    pairs: Pairs,
    results: Mapping[str, Scored],
    backgrounds: Mapping[str, Background],
    compared: Compared,
    on_click: Callable[[Pair], None],
) -> None:
    """The first pairs of the order; a click on one opens it."""
    listed = pairs[0][:MOST_LISTED], pairs[1][:MOST_LISTED]

    def note() -> None:
        lines = st.session_state[state.Similarity.PAIRS]["selection"]["rows"]
        if lines:
            on_click((int(listed[0][lines[0]]), int(listed[1][lines[0]])))

    table = table_of(listed, results, backgrounds, compared)
    for result in results.values():
        table[result.label] = without_negative_zero(table[result.label].to_numpy())
    bar = st.column_config.ProgressColumn  # other scores than cosines have no ends
    plain = [result.label for result in results.values() if result.similarity != "cosine"]
    st.dataframe(
        output.signed(table, dict.fromkeys(plain, partial(decimal, digits=3))),
        hide_index=True,
        key=state.Similarity.PAIRS,
        height=400,
        on_select=note,
        selection_mode="single-row",
        alt="Pairs of texts with their similarity by each model",
        column_config={
            **{
                result.label: bar(min_value=0, max_value=1, format="%.3f", width=140)
                for result in results.values()
                if result.similarity == "cosine"
            },
            **{label: st.column_config.NumberColumn(width=140) for label in plain},
            **{f"{name}, percentile": st.column_config.NumberColumn(format="%.1f", width=120) for name in backgrounds},
        },
    )
    if len(pairs[0]) > MOST_LISTED:
        st.caption(f"Showing the first {MOST_LISTED:,} of {len(pairs[0]):,} pairs; the download has all of them.")


def downloads(
    pairs: Pairs, results: Mapping[str, Scored], backgrounds: Mapping[str, Background], compared: Compared
) -> None:
    """All pairs, and each model's matrix of scores labelled with its texts, as CSV."""
    with st.container(horizontal=True):
        output.download_table(partial(_table, pairs, results, backgrounds, compared), "pairs", "Download pairs")
        for name, result in results.items():
            output.download_table(
                partial(_matrix, result, compared),
                f"matrix-{name.replace('/', '-').replace(':', '-')}",
                f"Matrix of {output.markdown_free(result.label)}",
            )


def _table(
    pairs: Pairs, results: Mapping[str, Scored], backgrounds: Mapping[str, Background], compared: Compared
) -> "pd.DataFrame":
    """The table of pairs, with the models' options."""
    specs = [result.spec for result in results.values()]
    table = table_of(pairs, results, backgrounds, compared)
    return output.with_options(table, specs, queries=bool(compared.queries))


def _matrix(result: Scored, compared: Compared) -> "pd.DataFrame":
    """A model's matrix, with its options; numbers before the texts distinguish equal ones."""
    import pandas as pd

    table = pd.DataFrame(result.scores, columns=_labels(compared.texts))
    table.insert(0, "", _labels(compared.rows))
    return output.with_options(table, [result.spec], queries=bool(compared.queries))


def _labels(texts: tuple[str, ...]) -> list[str]:
    return [f"{number} {shorten(text, SHOWN_OF_TEXT)}" for number, text in enumerate(texts, start=1)]
