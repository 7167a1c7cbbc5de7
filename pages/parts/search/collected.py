"""The results of a collection: each system searches all of it, and only what it finds is in memory."""

from collections.abc import Callable, Hashable, Mapping, Sequence, Set
from dataclasses import replace
from functools import partial
from typing import TypeVar

import numpy as np
import streamlit as st

from core import collections, corpus, retrieval
from core.collections import Collection, Model
from core.collections.ranking import by_model, by_words
from core.corpus import Corpus, Labels
from core.models import ModelSpec
from core.progress import Progress
from core.retrieval import BM25, HYBRID, Ranking
from core.search import Hits
from core.search.exact import Rows
from core.search.leaders import leaders
from pages.parts.search import cards, comparison, confidence, filters, lists, query, short_lists
from pages.parts.search.filters import Conditions
from pages.parts.search.lists import DEPTH, List
from pages.shared import cache, corpora, present, state
from pages.shared.frame import show_errors
from pages.shared.labels import sources
from pages.shared.ui import output, progress

Result = TypeVar("Result")

HEIGHT = 600


def show(opened: Collection, sample: Corpus, specs: Sequence[ModelSpec], where: Conditions, k: int) -> None:
    """The query's box, what the systems put first in the whole collection, and their lists side by side."""
    labels: Labels | None = None
    with show_errors():
        labels = sources.unmatched(opened)
    suggestions = corpus.suggest_queries(sample, labels.queries if labels else None)
    typed = query.box(suggestions)
    query.examples(suggestions)
    asked = query.clean(typed)
    if where.sentence:
        where = replace(where, rows=_recall(opened, where, "rows", compute=partial(_matching, opened, where)))
    if not filters.explain(where, len(opened)):
        return
    with progress.line(state.Search.SEARCH, height=HEIGHT) as on_progress:
        models = {spec: collections.vectors_by(opened, spec) for spec in specs}
        rankings = _rank(opened, asked, models, where, on_progress)
    if rankings:
        _show(opened, asked, specs, rankings, k, query.relevant(labels, asked) if labels else set())
    corpora.offer_missing(opened, ("vectors", "index", "words"))


def _show(
    opened: Collection,
    asked: str,
    specs: Sequence[ModelSpec],
    rankings: Mapping[str, Ranking],
    k: int,
    relevant: Set[str],
) -> None:
    """What the systems put first, their lists with the best sentences marked, their agreement and their time.

    In present mode the lists are short, and nothing follows them.
    """
    texts, hits = _in_memory(opened, asked, specs, rankings, k)
    firsts = {system: next(iter(each.rows), None) for system, each in hits.items()}
    query.say(asked, leaders(firsts, texts.titles, query.relevant_rows(relevant, texts, firsts.values())))
    if present.is_on():
        short_lists.show(texts, hits, k, relevant, {})
        return
    slots = cards.show(texts, asked, hits, k, relevant, {}, found_in=opened)
    scope = f"Every list is of all {len(opened):,} texts of {opened.name}, or of those that the filter leaves."
    st.caption(" ".join([scope, confidence.SCALES, *_indexes(opened, rankings)]))
    with progress.line(state.Search.HIGHLIGHT) as on_progress:
        hits = lists.highlight(hits, on_progress)
    cards.draw_again(texts, slots, hits)
    overlaps, times = comparison.agreement(hits), comparison.latency(hits)
    comparison.downloads(texts, asked, hits, k, overlaps, times, specs)


def _rank(
    opened: Collection,
    asked: str,
    models: Mapping[ModelSpec, Model | None],
    where: Conditions,
    on_progress: Progress,
) -> dict[str, Ranking]:
    """Each system's ranking by its name: the models with vectors in the collection, BM25 and the hybrid of all."""
    rankings: dict[str, Ranking] = {}
    for spec, model in models.items():
        if model:
            with show_errors():
                search = partial(_by_model, opened, asked, spec, model, where, on_progress)
                rankings[spec.name] = _recall(opened, where, asked, *cache.identity(spec), compute=search)
    if collections.words_in(opened):
        search = partial(by_words, opened, [asked], DEPTH, _condition(opened, where))
        rankings[BM25] = _recall(opened, where, asked, BM25, compute=search)
    if len(rankings) > 1:
        rankings[HYBRID] = retrieval.by_fusion(tuple(rankings.values()), DEPTH)
    return rankings


def _by_model(
    opened: Collection, asked: str, spec: ModelSpec, model: Model, where: Conditions, on_progress: Progress
) -> Ranking:
    queries = cache.embed_texts([asked], spec, on_progress, kind="query")
    return by_model(opened, model, queries, DEPTH, where.rows, on_progress)


def _matching(opened: Collection, where: Conditions) -> Rows:
    return collections.matching(opened, where.choices, where.spans)


def _condition(opened: Collection, where: Conditions) -> str:
    return collections.sql(opened, where.choices, where.spans)


def _recall(opened: Collection, where: Conditions, *what: Hashable, compute: Callable[[], Result]) -> Result:
    """What is found in the collection as it is now under these conditions; searched once, as in a corpus in memory."""
    key = ("found in a collection", opened.data.uri, opened.data.version, _condition(opened, where), *what)
    return cache.memory().recall(key, compute)


def _in_memory(
    opened: Collection, asked: str, specs: Sequence[ModelSpec], rankings: Mapping[str, Ranking], k: int
) -> tuple[Corpus, dict[str, List]]:
    """The texts that are found, and the lists, whose rows count these texts."""
    found = np.unique(np.concatenate([ranking.hits.rows_of() for ranking in rankings.values()]))
    texts = collections.texts_at(opened, found)
    hits = {}
    named = {spec.name: spec for spec in specs}
    for system, ranking in rankings.items():
        places = Hits(np.searchsorted(found, ranking.hits.rows), ranking.hits.scores)
        moved = replace(ranking, hits=places)
        rows = tuple(int(row) for row in moved.hits.rows_of()[:k])
        marker = next(iter(rankings)) if system == HYBRID else system
        mark = partial(lists.mark_by_words, texts, asked, rows, collections.words_in(opened))
        if marker in named:
            mark = partial(lists.mark_by_model, texts, asked, rows, named[marker])
        hits[system] = List(moved, mark, (texts.fingerprint, asked, marker, *rows), percentiles=())
    return texts, hits


def _indexes(opened: Collection, rankings: Mapping[str, Ranking]) -> list[str]:
    """How each model's list was found: by an index of known recall, or exactly."""
    said = []
    for model in collections.models_of(opened):
        ranking = rankings.get(model.provenance.model)
        if ranking and model.identity in ranking.identities:
            index = collections.index_of(opened, model)
            how = index.sentence if index else "Exact: every vector is compared."
            said.append(f"{output.markdown_free(model.provenance.model)}: {how}")
    return said
