"""Exact search: the nearest documents by cosine, by a product of matrices."""

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from core import machine
from core.search.hits import Hits

if TYPE_CHECKING:
    import torch

AnyFloats = npt.NDArray[np.float32] | npt.NDArray[np.float64]

BLOCK = 1024
SCORES_AT_ONCE = 2**26  # a quarter of a gigabyte
NUMBERS_AT_ONCE = 2**22
BLUR = 16.0  # last digits by which a product of matrices may differ from the sum
ROUNDING = 1e-5  # how far above 1 the product of float32 rows of unit length may be
FEW_SCORES = 10**7  # below it, moving the vectors to a GPU takes longer than it saves


def nearest(
    queries: AnyFloats,
    documents: AnyFloats,
    k: int = 10,
    on_block: Callable[[int, int], None] = lambda _done, _total: None,
) -> Hits:
    """The k documents of highest cosine for each query, exactly; ties in row order.

    A product of matrices by torch, on a GPU where there is one and the product is large. Equal documents have equal
    scores, wherever they are in the corpus and whichever queries are asked together.

    Parameters
    ----------
    queries, documents : (q, d) and (n, d) arrays of unit rows
        For other rows, the highest inner products are found. Both float32, or float64 for more digits. Rows with NaN
        come last, with a score of minus infinity.
    k : int
        If there are fewer documents, all are returned.
    on_block
        Called now and then with the number of queries done; it may raise.
    """
    import torch

    k = min(k, len(documents))
    hits = Hits(np.empty((len(queries), k), np.int64), np.empty((len(queries), k), np.float32))
    if not hits.rows.size:
        return hits
    device = _device(len(queries) * len(documents))
    columns = torch.as_tensor(np.require(documents, requirements=["C", "W"])).to(device).T
    size = min(BLOCK, max(1, SCORES_AT_ONCE // len(documents)))
    for start in range(0, len(queries), size):
        block = slice(start, start + size)
        scores = torch.as_tensor(np.require(queries[block], requirements=["C", "W"])).to(device) @ columns
        hits.rows[block], hits.scores[block] = _best(scores, queries[block], documents, k)
        on_block(min(start + size, len(queries)), len(queries))
    return hits


def _device(scores: int) -> str:
    import torch

    return "cuda" if scores > FEW_SCORES and "cuda" in machine.devices() and torch.cuda.is_available() else "cpu"


def _best(
    scores: "torch.Tensor", queries: AnyFloats, documents: AnyFloats, k: int
) -> tuple[npt.NDArray[np.int64], AnyFloats]:
    """Columns and values of the k highest scores of each row, (q, n), the highest first; of equal ones the earlier.

    A product of matrices gives equal documents scores that differ in their last digits, by their places in it. So it
    only selects; what is selected is multiplied again, alike in every place.
    """
    best = scores.topk(min(k + 1, scores.shape[1]), dim=1)
    if best.values.isnan().any():  # which topk takes for the highest
        scores = scores.nan_to_num(nan=-math.inf, posinf=math.inf, neginf=-math.inf)
        best = scores.topk(min(k + 1, scores.shape[1]), dim=1)
    columns, values = best.indices.cpu().numpy(), best.values.cpu().numpy()
    blur = BLUR * np.finfo(values.dtype).eps * np.abs(np.where(np.isfinite(values), values, 0)).max(axis=1)
    is_close = values[:, k - 1] - blur <= values[:, -1] if values.shape[1] > k else np.zeros(len(values), bool)
    is_close |= ~np.isfinite(values[:, k - 1])
    columns = columns[:, :k]
    exact = _products(queries, documents, columns)
    for row in np.flatnonzero(is_close):  # for the last places, of which topk takes any
        candidates = np.flatnonzero(scores[row].cpu().numpy() >= values[row, k - 1] - blur[row])[None]
        products = _products(queries[row : row + 1], documents, candidates)
        order = np.argsort(-products[0], kind="stable")[:k]
        columns[row], exact[row] = candidates[0, order], products[0, order]
    order = np.lexsort((columns, -exact))
    rows = np.arange(len(order))[:, None]
    return columns[rows, order], exact[rows, order]


def _products(queries: AnyFloats, documents: AnyFloats, columns: npt.NDArray[np.int64]) -> AnyFloats:
    """The product of each query, (q, d), with its documents of `columns`, (q, c), summed in float64: (q, c).

    In the precision of the vectors; NaN is minus infinity, and what rounding puts above 1 is 1.
    """
    products = np.empty(columns.shape)
    size = max(1, NUMBERS_AT_ONCE // max(1, columns.shape[1] * documents.shape[1]))
    with np.errstate(invalid="ignore", over="ignore"):
        for start in range(0, len(columns), size):
            rows = slice(start, start + size)
            factors = np.multiply(documents[columns[rows]], queries[rows, None, :], dtype=np.float64)
            products[rows] = factors.sum(axis=2)
        rounded: AnyFloats = products if queries.dtype == np.float64 else products.astype(np.float32)
    rounded[np.isnan(rounded)] = -np.inf
    if rounded.dtype == np.float32:
        is_one = (np.abs(rounded) > 1) & (np.abs(rounded) < 1 + ROUNDING)
        rounded[is_one] = np.sign(rounded[is_one])
    return rounded
