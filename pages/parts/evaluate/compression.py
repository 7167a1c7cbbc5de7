"""Quality against bytes per vector: fewer dimensions, fewer bits, one chart for all models."""

from collections.abc import Sequence

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core import corpus, evaluation, examples
from core.charts.evaluation import compression
from core.charts.style import model_colours
from core.corpus import Corpus, Labels
from core.evaluation import Compressed
from core.evaluation import compression as codes
from core.models import ModelSpec
from core.progress import Progress
from core.retrieval import Task
from core.search.indexes import RESCORED, SIGNS_ONLY
from pages.shared import cache, corpora, picks, quality, state
from pages.shared.labels import picker
from pages.shared.ui import chart, output, progress


def show(ready: Sequence[ModelSpec], controls: DeltaGenerator) -> None:
    """Draw the view: the share of quality left, the chart, and its table."""
    with controls:
        texts = corpora.choose()
        labels = picker.choose(texts)
    corpora.note_sample(texts)
    output.show_skips(texts)
    if labels is None:
        picker.missing(texts)
        return
    picker.show_skips(labels)
    with progress.line(state.Evaluate.COMPRESS, height=560) as on_progress:
        specs = quality.select_embeddable(texts, ready, on_progress)
        measured = {spec.name: _measure(texts, labels, spec, on_progress) for spec in specs}
        task = Task(texts, labels.queries)
        asked = {spec.name: cache.embeddings(task, spec, on_progress).queries.provenance for spec in specs}
    if not measured:
        return
    sentences = "; ".join(codes.sentence(name, points) for name, points in measured.items())
    output.answer(f"{sentences}.")
    chart.draw(
        compression(measured, colours=model_colours(measured)),
        key=state.Evaluate.COMPRESSION,
        name="compression",
        alt="nDCG@10 of each model against the bytes of its vectors",
    )
    st.caption(
        "Documents use fewer bits, queries stay in float32. float16 and int8 are faiss's scalar quantisers; binary "
        "keeps only the signs. Fewer dimensions: the first ones, for the cosine scaled back to unit length; models not "
        f"trained for this (Matryoshka) lose more. Rescored: {RESCORED} times as many candidates are scored again by "
        "their signs and the query in float32, which takes no more bytes."
    )
    if any(spec.similarity != "cosine" for spec in specs):
        st.caption(SIGNS_ONLY)
    for spec in specs:
        if source := picks.source(spec):
            output.provenance(source, asked=asked[spec.name])
    _table(measured, specs)
    output.code(examples.evaluate(specs[0], *picker.few(texts, labels)))


def _measure(texts: Corpus, labels: Labels, spec: ModelSpec, on_progress: Progress) -> list[Compressed]:
    key = ("compression", texts.fingerprint, labels.fingerprint, *cache.identity(spec))

    def measure() -> list[Compressed]:
        embeddings = cache.embeddings(Task(texts, labels.queries), spec, on_progress)
        return evaluation.compressions(
            embeddings.queries.vectors,
            embeddings.texts.vectors,
            labels.queries.ids,
            texts.document_ids,
            labels.qrels,
            _name_model(spec, on_progress),
            corpus.own_documents(labels.queries, texts),
            similarity=spec.similarity,
        )

    return cache.memory().recall(key, measure)


def _name_model(spec: ModelSpec, on_progress: Progress) -> Progress:
    return lambda what, done, total: on_progress(f"{what} {spec.name}", done, total)


def _table(measured: dict[str, list[Compressed]], specs: Sequence[ModelSpec]) -> None:
    import pandas as pd

    table = pd.DataFrame(
        {
            "Model": name,
            "Format": point.kind,
            "Dimensions": point.dimensions,
            "Bytes per vector": point.bytes_per_vector,
            "nDCG@10": point.ndcg,
            "Relative to float32": 100 * point.ndcg / points[0].ndcg if points[0].ndcg else None,
        }
        for name, points in measured.items()
        for point in points
    )
    st.dataframe(
        table,
        hide_index=True,
        key=state.Evaluate.COMPRESSIONS,
        height=300,
        alt="Each way to store the vectors with its bytes and quality",
        column_config={
            "Bytes per vector": st.column_config.NumberColumn(format="localized"),
            "nDCG@10": st.column_config.ProgressColumn(min_value=0, max_value=1, format="%.3f"),
            "Relative to float32": st.column_config.NumberColumn(format="%.1f%%"),
        },
    )
    output.download_table(output.with_options(table, specs, "Model"), "compression")
