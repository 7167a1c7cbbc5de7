"""Exact duplicates, near duplicates and isolated texts of a corpus."""

import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.search.exact import AnyFloats, nearest

SCORES_AT_ONCE = 2**22
MOST_PAIRS = 100_000
ROUNDING = 1e-6  # of a cosine in float32

Indices = npt.NDArray[np.int64]
OnBlock = Callable[[int, int], None]


@dataclass(frozen=True)
class Pairs:
    """Pairs of rows of high cosine, the highest first.

    Attributes
    ----------
    first, second : (p,) int arrays
        The MOST_PAIRS pairs of highest cosine.
    cosines : (p,) float array
    count : int
        The number of all pairs.
    labels : (n,) int array
        Each row's group: rows connected by a chain of pairs share one.
    """

    first: Indices
    second: Indices
    cosines: npt.NDArray[np.float32]
    count: int
    labels: Indices


def same_texts(texts: Sequence[str]) -> list[Indices]:
    """Rows of texts that are equal except for case, blanks and forms of the same character (NFKC), group by group."""
    rows: dict[str, list[int]] = {}
    for row, text in enumerate(texts):
        rows.setdefault(" ".join(unicodedata.normalize("NFKC", text).casefold().split()), []).append(row)
    return _largest_first([np.array(group) for group in rows.values() if len(group) > 1])


def near_pairs(vectors: AnyFloats, threshold: float, on_block: OnBlock = lambda _done, _total: None) -> Pairs:
    """All pairs of different rows whose cosine reaches the threshold, by exact products, block by block.

    Parameters
    ----------
    vectors : (n, d) array of unit rows
        Of a model that compares by another function too: a threshold needs a scale with ends. A row that contains NaN
        is near nothing.
    on_block
        Called now and then with the number of rows done; it may raise.
    """
    size = len(vectors)
    labels = np.arange(size)
    best = _Best()
    for start, first, second, cosines in _blocks(vectors, threshold):
        best.add(first, second, cosines)
        labels = _join(labels, first, second)
        on_block(start, size)
    first, second, cosines = best.select()
    return Pairs(first, second, cosines, best.count, labels)


def group(pairs: Pairs, same: Sequence[Indices] = ()) -> list[Indices]:
    """The rows of each group of more than one, the largest group first; `same` joins further rows."""
    labels = pairs.labels
    first = np.concatenate([np.repeat(rows[0], len(rows)) for rows in same]) if same else np.empty(0, np.int64)
    other = np.concatenate(same) if same else first
    labels = _join(labels, first, other)
    order = np.argsort(labels, kind="stable")
    ends = np.flatnonzero(np.diff(labels[order])) + 1
    return _largest_first([rows for rows in np.split(order, ends) if len(rows) > 1])


def nearest_others(
    vectors: AnyFloats, on_block: OnBlock = lambda _done, _total: None
) -> tuple[Indices, npt.NDArray[np.float32]]:
    """For each of at least two rows the nearest other row, (n,), and its cosine, (n,)."""
    hits = nearest(vectors, vectors, 2, on_block)
    own = hits.rows[:, 0] == np.arange(len(vectors))  # identical rows: the earliest is first, not the row itself
    place = own.astype(np.int64)[:, None]
    return np.take_along_axis(hits.rows, place, 1)[:, 0], np.take_along_axis(hits.scores, place, 1)[:, 0]


def nearest_pairs(vectors: AnyFloats, cosines: npt.NDArray[np.float32], count: int) -> Pairs:
    """The `count` pairs of highest cosine, whatever it is, and those as near as the last of them.

    `cosines`, (n,), are those of `nearest_others`: a pair is the nearest of at most two rows, so that twice as many of
    them hold at least `count` pairs.
    """
    known = np.sort(cosines[np.isfinite(cosines)])[::-1]
    lowest = float(known[min(2 * count, len(known)) - 1]) if len(known) else 1.0
    return near_pairs(vectors, lowest - ROUNDING)


class _Best:
    """The pairs of highest cosine among all that are added."""

    def __init__(self) -> None:
        self.count = 0
        self._parts: list[tuple[Indices, Indices, npt.NDArray[np.float32]]] = []

    def add(self, first: Indices, second: Indices, cosines: npt.NDArray[np.float32]) -> None:
        self.count += len(first)
        self._parts.append((first, second, cosines))
        if sum(len(part[0]) for part in self._parts) > 2 * MOST_PAIRS:
            self._parts = [self.select()]

    def select(self) -> tuple[Indices, Indices, npt.NDArray[np.float32]]:
        if not self._parts:
            return np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0, np.float32)
        first, second, cosines = (np.concatenate(column) for column in zip(*self._parts, strict=True))
        order = np.argsort(-cosines, kind="stable")[:MOST_PAIRS]
        return first[order], second[order], cosines[order]


def _join(labels: Indices, first: Indices, second: Indices) -> Indices:
    """The rows' groups after merging those of each pair."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    if not len(first):
        return labels
    size = len(labels)
    joined = coo_array((np.ones(len(first), bool), (labels[first], labels[second])), (size, size))
    return np.asarray(connected_components(joined, directed=False)[1][labels], np.int64)


def _blocks(vectors: AnyFloats, threshold: float) -> Iterator[tuple[int, Indices, Indices, npt.NDArray[np.float32]]]:
    """The pairs of some rows with all later ones, block by block: rows done, first, second, cosines."""
    size = len(vectors)
    start = 0
    while start < size:
        stop = min(size, start + max(1, SCORES_AT_ONCE // (size - start)))
        scores = vectors[start:stop] @ vectors[start:].T
        rows, columns = np.nonzero(scores >= threshold)
        later = columns > rows
        rows, columns = rows[later], columns[later]
        yield stop, rows + start, columns + start, np.minimum(scores[rows, columns], 1, dtype=np.float32)
        start = stop


def _largest_first(groups: list[Indices]) -> list[Indices]:
    return sorted(groups, key=lambda rows: (-len(rows), int(rows[0])))
