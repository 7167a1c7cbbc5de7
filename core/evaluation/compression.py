"""Quality against bytes per vector: fewer dimensions and fewer bits, measured on labelled queries.

The codes are those of `core.search.indexes`. Queries stay in float32, except in the search by signs.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.evaluation.documents import Find, best_documents
from core.evaluation.measures import CUT, Qrels, Quality, evaluate
from core.progress import Progress, silent
from core.search import indexes
from core.search.indexes import Build, Floats, Index, check_finite, first_dimensions
from core.similarity import Similarity
from core.wording import join

FLOAT32, FLOAT16, INT8, BINARY, RESCORED = "float32", "float16", "int8", "binary", "binary, rescored"
SHARES = (1, 2, 4, 8)
DEPTH = indexes.RESCORED * CUT  # so that ties around rank 10 are ordered as in a ranking; all of it is rescored
KINDS: dict[str, Build] = {
    FLOAT32: indexes.exact,
    FLOAT16: indexes.float16,
    INT8: indexes.int8,
    BINARY: indexes.binary,
    RESCORED: indexes.binary_with_rescoring,
}


@dataclass(frozen=True)
class Compressed:
    """A way to store a model's vectors, and the quality of the DEPTH documents found in them.

    That of float32 at all dimensions is the model's own in every figure.
    """

    kind: str
    dimensions: int
    bytes_per_vector: int
    quality: Quality

    @property
    def ndcg(self) -> float:
        """Mean nDCG@10."""
        return self.quality.means["ndcg@10"]


def compressions(
    queries: Floats,
    documents: Floats,
    query_ids: Sequence[str],
    document_ids: Sequence[str],
    qrels: Qrels,
    on_progress: Progress = silent,
    own: npt.NDArray[np.int64] | None = None,
    *,
    similarity: Similarity = "cosine",
) -> list[Compressed]:
    """Each kind of code at all dimensions and at the first half, quarter and eighth.

    For the cosine rescaled to unit rows. The codes are scored by the model's similarity, those of signs as described
    in `core.search.indexes`.

    Parameters
    ----------
    queries, documents : (q, d) and (n, d) float32 arrays
    query_ids, document_ids : sequences of q and n ids, as the labels name them
    own : (q,) int array, optional
        See `best_documents`.

    Raises
    ------
    InputError
        No query has a relevant document, or a vector contains a value that is not a number.
    """
    check_finite(documents)
    names = list(dict.fromkeys(document_ids))
    sizes = [documents.shape[1] // share for share in SHARES if documents.shape[1] // share]
    results: list[Compressed] = []
    for size in sizes:
        query_codes, codes = (first_dimensions(vectors, size, similarity) for vectors in (queries, documents))
        for kind, build in KINDS.items():
            on_progress("Compressing", len(results), len(sizes) * len(KINDS))
            index = (
                indexes.binary_with_rescoring(codes, multiple=1)
                if kind == RESCORED
                else build(codes, similarity=similarity)
            )
            hits = best_documents(_finder(index, query_codes), len(queries), document_ids, DEPTH, own=own)
            quality = evaluate(hits.as_run(query_ids, names), qrels)
            results.append(Compressed(kind, size, index.bytes // len(documents), quality))
    return results


def front(points: Sequence[Compressed]) -> list[Compressed]:
    """Those not beaten in quality at as few bytes, the smallest first."""
    best: list[Compressed] = []
    for point in sorted(points, key=lambda point: (point.bytes_per_vector, -point.ndcg)):
        if not best or point.ndcg > best[-1].ndcg:
            best.append(point)
    return best


def sentence(model: str, points: Sequence[Compressed]) -> str:
    """The share of the quality left at a quarter and at a thirty-second of the bytes."""
    whole = max(points, key=lambda point: point.bytes_per_vector)
    if not whole.ndcg:
        return f"{model} finds nothing at any vector size"
    shares: list[str] = []
    for share in (4, 32):
        small = [point for point in points if point.bytes_per_vector * share <= whole.bytes_per_vector]
        if small:
            best = max(small, key=lambda point: point.ndcg)
            how = best.kind + ("" if best.dimensions == whole.dimensions else f", {best.dimensions} dimensions")
            shares.append(
                f"{best.ndcg / whole.ndcg:.0%}{'' if shares else ' of its nDCG@10'} at 1/{share} of the bytes ({how})"
            )
    return f"{model} keeps {join(shares) if shares else 'all of its nDCG@10: there is nothing to compress'}"


def _finder(index: Index, queries: Floats) -> Find:
    return lambda block, depth: index.search(queries[block], depth)
