"""Exact search: the nearest documents by each similarity function, without an index."""

import math
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from core.devices import devices
from core.search.hits import Hits, never_zero
from core.similarity.functions import Similarity

if TYPE_CHECKING:
    import torch

Rows = npt.NDArray[np.int64]
AnyFloats = npt.NDArray[np.float32] | npt.NDArray[np.float64]

BLOCK = 1024
SCORES_AT_ONCE = 2**26  # a quarter of a gigabyte
NUMBERS_AT_ONCE = 2**22
BLUR = 16.0  # last digits by which a product of matrices may differ from the sum
ROUNDING = 1e-5  # how far above 1 the product of float32 rows of unit length may be
FEW_SCORES = 200_000  # below it, loading torch takes longer than it saves
MANY_SCORES = 10**7  # below it, moving the vectors to a GPU takes longer than it saves


def nearest(
    queries: AnyFloats,
    documents: AnyFloats,
    k: int = 10,
    on_block: Callable[[int, int], None] = lambda _done, _total: None,
    *,
    similarity: Similarity = "cosine",
) -> Hits:
    """The k documents of highest score for each query, exactly; ties in row order.

    Scored by torch, on a GPU where there is one and the scores are many; a few are scored without it. Equal documents
    have equal scores, wherever they are in the corpus and whichever queries are asked together.

    Parameters
    ----------
    queries, documents : (q, d) and (n, d) arrays
        For the cosine of unit rows. Both float32, or float64 for more digits. Rows with NaN come last, with a score of
        minus infinity.
    k : int
        If there are fewer documents, all are returned.
    on_block
        Called now and then with the number of queries done; it may raise.
    similarity : "cosine", "dot", "euclidean" or "manhattan"
        A document at distance 0 has a score just above 0, which would mean no hit.
    """
    return _nearest(queries, documents, k, on_block, similarity)


def nearest_in(
    queries: AnyFloats,
    blocks: Iterable[tuple[Rows, AnyFloats]],
    k: int = 10,
    *,
    similarity: Similarity = "cosine",
) -> Hits:
    """The same as `nearest`, of documents that arrive block by block: only one block is in memory.

    Parameters
    ----------
    blocks : iterable of (rows, vectors)
        The documents' rows in the whole, ascending within a block, and their vectors, (m,) and (m, d).
    """
    best = Hits(np.empty((len(queries), 0), np.int64), np.empty((len(queries), 0), np.float32))
    before = 0
    for rows, vectors in blocks:
        least = best.scores[:, -1] if best.scores.shape[1] == k else None
        hits = _nearest(queries, vectors, k, similarity=similarity, least=least, before=before)
        before += len(queries) * len(rows)
        best = Hits.merged([best, Hits(rows[hits.rows], hits.scores)], k)
    return best


