"""The scores drawn: each model's own similarity, or its percentile among random pairs."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np
import streamlit as st

from core.charts.similarity import PERCENTILES, Scale, differences, scores_between
from core.models import ModelSpec
from core.progress import Progress
from core.provenance import Provenance
from core.similarity import SCORES, Background, Clusters, Matrix, Similarity, clusters, score_matrix
from core.storage import digests
from pages.parts.similarity.sources import Compared
from pages.shared import cache, state
from pages.shared.ui import inputs

BY_CLUSTER, OWN, AS_GIVEN = ORDERS = ("By cluster", "Each model's own", "As given")
ORDER_IN_WORDS = {
    BY_CLUSTER: "ordered by the first model's clusters",
    OWN: "ordered by each model's own clusters",
    AS_GIVEN: "in the order given",
}


@dataclass(frozen=True)
class Scored:
    """The compared texts under one model.

    Attributes
    ----------
    scores : (n, m) float32 array
        By the model's similarity. Rows are the queries, if any, else the texts; columns are the texts.
    row_vectors, text_vectors : (n, d) and (m, d) float32 arrays
    provenance : Provenance
        Of the texts' vectors.
    unknown : pair of tuples of int
        The rows and the columns of texts without a token that the model knows: their scores mean nothing.
    lacks : str
        How many those are, in a sentence or two; empty if there are none.
    """

    spec: ModelSpec
    scores: Matrix
    row_vectors: Matrix
    text_vectors: Matrix
    provenance: Provenance
    unknown: tuple[tuple[int, ...], tuple[int, ...]] = ((), ())
    lacks: str = ""

    @property
    def similarity(self) -> Similarity:
        """The function that compares its vectors."""
        return self.provenance.similarity

    @property
    def label(self) -> str:
        """The model's name, with what its scores are called unless they are cosines."""
        return self.spec.name if self.similarity == "cosine" else f"{self.spec.name}, {SCORES[self.similarity]}"

    def of_known(self, values: Matrix) -> Matrix:
        """The values, (n, m), with minus infinity for each pair with a text that the model does not know."""
        rows, columns = map(list, self.unknown)
        known = values.copy()
        known[rows] = known[:, columns] = -np.inf
        return known


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


def choose_order(models: int) -> str:
    """Choose the order of the heatmaps; one model has no clusters but its own."""
    offered = ORDERS if models > 1 else (BY_CLUSTER, AS_GIVEN)
    inputs.fall_back(state.Similarity.ORDER, offered, BY_CLUSTER)
    chosen = st.segmented_control(
        "Order of the texts", offered, default=BY_CLUSTER, key=state.Similarity.ORDER, bind="query-params",
        required=True, help="By cluster: the first model's clusters order all heatmaps, so that cells correspond.",
    )  # fmt: skip
    return str(chosen or BY_CLUSTER)


def score(compared: Compared, spec: ModelSpec, on_progress: Progress) -> Scored:
    """Embed the texts, and the queries as queries, and compare them."""
    texts = rows = cache.embed_texts(compared.texts, spec, on_progress)
    if compared.queries:
        rows = cache.embed_texts(compared.queries, spec, on_progress, kind="query")
    matrix = score_matrix(rows.vectors, texts.vectors, texts.identity.similarity)
    lacks = dict.fromkeys(each.provenance.lack_in_short for each in (rows, texts))
    return Scored(
        spec, matrix, rows.vectors, texts.vectors, texts.provenance, (rows.unknown, texts.unknown),
        " ".join(filter(None, lacks)),
    )  # fmt: skip


def are_comparable(results: Collection[Scored]) -> bool:
    """Whether the models' scores are of one function, so that their differences mean something."""
    return len({result.similarity for result in results}) < 2


def orders_of(compared: Compared, results: Mapping[str, Scored], order: str) -> dict[str, Order]:
    """The order of each model's heatmap: the first model's clusters for all, each model's own, or the given order.

    Only the model whose clusters these are has trees.
    """
    given = Order(tuple(range(len(compared.rows))), tuple(range(len(compared.texts))))
    if order == AS_GIVEN:
        return dict.fromkeys(results, given)
    if order == OWN:
        return {name: _by_cluster(compared, result) for name, result in results.items()}
    leader, *_ = results
    leading = _by_cluster(compared, results[leader])
    return {**dict.fromkeys(results, Order(leading.rows, leading.columns)), leader: leading}


def _by_cluster(compared: Compared, result: Scored) -> Order:
    """The order of a model's clusters, with their trees: of texts compared with each other one above, for both."""
    columns = _clusters(result.text_vectors, result.similarity)
    rows = _clusters(result.row_vectors, result.similarity) if compared.queries else columns
    return Order(
        rows.order if rows else tuple(range(len(compared.rows))),
        columns.order if columns else tuple(range(len(compared.texts))),
        rows if compared.queries else None,
        columns,
    )


def values_of(results: Mapping[str, Scored], backgrounds: Mapping[str, Background] | None) -> dict[str, Matrix]:
    """The scores by model; or with backgrounds the percentiles, for the models that have one."""
    if backgrounds is None:
        return {name: result.scores for name, result in results.items()}
    return {
        name: backgrounds[name].percentile(result.scores).astype(np.float32)
        for name, result in results.items()
        if name in backgrounds
    }


def scales_of(values: Mapping[str, Matrix], results: Mapping[str, Scored], *, percentiles: bool) -> dict[str, Scale]:
    """The scale of each model's heatmap: one for all percentiles, and one for all scores of a function."""
    if percentiles:
        return dict.fromkeys(values, PERCENTILES)
    ranges: dict[Similarity, tuple[float, float]] = {}
    for name, matrix in values.items():
        low, high = ranges.get(results[name].similarity, (np.inf, -np.inf))
        ranges[results[name].similarity] = min(low, float(matrix.min())), max(high, float(matrix.max()))
    scales = {similarity: scores_between(similarity, *ends) for similarity, ends in ranges.items()}
    return {name: scales[results[name].similarity] for name in values}


def difference_scale(values: Matrix, similarity: Similarity, *, percentiles: bool) -> Scale:
    """The scale of one model's scores minus another's."""
    title = f"difference of {'percentile' if percentiles else SCORES[similarity]}s"
    return differences(title, values, ".1f" if percentiles else ".3f")


def _clusters(vectors: Matrix, similarity: Similarity) -> Clusters | None:
    key = ("clusters", digests.of_array(vectors), similarity)
    return cache.memory().recall(key, lambda: clusters(vectors, similarity))
