"""The functions by which models compare vectors, as sentence-transformers names and defines them.

The greater a score, the more similar: distances are negative.
"""

from typing import Literal, get_args

import numpy as np
import numpy.typing as npt

CHUNK = 8192

Similarity = Literal["cosine", "dot", "euclidean", "manhattan"]
Matrix = npt.NDArray[np.float32]
Indices = npt.NDArray[np.int64]

SIMILARITIES: tuple[Similarity, ...] = get_args(Similarity)
NAMES: dict[Similarity, str] = {
    "cosine": "cosine",
    "dot": "dot product",
    "euclidean": "Euclidean distance",
    "manhattan": "Manhattan distance",
}
SCORES: dict[Similarity, str] = {
    "cosine": "cosine",
    "dot": "dot product",
    "euclidean": "negative Euclidean distance",
    "manhattan": "negative Manhattan distance",
}
UNITS: dict[Similarity, str] = {"cosine": "cos", "dot": "dot", "euclidean": "L2", "manhattan": "L1"}


def title(similarity: Similarity) -> str:
    """What a score is called at the head of a column or an axis."""
    return SCORES[similarity][0].upper() + SCORES[similarity][1:]


def score_matrix(rows: Matrix, columns: Matrix | None = None, similarity: Similarity = "cosine") -> Matrix:
    """The score of every row vector with every column vector: (n, d) and (m, d) give (n, m); without columns (n, n).

    Vectors of any length. One of length zero has cosine 0 with everything.
    """
    columns = rows if columns is None else columns
    if similarity == "cosine":
        return np.clip(unit(rows) @ unit(columns).T, -1, 1)
    if similarity == "dot":
        return rows @ columns.T
    from scipy.spatial.distance import cdist

    metric = "euclidean" if similarity == "euclidean" else "cityblock"
    return np.asarray(-cdist(rows, columns, metric), np.float32)


def score_pairs(
    rows: Matrix, columns: Matrix, first: Indices, second: Indices, similarity: Similarity = "cosine"
) -> Matrix:
    """The score of row `first[i]` of one with row `second[i]` of the other, for each i: (p,), in little memory."""
    if similarity == "cosine":
        rows, columns = unit(rows), unit(columns)
    parts = [
        _score(rows[first[start : start + CHUNK]], columns[second[start : start + CHUNK]], similarity)
        for start in range(0, len(first), CHUNK)
    ]
    return np.concatenate([np.empty(0, np.float32), *parts])


def without_negative_zero(scores: Matrix, digits: int = 3) -> Matrix:
    """Scores, of which none is written as -0 with so many decimals."""
    return np.where(np.round(scores, digits) == 0, np.float32(0), scores)


def unit(vectors: Matrix) -> Matrix:
    """Rows scaled to unit length; a row of zeros is unchanged."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.where(lengths == 0, 1, lengths), np.float32)


def _score(rows: Matrix, columns: Matrix, similarity: Similarity) -> Matrix:
    """The score of each row with the column vector of the same place, (p, d) and (p, d); for cosines unit rows."""
    if similarity == "euclidean":
        return -np.linalg.norm(rows - columns, axis=1)
    if similarity == "manhattan":
        return -np.abs(rows - columns).sum(axis=1)
    products = np.einsum("ij,ij->i", rows, columns)
    return np.clip(products, -1, 1) if similarity == "cosine" else products
