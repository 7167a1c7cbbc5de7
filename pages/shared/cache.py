"""Caches that outlive reruns and are shared by sessions: the only st.cache_* in the project."""

import logging
import sys
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import fields, is_dataclass
from functools import partial
from typing import Any, TypeVar

import streamlit as st

from core import embedding, maps, models, retrieval, search
from core.collections import Jobs
from core.corpus import Corpus
from core.encoders.base import Kind, Trace
from core.jobs import room
from core.jobs.shared import SharedWork
from core.machine import this_machine
from core.models import hub
from core.progress import Progress
from core.retrieval import Embeddings, Ranking, Task
from pages.shared import picks, state

Result = TypeVar("Result")

MOST_RESULTS = 256
MEMORY_SHARE = 0.15  # of the RAM, for results; loaded models have their own share
LEAST_BYTES = 1_000_000  # of a result that is worth dropping by itself
SECONDS_TO_PAINT = 8.0

log = logging.getLogger(__name__)


class Memory:
    """The latest results by key, bounded in number and size; two sessions may compute one at the same time."""

    def __init__(self) -> None:
        self._results: OrderedDict[Hashable, Any] = OrderedDict()
        self._sizes: dict[Hashable, int] = {}
        self._lock = threading.Lock()
        self._most_bytes = this_machine().memory_bytes * MEMORY_SHARE
        room.watch(self.idle)

    def recall(self, key: Hashable, compute: Callable[[], Result]) -> Result:
        """The result under the key, computed if it is not there."""
        with self._lock:
            if key in self._results:
                self._results.move_to_end(key)
                known: Result = self._results[key]
                return known
        result = compute()
        size = _bytes(result)
        with self._lock:
            self._results[key], self._sizes[key] = result, size
            total = sum(self._sizes.values())
            while len(self._results) > 1 and (len(self._results) > MOST_RESULTS or total > self._most_bytes):
                total -= self._sizes.pop(self._results.popitem(last=False)[0])
        room.make()
        return result

    def idle(self) -> list[room.Idle]:
        """All results of some size; see `core.jobs.room`."""
        with self._lock:
            large = [(key, size) for key, size in self._sizes.items() if size >= LEAST_BYTES]
        return [room.Idle("a result", size, partial(self._forget, key)) for key, size in large]

    def _forget(self, key: Hashable) -> None:
        with self._lock:
            self._results.pop(key, None)
            self._sizes.pop(key, None)


