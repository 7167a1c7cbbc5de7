"""Quality against bytes per vector: fewer dimensions and fewer bits, measured on labelled queries.

float16 and int8 are the codes of faiss's scalar quantiser (halves, and 256 steps between each dimension's least and
greatest value), against queries in float32. Binary codes are signs: documents by Hamming distance to the query's signs,
and, rescored, the best of them by the product of the query in float32 with their signs (Yamada, Asai and Hajishirzi
2021), which needs no more bytes for a document.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.evaluation.documents import Finder, best_documents
from core.evaluation.measures import CUT, Qrels, Quality, evaluate
from core.progress import Progress, silent
from core.search import Hits, nearest
from core.search.indexes import first_dimensions
from core.wording import join

FLOAT32, FLOAT16, INT8, BINARY, RESCORED = "float32", "float16", "int8", "binary", "binary, rescored"
SHARES = (1, 2, 4, 8)
RESCORE_MULTIPLIER = 4
NUMBERS_AT_ONCE = 2**24

Vectors = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Compressed:
    """A way to store a model's vectors, and the quality of the ten best documents found in them.

    `quality` holds no more than 10 documents a query: its "map@100" is that of these ten.
    """

    kind: str
    dimensions: int
    bytes_per_vector: int
    quality: Quality

    @property
    def ndcg(self) -> float:
        """Mean nDCG@10."""
        return self.quality.means["ndcg@10"]


def compressions(
    queries: Vectors,
    documents: Vectors,
    query_ids: Sequence[str],
    document_ids: Sequence[str],
    qrels: Qrels,
    on_progress: Progress = silent,
) -> list[Compressed]:
    """Each kind of code at all dimensions and at the first half, quarter and eighth, made unit rows again.

    Parameters
    ----------
    queries, documents : (q, d) and (n, d) float32 arrays of unit rows
    query_ids, document_ids : sequences of q and n ids, as the labels name them

    Raises
    ------
    InputError
        No query has a relevant document.
    """
    names = list(dict.fromkeys(document_ids))
    sizes = [documents.shape[1] // share for share in SHARES if documents.shape[1] // share]
    found: list[Compressed] = []
    for size in sizes:
        asked, kept = first_dimensions(queries, size), first_dimensions(documents, size)
        for kind, (bytes_per_vector, finder) in KINDS.items():
            on_progress("Compressing", len(found), len(sizes) * len(KINDS))
            hits = best_documents(finder(asked, kept), len(queries), document_ids, CUT)
            quality = evaluate(hits.as_run(query_ids, names), qrels)
            found.append(Compressed(kind, size, bytes_per_vector(size), quality))
    return found


def front(points: Sequence[Compressed]) -> list[Compressed]:
    """Those that no other beats in quality at as few bytes, the smallest first."""
    best: list[Compressed] = []
    for point in sorted(points, key=lambda point: (point.bytes_per_vector, -point.ndcg)):
        if not best or point.ndcg > best[-1].ndcg:
            best.append(point)
    return best


def sentence(model: str, points: Sequence[Compressed]) -> str:
    """What is left of the quality at a quarter and at a thirty-second of the bytes."""
    whole = max(points, key=lambda point: point.bytes_per_vector)
    if not whole.ndcg:
        return f"{model} finds nothing, whatever its vectors take"
    told: list[str] = []
    for share in (4, 32):
        small = [point for point in points if point.bytes_per_vector * share <= whole.bytes_per_vector]
        if small:
            best = max(small, key=lambda point: point.ndcg)
            how = best.kind + ("" if best.dimensions == whole.dimensions else f", {best.dimensions} dimensions")
            told.append(
                f"{best.ndcg / whole.ndcg:.0%}{'' if told else ' of its nDCG@10'} at 1/{share} of the bytes ({how})"
            )
    return f"{model} keeps {join(told) if told else 'all of its nDCG@10, for there is nothing to leave out'}"


def _as_they_are(queries: Vectors, documents: Vectors) -> Finder:
    return lambda block, depth: nearest(queries[block], documents, depth)


def _halves(queries: Vectors, documents: Vectors) -> Finder:
    return _as_they_are(queries, documents.astype(np.float16).astype(np.float32))


def _steps(queries: Vectors, documents: Vectors) -> Finder:
    low, high = documents.min(axis=0), documents.max(axis=0)
    width = np.where(high > low, high - low, 1)
    codes = np.minimum((documents - low) / width * 255, 255).astype(np.uint8)
    return _as_they_are(queries, (low + (codes.astype(np.float32) + 0.5) / 255 * width).astype(np.float32))


def _signs(queries: Vectors, documents: Vectors) -> Finder:
    asked, kept = _sign(queries), _sign(documents)
    return lambda block, depth: _above_zero(nearest(asked[block], kept, depth), kept.shape[1])


def _rescored(queries: Vectors, documents: Vectors) -> Finder:
    by_signs, kept = _signs(queries, documents), _sign(documents)

    def find(block: slice, depth: int) -> Hits:
        wide = by_signs(block, depth * RESCORE_MULTIPLIER)
        scores = _products(queries[block], kept, wide.rows)
        order = np.argsort(-scores, axis=1, kind="stable")[:, :depth]
        best = Hits(np.take_along_axis(wide.rows, order, 1), np.take_along_axis(scores, order, 1))
        return _above_zero(best, kept.shape[1])

    return find


def _sign(vectors: Vectors) -> Vectors:
    return np.where(vectors > 0, np.float32(1), np.float32(-1))


def _above_zero(hits: Hits, dimensions: int) -> Hits:
    """The same order with scores above 0, which alone would mean that nothing was found."""
    return Hits(hits.rows, hits.scores + np.float32(dimensions + 1))


def _products(queries: Vectors, documents: Vectors, rows: npt.NDArray[np.int64]) -> Vectors:
    """Inner products of each query with its own documents, (q, k), some queries at a time."""
    block = max(1, NUMBERS_AT_ONCE // max(1, rows.shape[1] * documents.shape[1]))
    parts = [
        np.einsum("qd,qkd->qk", queries[start : start + block], documents[rows[start : start + block]])
        for start in range(0, len(queries), block)
    ]
    return np.concatenate([np.empty((0, rows.shape[1]), np.float32), *parts])


KINDS: dict[str, tuple[Callable[[int], int], Callable[[Vectors, Vectors], Finder]]] = {
    FLOAT32: (lambda size: 4 * size, _as_they_are),
    FLOAT16: (lambda size: 2 * size, _halves),
    INT8: (lambda size: size, _steps),
    BINARY: (lambda size: -(-size // 8), _signs),
    RESCORED: (lambda size: -(-size // 8), _rescored),
}
