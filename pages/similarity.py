from pages.shared.navigation import require_frame

require_frame()

import streamlit as st

from core import examples
from core.charts.similarity import HEIGHT
from core.similarity import Background
from pages.parts.similarity import answer, background, heatmaps, pair, pairs, scores, sources
from pages.shared import corpora, navigation, state
from pages.shared.frame import show_errors
from pages.shared.ui import inputs, output, progress

ready = inputs.ready_models()
with st.container(horizontal=True, vertical_alignment="bottom"):
    source = sources.find()
    corpus = corpora.choose()
    compared = sources.choose(source, corpus)
    scales = ["Cosine" if all(spec.similarity == "cosine" for spec in ready) else "Score", "Percentile"]
    inputs.fall_back(state.Similarity.SCALE, scales, scales[0])
    scale = st.segmented_control(
        "Scale", scales, default=scales[0], key=state.Similarity.SCALE, bind="query-params", required=True
    )
    difference = heatmaps.choose_difference([spec.name for spec in ready])
    with st.popover("Order", icon=":material/sort:", width="content"):
        order = scores.choose_order(len(ready))

results: dict[str, scores.Scored] = {}
backgrounds: dict[str, Background] = {}
percentiles = scale == "Percentile"
with progress.line(state.Similarity.SCORE, height=HEIGHT) as on_progress:
    for spec in ready:
        with show_errors():
            results[spec.name] = scores.score(compared, spec, on_progress)
    if percentiles:
        backgrounds = background.measure(corpus, compared, [result.spec for result in results.values()], on_progress)
values = scores.values_of(results, backgrounds if percentiles else None)
if not values:
    navigation.end_page()

drawn_scales = scores.scales_of(values, results, percentiles=percentiles)
difference = heatmaps.comparable(difference, values, results, percentiles=percentiles)
if difference:
    answered = answer.best_pair(answer.gaps_of(difference, values, results), compared)
    output.answer(answer.sentence_of_difference(difference, values, results, drawn_scales, compared))
else:
    first, matrix = next(iter(values.items()))
    answered = answer.best_pair(results[first].of_known(matrix), compared)
    output.answer(answer.sentence(values, results, drawn_scales, compared))
opened = pair.current(compared, answered)
place_of_pair = heatmaps.show(
    values, results, compared, scores.orders_of(compared, {name: results[name] for name in values}, order), opened,
    percentiles=percentiles, difference=difference, on_click=lambda clicked: pair.open_pair(compared, clicked),
)  # fmt: skip
sources.caption(compared, scores.ORDER_IN_WORDS[order])
with place_of_pair.container():
    pair.show(compared, results, backgrounds, opened)
st.markdown("## What a score means &ensp;:small[:gray[compared with random pairs of the corpus]]")
with progress.line(state.Similarity.MEASURE, height=280) as on_progress:
    if not percentiles:
        backgrounds = background.measure(corpus, compared, [result.spec for result in results.values()], on_progress)
        with place_of_pair.container():
            pair.show(compared, results, backgrounds, opened)
background.section(backgrounds, corpus, compared, {name: float(at.scores[opened]) for name, at in results.items()})
for result in results.values():
    output.provenance(result.provenance)

st.markdown("## Token by token &ensp;:small[:gray[how similar the tokens are, and what each adds to a cosine]]")
with progress.line(state.Similarity.TRACE, height=300) as on_progress, show_errors():
    pair.tokens(results, compared, opened, on_progress)

with st.container(horizontal=True, vertical_alignment="bottom"):
    st.markdown("## Pairs", width="content")
    comparable = percentiles or scores.are_comparable(results.values())
    listed = pairs.rank(values, pairs.choose_order(len(values), comparable=comparable), compared)
pairs.show(listed, results, backgrounds, compared, lambda clicked: pair.open_pair(compared, clicked))
pairs.downloads(listed, results, backgrounds, compared)
output.code(examples.similarity(ready[0], compared.texts))
