"""The lists that each system finds for a query, with the sentence that answers best in each passage."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial

import numpy as np

from core import retrieval
from core.corpus import Corpus
from core.models import ModelSpec
from core.progress import Progress
from core.retrieval import Ranking, Rows
from core.search.sentences import nearest_sentence, sentences, sentences_by_words
from pages.parts.search.filters import Conditions
from pages.shared import cache, picks
from pages.shared.frame import errors_told

DEPTH = 100
MARK = "mark the sentences"


@dataclass(frozen=True)
class List:
    """What a system finds for one query.

    Attributes
    ----------
    ranking : Ranking
        DEPTH deep; what scores exactly 0 was not found.
    marked : dict of int to int or None
        For each of the rows shown, which of its sentences answers best by this system; None where none does.
    seconds : dict of str to float
        What each step took when it was done.
    """

    ranking: Ranking
    marked: dict[int, int | None]
    seconds: dict[str, float] = field(default_factory=dict)

    @property
    def rows(self) -> list[int]:
        """The rows found, best first."""
        return [int(row) for row in self.ranking.hits.found()]

    @property
    def scores(self) -> list[float]:
        """Their scores."""
        return [float(score) for score in self.ranking.hits.scores[0][self.ranking.hits.is_found[0]]]


def found(
    texts: Corpus, query: str, specs: Sequence[ModelSpec], conditions: Conditions, k: int, tell: Progress
) -> dict[str, List]:
    """Each system's list by its name: the models, BM25 and, with a model, Hybrid; remembered with its seconds."""
    lists: dict[str, List] = {}
    ready: list[ModelSpec] = []
    for spec in specs:
        with errors_told():
            cache.embedded(texts, spec, tell)  # the sidebar tells where they come from each time
            lists[spec.name] = _recalled(
                (texts.fingerprint, query, conditions.digest, k, spec.name),
                partial(_by_model, texts, query, spec, conditions, k, tell),
            )
            ready.append(spec)
    tell("Indexing the corpus's words", 0, 1)
    lists[retrieval.BM25] = _recalled(
        (texts.fingerprint, query, conditions.digest, k, retrieval.BM25), lambda: _by_words(texts, query, conditions, k)
    )
    if ready:
        names = tuple(spec.name for spec in ready)
        lists[retrieval.HYBRID] = _recalled(
            (texts.fingerprint, query, conditions.digest, k, retrieval.HYBRID, names),
            lambda: _by_fusion(texts, query, ready[0], list(lists.values()), k, tell),
        )
    return lists


def _recalled(key: tuple[object, ...], compute: Callable[[], List]) -> List:
    return cache.memory().recall(("list", *key, picks.device(), picks.precision()), compute)


def _by_model(texts: Corpus, query: str, spec: ModelSpec, conditions: Conditions, k: int, tell: Progress) -> List:
    documents = cache.embedded(texts, spec, tell)
    asked = cache.embed_texts([query], spec, tell, kind="query")
    ranking = retrieval.by_model(documents, asked, DEPTH, conditions.rows)
    started = time.perf_counter()
    marked = _marked_by_model(texts, asked.vectors[0], ranking.hits.found()[:k], spec, tell)
    step = "embed the query" + (" (remembered)" if asked.provenance.remembered else "")
    seconds = {step: ranking.seconds["embed the queries"], "search": ranking.seconds["search"]}
    return List(ranking, marked, seconds | {MARK: time.perf_counter() - started})


def _by_words(texts: Corpus, query: str, conditions: Conditions, k: int) -> List:
    ranking = retrieval.by_words(cache.keyword_index(texts), [query], DEPTH, conditions.rows)
    started = time.perf_counter()
    rows = ranking.hits.found()[:k]
    best = sentences_by_words(query, [sentences(texts.texts[row]) for row in rows])
    marked = dict(zip(map(int, rows), best, strict=True))
    return List(ranking, marked, ranking.seconds | {MARK: time.perf_counter() - started})


def _by_fusion(texts: Corpus, query: str, leader: ModelSpec, lists: Sequence[List], k: int, tell: Progress) -> List:
    """The fused list; its sentences are marked by the first model."""
    ranking = retrieval.by_fusion([each.ranking for each in lists], DEPTH)
    started = time.perf_counter()
    asked = cache.embed_texts([query], leader, tell, kind="query").vectors[0]
    marked = _marked_by_model(texts, asked, ranking.hits.found()[:k], leader, tell)
    return List(ranking, marked, ranking.seconds | {MARK: time.perf_counter() - started})


def _marked_by_model(
    texts: Corpus, asked: np.ndarray, rows: Rows, spec: ModelSpec, tell: Progress
) -> dict[int, int | None]:
    """For each passage the place of its sentence of highest cosine; none where there is but one."""
    passages = {int(row): sentences(texts.texts[row]) for row in rows}
    asked_for = [part.strip() or part for parts in passages.values() for part in parts]
    vectors = cache.embed_texts(asked_for, spec, tell).vectors
    marked: dict[int, int | None] = {}
    start = 0
    for row, parts in passages.items():
        marked[row] = nearest_sentence(asked, vectors[start : start + len(parts)])
        start += len(parts)
    return marked
