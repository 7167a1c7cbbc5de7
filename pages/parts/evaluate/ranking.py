"""How well each system ranks the labelled queries, how sure that is, and the queries on which two systems differ."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core import evaluation, examples
from core.charts.evaluation import ranking
from core.charts.style import model_colours
from core.corpus import Corpus, Labels
from core.evaluation import Difference, Quality
from core.evaluation.bootstrap import LEAST_QUERIES
from core.models import ModelSpec
from core.retrieval import BM25, Ranking
from pages.parts.evaluate import downloads, winners
from pages.shared import corpora, picks, quality, state
from pages.shared.labels import picker, sources
from pages.shared.ui import chart, inputs, output, progress

if TYPE_CHECKING:
    import pandas as pd

MEASURES = {"nDCG@10": "ndcg@10", "MRR@10": "mrr@10", "MAP@100": "map@100", "Recall@k": "recall@{k}"}
HEIGHT = 320


def show(ready: Sequence[ModelSpec], controls: DeltaGenerator) -> None:
    """Draw the view: the chart with its sentence, the table of measures, and the queries won and lost."""
    with controls:
        texts = corpora.choose()
        labels = picker.choose(texts)
        title = st.selectbox("Measure", list(MEASURES), key=state.Evaluate.MEASURE, bind="query-params", width=150)
        inputs.fall_back(state.Evaluate.RECALL_AT, quality.RECALL_CUTS, evaluation.CUT)
        cut = st.selectbox(
            "Recall at k", quality.RECALL_CUTS, quality.RECALL_CUTS.index(evaluation.CUT), key=state.Evaluate.RECALL_AT,
            bind="query-params", width=120,
        )  # fmt: skip
    output.show_skips(texts)
    if labels is None:
        picker.missing(texts)
        return
    picker.show_skips(labels)
    measure = MEASURES[title or "nDCG@10"].format(k=cut)
    with progress.line(state.Evaluate.RANK, height=HEIGHT) as on_progress:
        specs = quality.select_embeddable(texts, ready, on_progress)
        measured = quality.measure(texts, labels, specs, on_progress)
        full_rankings = quality.rankings(texts, labels.queries, specs, on_progress)
    rankings = {name: ranking.hits for name, ranking in full_rankings.items()}
    shown = (title or "nDCG@10").replace("@k", f"@{cut}")
    _chart(measured, measure, shown)
    _provenance(texts, labels, measured, specs, full_rankings)
    table = _table(measured, f"recall@{cut}")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        output.download_table(output.with_options(table, specs, "System"), "measures")
        downloads.popover(labels, measured, rankings, texts.document_names, specs)
    winners.show(texts, labels, measured, full_rankings, measure, shown)
    if specs:
        output.code(examples.evaluate(specs[0], *picker.few(texts, labels)))


def sentence(measured: Mapping[str, Quality], measure: str, title: str) -> str:
    """Which system ranks best, its figure beside that of the next, and whether the difference could be chance."""
    first, compared = _compare_best(measured, measure)
    if not compared:
        return f"{first} is the only system: pick a model in the sidebar."
    following, *_, last = [*compared, *compared]
    if compared[following].queries < LEAST_QUERIES:
        return evaluation.sentence(", ".join([first, *list(compared)[:-1]]), last, compared[last]) + "."
    chance = "the difference could be chance" if compared[following].is_within_chance else "beyond chance"
    own, other = (measured[name].means[measure] for name in (first, following))
    return f"{first} ranks best: {title} {own:.2f} against {other:.2f} for {following}, the next; {chance}."


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


def _chart(measured: Mapping[str, Quality], measure: str, title: str) -> None:
    output.answer(sentence(measured, measure, title))
    intervals = {name: evaluation.interval(quality_of.values(measure)) for name, quality_of in measured.items()}
    chart.draw(
        ranking(
            intervals,
            title,
            f"Mean {title} (95% interval)",
            colours=model_colours(intervals),
        ),
        key=state.Evaluate.RANKING,
        name="ranking",
        alt=f"{title} of each system with its 95% interval",
    )
    if compared := differences(measured, measure):
        st.caption(output.markdown_free(compared))


def _table(measured: Mapping[str, Quality], recall: str) -> "pd.DataFrame":
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


def _provenance(
    texts: Corpus,
    labels: Labels,
    measured: Mapping[str, Quality],
    specs: Sequence[ModelSpec],
    rankings: Mapping[str, Ranking],
) -> None:
    queries = next(iter(measured.values())).queries
    st.caption(
        f"{queries:,} labelled queries ({output.markdown_free(labels.name)}) over {len(texts.document_names):,} "
        f"documents ({output.markdown_free(texts.name)}). BM25 counts {rankings[BM25].words}. Hybrid: reciprocal rank "
        "fusion of all other systems."
        + (" Documents not marked count as not relevant." if sources.current(texts) == sources.MARKED else "")
    )
    output.explain(f"Intervals: 95%, by bootstrap over the queries, {evaluation.describe_intervals(len(measured))}.")
    for spec in specs:
        if source := picks.source(spec):
            output.provenance(source, asked=rankings[spec.name].asked)
