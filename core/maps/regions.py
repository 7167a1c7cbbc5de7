"""Dense regions of a map, and their characteristic words."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from typing import Any

import numpy as np
import numpy.typing as npt

from core.errors import InputError
from core.maps.neighbours import Floats, Indices

Numbers = npt.NDArray[np.float64]

MOST_REGIONS = 30
LEAST_ROWS = 5
WORDS = 4
REMEMBERED = 2  # corpora whose words are cached in memory
CELLS = {2: 256, 3: 64}  # along the longest side of the map
OUTLIERS = 0.1  # percent at each end of an axis that may lie outside the grid
DENSE = 0.1  # of the density at its region's peak: below it, a cell belongs to no region
CHANCE = 3.5  # standard errors: a shallower dip between two peaks is chance, and they are one

NO_SPACES = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"  # kana and Chinese characters
PAIR = f"[{NO_SPACES}]{{2}}"
WORD = f"(?<![^\\W{NO_SPACES}])[^\\W\\d_{NO_SPACES}]{{2,}}(?![^\\W{NO_SPACES}])(?!['’]t\\b)"  # not the "don" of "don't"
TOKEN = f"(?=({WORD}|{PAIR}))"
ENDINGS = frozenset({"ll", "re", "ve"})  # of "we'll", "we're", "we've"


@dataclass(frozen=True)
class Regions:
    """The dense regions of a map.

    Attributes
    ----------
    labels : (n,) int64 array
        Each point's region, the largest being 0, or -1 for none.
    centres : (r, 2 or 3) float32 array
        The densest place of each.
    """

    labels: Indices
    centres: Floats


@dataclass(frozen=True)
class Region:
    """A dense region with its characteristic words, its number of points and its densest place on the map."""

    words: tuple[str, ...]
    centre: tuple[float, ...]
    rows: int


def label_regions(coordinates: Floats, texts: Sequence[str], most: int = MOST_REGIONS) -> tuple[Region, ...]:
    """The dense regions of a map of n points with n texts, the largest first, if they have characteristic words.

    Raises
    ------
    InputError
        The numbers of texts and points differ; also as in `dense_regions`.
    """
    if len(texts) != len(coordinates):
        raise InputError(
            f"There are {len(texts):,} texts and {len(coordinates):,} points on the map: each text needs one point."
        )
    regions = dense_regions(coordinates, most)
    groups = [np.flatnonzero(regions.labels == label) for label in range(len(regions.centres))]
    regions_in_words = zip(characteristic_words(texts, groups), regions.centres.tolist(), groups, strict=True)
    return tuple(Region(words, tuple(centre), len(rows)) for words, centre, rows in regions_in_words if words)


def dense_regions(coordinates: Floats, most: int = MOST_REGIONS) -> Regions:
    """Up to `most` dense regions of n points, (n, 2 or 3), each of LEAST_ROWS points or more; none in a single place.

    The points' density is estimated on a grid, with a Gaussian of a third of the width of Scott's rule (1992), which is
    meant for a single bump. Each cell belongs to the peak that it climbs to. Two peaks are one region if the dip
    between them is no deeper than chance would explain (as in ToMATo, Chazal et al. 2013, with the density's standard
    error as the threshold): evenly scattered points are one region, not thirty. A grid's time hardly grows with the
    points; scikit-learn's HDBSCAN took a hundred times as long for 20,000, and its time grows with their square.

    Raises
    ------
    InputError
        The map has not 2 or 3 dimensions, or a value is not finite.
    """
    _check(coordinates)
    labels = np.full(len(coordinates), -1, np.int64)
    grid = _grid(coordinates) if len(coordinates) >= LEAST_ROWS else None
    if grid is None:
        return Regions(labels, np.empty((0, coordinates.shape[1]), np.float32))
    places = np.floor((coordinates - grid.low) / grid.cell).astype(np.int64)
    inside = ((places >= 0) & (places < grid.shape)).all(axis=1)
    cells = np.ravel_multi_index(tuple(places[inside].T), grid.shape)
    width = _width(places[inside])
    density = _density(cells, grid.shape, width)
    peaks = _merge(_climb(density), density, width)[cells]
    dense = density.flat[cells] >= DENSE * density.flat[peaks]
    largest = _largest(peaks[dense], most)
    region_of = np.full(density.size, -1)
    region_of[largest] = np.arange(len(largest))
    labels[inside] = np.where(dense, region_of[peaks], -1)
    centres = grid.low + (np.stack(np.unravel_index(largest, grid.shape), axis=1) + 0.5) * grid.cell
    return Regions(labels, centres.astype(np.float32))


def characteristic_words(
    texts: Sequence[str], rows_by_group: Sequence[Indices], most: int = WORDS
) -> list[tuple[str, ...]]:
    """Up to `most` words characteristic of each group of texts against all others, the most characteristic first.

    Words are ranked by Dunning's log-likelihood ratio (1993) of the number of texts that contain them. Unlike a TF-IDF
    of groups, it discounts common words of any language and does not overrate a rare word of a small group. English
    stop words, numbers and single letters are ignored. Chinese and Japanese, written without spaces, are split into
    pairs of characters.
    """
    holds, words = _words_of_texts(tuple(texts))
    if not words:
        return [()] * len(rows_by_group)
    totals = np.asarray(holds.sum(axis=0)).ravel()
    words_of_groups = []
    for rows in rows_by_group:
        inside = np.asarray(holds[rows].sum(axis=0)).ravel()
        ratios = _log_likelihood_ratios(inside, len(rows), totals, len(texts))
        ranked = np.lexsort((-inside, -ratios))[:most]  # of equal ones the more common
        words_of_groups.append(tuple(words[word] for word in ranked if inside[word]))
    return words_of_groups


@dataclass(frozen=True)
class _Grid:
    """Square or cubic cells over a map: the lowest corner, the length of a cell's side, the cells along each axis."""

    low: Numbers
    cell: float
    shape: tuple[int, ...]


