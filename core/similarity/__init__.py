"""Similarity of texts: the functions that score it, what scores mean for a model, clusters, tokens' contributions."""

from core.similarity.background import Background, background
from core.similarity.clusters import Clusters, clusters
from core.similarity.functions import (
    NAMES,
    SCORES,
    UNITS,
    Matrix,
    Similarity,
    score_matrix,
    score_pairs,
    title,
    without_negative_zero,
)
from core.similarity.pairs import disagreement, rank_pairs
from core.similarity.tokens import Contributions, Side, contributions

__all__ = [
    "NAMES",
    "SCORES",
    "UNITS",
    "Background",
    "Clusters",
    "Contributions",
    "Matrix",
    "Side",
    "Similarity",
    "background",
    "clusters",
    "contributions",
    "disagreement",
    "rank_pairs",
    "score_matrix",
    "score_pairs",
    "title",
    "without_negative_zero",
]
