"""Cosine similarity of texts."""

from core.similarity.cosines import Matrix, Pair, cluster_order, cosine_matrix, ranked_pairs

__all__ = ["Matrix", "Pair", "cluster_order", "cosine_matrix", "ranked_pairs"]
