"""Systems that rank, among some documents only: the rows stay those of the whole corpus."""

import numpy as np

from core import embedding, retrieval
from core.search import KeywordIndex

TEXTS = tuple(f"text number {row} of a fox" for row in range(30))


def test_among_some_documents_the_nearest_of_them_are_found(fake_encoder):
    documents = embedding.embed_with(fake_encoder, TEXTS)
    queries = embedding.embed_with(fake_encoder, ["a fox", "another"], kind="query")
    among = np.array([3, 7, 8, 20, 29])
    ranking = retrieval.by_model(documents, queries, 3, among)
    for query, rows in zip(queries.vectors, ranking.hits.rows.tolist(), strict=True):
        assert rows == sorted(among.tolist(), key=lambda row: -float(documents.vectors[row] @ query))[:3]
    assert set(ranking.seconds) == {"embed the queries", "search"}


def test_a_hybrid_of_filtered_lists_holds_only_what_the_filter_leaves(fake_encoder):
    documents = embedding.embed_with(fake_encoder, TEXTS)
    queries = embedding.embed_with(fake_encoder, ["number 7"], kind="query")
    among = np.array([7, 8])
    lists = [
        retrieval.by_model(documents, queries, 10, among),
        retrieval.by_words(KeywordIndex(TEXTS), ["number 7"], 10, among),
    ]
    assert set(retrieval.by_fusion(lists, 10).hits.found().tolist()) == {7, 8}
    assert lists[1].hits.found()[0] == 7
