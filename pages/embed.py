from pages.shared.navigation import require_frame

require_frame()

import streamlit as st

from core import corpus, examples
from core.charts.vectors import barcode
from core.embedding import Embedded
from pages.parts.embed import answer, numbers
from pages.shared import cache, corpora, state
from pages.shared.frame import let_browser_draw, show_errors
from pages.shared.ui import chart, inputs, output, progress

EXAMPLES = "\n".join(corpus.EMBEDDED)

ready = inputs.ready_models()
source = corpora.source(state.Embed.SOURCE, state.Embed.TYPED, EXAMPLES)
texts = inputs.paste_texts(state.Embed.TYPED, EXAMPLES, height=110) if source.choose() else corpora.choose()
st.caption(f"{len(texts):,} texts, one embedding each.")
output.show_skips(texts)

done: dict[str, Embedded] = {}
cards = st.grid(len(ready), min_column_width=430)
for spec in ready:
    with cards.cell(), st.container(border=True), show_errors():
        st.markdown(f"## {output.markdown_free(spec.name)}")
        with progress.line(state.Embed.EMBED(spec.name), height=240) as on_progress:
            embedded = cache.embed_texts(texts.documents, spec, on_progress)
        done[spec.name] = embedded
        output.answer(answer.sentence(texts, done))
        output.provenance(embedded.provenance)
        chart.draw(
            barcode(embedded.vectors[: numbers.MOST_ROWS], texts.titles[: numbers.MOST_ROWS], row_pixels=32),
            key=state.Embed.BARCODE(spec.name),
            alt=f"Embeddings of the texts by {spec.name}, as barcodes",
        )
        let_browser_draw()
        if len(texts) > numbers.MOST_ROWS:
            st.caption(
                f"Showing the first {numbers.MOST_ROWS} of {len(texts):,} texts; the downloads have all of them."
            )
        with progress.line(state.Embed.COUNT(spec.name)) as on_progress:
            on_progress("Counting tokens", 0, 1)
            tokens = cache.token_counts(texts, spec, on_progress)
        numbers.facts(embedded, tokens)
        numbers.show(embedded, texts, tokens, spec.name)
        output.download_vectors(embedded.vectors, texts, f"embeddings-{spec.name}", spec)
output.code(examples.embed(ready[0], texts.texts))
