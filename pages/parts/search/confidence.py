"""What scores mean: their percentiles among random pairs of the corpus, and whether anything resembles the query."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from core.corpus import Corpus, Labels
from core.errors import InputError
from core.models import ModelSpec
from core.progress import Progress
from core.retrieval import BM25
from core.similarity import Background
from core.wording import join
from pages.parts.search.lists import List
from pages.shared import random_pairs

LOW = 95.0  # a percentile: one random pair in twenty scores higher
FEWEST_QUERIES = 20
SCALES = (
    "Compare scores within one list only: cosines of different models, BM25 and reciprocal rank fusion (RRF) have "
    "different scales."
)
LEGEND = (
    f"{SCALES} A percentile means the same for every model: the share of random pairs that score lower; results below "
    "the 95th are grey."
)
NOTHING = "nothing here resembles the query: no result scores above the 95th percentile of random pairs."


def rate(
    texts: Corpus, labels: Labels | None, specs: Sequence[ModelSpec], lists: Mapping[str, List], on_progress: Progress
) -> dict[str, List]:
    """The lists with their percentiles, for models; a corpus of few texts has none."""
    queries = labels.queries.texts if labels and len(labels.queries) >= FEWEST_QUERIES else ()
    models = {spec.name: spec for spec in specs}
    rated = {}
    for system, hits in lists.items():
        measured = _measure(texts, queries, models[system], on_progress) if system in models else None
        percentiles = tuple(measured.percentile(hits.scores).tolist()) if measured else ()
        rated[system] = replace(hits, percentiles=percentiles)
    return rated


def sentence(lists: Mapping[str, List]) -> str:
    """That nothing resembles the query, for all models or for some; empty if something does for each."""
    rated = {system: hits.percentiles for system, hits in lists.items() if hits.percentiles}
    low = [system for system, percentiles in rated.items() if max(percentiles) < LOW]
    if not low:
        return ""
    if len(low) < len(rated):
        return f"For {join(low)}, {NOTHING}"
    words = " BM25 finds some of its words." if BM25 in lists and lists[BM25].rows else ""
    return f"{NOTHING[:1].upper()}{NOTHING[1:]}{words}"


def is_hopeless(lists: Mapping[str, List]) -> bool:
    """Whether no model finds anything that resembles the query."""
    rated = [hits.percentiles for hits in lists.values() if hits.percentiles]
    return bool(rated) and all(max(percentiles) < LOW for percentiles in rated)


def _measure(texts: Corpus, queries: tuple[str, ...], spec: ModelSpec, on_progress: Progress) -> Background | None:
    try:
        return random_pairs.measure(texts, queries, spec, on_progress)
    except InputError:
        return None
