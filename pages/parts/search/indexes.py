"""The Indexes view: the recall that a faster or smaller index costs on this corpus."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import streamlit as st

from core import examples, wording
from core.corpus import Corpus
from core.errors import EmbedscopeError
from core.machine import this_machine
from core.models import ModelSpec
from core.progress import Progress
from core.search import indexes
from core.search.indexes import Measured
from core.storage import digests
from pages.parts.search import model_choice
from pages.shared import cache, present, state
from pages.shared.labels import sources
from pages.shared.ui import output, progress

MOST_QUERIES = 200
K = 10
MILLION = 1_000_000


def show(texts: Corpus, specs: Sequence[ModelSpec]) -> None:
    """A table of every kind of index under one model: recall against the exact search, size, time."""
    spec = model_choice.model(specs)
    with progress.line(state.Search.INDEX, height=420) as on_progress:
        queries, basis = _queries(texts, spec, on_progress)
        measured = _measure(texts, spec, queries, on_progress)
        source = cache.embed_corpus(texts, spec, on_progress).provenance
    table = _table(measured, len(texts))
    output.answer(sentence(measured))
    present.table(_large(measured))
    st.dataframe(
        table,
        hide_index=True,
        key=state.Search.INDEXES,
        alt="Indexes with their recall, size and time",
        column_config={
            f"recall@{K}": st.column_config.ProgressColumn(min_value=0, max_value=1, format="%.3f"),
            "ms per query": st.column_config.NumberColumn(format="%.3f"),
            "seconds to build": st.column_config.NumberColumn(format="%.2f"),
            "MB": st.column_config.NumberColumn(format="%.2f"),
            "bytes per vector": st.column_config.NumberColumn(format="%d"),
            "MB per million": st.column_config.NumberColumn(format="%d"),
        },
    )
    st.caption(
        f"Recall@{K}: the share of the {min(K, len(texts))} nearest of {len(texts):,} texts that the index finds, "
        f"over {basis}. Time: the median for a single query on {output.markdown_free(this_machine().sentence)}. In a "
        "small corpus any search is fast: an index pays off from a few hundred thousand vectors."
    )
    if spec.similarity != "cosine":
        st.caption(indexes.SIGNS_ONLY)
    output.provenance(source)
    output.download_table(output.with_options(table, [spec]), "indexes")
    output.code(examples.index(spec, texts.texts))


def _queries(texts: Corpus, spec: ModelSpec, on_progress: Progress) -> tuple[np.ndarray, str]:
    """Vectors of the labelled queries if there are any, else of texts of the corpus; and a description of them."""
    try:
        labels = sources.labels(texts)
    except EmbedscopeError:
        labels = None  # problems with them are shown where they are used
    if labels:
        asked = labels.queries.texts[:MOST_QUERIES]
        basis = f"{len(asked):,} labelled queries ({output.markdown_free(labels.name)})"
        return cache.embed_texts(asked, spec, on_progress, kind="query").vectors, basis
    rows = np.unique(np.linspace(0, len(texts) - 1, MOST_QUERIES).astype(int))
    vectors = cache.embed_corpus(texts, spec, on_progress).vectors[rows]
    return vectors, f"{len(rows):,} of the texts themselves as queries (there are no labelled queries)"


def _measure(texts: Corpus, spec: ModelSpec, queries: np.ndarray, on_progress: Progress) -> list[Measured]:
    """Each kind of index: built, measured and discarded."""
    vectors = cache.embed_corpus(texts, spec, on_progress).vectors
    key = ("indexes", texts.fingerprint, *cache.identity(spec), digests.of_array(queries))
    return cache.memory().recall(
        key, lambda: indexes.compare(vectors, queries, K, on_progress, similarity=spec.similarity)
    )


def _table(measured: Sequence[Measured], count: int) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {
                "index": result.index.name,
                f"recall@{K}": result.recall,
                "ms per query": result.milliseconds,
                "MB": result.index.bytes / 1e6,
                "bytes per vector": result.index.bytes / count,
                "MB per million": result.index.bytes / count * MILLION / 1e6,
                "seconds to build": result.index.seconds,
                "note": result.index.remark,
            }
            for result in measured
        ]
    )


def _large(measured: Sequence[Measured]) -> pd.DataFrame:
    """The table's main columns as texts."""
    return pd.DataFrame(
        {
            "Index": result.index.name,
            f"Recall@{K}": f"{result.recall:.3f}",
            "ms per query": wording.three_figures(result.milliseconds),
            "MB": wording.three_figures(result.index.bytes / 1e6),
        }
        for result in measured
    ).set_index("Index")


def sentence(measured: Sequence[Measured]) -> str:
    """The smallest index that loses almost nothing."""
    good = [result for result in measured[1:] if result.recall >= 0.98]
    if not good:
        return "No index finds 98% of what the exact search finds in this corpus."
    least = min(good, key=lambda result: result.index.bytes)
    times = measured[0].index.bytes / least.index.bytes
    size = f"scans {wording.times(times)} less memory" if times > 1 else "scans no less memory"
    recall = f"{least.recall:.1%} of what the exact search finds"
    return f"{least.index.name} finds {recall} and {size} ({least.index.remark})."
