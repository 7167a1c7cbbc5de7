"""The scores drawn: each model's cosines, or their percentiles among random pairs."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from core.charts.similarity import PERCENTILES, Scale, cosines_from, differences
from core.embedding import Provenance
from core.models import ModelSpec
from core.progress import Progress
from core.similarity import Background, Clusters, Matrix, clusters, score_matrix
from core.storage import digests
from pages.parts.similarity.sources import Compared
from pages.shared import cache


@dataclass(frozen=True)
class Scored:
    """The compared texts under one model.

    Attributes
    ----------
    cosines : (n, m) float32 array
        Rows are the queries, if any, else the texts; columns are the texts.
    row_vectors, text_vectors : (n, d) and (m, d) float32 arrays
    provenance : Provenance
        Of the texts' vectors.
    """

    spec: ModelSpec
    cosines: Matrix
    row_vectors: Matrix
    text_vectors: Matrix
    provenance: Provenance


@dataclass(frozen=True)
class Order:
    """The order of rows and columns in the heatmaps, and the trees it comes from."""

    rows: tuple[int, ...]
    columns: tuple[int, ...]
    row_tree: Clusters | None = None
    column_tree: Clusters | None = None

    def of(self, values: Matrix) -> Matrix:
        """The values in this order."""
        return values[np.ix_(self.rows, self.columns)]

    def place(self, pair: tuple[int, int]) -> tuple[int, int]:
        """The place where a pair, given as a row and a column, is drawn."""
        return self.rows.index(pair[0]), self.columns.index(pair[1])


def score(compared: Compared, spec: ModelSpec, on_progress: Progress) -> Scored:
    """Embed the texts, and the queries as queries, and compare them."""
    texts = cache.embed_texts(compared.texts, spec, on_progress)
    rows = texts.vectors
    if compared.queries:
        rows = cache.embed_texts(compared.queries, spec, on_progress, kind="query").vectors
    return Scored(spec, score_matrix(rows, texts.vectors), rows, texts.vectors, texts.provenance)


def order_of(compared: Compared, leader: Scored, *, by_cluster: bool) -> Order:
    """The order of one model's clusters, for the heatmaps of all; or the given order."""
    columns = _clusters(leader.text_vectors) if by_cluster else None
    rows = _clusters(leader.row_vectors) if by_cluster and compared.queries else columns
    return Order(
        rows.order if rows else tuple(range(len(compared.rows))),
        columns.order if columns else tuple(range(len(compared.texts))),
        rows,
        columns if compared.queries else None,
    )


def values_of(results: Mapping[str, Scored], backgrounds: Mapping[str, Background] | None) -> dict[str, Matrix]:
    """The cosines by model; or with backgrounds the percentiles, for the models that have one."""
    if backgrounds is None:
        return {name: result.cosines for name, result in results.items()}
    return {
        name: backgrounds[name].percentile(result.cosines).astype(np.float32)
        for name, result in results.items()
        if name in backgrounds
    }


def scale_of(values: Mapping[str, Matrix], *, percentiles: bool) -> Scale:
    """One scale for the heatmaps of all models."""
    return PERCENTILES if percentiles else cosines_from(min(float(matrix.min()) for matrix in values.values()))


def difference_scale(values: Matrix, *, percentiles: bool) -> Scale:
    """The scale of one model's scores minus another's."""
    title = "difference of percentiles" if percentiles else "difference of cosines"
    return differences(title, values, ".1f" if percentiles else ".3f")


def _clusters(vectors: Matrix) -> Clusters | None:
    return cache.memory().recall(("clusters", digests.of_array(vectors)), lambda: clusters(vectors))
