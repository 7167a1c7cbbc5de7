import pandas as pd
import streamlit as st

from core import corpus, evaluation, search, snippets
from pages.shared import corpora, inputs, output, progress, resources
from pages.shared.frame import errors_told, require_frame

require_frame()

EXAMPLES = ("biology-2", "psychology-4", "architecture-3", "film-8", "cooking-3")
FIRST_QUERY = "databases-3"
BM25 = "BM25"


def take_example() -> None:
    """Put the example just chosen into the query box."""
    if st.session_state["example"]:
        st.session_state["q"] = st.session_state["example"]


ready = inputs.ready_models()
queries = corpus.sample_queries()
examples = [queries.texts[queries.ids.index(name)] for name in EXAMPLES]

query_column, corpus_column, results_column = st.columns([6, 2, 2], vertical_alignment="bottom")
typed = query_column.text_input(
    "Query",
    queries.texts[queries.ids.index(FIRST_QUERY)],
    key="q",
    bind="query-params",
    max_chars=500,
    icon=":material/search:",
)
with corpus_column:
    chosen = corpora.chosen()
with results_column:
    k = st.segmented_control("Results", [3, 5, 10], default=5, key="k", bind="query-params", required=True)
st.pills("Examples", examples, key="example", on_change=take_example, label_visibility="collapsed")
output.left_out(chosen)

query = corpus.one_text(typed or "", "the query")
is_sample = chosen.fingerprint == corpus.sample().fingerprint
answers = corpus.sample_qrels().get(queries.ids[queries.texts.index(query)], {}) if query in queries.texts else {}

hits: dict[str, search.Hits] = {}
sources = {}
quality: dict[str, evaluation.Quality] = {}
with progress.line("search", height=600) as tell:
    for spec in ready:
        with errors_told():
            documents = resources.embed_texts(chosen.documents, spec, tell)
            asked = resources.embed_texts([query], spec, tell, kind="query")
            hits[spec.name] = search.nearest(asked.vectors, documents.vectors, k)
            sources[spec.name] = documents.provenance
            if is_sample:
                quality[spec.name] = resources.sample_quality(spec, documents, tell)
    tell("Indexing the corpus's words", 0, 1)
    hits[BM25] = resources.keyword_index(chosen).search([query], k)
    if is_sample:
        quality[BM25] = resources.sample_keyword_quality()

for name, column in zip(hits, st.columns(len(hits)), strict=True):
    with column:
        score = f" &ensp;:small[:gray[nDCG@10 **{quality[name].means['ndcg@10']:.2f}**]]" if name in quality else ""
        st.markdown(f"#### {name}{score}")
        found = [
            (int(row), float(value))
            for row, value in zip(hits[name].rows[0], hits[name].scores[0], strict=True)
            if name != BM25 or value > 0
        ]
        for rank, (row, value) in enumerate(found, start=1):
            with st.container(border=True, gap="xsmall"):
                mark = " :green-badge[:material/check: answers]" if is_sample and chosen.ids[row] in answers else ""
                subject = chosen.fields["subject"][row] if "subject" in chosen.fields else ""
                st.markdown(f"**{rank}** &ensp; {value:.3f} &ensp; :gray[{output.markdown_free(subject)}]{mark}")
                if "title" in chosen.fields:
                    st.markdown(f"**{output.markdown_free(chosen.titles[row])}**")
                st.text(corpus.shortened(chosen.texts[row], 400))
        if not found:
            st.info("No document shares a word with the query.", icon=":material/search_off:")
        if name in sources:
            output.provenance(sources[name])

if is_sample:
    st.caption(
        f"nDCG@10 is the mean over {quality[BM25].queries} labelled queries of the sample corpus; "
        "1 would put every answer on top. A third of them share hardly a word with their answers."
    )
    measures = pd.DataFrame({name: values.means for name, values in quality.items()}).T.reset_index(names="model")
    st.dataframe(
        measures,
        hide_index=True,
        key="measures",
        alt="Retrieval quality on the sample queries",
        column_config={
            column: st.column_config.ProgressColumn(min_value=0, max_value=1, format="%.3f")
            for column in evaluation.MEASURES
        },
    )
ranking = pd.DataFrame(
    [
        {"model": name, "rank": rank, "score": float(value), "id": chosen.ids[row], "text": chosen.texts[row]}
        for name, result in hits.items()
        for rank, (row, value) in enumerate(zip(result.rows[0], result.scores[0], strict=True), start=1)
    ]
)
output.download_table(ranking, "search")
output.code(snippets.search(ready[0], query, chosen.texts))
