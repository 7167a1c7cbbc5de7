"""Two texts token by token: the similarity of tokens, and each one's contribution to the texts' cosine."""

from dataclasses import dataclass

import numpy as np

from core.similarity.functions import Matrix

ADDS_UP_WITHIN = 1e-3


@dataclass(frozen=True)
class Side:
    """One of the two texts.

    Attributes
    ----------
    tokens : tuple of str, length t
    vectors : (t, d) float32 array
    weights : (t,) float32 array
        Each token's share in the pooled vector.
    pooled : (d,) float32 array
        The text's own embedding, unit length.
    """

    tokens: tuple[str, ...]
    vectors: Matrix
    weights: Matrix
    pooled: Matrix


@dataclass(frozen=True)
class Contributions:
    """Each token's contribution to the cosine.

    Attributes
    ----------
    first : (n,) float32 array, each token of the first text, summed over the tokens of the second
    second : (m,) float32 array, likewise
    total : float
        The sum of either.
    cosine : float
        The model's own, of the two pooled vectors.
    """

    first: Matrix
    second: Matrix
    total: float
    cosine: float

    @property
    def adds_up(self) -> bool:
        """Whether the contributions add up to the model's own cosine, which layers after the pooling may change."""
        return abs(self.total - self.cosine) <= ADDS_UP_WITHIN


def contributions(first: Side, second: Side) -> Contributions | None:
    """Contributions of the tokens, exact if the pooled vector is a weighted mean scaled to unit length.

    With a = sum of w_i v_i and b = sum of u_j s_j, the cosine is the sum over all i, j of
    w_i u_j (v_i . s_j) / (|a| |b|); a token's contribution is its row's sum, w_i v_i . b / (|a| |b|). Special tokens
    are pooled and so contribute. None if the pooled vector is one token's (CLS or last-token pooling), which would
    contribute everything.
    """
    if _is_one_token(first.weights) or _is_one_token(second.weights):
        return None
    ours = (first.weights[:, None] * first.vectors).astype(np.float64)
    theirs = (second.weights[:, None] * second.vectors).astype(np.float64)
    a, b = ours.sum(axis=0), theirs.sum(axis=0)
    lengths = np.linalg.norm(a) * np.linalg.norm(b) or 1.0
    return Contributions(
        np.asarray(ours @ b / lengths, np.float32),
        np.asarray(theirs @ a / lengths, np.float32),
        float(np.clip(a @ b / lengths, -1, 1)),
        float(np.clip(first.pooled.astype(np.float64) @ second.pooled.astype(np.float64), -1, 1)),
    )


def _is_one_token(weights: Matrix) -> bool:
    return len(weights) > 1 and int(np.count_nonzero(weights)) == 1
