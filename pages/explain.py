from pages.shared.navigation import require_frame

require_frame()

from functools import partial

import streamlit as st

from core import corpus, examples, similarity
from core.charts.style import model_colour
from core.charts.vectors import ARROWS_HEIGHT, PRESENTED_REACH, REACH, arrows, journey
from pages.parts.explain import answer, own_texts, table, tokens
from pages.shared import cache, frame, navigation, present, state
from pages.shared.ui import chart, inputs, output, progress

LABELS = ("Your sentence", "Compare with", "And with")
MOST_CHARACTERS = 500
FIELD_PIXELS = 310  # for a sentence of some 45 characters, and for the names of the models
PARTS, PART_PIXELS = 5, 180  # the steps stand side by side, three parts and two, where the page is that wide

ready = inputs.ready_models()
fields = st.grid(3, min_column_width=FIELD_PIXELS, vertical_alignment="bottom")
typed = []
for label, key, text in zip(LABELS, (state.Explain.SENTENCE, *state.Explain.OTHERS), corpus.EXPLAINED, strict=True):
    with fields.cell():
        typed.append(inputs.short_text(label, text, key=key, most=MOST_CHARACTERS, live=True))
with fields.cell(), st.container(horizontal=True, vertical_alignment="bottom"):
    model = st.segmented_control(
        "Model", [spec.name for spec in ready], default=ready[0].name, key=state.Explain.MODEL, bind="query-params",
        required=True, width="content", label_visibility="collapsed",
    )  # fmt: skip
    own_texts.offer(LABELS)
spec = next((spec for spec in ready if spec.name == model), ready[0])
sentence = corpus.one_text(typed[0], "the sentence")
sentences = corpus.from_paste("\n".join([sentence, *(" ".join(other.split()) for other in typed[1:])]))

with progress.line(state.Explain.ANGLES, height=ARROWS_HEIGHT) as on_progress:
    embedded = cache.embed_texts(sentences.texts, spec, on_progress)
cosines = [float(value) for value in similarity.score_matrix(embedded.vectors, embedded.vectors[:1])[:, 0]]
answer.show(spec.name, sentences.texts[1:], cosines[1:])

steps = st.grid(PARTS, min_column_width=PART_PIXELS)
left, right = steps.cell(column_span=3), steps.cell(column_span=2)
with right:
    st.markdown("## 4 · An angle becomes a cosine")
    chart.draw(
        arrows(sentences.texts, cosines, model_colour(spec.id), reach=PRESENTED_REACH if present.is_on() else REACH),
        key=state.Explain.ARROWS,
        alt="The sentences as arrows; the angle between them gives the cosine",
    )
    st.caption("Angles are measured from your sentence; the angle between the other two is not to scale.")
    if spec.similarity != "cosine":
        st.caption(
            f"{output.markdown_free(spec.name)} compares by {similarity.NAMES[spec.similarity]}: when it scores texts, "
            "the lengths of their vectors count too."
        )

with left, progress.line(state.Explain.TRACE, height=ARROWS_HEIGHT) as on_progress:
    trace = cache.trace(sentence, spec, on_progress)
if trace is None:
    left.info(f"{spec.name} runs behind an API: its tokens can't be inspected.", icon=":material/info:")
    output.provenance(embedded.provenance)
    output.code(examples.embed(spec, sentences.texts))
    navigation.end_page()

with left:
    with st.container():
        tokens.show(trace, spec)
    shown = tokens.choose_rows(trace, spec)
    chart.draw(
        journey(
            trace.vectors[:shown],
            tokens.labels(trace)[:shown],
            trace.pooled,
            embedded.vectors[1:],
            title=tokens.title_of_embedding(trace, spec),
        ),
        key=state.Explain.TOKENS,
        alt="Token vectors and the embedding as barcodes",
    )

frame.let_browser_draw()
output.provenance(embedded.provenance)
output.download_table(partial(table.of, trace, tokens.labels(trace), spec), "explain")
output.code(examples.explain(spec, sentence))
