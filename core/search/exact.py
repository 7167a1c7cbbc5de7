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
FEW_SCORES = 10**7  # below it, moving the vectors to a GPU takes longer than it saves


def nearest(
    queries: AnyFloats,
    documents: AnyFloats,
    k: int = 10,
    on_block: Callable[[int, int], None] = lambda _done, _total: None,
) -> Hits:
    """The k documents of highest cosine for each query, exactly; ties in row order.

    A product of matrices by torch, on a GPU where there is one and the product is large.

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
        hits.rows[block], hits.scores[block] = _best(scores, k)
        on_block(min(start + size, len(queries)), len(queries))
    return hits


def _device(scores: int) -> str:
    import torch

    return "cuda" if scores > FEW_SCORES and "cuda" in machine.devices() and torch.cuda.is_available() else "cpu"


def _best(scores: "torch.Tensor", k: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]:
    """Columns and values of the k highest scores of each row, (q, n), the highest first; of equal ones the earlier."""
    best = scores.topk(min(k + 1, scores.shape[1]), dim=1)
    if best.values.isnan().any():  # which topk takes for the highest
        scores = scores.nan_to_num(nan=-math.inf, posinf=math.inf, neginf=-math.inf)
        best = scores.topk(min(k + 1, scores.shape[1]), dim=1)
    columns, values = best.indices.cpu().numpy(), best.values.cpu().numpy()
    tied = values[:, k - 1] == values[:, -1] if values.shape[1] > k else np.zeros(len(values), bool)
    columns, values = columns[:, :k], values[:, :k]
    for row in np.flatnonzero(tied):  # for the last place, of which topk takes any
        columns[row] = _earliest(scores[row].cpu().numpy(), values[row, -1], k)
        values[row] = scores[row, columns[row].tolist()].cpu().numpy()
    order = np.lexsort((columns, -values))
    return np.take_along_axis(columns, order, 1), np.take_along_axis(values, order, 1)


def _earliest(scores: npt.NDArray[np.float32], least: np.float32, k: int) -> npt.NDArray[np.int64]:
    """Columns of the k highest of (n,) scores, of which the k-th is `least`; of equal ones the earlier."""
    above = np.flatnonzero(scores > least)
    return np.r_[above, np.flatnonzero(scores == least)[: k - len(above)]]
