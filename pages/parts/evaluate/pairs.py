"""Sentence pairs with gold scores: correlations, the scatter of each model, the pairs it gets most wrong."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core import corpus, evaluation, examples, wording
from core.charts.evaluation import pairs_scatter, ranking
from core.charts.style import model_colours
from core.corpus import SentencePairs
from core.embedding import Embedded
from core.evaluation import Agreement, Interval
from core.models import ModelSpec
from core.similarity import SCORES, Similarity, title
from core.tables import ENDINGS
from core.wording import decimal
from pages.shared import cache, picks, state, uploads
from pages.shared.frame import show_errors
from pages.shared.ui import chart, inputs, output, progress

FORMATS = tuple(ending for ending in ENDINGS if ending != "txt")
SAMPLE, TYPED, FILE = "Sample", "Typed", "File"
EXAMPLE = "A dog runs. | A hound is running. | 4.5\nA dog runs. | Shares fell. | 0\nIt rains. | The weather is wet. | 4"
MOST_DRAWN = 5_000
WORST_SHOWN = 200


@dataclass(frozen=True)
class Compared:
    """A model's scores of the pairs, by its own similarity, and how well they follow the gold scores."""

    scores: npt.NDArray[np.float32]
    similarity: Similarity
    agreement: Agreement
    spearman: Interval
    pearson: Interval


def show(ready: Sequence[ModelSpec], controls: DeltaGenerator) -> None:
    """Draw the view: both correlations with intervals, a scatter for each model, the worst pairs of one."""
    with controls:
        pairs = _choose()
        kind = st.segmented_control(
            "Correlation", ["Spearman", "Pearson"], default="Spearman", key=state.Evaluate.CORRELATION,
            bind="query-params", required=True,
        )  # fmt: skip
    if pairs.left_out:
        listed = wording.skips(pairs.left_out)
        st.caption(f":material/filter_alt: Skipped in {output.markdown_free(pairs.name)}: {listed}.")
    compared = {}
    with progress.line(state.Evaluate.COMPARE, height=400) as on_progress:
        for spec in ready:
            with show_errors():
                embedded = cache.embed_texts([*pairs.first, *pairs.second], spec, on_progress)
                compared[spec.name] = _compare(pairs, embedded, cache.identity(spec))
    if not compared:
        return
    output.answer(_sentence(compared, kind or "Spearman"))
    intervals = {name: model.spearman if kind == "Spearman" else model.pearson for name, model in compared.items()}
    colours = model_colours(compared)
    chart.draw(
        ranking(
            intervals,
            str(kind),
            f"{kind} (95% interval)",
            colours=colours,
        ),
        key=state.Evaluate.CORRELATIONS,
        name="correlations",
        alt=f"{kind} correlation of each model with its 95% interval",
    )
    _provenance(pairs, ready)
    _scatters(pairs, compared, colours)
    _worst(pairs, compared, ready)
    output.code(examples.pairs(ready[0], pairs.first, pairs.second, pairs.gold))


def _choose() -> SentencePairs:
    """The sample's pairs, typed ones, or those in a file."""
    with st.popover(_label(), icon=":material/compare_arrows:", key=state.Evaluate.PAIRS_POPOVER):
        source = st.segmented_control(
            "Pairs", [SAMPLE, TYPED, FILE], default=SAMPLE, key=state.Evaluate.PAIRS, bind="query-params", required=True
        )
        if source == TYPED:
            line = "One pair per line: sentence | other sentence | score"
            return corpus.parse_pairs(inputs.remember_text(state.Evaluate.PAIRS_TYPED, EXAMPLE, height=220, label=line))
        if source == FILE:
            uploaded = uploads.ask(state.Evaluate.PAIRS_FILE, "Sentence pairs", FORMATS)
            st.caption("A file with the columns sentence1, sentence2 and score, on any scale.")
            if uploaded:
                return uploads.read(uploaded[0], corpus.pairs_of)
            uploads.show_missing(
                state.Evaluate.PAIRS, "file with pairs", "Pairs", "the figures are those of the sample's pairs"
            )
        st.caption(
            "The sample: each sample query with a passage that answers it (gold 2), another on the same subject "
            "(1) and one on a different subject (0)."
        )
    return corpus.sample_pairs()


def _label() -> str:
    """The pairs in use."""
    kind = inputs.choice(state.Evaluate.PAIRS, SAMPLE)
    uploaded = uploads.current(state.Evaluate.PAIRS_FILE)
    return f"Pairs: {(SAMPLE if kind == FILE and not uploaded else kind).lower()}"


def _sentence(compared: dict[str, Compared], kind: str) -> str:
    """Which model follows the gold scores best, and how well the next does; the chart has the others."""
    means = {name: (one.spearman if kind == "Spearman" else one.pearson).mean for name, one in compared.items()}
    first, *others = sorted(means, key=lambda name: -means[name])
    if not others:
        return f"{first} matches the gold scores with a {kind} correlation of {decimal(means[first])}."
    return (
        f"{first} matches the gold scores best: {kind} {decimal(means[first])}, ahead of {others[0]} "
        f"({decimal(means[others[0]])})."
    )


