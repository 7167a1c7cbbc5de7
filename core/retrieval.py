"""Every system that ranks a corpus for queries: models by their own similarity, BM25, a hybrid of all of them.

Nothing is cached here: vectors, the index of words and the cache of rankings are passed in.
"""

import time
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from core import corpus, embedding, evaluation, models, search
from core.corpus import Corpus, Labels
from core.devices import devices
from core.embedding import Embedded
from core.encoders.base import Identity
from core.evaluation import Find, Quality
from core.jobs.queue import Turn
from core.models import ModelSpec
from core.progress import Progress, silent
from core.provenance import Provenance
from core.search import Hits, InMemory, KeywordIndex
from core.search.hits import NEARLY_ZERO
from core.similarity import SCORES, UNITS
from core.storage import digests

Rows = npt.NDArray[np.int64]

BM25 = "BM25"
HYBRID = "Hybrid"
SEARCHES = Turn("searches", "visitors take turns")
SCORES_A_TURN, SCORES_A_TURN_ON_GPU = 2**24, 2**26  # others wait for no more


@dataclass(frozen=True, eq=False)
class Task:
    """What is ranked for which queries, and how deep.

    Attributes
    ----------
    unit : "document" or "text"
        What the rows of hits refer to: the corpus's documents, each ranked by its best passage, as in
        `Corpus.document_names`; or its texts.
    among : (m,) int array, optional
        Rows of the only texts to search.
    """

    texts: Corpus
    queries: Corpus
    k: int = evaluation.MAP_CUT
    unit: Literal["document", "text"] = "document"
    among: Rows | None = None

    @property
    def key(self) -> tuple[str, ...]:
        """Everything a ranking depends on besides its system."""
        among = "" if self.among is None else digests.of(self.among.tobytes())
        return (self.texts.fingerprint, self.queries.fingerprint, str(self.k), self.unit, among)

    @cached_property
    def own(self) -> Rows:
        """For each query, (q,), the document that is the query itself and is left out of its results; -1 if none is."""
        return corpus.own_documents(self.queries, self.texts)


@dataclass(frozen=True)
class Embeddings:
    """A task's texts and queries under one model."""

    texts: Embedded
    queries: Embedded


@dataclass(frozen=True)
class Ranking:
    """What a system finds for queries.

    Attributes
    ----------
    system : str
        A model's name, BM25 or HYBRID.
    hits : Hits
        For each query, in their order.
    seconds : dict of str to float
        The time of each step for all queries together: "embed the queries", "search", "fuse".
    provenance : Provenance, optional
        What computed the texts' vectors; None if there are none.
    asked : Provenance, optional
        What computed the queries' vectors; None if there are none.
    is_query_remembered : bool
        Whether the vectors of some queries came from the cache.
    identities : tuple of Identity
        The models it is based on.
    words : str
        What BM25 counted: "stemmed English words"; empty for other systems.
    """

    system: str
    hits: Hits
    seconds: dict[str, float] = field(default_factory=dict)
    provenance: Provenance | None = None
    asked: Provenance | None = None
    is_query_remembered: bool = False
    identities: tuple[Identity, ...] = ()
    words: str = ""

    @property
    def key(self) -> tuple[Hashable, ...]:
        """The system together with all models it is based on."""
        return (self.system, *self.identities)

    @property
    def score_name(self) -> str:
        """What its scores are called within a sentence."""
        if self.provenance:
            return SCORES[self.provenance.similarity]
        return "BM25 score" if self.system == BM25 else "reciprocal rank fusion score"

    @property
    def unit(self) -> str:
        """What is written before a score: "cos", "dot", "BM25", "RRF"."""
        if self.provenance:
            return UNITS[self.provenance.similarity]
        return "BM25" if self.system == BM25 else "RRF"

    @property
    def provenances(self) -> tuple[Provenance, ...]:
        """What computed the texts' vectors and the queries'; empty if there are none."""
        return tuple(source for source in (self.provenance, self.asked) if source)


Recall = Callable[[tuple[Hashable, ...], Callable[[], Ranking]], Ranking]
"""Returns the ranking of a system, keyed with all models it depends on: from a cache, or computed."""


def compute_anew(_system: tuple[Hashable, ...], compute: Callable[[], Ranking]) -> Ranking:
    """Compute the ranking without a cache."""
    return compute()


def rank(
    task: Task,
    embeddings: Mapping[str, Embeddings],
    index: Callable[[], KeywordIndex],
    *,
    recall: Recall = compute_anew,
    on_progress: Progress = silent,
) -> dict[str, Ranking]:
    """Each system's ranking by its name: the models, BM25 and, if there is a model, the hybrid of all.

    Parameters
    ----------
    embeddings : dict of model to Embeddings
    index : callable
        Returns the index of the corpus's words when it is needed.
    """
    rankings = {
        model: recall((model, pair.texts.identity), partial(by_model, task, pair, on_progress))
        for model, pair in embeddings.items()
    }
    on_progress("Indexing the corpus's words", 0, 1)
    rankings[BM25] = recall((BM25,), lambda: by_words(task, index(), on_progress))
    if embeddings:
        identities = (pair.texts.identity for pair in embeddings.values())
        rankings[HYBRID] = recall((HYBRID, *identities), partial(by_fusion, tuple(rankings.values()), task.k))
    return rankings


