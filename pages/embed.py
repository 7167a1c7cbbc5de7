from pages.shared.navigation import require_frame

require_frame()

import numpy as np
import pandas as pd
import streamlit as st

from core import corpus, examples
from core.charts.vectors import barcode
from pages.shared import cache, corpora, state
from pages.shared.frame import show_errors
from pages.shared.ui import chart, inputs, output, progress

MOST_ROWS = 12
FIRST_NUMBERS = 8


def _tokens_of_limit(tokens: list[int], limit: int | None) -> str:
    """The longest text's tokens beside the model's limit."""
    if not tokens:
        return "–"
    return f"{max(tokens):,} of {limit:,}" if limit else f"{max(tokens):,}, no limit"


ready = inputs.ready_models()
left, right = st.columns([2, 5], gap="large")
with left:
    source = st.segmented_control(
        "Texts", [state.TYPE, state.YOUR_TEXTS], default=state.TYPE, key=state.Embed.SOURCE, bind="query-params",
        required=True, label_visibility="collapsed",
    )  # fmt: skip
    if source == state.YOUR_TEXTS:
        texts = corpora.choose()
    else:
        texts = inputs.paste_texts(state.Embed.TYPED, "\n".join(corpus.EMBEDDED), height=260)
    st.caption(f"{len(texts):,} texts, one embedding each.")
    output.show_skips(texts)

for spec in ready:
    with right.container(border=True), show_errors():
        st.markdown(f"## {spec.name}")
        with progress.line(state.Embed.EMBED(spec.name), height=240) as on_progress:
            embedded = cache.embed_texts(texts.documents, spec, on_progress)
            on_progress("Counting tokens", 0, 1)
            tokens = cache.token_counts(texts, spec, on_progress)
        vectors = embedded.vectors
        limit, cut = embedded.provenance.max_tokens, embedded.provenance.truncated_texts
        with st.container(horizontal=True, gap="medium"):
            st.metric("Tokens, longest text", _tokens_of_limit(tokens, limit), width="content")
            st.metric("Texts truncated", "–" if cut is None else f"{cut:,}", width="content")
            st.metric("Dimensions", f"{vectors.shape[1]:,}", width="content")
            st.metric("Norm", f"{np.linalg.norm(vectors[0]):.3f}", width="content")
        chart.draw(
            barcode(vectors[:MOST_ROWS], texts.titles[:MOST_ROWS], row_pixels=32),
            key=state.Embed.BARCODE(spec.name),
            alt=f"Embeddings of the texts by {spec.name}, as barcodes",
        )
        if len(texts) > MOST_ROWS:
            st.caption(f"Showing the first {MOST_ROWS} of {len(texts):,} texts; the downloads have all of them.")
        numbers = pd.DataFrame(vectors[:MOST_ROWS, :FIRST_NUMBERS], columns=[f"d{n}" for n in range(FIRST_NUMBERS)])
        numbers.insert(0, "text", texts.titles[:MOST_ROWS])
        if tokens:
            numbers.insert(1, "tokens", tokens[:MOST_ROWS])
        st.dataframe(
            numbers,
            hide_index=True,
            key=state.Embed.NUMBERS(spec.name),
            column_config={
                f"d{n}": st.column_config.NumberColumn(format="%.4f", width=70) for n in range(FIRST_NUMBERS)
            },
            alt=f"The first {FIRST_NUMBERS} numbers of each embedding by {spec.name}",
        )
        output.provenance(embedded.provenance)
        output.download_vectors(vectors, texts, f"embeddings-{spec.name}", spec)
output.code(examples.embed(ready[0], texts.texts))
