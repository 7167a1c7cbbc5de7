"""Each system's list for a query, with the best-matching sentence in each passage."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from core import corpus
from core.corpus import Corpus
from core.models import ModelSpec
from core.progress import Progress
from core.retrieval import BM25, HYBRID, Embeddings, Ranking, Task
from core.search.sentences import nearest_sentence, sentences, sentences_by_words
from core.search.words import Words
from pages.parts.search.filters import Conditions
from pages.shared import cache, picks
from pages.shared.frame import show_errors

DEPTH = 100

Marker = Callable[[Progress], Mapping[int, int | None]]


@dataclass(frozen=True)
class Marks:
    """The best-matching sentence of each row shown, None if there is none; and the time it took."""

    sentences: Mapping[int, int | None] = field(default_factory=dict)
    seconds: float = 0.0


@dataclass(frozen=True)
class List:
    """A system's DEPTH best hits for one query, and the sentences marked in them, once they are.

    Attributes
    ----------
    marker : callable
        Finds the sentences to mark.
    key : tuple
        Distinguishes what it finds.
    percentiles : tuple of float
        Of each score among random pairs, see `confidence`; empty if there are none, None until they are measured.
    is_hopeless : bool
        Whether nothing in it resembles the query, as far as that is measured.
    """

    ranking: Ranking
    marker: Marker
    key: tuple[object, ...]
    marks: Marks = field(default_factory=Marks)
    percentiles: tuple[float, ...] | None = None
    is_hopeless: bool = False

    @property
    def rows(self) -> list[int]:
        """The rows of the hits, best first."""
        return [int(row) for row in self.ranking.hits.rows_of()]

    @property
    def scores(self) -> list[float]:
        """Their scores."""
        return [float(score) for score in self.ranking.hits.scores[0][self.ranking.hits.is_found[0]]]

    @property
    def seconds(self) -> dict[str, float]:
        """The time of each step to the list when it was computed."""
        return dict(self.ranking.seconds)


def find(
    texts: Corpus, query: str, specs: Sequence[ModelSpec], conditions: Conditions, k: int, on_progress: Progress
) -> dict[str, List]:
    """Each system's list by its name: the models, BM25 and, with a model, Hybrid; cached with its seconds.

    No sentence is marked in them yet: see `highlight`.
    """
    task = Task(texts, corpus.one_query(query), DEPTH, "text", conditions.rows)
    embeddings: dict[str, Embeddings] = {}
    for spec in specs:
        with show_errors():
            embeddings[spec.name] = cache.embeddings(task, spec, on_progress)
    ready = {spec.name: spec for spec in specs if spec.name in embeddings}
    lists = {}
    for system, ranking in cache.rankings(task, embeddings, on_progress).items():
        rows = tuple(int(row) for row in ranking.hits.rows_of()[:k])
        marker = next(iter(ready)) if system == HYBRID else system
        if marker == BM25:
            mark: Marker = partial(mark_by_words, texts, query, rows, None)
        else:
            mark = partial(mark_by_model, texts, query, rows, ready[marker])
        lists[system] = List(ranking, mark, (*task.key, *ranking.key, marker, *rows))
    return lists


def highlight(lists: Mapping[str, List], on_progress: Progress) -> dict[str, List]:
    """The lists with their best-matching sentences marked; takes longer than the search, so results are shown first."""
    marked = {}
    for system, hits in lists.items():
        marks = Marks()
        with show_errors():
            marks = _recall(hits, on_progress)
        marked[system] = replace(hits, marks=marks)
    return marked


def _recall(hits: List, on_progress: Progress) -> Marks:
    """Marks with the seconds that they took when computed."""

    def measure() -> Marks:
        started = time.perf_counter()
        places = hits.marker(on_progress)
        return Marks(places, time.perf_counter() - started)

    return cache.memory().recall(("marks", *hits.key, picks.device(), picks.precision()), measure)


def mark_by_words(
    texts: Corpus, query: str, rows: Sequence[int], words: Words | None, _on_progress: Progress
) -> dict[int, int | None]:
    """For each passage, the place of its sentence of highest BM25; `words` are those of its corpus if not given."""
    words = words or cache.keyword_index(texts).words
    best = sentences_by_words(query, [sentences(texts.texts[row]) for row in rows], words)
    return dict(zip(rows, best, strict=True))


def mark_by_model(
    texts: Corpus, query: str, rows: Sequence[int], spec: ModelSpec, on_progress: Progress
) -> dict[int, int | None]:
    """For each passage, the place of its sentence of highest score; None if it has only one."""
    passages = {row: sentences(texts.texts[row]) for row in rows}
    asked_for = [part.strip() or part for parts in passages.values() for part in parts]
    vectors = cache.embed_texts(asked_for, spec, on_progress).vectors
    (asked,) = cache.embed_texts([query], spec, on_progress, kind="query").vectors
    places: dict[int, int | None] = {}
    start = 0
    for row, parts in passages.items():
        own = vectors[start : start + len(parts)]
        places[row] = nearest_sentence(asked, own, spec.similarity)
        start += len(parts)
    return places
