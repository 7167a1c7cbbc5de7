"""The Results view: one query, a list of each system, and what the lists have in common."""

from collections.abc import Mapping, Sequence, Set
from functools import partial

import streamlit as st

from core import corpus, examples
from core.corpus import Corpus, Labels
from core.models import ModelSpec
from core.progress import Progress
from core.retrieval import HYBRID
from core.search.leaders import leaders
from pages.parts.search import cards, comparison, confidence, filters, lists, query, short_lists
from pages.parts.search.filters import Conditions
from pages.parts.search.lists import List
from pages.shared import present, quality, state
from pages.shared.frame import show_errors
from pages.shared.labels import sources
from pages.shared.ui import output, progress

HEIGHT = 600


def show(texts: Corpus, specs: Sequence[ModelSpec], where: Conditions, k: int) -> None:
    """The query's box, what the systems put first, their lists side by side, their agreement and their time.

    In present mode the lists are short, and nothing follows them.
    """
    labels: Labels | None = None
    with show_errors():
        labels = sources.labels(texts)
    suggestions = corpus.suggest_queries(texts, labels.queries if labels else None)
    typed = query.box(suggestions)
    query.examples(suggestions)
    asked = query.clean(typed)
    if not filters.explain(where, len(texts)):
        return
    relevant = query.relevant(labels, asked) if labels else set()
    qualities = {}
    with progress.line(state.Search.SEARCH, height=HEIGHT) as on_progress:
        answer_by_words = partial(_answer_by_words, texts, asked, where, k, relevant, on_progress)
        hits = lists.find(texts, asked, specs, where, k, progress.meanwhile(on_progress, answer_by_words))
        with show_errors():
            if labels:
                qualities = quality.measure(texts, labels, specs, on_progress)
    query.say(asked, _sentence(texts, hits, relevant))
    rate = partial(confidence.rate, texts, asked, labels, specs, hits)
    if present.is_on():
        short_lists.show(texts, hits, k, relevant, qualities)
        with progress.line(state.Search.HIGHLIGHT) as on_progress:
            query.say(asked, _sentence(texts, rate(on_progress), relevant))
        return
    slots = cards.show(texts, asked, hits, k, relevant, qualities)
    _explain(hits, labels if qualities else None)
    with progress.line(state.Search.HIGHLIGHT) as on_progress:
        hits = rate(on_progress)
        query.say(asked, _sentence(texts, hits, relevant))
        hits = lists.highlight(hits, on_progress)
    cards.draw_again(texts, slots, hits)
    overlaps, times = comparison.agreement(hits), comparison.latency(hits)
    comparison.downloads(texts, asked, hits, k, overlaps, times, specs)
    output.code(examples.search(specs[0], asked, texts.texts))


def _answer_by_words(
    texts: Corpus, asked: str, where: Conditions, k: int, relevant: Set[str], on_progress: Progress
) -> None:
    """Answer with what BM25 finds, which waits for no model."""
    by_words = _sentence(texts, lists.find(texts, asked, (), where, k, on_progress), relevant)
    query.say(asked, f"{by_words} The models have yet to read {len(texts):,} texts.")


def _sentence(texts: Corpus, hits: Mapping[str, List], relevant: Set[str]) -> str:
    """The models for which nothing resembles the query, what the other systems put first, and whether it is relevant.

    The hybrid is made of all of them: it is silent where one has nothing to say.
    """
    low = confidence.sentence(hits)
    if confidence.is_hopeless(hits):
        return low
    silent = [system for system, each in hits.items() if each.is_hopeless]
    speaking = [system for system in hits if system not in silent and not (silent and system == HYBRID)]
    firsts = {system: next(iter(hits[system].rows), None) for system in speaking}
    rows = query.relevant_rows(relevant, texts, firsts.values())
    return f"{low} {leaders(firsts, texts.titles, rows)}".strip()


def _explain(hits: Mapping[str, List], labels: Labels | None) -> None:
    """What scores, arrows and the figures in the headings mean."""
    first = output.markdown_free(next(iter(hits)))
    parts = [confidence.LEGEND, f"Arrows compare a rank with that of {first}."]
    if labels:
        parts.append(
            f"nDCG@10 is the mean over {len(labels.queries):,} labelled queries ({output.markdown_free(labels.name)}, "
            "the whole corpus); 1 means that everything relevant is on top. Evaluate has the intervals."
        )
    st.caption(" ".join(parts))