def _compare(pairs: SentencePairs, embedded: Embedded, identity: tuple[Hashable, ...]) -> Compared:
    key = ("compared", pairs.fingerprint, *identity)

    def compare() -> Compared:
        vectors, similarity = embedded.vectors, embedded.identity.similarity
        scores = evaluation.scores_of(vectors[: len(pairs)], vectors[len(pairs) :], similarity)
        agreement = evaluation.agreement(scores, pairs.gold)
        return Compared(scores, similarity, agreement, *evaluation.intervals(scores, pairs.gold))

    return cache.memory().recall(key, compare)


def _provenance(pairs: SentencePairs, ready: Sequence[ModelSpec]) -> None:
    st.caption(f"{len(pairs):,} pairs ({output.markdown_free(pairs.name)}); 95% intervals by bootstrap over the pairs.")
    for spec in ready:
        if source := picks.source(spec):
            output.provenance(source)


def _scatters(pairs: SentencePairs, compared: dict[str, Compared], colours: dict[str, str]) -> None:
    step = -(-len(pairs) // MOST_DRAWN)
    if step > 1:
        st.caption(f"Showing one in {step} of {len(pairs):,} pairs.")
    panels = st.grid(2 if len(compared) > 1 else 1, min_column_width=430)
    texts = list(zip(pairs.first, pairs.second, strict=True))[::step]
    for name, model in compared.items():
        with panels.cell():
            spearman, pearson = (decimal(each, 3) for each in (model.agreement.spearman, model.agreement.pearson))
            st.markdown(
                f"## {output.markdown_free(name)} &ensp;:small[:gray[Spearman **{spearman}** · Pearson **{pearson}**]]"
            )
            chart.draw(
                pairs_scatter(
                    model.scores[::step],
                    pairs.gold[::step],
                    texts,
                    colours[name],
                    model.similarity,
                    span=_span([one for one in compared.values() if one.similarity == model.similarity]),
                ),
                key=state.Evaluate.SCATTER(name),
                name="pairs",
                alt=f"{title(model.similarity)} by {name} against the gold score of each pair",
            )


def _span(alike: Sequence[Compared]) -> tuple[float, float]:
    """The ends of one axis for the scores of all models that compare by the same function."""
    low, high = (float(end([end(one.scores) for one in alike])) for end in (np.min, np.max))
    room = 0.05 * (high - low) or 0.05
    return low - room, high + room


def _worst(pairs: SentencePairs, compared: dict[str, Compared], ready: Sequence[ModelSpec]) -> None:
    """The pairs whose rank by similarity is farthest from their rank by gold score."""
    import pandas as pd

    st.markdown("## Worst pairs")
    names = list(compared)
    name = names[0]
    if len(names) > 1:
        chosen = st.segmented_control(
            "Model", names, default=name, key=state.Evaluate.WORST_OF, required=True, label_visibility="collapsed"
        )
        name = str(chosen or name)
    model = compared[name]
    shift, score = evaluation.displacement(model.scores, pairs.gold), title(model.similarity)
    order = np.argsort(-np.abs(shift), kind="stable")
    table = pd.DataFrame(
        {
            "Sentence": [pairs.first[row] for row in order],
            "Other sentence": [pairs.second[row] for row in order],
            "Gold": [pairs.gold[row] for row in order],
            score: model.scores[order].astype(float),
            "Ranked too high": shift[order],
        }
    )
    st.caption("Tick a pair to read it in full, with the score of each model.")
    off = {"Ranked too high": 100 * shift[order[:WORST_SHOWN]]}
    shown = st.dataframe(
        output.signed(
            table.head(WORST_SHOWN).assign(**off),
            {
                score: partial(decimal, digits=3),
                "Ranked too high": lambda share: f"{decimal(share, 0, '+')}%",
                "Gold": "{:.3g}".format,
            },
        ),
        hide_index=True,
        key=state.Evaluate.WORST,
        height=360,
        on_select="rerun",
        selection_mode="single-row",
        alt="The pairs whose rank by similarity differs most from their rank by gold score",
        column_config={
            "Sentence": st.column_config.TextColumn(width=330),
            "Other sentence": st.column_config.TextColumn(width=400),
            "Ranked too high": st.column_config.NumberColumn(
                "Rank is off by",
                help="Of all pairs, the share that it wrongly outranks (+), or that wrongly outrank it (−).",
            ),
        },
    )
    for row in shown.selection.rows[:1]:
        _read(pairs, compared, int(order[row]))
    specs = [spec for spec in ready if spec.name == name]
    output.download_table(output.with_options(table, specs, queries=False), "worst-pairs", "Download all pairs (CSV)")


def _read(pairs: SentencePairs, compared: dict[str, Compared], row: int) -> None:
    """A pair in full, with its gold score and each model's score and place."""
    with st.container(border=True, gap="xsmall"):
        st.text(pairs.first[row])
        st.text(pairs.second[row])
        st.markdown(f"Gold score **{pairs.gold[row]:g}**")
        for name, model in compared.items():
            shift = float(evaluation.displacement(model.scores, pairs.gold)[row])
            too = "high" if shift > 0 else "low"
            st.markdown(
                f"{output.markdown_free(name)}: {SCORES[model.similarity]} **{decimal(float(model.scores[row]), 3)}**, "
                f"ranked too {too} by {abs(shift):.0%} of the pairs"
            )
