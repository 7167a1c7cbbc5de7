from pages.shared.navigation import require_frame

require_frame()

import numpy as np
import pandas as pd
import streamlit as st

from core import corpus, examples, similarity
from core.charts.style import model_colour
from core.charts.vectors import arrows, barcode
from pages.shared import cache, navigation, state
from pages.shared.ui import chart, inputs, output, progress

SENTENCE, *OTHERS = corpus.EXPLAINED
MOST_ROWS = 24
MOST_CHARACTERS = 500

ready = inputs.ready_models()
with st.container(horizontal=True, vertical_alignment="bottom"):
    typed = inputs.short_text("Your sentence", SENTENCE, key=state.Explain.SENTENCE, most=MOST_CHARACTERS, live=True)
    model = st.segmented_control(
        "Model", [spec.name for spec in ready], default=ready[0].name, key=state.Explain.MODEL, bind="query-params",
        required=True, width="content",
    )  # fmt: skip
spec = next((spec for spec in ready if spec.name == model), ready[0])
sentence = corpus.one_text(typed, "the sentence")

with progress.line(state.Explain.TRACE, height=420) as on_progress:
    trace = cache.trace(sentence, spec, on_progress)
if trace is None:
    st.info(f"{spec.name} runs behind an API: its tokens can't be inspected.", icon=":material/info:")
    navigation.end_page()

st.markdown(f"## 1 · Tokens &ensp;:small[:gray[{len(trace.tokens)} pieces the model has a vector for]]")
chips = " ".join(f":gray-badge[{output.markdown_free(token.replace('▁', '␣'))}]" for token in trace.tokens)
st.markdown(chips)
if trace.truncated:
    st.warning(f"The model reads at most {len(trace.tokens)} tokens: the last {trace.truncated} are cut off.")

if trace.is_unknown:
    st.warning(
        f"{spec.name} knows none of these tokens: any other text of as many unknown tokens gets the same vector, so "
        "its cosines mean nothing. Write other words, or pick a model for this script."
    )

dimensions = trace.vectors.shape[1]
st.markdown(
    f"## 2 · Token vectors &ensp;:small[:gray[each token becomes {dimensions} numbers"
    + (", looked up in a table]]" if spec.is_static else ", shaped by its context through attention]]")
)
labels = [f"{place + 1} {token.replace('▁', '␣')}" for place, token in enumerate(trace.tokens)]
chart.draw(
    barcode(trace.vectors[:MOST_ROWS], labels[:MOST_ROWS], row_pixels=20),
    key=state.Explain.TOKENS,
    alt="Token vectors as barcodes",
)
if len(labels) > MOST_ROWS:
    st.caption(f"Showing the first {MOST_ROWS} of {len(labels)} tokens.")

pooling = {"mean": "their mean", "cls": "the first token's", "lasttoken": "the last token's"}.get(
    trace.pooling, trace.pooling
)
scaled = ", scaled to unit length" if spec.similarity == "cosine" else ""
st.markdown(f"## 3 · One vector &ensp;:small[:gray[{pooling} vector{scaled}: the embedding]]")
chart.draw(
    barcode(trace.pooled[None], ["embedding"], row_pixels=44),
    key=state.Explain.POOLED,
    alt="The embedding as a barcode",
)

st.markdown("## 4 · An angle becomes a cosine &ensp;:small[:gray[close in meaning, small angle, cosine near 1]]")
left, right = st.columns([3, 2])
with right:
    others = [
        inputs.short_text(f"Another sentence {place}", text, key=key, most=MOST_CHARACTERS, live=True)
        for place, (key, text) in enumerate(zip(state.Explain.OTHERS, OTHERS, strict=True), start=1)
    ]
with progress.line(state.Explain.ANGLES, height=400) as on_progress:
    sentences = corpus.from_paste("\n".join([sentence, *(" ".join(other.split()) for other in others)]))
    embedded = cache.embed_texts(sentences.texts, spec, on_progress)
cosines = [float(value) for value in similarity.score_matrix(embedded.vectors, embedded.vectors[:1])[:, 0]]
with left:
    chart.draw(
        arrows(
            ["your sentence", *(f"another sentence {int(line) - 1}" for line in sentences.ids[1:])],
            cosines,
            model_colour(spec.id),
        ),
        key=state.Explain.ARROWS,
        alt="The sentences as arrows; the angle between them gives the cosine",
    )
with right:
    for text, cosine in zip(sentences.texts[1:], cosines[1:], strict=True):
        st.metric(output.markdown_free(text), f"{cosine:.2f}", help="Cosine with your sentence", border=True)
    st.caption("Angles are measured from your sentence; the angle between the other two is not to scale.")
    if spec.similarity != "cosine":
        st.caption(
            f"{output.markdown_free(spec.name)} compares by {similarity.NAMES[spec.similarity]}: when it scores texts, "
            "the lengths of their vectors count too."
        )
output.provenance(embedded.provenance)
vectors_of_tokens = (
    pd.DataFrame(np.vstack([trace.vectors, trace.pooled]), index=[*labels, "embedding"])
    .rename(columns=lambda number: f"d{number}")
    .reset_index(names="token")
)
output.download_table(output.with_options(vectors_of_tokens, [spec], queries=False), "explain")
output.code(examples.explain(spec, sentence))
