"""What scores mean: their percentiles among random pairs of the corpus, and whether anything resembles the query."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from core.corpus import Corpus, Labels
from core.errors import InputError
from core.models import ModelSpec
from core.progress import Progress
from core.retrieval import BM25, HYBRID
from core.search.resemblance import least_score, nearest_scores, sample_rows
from core.similarity import Background
from core.wording import join
from pages.parts.search.lists import List
from pages.shared import cache, random_pairs

LOW = 95.0  # a percentile: one random pair in twenty scores higher
FEWEST_QUERIES = 20
SCALES = (
    "Compare scores within one list only: cosines of different models, BM25 and reciprocal rank fusion (RRF) have "
    "different scales."
)
LEGEND = (
    f"{SCALES} A percentile means the same for every model: the share of random pairs that score lower. Results below "
    "the 95th are grey, and so is a list in which nothing resembles the query, which has no percentiles."
)
NOTHING = "nothing here resembles the query"
FAR = "the best results are farther from it than these texts are from their nearest neighbours"


def rate(
    texts: Corpus,
    query: str,
    labels: Labels | None,
    specs: Sequence[ModelSpec],
    lists: Mapping[str, List],
    on_progress: Progress,
) -> dict[str, List]:
    """The lists; of models with their percentiles and whether they resemble the query, unless the texts are few."""
    queries = labels.queries.texts if labels and len(labels.queries) >= FEWEST_QUERIES else ()
    known = cache.keyword_index(texts).known_share(query)
    models = {spec.name: spec for spec in specs}
    rated = {}
    for system, hits in lists.items():
        measured = _measure(texts, queries, models[system], on_progress) if system in models else None
        if measured and hits.rows:
            percentiles = tuple(measured.percentile(hits.scores).tolist())
            least = least_score(_nearest_scores(texts, models[system], on_progress), known)
            rated[system] = replace(hits, percentiles=percentiles, is_hopeless=hits.scores[0] < least)
        else:
            rated[system] = replace(hits, percentiles=())
    if HYBRID in rated and is_hopeless(rated):
        rated[HYBRID] = replace(rated[HYBRID], is_hopeless=True)
    return rated


def sentence(lists: Mapping[str, List]) -> str:
    """That nothing resembles the query, for all models or for some; empty if something does for each."""
    low = [system for system, hits in lists.items() if hits.is_hopeless]
    if not is_hopeless(lists):
        return f"For {join(low)}, {NOTHING}." if low else ""
    words = " BM25 finds some of its words." if BM25 in lists and lists[BM25].rows else ""
    return f"{NOTHING[:1].upper()}{NOTHING[1:]}: {FAR}.{words}"


def is_hopeless(lists: Mapping[str, List]) -> bool:
    """Whether no model finds anything that resembles the query."""
    rated = [hits.is_hopeless for hits in lists.values() if hits.percentiles]
    return bool(rated) and all(rated)


def _nearest_scores(texts: Corpus, spec: ModelSpec, on_progress: Progress) -> npt.NDArray[np.float32]:
    """How near the corpus's texts are to each other, asked as queries are; cached."""

    def compute() -> npt.NDArray[np.float32]:
        rows = sample_rows(len(texts))
        vectors = cache.embed_corpus(texts, spec, on_progress).vectors
        asked = cache.embed_texts([texts.documents[row] for row in rows], spec, on_progress, kind="query").vectors
        return nearest_scores(vectors, asked, rows, spec.similarity)

    return cache.memory().recall(("nearest scores", texts.fingerprint, *cache.identity(spec)), compute)


def _measure(texts: Corpus, queries: tuple[str, ...], spec: ModelSpec, on_progress: Progress) -> Background | None:
    try:
        return random_pairs.measure(texts, queries, spec, on_progress)
    except InputError:
        return None
