"""Principal components, and the linear maps that place a new vector exactly."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from core.maps.neighbours import Floats

COMPONENTS = 10


@dataclass(frozen=True)
class Pca:
    """The first ten principal components of the centred vectors; PCA has no other settings."""

    method: ClassVar[str] = "pca"
    least_rows: ClassVar[int] = 2


@dataclass(frozen=True)
class Linear:
    """A linear map of vectors.

    Attributes
    ----------
    origin : (d,) float32 array
        Subtracted first: in float32 the product of a vector far from zero would be imprecise.
    weights : (d, c) float32 array
    offset : (c,) float32 array
        The position of the origin.
    """

    origin: Floats
    weights: Floats
    offset: Floats

    def apply(self, vectors: Floats) -> Floats:
        """Coordinates of (n, d) vectors: (n, c)."""
        return np.asarray((vectors - self.origin) @ self.weights + self.offset, np.float32)


def principal_components(vectors: Floats, components: int = COMPONENTS) -> tuple[Floats, tuple[float, ...], Linear]:
    """Coordinates on the first principal axes of the centred vectors, each axis's share of the variance, and the map.

    With fewer vectors or dimensions than components, the rest is zero. The sign of an axis is arbitrary: each is
    flipped so that its largest weight is positive.
    """
    from sklearn.decomposition import PCA

    count = min(components, *vectors.shape)
    coordinates = np.zeros((len(vectors), components), np.float32)
    linear = Linear(
        vectors.mean(axis=0, dtype=np.float64).astype(np.float32),
        np.zeros((vectors.shape[1], components), np.float32),
        np.zeros(components, np.float32),
    )
    if np.ptp(vectors, axis=0).max() == 0:
        return coordinates, (0.0,) * components, linear
    solver = "covariance_eigh" if len(vectors) > vectors.shape[1] else "full"
    pca = PCA(count, svd_solver=solver).fit(vectors.astype(np.float64))
    signs = np.sign(pca.components_[np.arange(count), np.abs(pca.components_).argmax(1)])
    signs[signs == 0] = 1
    linear.weights[:, :count] = (pca.components_ * signs[:, None]).T
    coordinates[:] = linear.apply(vectors)
    shares = tuple(float(share) for share in pca.explained_variance_ratio_)
    return coordinates, shares + (0.0,) * (components - count), linear
