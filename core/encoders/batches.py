"""Which texts share a batch: similar in length, so that there is little padding, and few enough to fit the caches."""

from collections.abc import Callable, Iterator, Sequence

import numpy as np
import numpy.typing as npt

Rows = npt.NDArray[np.intp]


def windows(texts: Sequence[str], size: Callable[[], int]) -> Iterator[Rows]:
    """Row numbers of texts of similar length, the longest first; a window is tokenised at once.

    Parameters
    ----------
    size : callable
        Returns how many texts the next window shall have.
    """
    order = np.argsort([-len(text) for text in texts], kind="stable")
    while len(order):
        count = size()
        yield order[:count]
        order = order[count:]


def by_tokens(lengths: Rows, budget: int) -> Iterator[Rows]:
    """Places of a window's texts in batches of at most `budget` tokens, padding included; one text may exceed it.

    If all fit into one batch they stay in order; otherwise the longest come first.

    Parameters
    ----------
    lengths : (n,) integer array
        Tokens of each text.
    """
    if len(lengths) and len(lengths) * int(lengths.max()) <= budget:
        yield np.arange(len(lengths))
        return
    order = np.argsort(-lengths, kind="stable")
    start = 0
    while start < len(order):
        size = max(1, budget // max(1, int(lengths[order[start]])))
        yield order[start : start + size]
        start += size