def rank_by(system: str | ModelSpec, task: Task, *, on_progress: Progress = silent, **how: Any) -> Ranking:
    """The ranking by one system, "bm25" or a model or its name, from texts alone; `how` as in `embed`."""
    if system == BM25.lower():
        return by_words(task, KeywordIndex(task.texts.documents), on_progress)
    spec = models.get(system) if isinstance(system, str) else system
    return by_model(task, embed(task, spec, on_progress=on_progress, **how), on_progress)


def embed(task: Task, spec: ModelSpec, *, on_progress: Progress = silent, **how: Any) -> Embeddings:
    """A task's texts and queries under a model; `how` is the device, engine and precision of `embedding.embed`."""
    texts = embedding.embed(task.texts.documents, spec, on_progress=on_progress, **how)
    queries = embedding.embed(task.queries.texts, spec, kind="query", on_progress=on_progress, **how)
    return Embeddings(texts, queries)


def by_model(task: Task, embeddings: Embeddings, on_progress: Progress = silent) -> Ranking:
    """The best texts for each query by the model's own similarity."""
    started = time.perf_counter()
    finder = InMemory(embeddings.texts.vectors, embeddings.texts.identity.similarity)
    queries = embeddings.queries.vectors
    hits = _find_best(task, lambda block, depth: finder.find(queries[block], depth, task.among), on_progress)
    source, asked = embeddings.texts.provenance, embeddings.queries.provenance
    seconds = {"embed the queries": asked.seconds, "search": time.perf_counter() - started}
    return Ranking(source.model, hits, seconds, source, asked, asked.remembered > 0, (embeddings.texts.identity,))


def by_words(task: Task, index: KeywordIndex, on_progress: Progress = silent) -> Ranking:
    """The best texts for each query by BM25."""
    started = time.perf_counter()
    hits = _find_best(
        task, lambda block, depth: index.search(task.queries.texts[block], depth, task.among), on_progress
    )
    return Ranking(BM25, hits, {"search": time.perf_counter() - started}, words=index.words.sentence)


def by_fusion(rankings: Sequence[Ranking], k: int) -> Ranking:
    """The k best texts for each query by reciprocal rank fusion of other systems' rankings."""
    started = time.perf_counter()
    hits = search.fuse([ranking.hits for ranking in rankings], k)
    identities = tuple(identity for ranking in rankings for identity in ranking.identities)
    return Ranking(HYBRID, hits, {"fuse": time.perf_counter() - started}, identities=identities)


def results(ranking: Ranking, texts: Corpus, query: int = 0) -> list[dict[str, Any]]:
    """The hits of a ranking of texts for one of the queries, best first: the id, score and text of each."""
    rows, scores = ranking.hits.rows[query], ranking.hits.scores[query]
    return [
        {"id": texts.ids[row], "score": 0.0 if score == NEARLY_ZERO else float(score), "text": texts.texts[row]}
        for row, score, is_found in zip(rows, scores, ranking.hits.is_found[query], strict=True)
        if is_found
    ]


def measure(ranking: Ranking, texts: Corpus, labels: Labels, *, recall_at: Sequence[int] = ()) -> Quality:
    """The quality of a ranking of documents against the labels; `recall_at` and errors as in `evaluation.evaluate`."""
    run = ranking.hits.as_run(labels.queries.ids, texts.document_names)
    return evaluation.evaluate(run, labels.qrels, recall_at=recall_at)


def _find_best(task: Task, find: Find, on_progress: Progress) -> Hits:
    """Find the best of each query in the task's unit; documents without the one that is the query itself."""
    find = partial(_find_in_turns, task, find, on_progress)
    if task.unit == "text":
        return find(slice(None), task.k)
    return evaluation.best_documents(find, len(task.queries), task.texts.document_ids, task.k, on_progress, task.own)


def _find_in_turns(task: Task, find: Find, on_progress: Progress, block: slice, depth: int) -> Hits:
    """Find the best of some queries, some at a time: visitors take turns."""
    rows = range(*block.indices(len(task.queries)))
    documents = max(1, len(task.texts) if task.among is None else len(task.among))
    parts: list[Hits] = []
    size = max(1, (SCORES_A_TURN_ON_GPU if "cuda" in devices() else SCORES_A_TURN) // documents)
    for start in range(rows.start, max(rows.stop, rows.start + 1), size):
        part = slice(start, min(rows.stop, start + size))
        with SEARCHES.hold(on_progress, None, cost=documents * max(1, part.stop - start)):
            parts.append(find(part, depth))
    return Hits(np.concatenate([part.rows for part in parts]), np.concatenate([part.scores for part in parts]))
