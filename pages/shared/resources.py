"""What is kept between runs and shared by sessions: the only st.cache_* in the project."""

import logging
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from typing import Any, TypeVar

import streamlit as st

from core import corpus, embedding, evaluation, models, projection, search
from core.corpus import Corpus
from core.encoders import hub
from core.encoders.base import Encoder, Kind
from core.errors import EmbedscopeError
from core.jobs import Progress
from pages.shared import picked

Result = TypeVar("Result")

MOST_RESULTS = 64
SECONDS_TO_PAINT = 4.0

log = logging.getLogger(__name__)


class Memory:
    """The latest results by key, bounded in number; two sessions may compute the same one at once, harmlessly."""

    def __init__(self) -> None:
        self._results: OrderedDict[Hashable, Any] = OrderedDict()
        self._lock = threading.Lock()

    def recall(self, key: Hashable, compute: Callable[[], Result]) -> Result:
        """The result under the key, computed if it is not there."""
        with self._lock:
            if key in self._results:
                self._results.move_to_end(key)
                known: Result = self._results[key]
                return known
        result = compute()
        with self._lock:
            self._results[key] = result
            while len(self._results) > MOST_RESULTS:
                self._results.popitem(last=False)
        return result


@st.cache_resource
def memory() -> Memory:
    """The results that all sessions share."""
    return Memory()


def encoder(spec: models.ModelSpec, on_progress: Progress) -> Encoder:
    """The model's shared encoder on the picked device, in the picked precision."""
    return embedding.encoder(spec, device=picked.device(), precision=picked.precision(), on_progress=on_progress)


def embed_texts(
    texts: Sequence[str], spec: models.ModelSpec, on_progress: Progress, kind: Kind = "document"
) -> embedding.Embedded:
    """Embed on the picked device, in the picked precision; the sidebar shows where the vectors came from."""
    embedded = embedding.embed(
        texts, spec, kind=kind, device=picked.device(), precision=picked.precision(), on_progress=on_progress
    )
    if kind == "document":
        picked.note_source(embedded.provenance)
    return embedded


def project(
    texts: Corpus, embedded: embedding.Embedded, method: projection.Method, dimensions: int, on_progress: Progress
) -> projection.Projection:
    """A map of a corpus under a model, laid out once for all sessions."""
    source = embedded.provenance
    key = ("map", texts.fingerprint, source.model, source.revision, source.precision, method, dimensions)
    return memory().recall(
        key,
        lambda: projection.project(embedded.vectors, method, dimensions=dimensions, on_progress=on_progress),
    )


def keyword_index(texts: Corpus) -> search.KeywordIndex:
    """The corpus's BM25 index."""
    return memory().recall(("bm25", texts.fingerprint), lambda: search.KeywordIndex(texts.documents))


def sample_quality(spec: models.ModelSpec, documents: embedding.Embedded, on_progress: Progress) -> evaluation.Quality:
    """A model's quality on the sample's labelled queries, measured once."""

    def measure() -> evaluation.Quality:
        asked = embed_texts(corpus.sample_queries().texts, spec, on_progress, kind="query")
        return _quality(search.nearest(asked.vectors, documents.vectors, evaluation.MAP_CUT))

    return memory().recall(
        ("quality", spec.name, documents.provenance.revision, documents.provenance.precision), measure
    )


def sample_keyword_quality() -> evaluation.Quality:
    """BM25's quality on the sample's labelled queries, measured once."""
    index = keyword_index(corpus.sample())
    return memory().recall(
        ("quality", "bm25"), lambda: _quality(index.search(corpus.sample_queries().texts, evaluation.MAP_CUT))
    )


def _quality(hits: search.Hits) -> evaluation.Quality:
    run = hits.as_run(corpus.sample_queries().ids, corpus.sample().ids)
    return evaluation.evaluate(run, corpus.sample_qrels())


def token_counts(encoder: Encoder, texts: Corpus) -> list[int]:
    """Tokens of each document for a model; empty where the model's tokenizer is not on this machine."""
    if encoder.engine == "openai":
        return []
    key = ("tokens", texts.fingerprint, encoder.spec.name, encoder.revision)
    return memory().recall(key, lambda: encoder.count_tokens(texts.documents))


@st.cache_data(ttl="1h", show_spinner=False)
def trending() -> list[hub.TrendingModel]:
    """What is trending on the Hub, asked at most once an hour."""
    return hub.trending()


@st.cache_resource
def warm_up() -> None:
    """Once for each server: load and compile what the other pages need, when the first page has been painted."""
    timer = threading.Timer(SECONDS_TO_PAINT, _prepare)
    timer.daemon = True
    timer.start()


def _prepare() -> None:
    try:
        for name in models.DEFAULT_PICKS:
            embedding.encoder(models.get(name))
        projection.warm_up()
    except EmbedscopeError as error:
        log.warning("Not warmed up: %s", error)  # whoever opens a page that needs it is told there
