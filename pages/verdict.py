import streamlit as st

from core import verdict
from core.jobs import silent
from core.systems import BM25
from pages.shared import corpora, inputs, output, progress, quality
from pages.shared.evaluate import label_choice
from pages.shared.frame import require_frame
from pages.shared.verdict import controls, shown, weighed

require_frame()

with st.container(horizontal=True, vertical_alignment="bottom"):
    texts = corpora.chosen()
    labels = label_choice.chosen(texts)
    dollars = controls.dollars_per_hour()
output.left_out(texts)
ready = inputs.ready_models()
if labels is None:
    shown.without_labels(texts)
    st.stop()
label_choice.left_out(labels)

top = st.container()
offer = st.empty()
weights = controls.weights()
with progress.line("verdict", height=500) as tell:
    ready = quality.able(texts, ready, tell)
    measured = quality.measured(texts, labels, ready, tell)
    found = weighed.candidates(texts, measured, ready, dollars, tell)
untimed = weighed.untimed(found, ready)
with offer.container():
    to_be_timed = weighed.offer_timing(untimed)
if to_be_timed:
    with offer.container():
        weighed.time_them(untimed)
    found = weighed.candidates(texts, measured, ready, dollars, silent)
setting = verdict.setting_of(texts, labels, queries=measured[BM25].queries, dollars_per_hour=dollars)
decided = verdict.decide(found, weights, setting)
with top:
    shown.sentences(decided)
shown.chart(decided)
shown.take_away(decided, shown.table(decided))
shown.provenance(decided)
shown.code(decided)
