"""Texts ordered by similarity, and their dendrogram."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.similarity.functions import Matrix, Similarity, score_matrix

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Clusters:
    """A hierarchical clustering of n vectors.

    Attributes
    ----------
    order : tuple of int, length n
        The rows in the order of the tree's leaves.
    tree : (n - 1, 4) float64 array
        scipy's linkage matrix: the two clusters joined, their distance, and their number of texts.
    similarity : "cosine", "dot", "euclidean" or "manhattan"
        Of which the distance is made, see `clusters`.
    """

    order: tuple[int, ...]
    tree: Floats
    similarity: Similarity = "cosine"

    def brackets(self) -> tuple[Floats, Floats]:
        """The dendrogram's brackets: positions and distances of their four corners, each (n - 1, 4).

        The leaf at place p of `order` is at position p, distance 0.
        """
        n = len(self.order)
        places = np.empty(2 * n - 1)
        places[list(self.order)] = np.arange(n)
        heights = np.zeros(2 * n - 1)
        for step, (left, right, distance, _) in enumerate(self.tree):
            places[n + step] = (places[int(left)] + places[int(right)]) / 2
            heights[n + step] = distance
        joined = self.tree[:, :2].astype(int)
        own = heights[n:]
        first, second = joined[:, 0], joined[:, 1]
        return (
            np.stack([places[first], places[first], places[second], places[second]], axis=1),
            np.stack([heights[first], own, own, heights[second]], axis=1),
        )


def clusters(vectors: Matrix, similarity: Similarity = "cosine") -> Clusters | None:
    """Cluster the rows by average linkage, leaves ordered optimally; None for fewer than two.

    The distance is 1 - cosine, the Euclidean or the Manhattan; for the dot product how far it is below the highest of
    two rows, so that the clusters of the highest mean dot product are joined first. The order is that of Bar-Joseph et
    al. 2001, as in scipy.
    """
    if len(vectors) < 2:
        return None
    from scipy.cluster.hierarchy import leaves_list, linkage
    from scipy.spatial.distance import squareform

    distances = _distances(vectors, similarity)
    distances = np.maximum(distances, distances.T)
    np.fill_diagonal(distances, 0)
    tree = linkage(squareform(np.maximum(distances, 0), checks=False), "average", optimal_ordering=True)
    return Clusters(tuple(int(row) for row in leaves_list(tree)), tree, similarity)


def _distances(vectors: Matrix, similarity: Similarity) -> Matrix:
    scores = score_matrix(vectors, similarity=similarity)
    if similarity == "dot":
        return scores[np.triu_indices(len(scores), 1)].max() - scores
    return 1 - scores if similarity == "cosine" else -scores