def _grid(coordinates: Floats) -> _Grid | None:
    """A grid that ignores a few outliers; None if nearly all points are at one place."""
    low = np.percentile(coordinates, OUTLIERS, axis=0, method="lower").astype(np.float64)
    high = np.percentile(coordinates, 100 - OUTLIERS, axis=0, method="higher").astype(np.float64)
    cell = float((high - low).max()) / CELLS[coordinates.shape[1]]
    if cell == 0:
        return None
    return _Grid(low, cell, tuple(int(cells) + 1 for cells in (high - low) / cell))


def _largest(peaks: Indices, most: int) -> Indices:
    """The peaks with the most points, LEAST_ROWS or more, the largest first."""
    distinct, counts = np.unique(peaks, return_counts=True)
    order = np.argsort(-counts, kind="stable")[:most]
    return distinct[order[counts[order] >= LEAST_ROWS]]


def _width(places: Indices) -> float:
    """A third of Scott's rule, in cells, at least one."""
    n, dimensions = places.shape
    return max(1.0, float(places.std(axis=0).mean() * n ** (-1 / (dimensions + 4)) / 3))


def _density(cells: Indices, shape: tuple[int, ...], width: float) -> Numbers:
    """Points per cell, smoothed with a Gaussian of this width in cells."""
    from scipy.ndimage import gaussian_filter

    counts = np.bincount(cells, minlength=int(np.prod(shape))).reshape(shape)
    return gaussian_filter(counts.astype(np.float64), width, mode="constant")


def _climb(density: Numbers) -> Indices:
    """For each cell, as a flat index, the peak reached by always moving to the highest neighbouring cell."""
    cells = np.arange(density.size).reshape(density.shape)
    best, up = density.copy(), cells.copy()
    for here, there in _adjoining(density.ndim):
        for one, other in ((here, there), (there, here)):
            higher = density[other] > best[one]
            best[one][higher] = density[other][higher]
            up[one][higher] = cells[other][higher]
    return _follow(up.ravel())


