from pages.shared.navigation import require_frame

require_frame()

import streamlit as st

from pages.parts.search import collected, duplicates, filters, indexes, marks, results
from pages.shared import corpora, state
from pages.shared.ui import inputs, output

VIEWS = ("Results", "Indexes", "Duplicates")

ready = inputs.ready_models()
with st.container(horizontal=True, vertical_alignment="bottom"):
    view = st.segmented_control(
        "View",
        VIEWS,
        default="Results",
        key=state.Search.VIEW,
        bind="query-params",
        required=True,
        label_visibility="collapsed",
    )
    texts = corpora.choose()
    if view == "Results":
        where = filters.choose(texts)
        k = st.segmented_control(
            "Results", [3, 5, 10], default=5, key=state.Search.RESULTS, bind="query-params", required=True,
            label_visibility="collapsed", format_func="{} results".format,
        )  # fmt: skip
        opened = corpora.collection()
        marks.show(texts if opened is None else opened)
if view != "Results":
    corpora.note_sample(texts)
output.show_skips(texts)

if view == "Indexes":
    indexes.show(texts, ready)
elif view == "Duplicates":
    duplicates.show(texts, ready)
elif opened is not None:
    collected.show(opened, texts, ready, where, k)
else:
    results.show(texts, ready, where, k)
