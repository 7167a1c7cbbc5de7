"""The measures of systems on labelled queries: which is best and how surely, a chart and a table."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import streamlit as st

from core import evaluation
from core.charts.evaluation import ranking
from core.charts.style import model_colours
from core.evaluation import Difference, Quality
from core.evaluation.bootstrap import LEAST_QUERIES
from pages.shared import state
from pages.shared.state import Key
from pages.shared.ui import chart, output

if TYPE_CHECKING:
    import pandas as pd


def sentence(measured: Mapping[str, Quality], measure: str, title: str) -> str:
    """Which system ranks best, its figure beside that of the next, and whether the difference could be chance."""
    first, compared = _compare_best(measured, measure)
    if not compared:
        mean = measured[first].means[measure]
        return f"{first} reaches {title} {mean:.2f}. Pick another model in the sidebar to compare it with."
    following, *_, last = [*compared, *compared]
    if compared[following].queries < LEAST_QUERIES:
        return evaluation.sentence(", ".join([first, *list(compared)[:-1]]), last, compared[last]) + "."
    chance = "no more than chance" if compared[following].is_within_chance else "more than chance"
    own, other = (measured[name].means[measure] for name in (first, following))
    return f"{first} ranks best: {title} {own:.2f}, ahead of {following} ({other:.2f}) by {chance}."


def differences(measured: Mapping[str, Quality], measure: str) -> str:
    """By how much the best system beats which others, and from which the difference could be chance, with intervals.

    Empty if there is no other, or too few queries.
    """
    first, compared = _compare_best(measured, measure)
    if not compared or next(iter(compared.values())).queries < LEAST_QUERIES:
        return ""
    worse = [
        f"than {name} by {found.mean:.2f} ({found.low:.2f} to {found.high:.2f})"
        for name, found in compared.items()
        if not found.is_within_chance
    ]
    alike = [evaluation.sentence(first, name, found) for name, found in compared.items() if found.is_within_chance]
    return "; ".join([*([f"{first} is better {', '.join(worse)}"] if worse else []), *alike]) + "."


def _compare_best(measured: Mapping[str, Quality], measure: str) -> tuple[str, dict[str, Difference]]:
    """The system with the highest mean, and its difference from each of the others, the next best first."""
    values = {name: found.values(measure) for name, found in measured.items()}
    first, *others = sorted(values, key=lambda name: -measured[name].means[measure])
    all_pairs = evaluation.differences(values) if others else {}
    return first, {name: all_pairs[first, name] for name in others}


def draw(measured: Mapping[str, Quality], measure: str, title: str, *, key: Key = state.Evaluate.RANKING) -> None:
    """The sentence, each system's mean with its interval, and the differences."""
    output.answer(sentence(measured, measure, title))
    intervals = {name: evaluation.interval(quality_of.values(measure)) for name, quality_of in measured.items()}
    chart.draw(
        ranking(
            intervals,
            title,
            f"Mean {title} (95% interval)",
            colours=model_colours(intervals),
        ),
        key=key,
        name="ranking",
        alt=f"{title} of each system with its 95% interval",
    )
    if compared := differences(measured, measure):
        st.caption(output.markdown_free(compared))


def table(measured: Mapping[str, Quality], recall: str) -> "pd.DataFrame":
    """The measures of each system, the best first; `recall` is the name of its recall."""
    import pandas as pd

    columns = ["ndcg@10", "mrr@10", "map@100", recall]
    rows = []
    for name, system in measured.items():
        ndcg = evaluation.interval(system.values("ndcg@10"))
        rows.append(
            {"System": name, "ndcg@10": ndcg.mean, "ndcg@10 low": ndcg.low, "ndcg@10 high": ndcg.high}
            | {column: system.means[column] for column in columns}
            | {"queries": system.queries}
        )
    table = pd.DataFrame(rows).sort_values("ndcg@10", ascending=False, ignore_index=True)
    titles = {"ndcg@10": "nDCG@10", "mrr@10": "MRR@10", "map@100": "MAP@100", recall: recall.capitalize()}
    st.dataframe(
        table,
        hide_index=True,
        key=state.Evaluate.MEASURES,
        alt="The measures of each system",
        column_config={
            column: st.column_config.ProgressColumn(title, min_value=0, max_value=1, format="%.3f")
            for column, title in titles.items()
        }
        | {
            "ndcg@10 low": st.column_config.NumberColumn("95% from", format="%.3f"),
            "ndcg@10 high": st.column_config.NumberColumn("95% to", format="%.3f"),
            "queries": st.column_config.NumberColumn("Queries"),
        },
    )
    return table