def _merge(peaks: Indices, density: Numbers, width: float) -> Indices:
    """The same, with the higher of two peaks replacing the lower if only chance separates them.

    A density smoothed by a Gaussian has the variance: density / (2 width √π) to the number of dimensions.
    """
    heights = density.ravel()
    least = heights - CHANCE * np.sqrt(heights / (2 * width * np.pi**0.5) ** density.ndim)
    joins = np.arange(density.size)
    for first, second, saddle in zip(*_saddles(peaks.reshape(density.shape), density), strict=True):
        lower, higher = sorted((_end(joins, first), _end(joins, second)), key=heights.__getitem__)
        if saddle >= least[lower]:
            joins[lower] = higher
    return _follow(joins)[peaks]


def _saddles(peaks: Indices, density: Numbers) -> tuple[Indices, Indices, Numbers]:
    """Pairs of peaks with adjacent cells, and the height of the highest saddle between them, the highest first."""
    firsts, seconds, heights = [], [], []
    for here, there in _adjoining(density.ndim):
        lower = np.minimum(density[here], density[there])
        border = (peaks[here] != peaks[there]) & (lower > 0)
        firsts.append(np.minimum(peaks[here], peaks[there])[border])
        seconds.append(np.maximum(peaks[here], peaks[there])[border])
        heights.append(lower[border])
    first, second, height = (np.concatenate(parts) for parts in (firsts, seconds, heights))
    falling = np.argsort(-height, kind="stable")
    pairs = first[falling] * density.size + second[falling]
    falling = falling[np.sort(np.unique(pairs, return_index=True)[1])]
    return first[falling], second[falling], height[falling]


def _adjoining(dimensions: int) -> list[tuple[tuple[slice, ...], tuple[slice, ...]]]:
    """Slices that shift a grid against itself, so that each pair of adjacent cells meets once."""
    ahead = [step for step in product((-1, 0, 1), repeat=dimensions) if step > (0,) * dimensions]
    cut = {-1: slice(None, -1), 0: slice(None), 1: slice(1, None)}
    return [(tuple(cut[-each] for each in step), tuple(cut[each] for each in step)) for step in ahead]


def _follow(steps: Indices) -> Indices:
    """The end of the chain of steps from each place."""
    while not np.array_equal(further := steps[steps], steps):
        steps = further
    return steps


def _end(steps: Indices, place: int) -> int:
    """The end of the chain of steps from one place."""
    while steps[place] != place:
        place = int(steps[place])
    return place


def _log_likelihood_ratios(inside: Indices, rows: int, totals: Indices, texts: int) -> Numbers:
    """Evidence that a group contains each word more often than the other texts: Dunning's -2 log λ; 0 if it doesn't.

    `inside` and `totals`: how many of the group's rows, and of all texts, contain each word.
    """
    from scipy.special import xlogy

    def log_likelihood(held: Indices, of: int) -> Numbers:
        share = held / max(1, of)
        return np.asarray(xlogy(held, share) + xlogy(of - held, 1 - share))

    outside, others = totals - inside, texts - rows
    ratios = 2 * (log_likelihood(inside, rows) + log_likelihood(outside, others) - log_likelihood(totals, texts))
    return np.where(inside * texts > totals * rows, ratios, 0)


@lru_cache(maxsize=REMEMBERED)
def _words_of_texts(texts: tuple[str, ...]) -> tuple[Any, list[str]]:
    """Which texts contain which words: a sparse (n, w) 0/1 matrix, and the words; cached for successive selections."""
    from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS, CountVectorizer

    vectorizer = CountVectorizer(token_pattern=TOKEN, stop_words=[*ENGLISH_STOP_WORDS, *ENDINGS], binary=True)
    try:
        holds = vectorizer.fit_transform(texts)
    except ValueError:  # no text contains a word
        return None, []
    return holds, list(vectorizer.get_feature_names_out())


def _check(coordinates: Floats) -> None:
    if coordinates.shape[1] not in CELLS:
        raise InputError(f"Regions need a map of 2 or 3 dimensions, not {coordinates.shape[1]}.")
    if not np.isfinite(coordinates).all():
        raise InputError("Some points contain values that are not finite numbers: remove those rows.")
