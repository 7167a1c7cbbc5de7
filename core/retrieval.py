"""Systems that rank documents for queries: a model by cosine, BM25 over words, a hybrid of several."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from core import search
from core.embedding import Embedded, Provenance
from core.search import Hits, KeywordIndex

Rows = npt.NDArray[np.int64]

BM25 = "BM25"
HYBRID = "Hybrid"


@dataclass(frozen=True)
class Ranking:
    """What a system finds for queries.

    Attributes
    ----------
    system : str
        A model's name, BM25 or HYBRID.
    hits : Hits
        For each query, in their order.
    seconds : dict of str to float
        What each step took for all queries together: "embed the queries", "search", ...
    provenance : Provenance, optional
        What computed the documents' vectors; None where there are none.
    """

    system: str
    hits: Hits
    seconds: dict[str, float] = field(default_factory=dict)
    provenance: Provenance | None = None


def by_model(documents: Embedded, queries: Embedded, k: int, among: Rows | None = None) -> Ranking:
    """The k nearest documents of each query by cosine; `among` holds the rows of the only ones to search."""
    started = time.perf_counter()
    hits = search.nearest(queries.vectors, documents.vectors if among is None else documents.vectors[among], k)
    if among is not None:
        hits = Hits(among[hits.rows], hits.scores)
    seconds = {"embed the queries": queries.provenance.seconds, "search": time.perf_counter() - started}
    return Ranking(documents.provenance.model, hits, seconds, documents.provenance)


def by_words(index: KeywordIndex, queries: Sequence[str], k: int, among: Rows | None = None) -> Ranking:
    """The k best documents of each query by BM25; `among` as in `by_model`."""
    started = time.perf_counter()
    hits = index.search(queries, k, among)
    return Ranking(BM25, hits, {"search": time.perf_counter() - started})


def by_fusion(rankings: Sequence[Ranking], k: int) -> Ranking:
    """The k best documents of each query by reciprocal rank fusion of other systems' rankings."""
    started = time.perf_counter()
    hits = search.fused([ranking.hits for ranking in rankings], k)
    return Ranking(HYBRID, hits, {"fuse": time.perf_counter() - started})
