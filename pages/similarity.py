import numpy as np
import pandas as pd
import streamlit as st

from core import corpus, snippets
from core.errors import InputError
from core.figures.similarity import HEIGHT, heatmap
from core.similarity import cluster_order, cosine_matrix, ranked_pairs
from pages.shared import inputs, output, progress, resources
from pages.shared.frame import errors_told, require_frame

require_frame()

MOST_TEXTS = 80

ready = inputs.ready_models()
with st.container(horizontal=True, vertical_alignment="bottom"):
    with st.popover("Edit the texts", icon=":material/edit:", width="content"):
        texts = inputs.pasted_texts("similarity_texts", corpus.sample_sentences(), height=420)
    order = st.segmented_control(
        "Order", ["By cluster", "As given"], default="By cluster", key="order", bind="query-params", required=True,
        label_visibility="collapsed",
    )  # fmt: skip
    st.caption(f"{len(texts):,} texts, each compared with every other.")
output.left_out(texts)
if len(texts) < 2:
    raise InputError("One text has nothing to be compared with: give at least two, one a line.")
if len(texts) > MOST_TEXTS:
    st.info(f"The first {MOST_TEXTS} of {len(texts):,} texts are compared: more cells could not be read.")
shown = texts.texts[:MOST_TEXTS]

embedded, matrices = {}, {}
with progress.line("similarity", height=HEIGHT) as tell:
    for spec in ready:
        with errors_told():
            embedded[spec.name] = resources.embed_texts(shown, spec, tell)
            matrices[spec.name] = cosine_matrix(embedded[spec.name].vectors)
if not matrices:
    st.stop()

leader = next(iter(matrices))
rows = cluster_order(embedded[leader].vectors) if order == "By cluster" else list(range(len(shown)))
lowest = min(0.0, *(float(matrix.min()) for matrix in matrices.values()))
panels = st.grid(2 if len(matrices) > 1 else 1, min_column_width=430)
for name, matrix in matrices.items():
    with panels.cell():
        st.markdown(f"#### {name}")
        st.plotly_chart(
            heatmap(matrix[np.ix_(rows, rows)], [shown[row] for row in rows], lowest=lowest),
            key=f"heatmap_{name}",
            alt=f"Cosine similarity of the texts by {name}",
        )
        output.provenance(embedded[name].provenance)
if order == "By cluster":
    st.caption(f"All heatmaps have the order of {leader}'s clusters and one colour scale.")

st.markdown("#### Pairs, the most similar first")
pairs = ranked_pairs(matrices[leader])
table = pd.DataFrame(
    {
        "Text": [shown[pair.first] for pair in pairs],
        "Other text": [shown[pair.second] for pair in pairs],
        **{name: [float(matrix[pair.first, pair.second]) for pair in pairs] for name, matrix in matrices.items()},
    }
)
st.dataframe(
    table,
    hide_index=True,
    key="pairs",
    height=400,
    alt="All pairs of texts with their cosine by each model",
    column_config={
        name: st.column_config.ProgressColumn(min_value=0, max_value=1, format="%.3f", width=190) for name in matrices
    },
)
output.download_table(table, "pairs")
output.code(snippets.similarity(ready[0], shown))
