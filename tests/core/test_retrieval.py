"""Systems that rank a corpus, against their parts called by hand."""

from typing import Any

import numpy as np

from core import corpus, embedding, evaluation, models, retrieval
from core.corpus import Corpus, Labels
from core.encoders.base import identity_of
from core.jobs.queue import Turn
from core.retrieval import BM25, HYBRID, Embeddings, Ranking, Task
from core.search import KeywordIndex, fuse, nearest

TEXTS = tuple(f"text number {row} of a fox" for row in range(30))
DOCUMENTS = corpus.from_paste("\n".join(TEXTS))
QUERIES = corpus.from_paste("a fox\nnumber 7")


def embeddings(fake_encoder, task):
    return Embeddings(
        embedding.embed_with(fake_encoder, task.texts.documents),
        embedding.embed_with(fake_encoder, task.queries.texts, kind="query"),
    )


def all_systems(fake_encoder, task, **how):
    index = KeywordIndex(task.texts.documents)
    return retrieval.rank(task, {"wordllama-256": embeddings(fake_encoder, task)}, lambda: index, **how)


def test_every_system_ranks_as_its_parts_do(fake_encoder):
    task = Task(DOCUMENTS, QUERIES, k=12)
    pair = embeddings(fake_encoder, task)
    by_cosine = nearest(pair.queries.vectors, pair.texts.vectors, 12)
    by_words = KeywordIndex(DOCUMENTS.documents).search(QUERIES.texts, 12)
    rankings = all_systems(fake_encoder, task)
    assert list(rankings) == ["wordllama-256", BM25, HYBRID]
    for ranking, hits in zip(rankings.values(), (by_cosine, by_words, fuse([by_cosine, by_words], 12)), strict=True):
        np.testing.assert_array_equal(ranking.hits.rows, hits.rows)
        np.testing.assert_allclose(ranking.hits.scores, hits.scores, rtol=0, atol=1e-6)
    assert [ranking.system for ranking in rankings.values()] == list(rankings)
    assert set(rankings["wordllama-256"].seconds) == {"embed the queries", "search"}


def test_a_search_in_parts_finds_the_same_and_lets_others_search_between_them(fake_encoder, monkeypatch):
    task = Task(DOCUMENTS, corpus.from_paste("\n".join(f"a fox {number}" for number in range(7))), k=12)
    pair = embeddings(fake_encoder, task)
    whole = retrieval.by_model(task, pair)
    turns = Turn("searches")
    monkeypatch.setattr(retrieval, "SEARCHES", turns)
    monkeypatch.setattr(retrieval, "SCORES_A_TURN", 2 * len(DOCUMENTS))
    counted, hold = [], turns.hold

    def note(on_progress, seconds, cost):
        counted.append(cost)
        return hold(on_progress, seconds, cost)

    monkeypatch.setattr(turns, "hold", note)
    parts = retrieval.by_model(task, pair)
    assert counted == [60, 60, 60, 30]
    np.testing.assert_array_equal(parts.hits.rows, whole.hits.rows)
    np.testing.assert_array_equal(parts.hits.scores, whole.hits.scores)


def test_without_a_model_there_is_no_hybrid():
    assert list(retrieval.rank(Task(DOCUMENTS, QUERIES), {}, lambda: KeywordIndex(DOCUMENTS.documents))) == [BM25]


def test_among_some_texts_the_nearest_of_them_are_found(fake_encoder):
    among = np.array([3, 7, 8, 20, 29])
    task = Task(DOCUMENTS, QUERIES, 3, "text", among)
    pair = embeddings(fake_encoder, task)
    ranking = retrieval.by_model(task, pair)
    for query, rows in zip(pair.queries.vectors, ranking.hits.rows.tolist(), strict=True):
        assert rows == sorted(among.tolist(), key=lambda row: -float(pair.texts.vectors[row] @ query))[:3]


def test_a_hybrid_of_filtered_lists_holds_only_what_the_filter_leaves(fake_encoder):
    rankings = all_systems(fake_encoder, Task(DOCUMENTS, QUERIES, 10, "text", np.array([7, 8])))
    assert set(rankings[HYBRID].hits.rows_of(1).tolist()) == {7, 8}
    assert rankings[BM25].hits.rows_of(1)[0] == 7


PASSAGES = Corpus(
    "passages",
    ids=("long 1", "long 2", "long 3", "cat", "bank"),
    texts=(
        "A fox runs.",
        "The bank raised its rates.",
        "The bank closed.",
        "A cat plays.",
        "Trees grow at the bank of a river.",
    ),
    parents=("long", "long", "long", "cat", "bank"),
)


def test_documents_are_ranked_by_their_best_passages_and_texts_as_they_are():
    queries, index = corpus.from_paste("bank rates"), KeywordIndex(PASSAGES.documents)
    texts = retrieval.by_words(Task(PASSAGES, queries, unit="text"), index).hits.rows_of().tolist()
    documents = retrieval.by_words(Task(PASSAGES, queries), index).hits.rows_of().tolist()
    assert [PASSAGES.ids[row] for row in texts] == ["long 2", "long 3", "bank"]
    assert [PASSAGES.document_names[row] for row in documents] == ["long", "bank"]


def test_the_quality_is_that_of_the_documents_ids():
    queries = corpus.from_paste("bank rates")
    (query,) = queries.ids
    labels = Labels("labels", queries, {query: {"bank": 1}})
    ranking = retrieval.by_words(Task(PASSAGES, queries), KeywordIndex(PASSAGES.documents))
    run = {query: {"long": 2.0, "bank": 1.0}}
    assert retrieval.measure(ranking, PASSAGES, labels).means == evaluation.evaluate(run, labels.qrels).means


def test_a_system_by_name_ranks_as_among_all(minilm):
    task = Task(DOCUMENTS, QUERIES, 5)
    how: dict[str, Any] = {"device": "cpu", "engine": "torch", "precision": "float32"}
    spec = models.get("all-MiniLM-L6-v2")
    pair = retrieval.embed(task, spec, **how)
    rankings = retrieval.rank(task, {spec.name: pair}, lambda: KeywordIndex(DOCUMENTS.documents))
    for name, system in ((spec.name, spec.name), ("bm25", BM25)):
        alone = retrieval.rank_by(name, task, **how)
        assert alone.system == system
        np.testing.assert_array_equal(alone.hits.rows, rankings[system].hits.rows)


def test_what_is_remembered_is_not_ranked_again(fake_encoder):
    asked = []

    def recall(system, compute):
        asked.append(system)
        return Ranking("remembered", nearest(np.eye(2, dtype=np.float32), np.eye(2, dtype=np.float32)))

    rankings = all_systems(fake_encoder, Task(DOCUMENTS, QUERIES), recall=recall)
    identity = identity_of(fake_encoder)
    assert asked == [("wordllama-256", identity), (BM25,), (HYBRID, identity)]
    assert {ranking.system for ranking in rankings.values()} == {"remembered"}


def test_tasks_share_a_key_only_where_they_rank_the_same(fake_encoder):
    one = Task(DOCUMENTS, QUERIES)
    others = [
        Task(QUERIES, QUERIES),
        Task(DOCUMENTS, DOCUMENTS),
        Task(DOCUMENTS, QUERIES, 5),
        Task(DOCUMENTS, QUERIES, unit="text"),
        Task(DOCUMENTS, QUERIES, among=np.array([1, 2])),
        Task(DOCUMENTS, QUERIES, among=np.array([2, 1])),
    ]
    assert len({task.key for task in [one, *others]}) == 7
    assert Task(DOCUMENTS, QUERIES).key == one.key