def _bytes(result: object) -> int:
    """About how much memory a result takes: its arrays and texts, of which only a sample is inspected."""
    if isinstance(size := getattr(result, "nbytes", None), int):
        return size
    if is_dataclass(result):
        return sum(_bytes(getattr(result, field.name)) for field in fields(result))
    if isinstance(result, Mapping):
        return sum(map(_bytes, result.values()))
    if isinstance(result, list | tuple) and result:
        few = result[:: max(1, len(result) // 16)]
        return sum(map(_bytes, few)) * len(result) // len(few)
    return sys.getsizeof(result)


@st.cache_resource
def memory() -> Memory:
    """The results that all sessions share."""
    return Memory()


def identity(spec: models.ModelSpec) -> tuple[Hashable, ...]:
    """The model and how it shall be computed, known without loading it: the key of its results."""
    return (spec, models.revisions.stamp(spec), picks.device(), picks.precision())


@st.cache_resource
def work() -> SharedWork:
    """What is being computed: it goes on when a page is left, and who comes back, or comes as well, waits for it."""
    return SharedWork()


@st.cache_resource
def jobs() -> Jobs:
    """The work on collections, which goes on whoever watches."""
    return Jobs()


def stop_work() -> None:
    """Stop what this session alone has waited for."""
    for key in st.session_state.pop(state.EveryPage.WANTED_WORK, set()):
        work().stop(key)


def embed_texts(
    texts: Sequence[str], spec: models.ModelSpec, on_progress: Progress, kind: Kind = "document"
) -> embedding.Embedded:
    """Embed on the picked device, in the picked precision; the sidebar shows where the vectors came from."""
    how = _how()  # read here: the work has no session
    key = ("embedding", kind, *identity(spec), tuple(texts))
    wanted: set[Hashable] = st.session_state.setdefault(state.EveryPage.WANTED_WORK, set())
    wanted.add(key)
    embedded = work().result(
        key, lambda report: embedding.embed(texts, spec, kind=kind, on_progress=report, **how), on_progress
    )
    wanted.discard(key)
    if kind == "document":
        picks.note_source(spec, embedded.provenance)
    return embedded


def embed_corpus(texts: Corpus, spec: models.ModelSpec, on_progress: Progress) -> embedding.Embedded:
    """A corpus under a model, cached in memory, so that reruns do not read the store each time."""
    key = ("embedded", texts.fingerprint, *identity(spec))
    result = memory().recall(key, lambda: embed_texts(texts.documents, spec, on_progress))
    picks.note_source(spec, result.provenance)
    return result


def embeddings(task: Task, spec: models.ModelSpec, on_progress: Progress) -> Embeddings:
    """A task's texts and queries under a model, cached in memory."""
    return Embeddings(embed_corpus(task.texts, spec, on_progress), embed_queries(task.queries, spec, on_progress))


def embed_queries(queries: Corpus, spec: models.ModelSpec, on_progress: Progress) -> embedding.Embedded:
    """Queries under a model, cached in memory."""
    key = ("queries", queries.fingerprint, *identity(spec))
    return memory().recall(key, lambda: embed_texts(queries.texts, spec, on_progress, kind="query"))


def _how() -> dict[str, Any]:
    """The picked device and precision, as `core.embedding` takes them; a page does not wait for a choice of engine."""
    return {"device": picks.device(), "precision": picks.precision(), "at_once": True}


def rankings(task: Task, embeddings: Mapping[str, Embeddings], on_progress: Progress) -> dict[str, Ranking]:
    """Each system's ranking by its name, see `retrieval.rank`; cached, with the seconds that it took."""

    def recall(system: tuple[Hashable, ...], compute: Callable[[], Ranking]) -> Ranking:
        return memory().recall(("ranking", *task.key, *system, picks.device(), picks.precision()), compute)

    return retrieval.rank(task, embeddings, lambda: keyword_index(task.texts), recall=recall, on_progress=on_progress)


def keyword_index(texts: Corpus) -> search.KeywordIndex:
    """The corpus's BM25 index."""
    return memory().recall(("bm25", texts.fingerprint), lambda: search.KeywordIndex(texts.documents))


def token_counts(texts: Corpus, spec: models.ModelSpec, on_progress: Progress) -> list[int]:
    """Tokens of each document for a model, its prompt included; empty if its tokenizer is not on this machine."""
    key = ("tokens", texts.fingerprint, *identity(spec))
    return memory().recall(
        key, lambda: embedding.count_tokens(texts.documents, spec, on_progress=on_progress, **_how()) or []
    )


def trace(text: str, spec: models.ModelSpec, on_progress: Progress, kind: Kind = "document") -> Trace | None:
    """A text's path through a model; None if the model runs behind an API."""
    return embedding.trace(text, spec, kind=kind, on_progress=on_progress, **_how())


@st.cache_data(ttl=3600, show_spinner=False)  # in seconds: to read "1h", Streamlit would import pandas
def trending() -> list[hub.TrendingModel]:
    """The models trending on the Hub, fetched at most once an hour."""
    return hub.trending()


@st.cache_resource
def warm_up() -> None:
    """Once per server: load and compile what the other pages need, after the first page is on screen."""
    timer = threading.Timer(SECONDS_TO_PAINT, _prepare)
    timer.daemon = True
    timer.start()


def _prepare() -> None:
    try:
        for name in models.DEFAULT_PICKS:
            embedding.encoder(models.get(name), at_once=True)
        maps.warm_up()
    except Exception as error:  # noqa: BLE001  the server may be stopping; a page that needs it shows the error
        log.warning("Not warmed up: %s", error)
