from pages.shared.navigation import require_frame

require_frame()

import streamlit as st

from core import verdict
from pages.parts.verdict import basis, candidates, controls, report
from pages.parts.verdict.basis import Basis
from pages.shared import corpora, frame, navigation, state
from pages.shared.labels import picker
from pages.shared.ui import inputs, output, progress

with st.container(horizontal=True, vertical_alignment="bottom"):
    texts = corpora.choose()
    opened = corpora.collection()
    labels = picker.choose(texts) if opened is None else picker.choose_unmatched(opened)
    dollars = controls.dollars_per_hour()
    place_of_presets = controls.begin_presets()
output.show_skips(texts)
ready = inputs.ready_models()
if labels is None:
    report.without_labels(texts if opened is None else opened)
    navigation.end_page()

skips = st.container()
chart = report.begin_chart()
waiting = st.container()
weights = controls.weights(is_price_known=candidates.is_price_known(dollars))
with place_of_presets:
    controls.presets(weights)
details = st.empty()
offer = st.empty()


def show_by_index(on: Basis) -> None:
    """Answer with what the indexes of a collection find, until exact search has gone through all of it."""
    decided = verdict.decide(candidates.candidates(on, texts, dollars), weights, on.setting(dollars))
    with details.container():
        report.answer(decided)
    chart.grow(report.draw_lanes(decided))


with waiting, progress.line(state.Verdict.DECIDE, height=500) as on_progress:
    if opened is None:
        measured = basis.of_corpus(texts, labels, ready, on_progress)
    else:
        measured = basis.of_collection(opened, labels, ready, show_by_index, on_progress)
with skips:
    picker.show_skips(measured.labels)
models_and_baselines = candidates.candidates(measured, texts, dollars)
untimed = verdict.find_untimed(models_and_baselines, measured.ready)
with offer.container():
    to_be_timed = candidates.offer_timing(untimed, models_and_baselines)
if to_be_timed:
    with offer.container():
        candidates.time_them(untimed)
    models_and_baselines = candidates.candidates(measured, texts, dollars)
decided = verdict.decide(models_and_baselines, weights, measured.setting(dollars))
with details.container():
    report.answer(decided)
chart.finish(report.draw_lanes(decided), "verdict")
report.explain_chart(decided, candidates.recording())
frame.let_browser_draw()
report.downloads(decided, report.table(decided))
report.provenance(decided)
report.code(decided)
