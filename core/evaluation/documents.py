"""From passages to documents: labels refer to documents, an index finds their passages."""

from collections import Counter
from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from core.progress import Progress, silent
from core.search import Hits

ROWS_AT_ONCE = 2**22

Find = Callable[[slice, int], Hits]
"""Finds so many passages, or all there are, for the queries of a slice."""


def best_documents(
    find: Find,
    queries: int,
    document_ids: Sequence[str],
    k: int,
    on_progress: Progress = silent,
    own: npt.NDArray[np.int64] | None = None,
) -> Hits:
    """The k best documents of each query, each by the score of its best passage.

    Enough passages are fetched to contain k documents, however many passages a document has.

    Parameters
    ----------
    document_ids : sequence of str
        Each passage's document.
    own : (q,) int array, optional
        For each query the document that is the query itself, which is left out of its hits, as BEIR does; -1 if none.

    Returns
    -------
    Hits
        Its rows count the documents in the order of their first passages. Unused places have score 0.
    """
    numbers = {name: number for number, name in enumerate(dict.fromkeys(document_ids))}
    document_of = np.array([numbers[name] for name in document_ids], np.int64)
    wanted = k if own is None or (own < 0).all() else k + 1
    depth = _depth(document_of, wanted)
    block = max(1, ROWS_AT_ONCE // depth)
    parts = []
    for start in range(0, queries, block):
        on_progress("Searching", start, queries)
        hits = find(slice(start, min(start + block, queries)), depth)
        parts.append(hits if len(numbers) == len(document_ids) else _by_document(hits, document_of, wanted))
    width = min(wanted, len(numbers))
    empty = Hits(np.empty((0, width), np.int64), np.empty((0, width), np.float32))
    rows, scores = zip(*((part.rows, part.scores) for part in [empty, *parts]), strict=True)
    hits = Hits(np.concatenate(rows), np.concatenate(scores))
    return hits if own is None or wanted == k else _without(hits, own, k)


def _depth(document_of: npt.NDArray[np.int64], k: int) -> int:
    """The number of passages that contain at least k documents: all of the k - 1 longest documents', and one more."""
    sizes = sorted(Counter(document_of.tolist()).values(), reverse=True)
    return min(len(document_of), sum(sizes[: k - 1]) + 1)


def _by_document(hits: Hits, document_of: npt.NDArray[np.int64], k: int) -> Hits:
    width = min(k, int(document_of.max()) + 1)
    best = Hits(np.zeros((len(hits.rows), width), np.int64), np.zeros((len(hits.rows), width), np.float32))
    for query, passages in enumerate(hits.rows):
        documents, first = np.unique(document_of[passages], return_index=True)
        order = np.argsort(first)[:width]
        best.rows[query, : len(order)] = documents[order]
        best.scores[query, : len(order)] = hits.scores[query, first[order]]
    return best


def _without(hits: Hits, own: npt.NDArray[np.int64], k: int) -> Hits:
    """The k best of each query's hits without its own document."""
    is_own = hits.rows == own[:, None]
    order = np.argsort(is_own, axis=1, kind="stable")[:, :k]
    scores = np.where(is_own, 0, hits.scores)  # in a short list its place is left over, unused
    return Hits(np.take_along_axis(hits.rows, order, 1), np.take_along_axis(scores, order, 1))
