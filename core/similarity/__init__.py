"""Cosine similarity of texts: scores, what they mean for a model, clusters, and the tokens' contributions."""

from core.similarity.background import Background, background
from core.similarity.clusters import Clusters, clusters
from core.similarity.cosines import (
    Matrix,
    cosine_matrix,
    disagreement,
    pair_cosines,
    rank_pairs,
)
from core.similarity.tokens import Contributions, Side, contributions

__all__ = [
    "Background",
    "Clusters",
    "Contributions",
    "Matrix",
    "Side",
    "background",
    "clusters",
    "contributions",
    "cosine_matrix",
    "disagreement",
    "pair_cosines",
    "rank_pairs",
]
