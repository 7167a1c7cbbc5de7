"""What a score means for a model: the scores that it gives to random pairs of a corpus."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.errors import InputError
from core.similarity.functions import Matrix, Similarity, score_pairs

MOST_PAIRS = 100_000
FEWEST_PAIRS = 100

Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Background:
    """The scores of random pairs of different texts under one model.

    Attributes
    ----------
    scores : (p,) float32 array, ascending
    possible : int
        The number of pairs to draw from; if p and `identical` add up to it, all were drawn.
    identical : int
        The number of drawn pairs skipped because their two texts are the same.
    similarity : "cosine", "dot", "euclidean" or "manhattan"
        What the scores are.
    """

    scores: Matrix
    possible: int
    identical: int
    similarity: Similarity = "cosine"

    @property
    def resolution(self) -> float:
        """The smallest step between two percentiles: one pair of the sample, in percent."""
        return 100 / len(self.scores)

    def percentile(self, scores: npt.ArrayLike) -> Floats:
        """The percentile of each score, 0 to 100, in the shape given: its mid-rank, counting equal ones half.

        As `scipy.stats.percentileofscore(..., kind="mean")`.
        """
        wanted = np.asarray(scores, np.float32)
        below = np.searchsorted(self.scores, wanted, side="left")
        up_to = np.searchsorted(self.scores, wanted, side="right")
        return np.asarray((below + up_to) * (50 / len(self.scores)), np.float64)

    def densities(self, bins: int = 100) -> tuple[Floats, Floats]:
        """Centres of equal bins from the lowest to the highest score, and the density in each; it integrates to 1."""
        counts, edges = np.histogram(self.scores.astype(np.float64), bins=bins, density=True)
        return (edges[:-1] + edges[1:]) / 2, counts


def background(
    vectors: Matrix,
    texts: Sequence[str],
    queries: Matrix | None = None,
    query_texts: Sequence[str] = (),
    *,
    similarity: Similarity = "cosine",
    most: int = MOST_PAIRS,
    seed: int = 0,
) -> Background:
    """Scores of random pairs, drawn without replacement: of different rows, or of queries with documents.

    Parameters
    ----------
    vectors : (n, d) float32 array
    texts : sequence of str, length n
        Pairs of equal texts are skipped: that they are alike says nothing about the model.
    queries : (q, d) float32 array, optional
        If given, a pair is a query and a row.
    query_texts : sequence of str, length q
    most : int
        The maximum number of pairs to draw.

    Raises
    ------
    InputError
        There are fewer than FEWEST_PAIRS pairs of different texts.
    """
    rows, columns = len(vectors) if queries is None else len(queries), len(vectors)
    possible = rows * (rows - 1) // 2 if queries is None else rows * columns
    drawn = np.random.default_rng(seed).choice(possible, min(most, possible), replace=False)
    first, second = _triangle(drawn, rows) if queries is None else np.divmod(drawn, columns)
    of_rows, of_columns = _number(texts if queries is None else query_texts, texts)
    different = of_rows[first] != of_columns[second]
    if different.sum() < FEWEST_PAIRS:
        raise InputError(
            f"This corpus has only {int(different.sum()):,} pairs of different texts; a background needs at least "
            f"{FEWEST_PAIRS}. Choose a corpus of 15 texts or more."
        )
    asked = vectors if queries is None else queries
    scores = score_pairs(asked, vectors, first[different], second[different], similarity)
    return Background(np.sort(scores), possible, int((~different).sum()), similarity)


def _triangle(numbers: Rows, n: int) -> tuple[Rows, Rows]:
    """Row and column of the pairs of n rows, numbered as in `np.triu_indices(n, 1)`."""
    starts = np.concatenate([[0], np.cumsum(np.arange(n - 1, 0, -1))])
    first = np.searchsorted(starts, numbers, side="right") - 1
    return first, numbers - starts[first] + first + 1


def _number(rows: Sequence[str], columns: Sequence[str]) -> tuple[Rows, Rows]:
    """A number for each text, equal for equal texts."""
    known: dict[str, int] = {}
    row_numbers = [known.setdefault(text, len(known)) for text in rows]
    column_numbers = [known.setdefault(text, len(known)) for text in columns]
    return np.array(row_numbers, np.int64), np.array(column_numbers, np.int64)
