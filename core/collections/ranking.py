"""Every system that ranks a collection for queries, as `core.retrieval` ranks a corpus in memory."""

import time
from collections.abc import Sequence

from core.collections.dataset import Collection
from core.collections.embedding import Model
from core.collections.index import ByIndex, index_of
from core.collections.searching import OnDisk
from core.collections.words import ByWords, words_in
from core.embedding import Embedded
from core.progress import Progress, silent
from core.retrieval import BM25, Ranking
from core.search.exact import Rows


def by_model(
    collection: Collection,
    model: Model,
    queries: Embedded,
    k: int,
    among: Rows | None = None,
    on_progress: Progress = silent,
) -> Ranking:
    """The k best rows for each query by a model's vectors: by its index if it has one, else exactly.

    Parameters
    ----------
    among : int array, optional
        The only rows to search.
    """
    started = time.perf_counter()
    exact = OnDisk(collection, model, on_progress)
    index = index_of(collection, model)
    hits = (ByIndex(exact, index) if index else exact).find(queries.vectors, k, among)
    source, asked = model.provenance, queries.provenance
    seconds = {"embed the queries": asked.seconds, "search": time.perf_counter() - started}
    return Ranking(source.model, hits, seconds, source, asked, asked.remembered > 0, (model.identity,))


def by_words(collection: Collection, queries: Sequence[str], k: int, condition: str = "") -> Ranking:
    """The k best rows for each query by BM25; `condition` and errors as in `ByWords.find`."""
    started = time.perf_counter()
    hits = ByWords(collection).find(queries, k, condition)
    words = words_in(collection)
    return Ranking(BM25, hits, {"search": time.perf_counter() - started}, words=words.sentence if words else "")
