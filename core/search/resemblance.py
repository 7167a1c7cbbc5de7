"""Whether anything in a corpus resembles a query: its best score beside those of the corpus's own texts.

A query is an outlier if its nearest text is farther away than the corpus's texts are from their nearest (the distance
to the nearest neighbour, as in Ramaswamy, Rastogi and Shim 2000), the sooner the fewer of its words the corpus has.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from core.search.exact import AnyFloats, nearest
from core.similarity.functions import Similarity

MOST_TEXTS = 500
STRANGE = 1.0  # a percentile of `nearest_scores`: the limit for a query with an unknown word
STRANGER = 25.0  # for a query of which at most half of the words are known


def sample_rows(count: int) -> npt.NDArray[np.int64]:
    """Rows of at most MOST_TEXTS of `count` texts, evenly spaced."""
    return np.unique(np.linspace(0, count - 1, min(count, MOST_TEXTS)).astype(np.int64))


def nearest_scores(
    vectors: AnyFloats, asked: AnyFloats, rows: Sequence[int] | npt.NDArray[np.int64], similarity: Similarity = "cosine"
) -> npt.NDArray[np.float32]:
    """The score of each sampled text with its nearest other text, (s,).

    Parameters
    ----------
    vectors : (n, d) array
        Of all texts, at least two.
    asked : (s, d) array
        Of the sampled texts, embedded as queries are.
    rows : (s,) int array
        Which texts those are.
    """
    hits = nearest(asked, vectors, 2, similarity=similarity)
    is_itself = hits.rows[:, 0] == np.asarray(rows)
    return np.where(is_itself, hits.scores[:, 1], hits.scores[:, 0])


def least_score(scores: npt.NDArray[np.float32], known: float) -> float:
    """The score below which the best result does not resemble the query.

    Parameters
    ----------
    scores : (s,) array
        See `nearest_scores`.
    known : float
        The share of the query's words that occur in the corpus. If all do, any result may answer it: minus infinity.
    """
    if known == 1:
        return -np.inf
    return float(np.percentile(scores, STRANGER if known <= 0.5 else STRANGE))
