"""What the lists have in common, the time of each step, and downloads of both."""

from collections.abc import Mapping, Sequence
from itertools import combinations

import pandas as pd
import streamlit as st

from core import wording
from core.corpus import Corpus
from core.models import ModelSpec
from core.search import rank_biased_overlap
from pages.parts.search.lists import List
from pages.shared import state
from pages.shared.ui import output

STEPS = {"embed the queries": "embed the query", "search": "search", "fuse": "fuse"}
MARK = "highlight the sentences"


def agreement(lists: Mapping[str, List]) -> pd.DataFrame:
    """Rank-biased overlap of each pair of lists, and a sentence; returns the table."""
    overlaps = {pair: rank_biased_overlap(lists[pair[0]].rows, lists[pair[1]].rows) for pair in combinations(lists, 2)}
    table = pd.DataFrame(
        {
            system: [1.0 if other == system else overlaps.get((system, other), overlaps.get((other, system)))
                     for other in lists]
            for system in lists
        },
        index=list(lists),
    ).reset_index(names="list")  # fmt: skip
    st.markdown("## Agreement")
    if overlaps:
        most, least = max(overlaps, key=lambda pair: overlaps[pair]), min(overlaps, key=lambda pair: overlaps[pair])
        sentence = f"{most[0]} and {most[1]} agree most ({overlaps[most]:.2f})"
        if least != most:
            sentence += f", {least[0]} and {least[1]} least ({overlaps[least]:.2f})"
        st.markdown(output.markdown_free(sentence) + ".")
    st.dataframe(
        table,
        hide_index=True,
        key=state.Search.AGREEMENT,
        alt="Rank-biased overlap of the lists",
        column_config={
            system: st.column_config.ProgressColumn(min_value=0, max_value=1, format="%.2f") for system in lists
        },
    )
    st.caption(
        "Rank-biased overlap (p = 0.9, extrapolated) over up to 100 ranks: 1 means the same list, 0 nothing in "
        "common; the first ten ranks carry 86% of the weight."
    )
    return table


def latency(lists: Mapping[str, List]) -> pd.DataFrame:
    """Milliseconds of each step of each system, and of highlighting, which is no part of the total; the table."""
    rows = []
    totals = {system: 1000 * sum(hits.seconds.values()) for system, hits in lists.items()}
    for system, hits in lists.items():
        steps = {STEPS[name]: 1000 * seconds for name, seconds in hits.seconds.items()}
        found = {step: steps.get(step) for step in STEPS.values()}
        rows.append({"list": system, **found, "total": totals[system], MARK: 1000 * hits.marks.seconds})
    table = pd.DataFrame(rows)
    st.markdown("## Latency")
    slowest = max(totals, key=lambda system: totals[system])
    highlighting = wording.milliseconds(1000 * sum(hits.marks.seconds for hits in lists.values()))
    sentence = f"{slowest} took longest to find its list: {wording.milliseconds(totals[slowest])}"
    st.markdown(f"{output.markdown_free(sentence)}. Highlighting sentences took {highlighting} more for all lists.")
    columns = {step: st.column_config.NumberColumn(f"{step}, ms", format="%.1f") for step in (*STEPS.values(), MARK)}
    st.dataframe(
        table,
        hide_index=True,
        key=state.Search.LATENCY,
        placeholder="–",
        alt="Milliseconds of each step",
        column_config={
            **columns,
            "total": st.column_config.ProgressColumn(
                "total, ms", min_value=0, max_value=max(1e-9, totals[slowest]), format="%.1f"
            ),
        },
    )
    known = [system for system, hits in lists.items() if hits.ranking.is_query_remembered]
    note = f" The query's vector was cached for {', '.join(known)}." if known else ""
    st.caption(
        output.markdown_free(
            f"Measured when this query was first run. Hybrid adds its fusion to the time of the other lists. "
            f"Sentences are highlighted after the results are shown.{note}"
        )
    )
    return table


def downloads(
    texts: Corpus,
    query: str,
    lists: Mapping[str, List],
    k: int,
    overlaps: pd.DataFrame,
    times: pd.DataFrame,
    specs: Sequence[ModelSpec],
) -> None:
    """The lists, the agreement and the latency as CSV."""
    ranking = pd.DataFrame(
        [
            {"query": query, "system": system, "rank": rank, "score": score, "id": texts.ids[row],
             "document": texts.document_ids[row], "text": texts.texts[row], "score name": hits.ranking.score_name}
            for system, hits in lists.items()
            for rank, (row, score) in enumerate(zip(hits.rows[:k], hits.scores[:k], strict=True), start=1)
        ]
    )  # fmt: skip
    with st.container(horizontal=True):
        output.download_table(output.with_options(ranking, specs, "system"), "search")
        output.download_table(output.with_options(overlaps, specs, "list"), "agreement", "Agreement (CSV)")
        output.download_table(output.with_options(times, specs, "list"), "latency", "Latency (CSV)")
