from pages.shared.navigation import require_frame

require_frame()

import streamlit as st

from core import verdict
from core.progress import silent
from core.retrieval import BM25
from pages.parts.verdict import candidates, controls, report
from pages.shared import corpora, frame, navigation, quality, state
from pages.shared.labels import picker
from pages.shared.ui import inputs, output, progress

with st.container(horizontal=True, vertical_alignment="bottom"):
    texts = corpora.choose()
    labels = picker.choose(texts)
    dollars = controls.dollars_per_hour()
    place_of_presets = controls.begin_presets()
output.show_skips(texts)
ready = inputs.ready_models()
if labels is None:
    report.without_labels(texts)
    navigation.end_page()
picker.show_skips(labels)

top = st.container()
offer = st.empty()
weights = controls.weights()
with place_of_presets:
    controls.presets(weights)
with progress.line(state.Verdict.DECIDE, height=500) as on_progress:
    ready = quality.select_embeddable(texts, ready, on_progress)
    measured = quality.measure(texts, labels, ready, on_progress)
    models_and_baselines = candidates.candidates(texts, labels, measured, ready, dollars, on_progress)
untimed = verdict.find_untimed(models_and_baselines, ready)
with offer.container():
    to_be_timed = candidates.offer_timing(untimed, models_and_baselines)
if to_be_timed:
    with offer.container():
        candidates.time_them(untimed)
    models_and_baselines = candidates.candidates(texts, labels, measured, ready, dollars, silent)
setting = verdict.setting_of(texts, labels, queries=measured[BM25].queries, dollars_per_hour=dollars)
decided = verdict.decide(models_and_baselines, weights, setting)
with top:
    report.answer(decided)
report.chart(decided, candidates.recording())
frame.let_browser_draw()
report.downloads(decided, report.table(decided))
report.provenance(decided)
report.code(decided)