def _nearest(
    queries: AnyFloats,
    documents: AnyFloats,
    k: int,
    on_block: Callable[[int, int], None] = lambda _done, _total: None,
    similarity: Similarity = "cosine",
    least: npt.NDArray[np.float32] | None = None,
    before: int = 0,
) -> Hits:
    """As `nearest`, after as many scores as `before` in other blocks.

    Of documents that score less than `least`, (q,), some may be missing: their score is minus infinity.
    """
    k = min(k, len(documents))
    hits = Hits(np.zeros((len(queries), k), np.int64), np.full((len(queries), k), -np.inf, np.float32))
    if not hits.rows.size:
        return hits
    count = len(queries) * len(documents)
    score = _scorer(documents, similarity, _device(count)) if before + count > FEW_SCORES else None
    bounds = _bound(least, queries, documents, similarity) if score else None
    size = min(BLOCK, max(1, SCORES_AT_ONCE // len(documents)))
    for start in range(0, len(queries), size):
        block = slice(start, start + size)
        if score:
            best = _best(
                score(queries[block]),
                queries[block],
                documents,
                k,
                similarity,
                None if bounds is None else bounds[block],
            )
        else:
            best = _best_of_few(queries[block], documents, k, similarity)
        found = best[0].shape[1]
        hits.rows[block, :found], hits.scores[block, :found] = best
        on_block(min(start + size, len(queries)), len(queries))
    return hits


def _scorer(documents: AnyFloats, similarity: Similarity, device: str) -> "Callable[[AnyFloats], torch.Tensor]":
    """A function from queries, (q, d), to what orders all documents for each, (q, n): the greater, the nearer."""
    import torch

    if similarity == "euclidean":
        return lambda queries: _nearness(queries, documents, device)
    columns = _tensor(documents, device)
    if similarity == "manhattan":
        return lambda queries: -torch.cdist(_tensor(queries, device), columns, p=1.0)
    return lambda queries: _tensor(queries, device) @ columns.T


def _nearness(queries: AnyFloats, documents: AnyFloats, device: str) -> "torch.Tensor":
    """q·v - |v|²/2 of each query and document, (q, n) float64: the greatest is at the least Euclidean distance.

    |q - v|² = |q|² - 2 (q·v - |v|²/2). Computed in float64, some documents at a time: in float32 the difference of two
    large numbers is imprecise, and neighbours within groups far from the origin are lost.
    """
    import torch

    asked = _tensor(queries.astype(np.float64), device)
    scores = torch.empty((len(queries), len(documents)), dtype=torch.float64, device=device)
    size = max(1, NUMBERS_AT_ONCE // documents.shape[1])
    for start in range(0, len(documents), size):
        part = _tensor(documents[start : start + size].astype(np.float64), device)
        scores[:, start : start + size] = asked @ part.T - part.square().sum(dim=1) / 2
    return scores


def _tensor(vectors: AnyFloats, device: str) -> "torch.Tensor":
    import torch

    return torch.as_tensor(np.require(vectors, requirements=["C", "W"])).to(device)


def _device(scores: int) -> str:
    import torch

    return "cuda" if scores > MANY_SCORES and "cuda" in devices() and torch.cuda.is_available() else "cpu"


def _best_of_few(
    queries: AnyFloats, documents: AnyFloats, k: int, similarity: Similarity
) -> tuple[npt.NDArray[np.int64], AnyFloats]:
    """As `_best`, without torch."""
    columns = _contenders(queries, documents, k, similarity)
    scores = _scores(queries, documents, columns, similarity)
    order = np.lexsort((columns, -scores))[:, :k]
    rows = np.arange(len(order))[:, None]
    return columns[rows, order], scores[rows, order]


def _contenders(queries: AnyFloats, documents: AnyFloats, k: int, similarity: Similarity) -> npt.NDArray[np.int64]:
    """Columns among which are the k best of each query and all that rounding may make equal to them: (q, c)."""
    if similarity in ("cosine", "dot"):
        with np.errstate(invalid="ignore", over="ignore"):
            products = queries @ documents.T
        if np.isfinite(products).all():
            blur = BLUR * np.finfo(queries.dtype).eps * np.abs(products).max(axis=1, keepdims=True)
            is_close = products >= np.partition(products, -k, axis=1)[:, [-k]] - blur
            most = int(is_close.sum(axis=1).max())
            return np.argpartition(-products, most - 1, axis=1)[:, :most]
    return np.tile(np.arange(len(documents)), (len(queries), 1))


def _best(
    scores: "torch.Tensor",
    queries: AnyFloats,
    documents: AnyFloats,
    k: int,
    similarity: Similarity,
    least: npt.NDArray[np.float64] | None = None,
) -> tuple[npt.NDArray[np.int64], AnyFloats]:
    """Columns and values of the k highest scores of each row, (q, n), the highest first; of equal ones the earlier.

    A product of matrices gives equal documents scores that differ in their last digits, by their places in it. So it
    only selects; what is selected is scored again, alike in every place. With `least`, (q,), only as many columns as
    reach it in some row.
    """
    best = scores.topk(min(k + 1, scores.shape[1]), dim=1)
    if best.values.isnan().any():  # which topk takes for the highest
        scores = scores.nan_to_num(nan=-math.inf, posinf=math.inf, neginf=-math.inf)
        best = scores.topk(min(k + 1, scores.shape[1]), dim=1)
    columns, values = best.indices.cpu().numpy(), best.values.cpu().numpy()
    blur = BLUR * np.finfo(values.dtype).eps * np.abs(np.where(np.isfinite(values), values, 0)).max(axis=1)
    is_close = values[:, k - 1] - blur <= values[:, -1] if values.shape[1] > k else np.zeros(len(values), bool)
    is_close |= ~np.isfinite(values[:, k - 1])
    if least is not None and (count := int((values[:, :k] >= least[:, None]).sum(axis=1).max())) < k:
        k, is_close = count, np.zeros(len(values), bool)  # what comes after the last place scores less than `least`
    columns = columns[:, :k]
    exact = _scores(queries, documents, columns, similarity)
    for row in np.flatnonzero(is_close):  # for the last places, of which topk takes any
        candidates = np.flatnonzero(scores[row].cpu().numpy() >= values[row, k - 1] - blur[row])[None]
        again = _scores(queries[row : row + 1], documents, candidates, similarity)
        order = np.argsort(-again[0], kind="stable")[:k]
        columns[row], exact[row] = candidates[0, order], again[0, order]
    order = np.lexsort((columns, -exact))
    rows = np.arange(len(order))[:, None]
    return columns[rows, order], exact[rows, order]


def _bound(
    least: npt.NDArray[np.float32] | None, queries: AnyFloats, documents: AnyFloats, similarity: Similarity
) -> npt.NDArray[np.float64] | None:
    """What a product of matrices is at least, (q,), where the score is at least `least`; None if that is unknown."""
    if least is None or similarity not in ("cosine", "dot"):
        return None
    with np.errstate(over="ignore", invalid="ignore"):
        longest = math.sqrt(np.einsum("nd,nd->n", documents, documents).max())
        lengths = np.linalg.norm(queries, axis=1).astype(np.float64) * longest
    rounding = BLUR * np.finfo(np.float32).eps * np.maximum(lengths, np.abs(least))
    bound = np.where(np.isfinite(rounding), least - rounding, -np.inf)
    return np.where(np.isnan(bound), -np.inf, bound)


def _scores(
    queries: AnyFloats, documents: AnyFloats, columns: npt.NDArray[np.int64], similarity: Similarity
) -> AnyFloats:
    """The score of each query, (q, d), with its documents of `columns`, (q, c), summed in float64: (q, c).

    In the precision of the vectors; NaN is minus infinity, and a cosine that rounding puts above 1 is 1.
    """
    scores = np.empty(columns.shape)
    size = max(1, NUMBERS_AT_ONCE // max(1, columns.shape[1] * documents.shape[1]))
    with np.errstate(invalid="ignore", over="ignore"):
        for start in range(0, len(columns), size):
            rows = slice(start, start + size)
            scores[rows] = _sum(queries[rows, None, :], documents[columns[rows]], similarity)
        if similarity in ("euclidean", "manhattan"):
            scores = never_zero(scores)
        rounded: AnyFloats = scores if queries.dtype == np.float64 else scores.astype(np.float32)
    rounded[np.isnan(rounded)] = -np.inf
    if similarity == "cosine" and rounded.dtype == np.float32:
        is_one = (np.abs(rounded) > 1) & (np.abs(rounded) < 1 + ROUNDING)
        rounded[is_one] = np.sign(rounded[is_one])
    return rounded


def _sum(queries: AnyFloats, documents: AnyFloats, similarity: Similarity) -> npt.NDArray[np.float64]:
    """The scores of queries, (q, 1, d), with documents, (q, c, d): (q, c)."""
    if similarity in ("cosine", "dot"):
        products: npt.NDArray[np.float64] = np.multiply(documents, queries, dtype=np.float64).sum(axis=2)
        return products
    gaps = np.subtract(documents, queries, dtype=np.float64)
    return -(np.abs(gaps).sum(axis=2) if similarity == "manhattan" else np.sqrt(np.square(gaps).sum(axis=2)))
