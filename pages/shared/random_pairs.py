"""The scores that a model gives to random pairs of a corpus, measured once and cached."""

import numpy as np

from core.corpus import Corpus
from core.models import ModelSpec
from core.progress import Progress
from core.similarity import Background, background
from pages.shared import cache

MOST_ROWS = 2000


def measure(texts: Corpus, queries: tuple[str, ...], spec: ModelSpec, on_progress: Progress) -> Background:
    """The background of queries with the texts or, without queries, of the texts with each other.

    Raises
    ------
    InputError
        There are too few pairs of different texts.
    """
    key = ("background", texts.fingerprint, queries, *cache.identity(spec))
    return cache.memory().recall(key, lambda: _compute(texts, queries, spec, on_progress))


def _compute(texts: Corpus, queries: tuple[str, ...], spec: ModelSpec, on_progress: Progress) -> Background:
    if len(texts) <= MOST_ROWS:
        documents, vectors = texts.documents, cache.embed_corpus(texts, spec, on_progress).vectors
    else:
        rows = np.sort(np.random.default_rng(0).choice(len(texts), MOST_ROWS, replace=False))
        documents = tuple(texts.documents[row] for row in rows)
        vectors = cache.embed_texts(documents, spec, on_progress).vectors
    if not queries:
        return background(vectors, documents, similarity=spec.similarity)
    asked = cache.embed_texts(queries, spec, on_progress, kind="query").vectors
    return background(vectors, documents, asked, queries, similarity=spec.similarity)
