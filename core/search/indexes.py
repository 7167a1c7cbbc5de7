"""Indexes of vectors: exact, by a graph (HNSW), quantised, truncated to fewer dimensions; and the recall of each.

All search for the highest score by a similarity function; for the cosine, their vectors are unit rows. Signs know no
lengths: what is found by them is ranked as by the cosine, until it is rescored with full vectors.
"""

import math
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import numpy as np
import numpy.typing as npt

from core.errors import InputError
from core.progress import Progress, silent
from core.search.exact import nearest
from core.search.hits import Hits, never_zero
from core.similarity.functions import Similarity, score_matrix, unit

if TYPE_CHECKING:
    import faiss

Result = TypeVar("Result")
Floats = npt.NDArray[np.float32]
Rows = npt.NDArray[np.int64]
Search = Callable[[Floats, int], Hits]
OnBlock = Callable[[int, int], None]

LINKS = 32  # of each vector on each layer of HNSW; on the lowest twice as many
EFFORT_TO_BUILD = 80
EFFORT = 64  # candidates that HNSW tracks during a search
RESCORED = 10  # times k: candidates that a search by signs passes on to be rescored
NUMBERS_AT_ONCE = 2**24
TIE = 1e-6
SIGNS_ONLY = "Signs hold no lengths: a search by signs finds what is near by cosine, whatever the similarity function."
ADDED_AT_ONCE = 5000


def ignore_block(done: int, total: int) -> None:
    """Progress that nobody watches."""


class Build(Protocol):
    """Builds an index of vectors; reports how many are added if that takes long."""

    def __call__(  # noqa: D102
        self, vectors: Floats, on_block: OnBlock = ignore_block, *, similarity: Similarity = "cosine"
    ) -> "Index": ...


@dataclass(frozen=True)
class Index:
    """Vectors prepared for search.

    Attributes
    ----------
    name : str
    bytes : int
        Size of the data that a search reads in memory.
    seconds : float
        Time to build it.
    search : callable
        (q, d) vectors and k give Hits. Places without a hit have row 0 and score 0.
    remark : str
        A note on it.
    by_effort : callable, optional
        For a graph: `search` with another number of candidates.
    """

    name: str
    bytes: int
    seconds: float
    search: Search
    remark: str = ""
    by_effort: Callable[[int], Search] | None = None


@dataclass(frozen=True)
class Measured:
    """An index compared with the exact search.

    Attributes
    ----------
    index : Index
    recall : float
        Share of the k nearest that it finds; equally near documents all count.
    milliseconds : float
        Median time of a single query.
    """

    index: Index
    recall: float
    milliseconds: float


def exact(vectors: Floats, on_block: OnBlock = ignore_block, *, similarity: Similarity = "cosine") -> Index:  # noqa: ARG001
    """The vectors as they are."""
    return Index("Exact", vectors.nbytes, 0.0, _search_all(vectors, similarity), "exact by definition")


def hnsw(
    vectors: Floats,
    on_block: OnBlock = ignore_block,
    *,
    similarity: Similarity = "cosine",
    links: int = LINKS,
    effort: int = EFFORT,
    to_build: int = EFFORT_TO_BUILD,
) -> Index:
    """A hierarchical navigable small world graph (Malkov and Yashunin 2018) over the full vectors, by faiss.

    Parameters
    ----------
    links, to_build, effort : int
        M, efConstruction and efSearch. `effort` is raised to k if k is larger.
    on_block
        Called now and then with the number of vectors in the graph; it may raise.
    """
    import faiss

    def build() -> "faiss.Index":
        index = faiss.IndexHNSWFlat(vectors.shape[1], links, _metric(similarity))
        index.hnsw.efConstruction = to_build
        for start in range(0, len(vectors), ADDED_AT_ONCE):
            index.add(_contiguous(vectors[start : start + ADDED_AT_ONCE]))
            on_block(min(start + ADDED_AT_ONCE, len(vectors)), len(vectors))
        return index

    index, seconds = _time(build)

    def by_effort(effort: int) -> Search:
        def search(queries: Floats, k: int) -> Hits:
            parameters: Any = vars(faiss)["SearchParametersHNSW"](efSearch=max(effort, k))
            return _hits(index.search(_contiguous(queries), k, params=parameters), similarity)

        return _limit_depth(search, len(vectors))

    size = vectors.nbytes + len(vectors) * (2 * links + 2) * 4
    return Index("HNSW", size, seconds, by_effort(effort), f"M {links}, efSearch {effort}", by_effort)


def float16(vectors: Floats, on_block: OnBlock = ignore_block, *, similarity: Similarity = "cosine") -> Index:  # noqa: ARG001
    """Each number in two bytes, by faiss."""
    return _quantise("float16", vectors, "QT_fp16", 2, "half of float32", similarity)


def int8(vectors: Floats, on_block: OnBlock = ignore_block, *, similarity: Similarity = "cosine") -> Index:  # noqa: ARG001
    """Each number in one byte, between the lowest and the highest of its dimension, by faiss."""
    return _quantise("int8", vectors, "QT_8bit", 1, "one byte per number, no rescoring", similarity)


def binary(vectors: Floats, on_block: OnBlock = ignore_block, *, similarity: Similarity = "cosine") -> Index:  # noqa: ARG001
    """The sign of each number in one bit: the nearest to the query's signs, by faiss; the score is their cosine."""
    (index, codes), seconds = _time(lambda: _signs(vectors))

    def search(queries: Floats, k: int) -> Hits:
        distances, rows = index.search(_pack_signs(queries), k)
        order = np.lexsort((rows, distances))
        cosines = (1 - 2 * np.take_along_axis(distances, order, 1) / vectors.shape[1]).astype(np.float32)
        return Hits(np.take_along_axis(rows, order, 1), never_zero(cosines))

    return Index(
        "Binary", codes.nbytes, seconds, _limit_depth(search, len(vectors)), "one bit per number, no rescoring"
    )


def binary_with_rescoring(
    vectors: Floats,
    on_block: OnBlock = ignore_block,  # noqa: ARG001
    *,
    similarity: Similarity = "cosine",  # noqa: ARG001
    multiple: int = RESCORED,
) -> Index:
    """As `binary`, but `multiple` times k candidates are rescored by the full query and their signs.

    It needs only the signs (Yamada, Asai and Hajishirzi 2021); the score is the cosine of query and signs.
    """
    (index, codes), seconds = _time(lambda: _signs(vectors))
    dimensions = vectors.shape[1]

    def signs(rows: Rows) -> Floats:
        bits = np.unpackbits(codes[rows], axis=-1, count=dimensions)
        unit = np.float32(1 / math.sqrt(dimensions))
        return np.where(bits, unit, -unit)

    remark = f"rescores {multiple} times as many candidates by their signs and the query in float32"
    return Index("Binary, rescored", codes.nbytes, seconds, _rescoring(index, signs, multiple), remark)


def binary_and_full(
    vectors: Floats,
    on_block: OnBlock = ignore_block,  # noqa: ARG001
    *,
    similarity: Similarity = "cosine",
    multiple: int = RESCORED,
) -> Index:
    """As `binary_with_rescoring`, but with the full vectors, which can stay on disk: only the signs are searched."""
    (index, codes), seconds = _time(lambda: _signs(vectors))
    remark = f"rescores {multiple} times as many candidates with the full vectors, which can stay on disk"
    search = _rescoring(index, vectors.__getitem__, multiple, similarity)
    return Index("Binary, full vectors on disk", codes.nbytes, seconds, search, remark)


def truncate(vectors: Floats, dimensions: int, similarity: Similarity = "cosine") -> Index:
    """Only the first dimensions of each vector; for the cosine rescaled to unit rows.

    Only models trained for it (Matryoshka representation learning, Kusupati et al. 2022) keep their quality this way.
    """
    cut, seconds = _time(lambda: first_dimensions(vectors, dimensions, similarity))

    def search(queries: Floats, k: int) -> Hits:
        return nearest(first_dimensions(queries, dimensions, similarity), cut, k, similarity=similarity)

    name = f"First {dimensions} of {vectors.shape[1]} dimensions"
    return Index(name, cut.nbytes, seconds, search, "keeps quality with Matryoshka-trained models only")


def first_dimensions(vectors: Floats, dimensions: int, similarity: Similarity = "cosine") -> Floats:
    """Only the first dimensions; for the cosine as unit rows."""
    cut = np.ascontiguousarray(vectors[:, :dimensions])
    return unit(cut) if similarity == "cosine" else cut


def kinds(dimensions: int) -> dict[str, Build]:
    """A builder for each kind of index for vectors of this many dimensions, the exact one first."""
    cuts = [cut for cut in (dimensions // 2, dimensions // 4) if cut]
    return {
        "Exact": exact,
        "HNSW": hnsw,
        "int8": int8,
        "Binary, rescored": binary_with_rescoring,
        "Binary, full vectors on disk": binary_and_full,
        **{f"First {cut} dimensions": _cut_to(cut) for cut in cuts},
    }


def _cut_to(dimensions: int) -> Build:
    def build(vectors: Floats, on_block: OnBlock = ignore_block, *, similarity: Similarity = "cosine") -> Index:  # noqa: ARG001
        return truncate(vectors, dimensions, similarity)

    return build


def compare(
    vectors: Floats,
    queries: Floats,
    k: int,
    on_progress: Progress = silent,
    *,
    similarity: Similarity = "cosine",
) -> list[Measured]:
    """Build each kind of index on (n, d) vectors, measure it on (q, d) ones and discard it; the exact one first.

    Raises
    ------
    InputError
        A vector contains a value that is not a number.
    """
    check_finite(vectors)
    truth = nearest(queries, vectors, k, similarity=similarity)
    results = []
    for name, build in kinds(vectors.shape[1]).items():
        what = f"Building the index {name}"
        on_progress(what, 0, 1)
        index = build(vectors, partial(on_progress, what), similarity=similarity)
        measurement = measure(index, queries, vectors, truth, similarity)
        results.append(replace(measurement, index=without_search(measurement.index)))
    return results


def measure(index: Index, queries: Floats, vectors: Floats, truth: Hits, similarity: Similarity = "cosine") -> Measured:
    """Recall of an index against the exact search, and its time.

    Parameters
    ----------
    queries : (q, d) array, at least one row
    vectors : (n, d) array
        The indexed vectors.
    truth : Hits
        The hits of the exact search for the queries; the index is asked for as many.
    """
    depth = truth.rows.shape[1]
    seconds, right = [], 0
    longest = np.linalg.norm(vectors, axis=1).max()
    index.search(queries[:1], depth)
    for query, least in zip(queries, truth.scores[:, -1], strict=True):
        started = time.perf_counter()
        hits = index.search(query[None], depth)
        seconds.append(time.perf_counter() - started)
        rows = np.unique(hits.rows[0][hits.scores[0] != 0])
        rounding = TIE * max(1.0, longest * np.linalg.norm(query))
        right += int((score_matrix(query[None], vectors[rows], similarity) >= least - rounding).sum())
    return Measured(index, right / truth.rows.size, 1000 * statistics.median(seconds))


def without_search(index: Index) -> Index:
    """The facts about an index, without its data in memory."""
    return replace(index, search=_refuse_search, by_effort=None)


def _refuse_search(_queries: Floats, _k: int) -> Hits:
    raise InputError("This index was only measured, not kept: build it again.")


def check_finite(vectors: Floats) -> None:
    """Refuse vectors that cannot be indexed.

    Raises
    ------
    InputError
        A row contains a value that is not a number.
    """
    rows = np.flatnonzero(~np.isfinite(vectors).all(axis=1))
    if len(rows):
        raise InputError(
            f"Vector {rows[0] + 1} of {len(vectors):,} contains a value that is not a number, so it cannot be indexed."
        )


def _quantise(name: str, vectors: Floats, kind: str, bytes_a_number: int, remark: str, similarity: Similarity) -> Index:
    """Numbers in fewer bytes, by faiss's scalar quantiser of that kind; queries are unchanged.

    faiss has no Manhattan distance for them, so that one is computed from the numbers decoded.
    """
    import faiss

    def build() -> "faiss.Index":
        code = getattr(faiss.ScalarQuantizer, kind)
        metric = faiss.METRIC_L2 if similarity == "manhattan" else _metric(similarity)
        index = faiss.IndexScalarQuantizer(vectors.shape[1], code, metric)
        index.train(_contiguous(vectors))
        index.add(_contiguous(vectors))
        return index

    index, seconds = _time(build)

    def search(queries: Floats, k: int) -> Hits:
        return _hits(index.search(_contiguous(queries), k), similarity)

    size = vectors.size * bytes_a_number
    if similarity == "manhattan":
        decoded = index.reconstruct_n(0, len(vectors))
        note = f"{remark}; timed on decoded numbers, as faiss has no Manhattan distance for it"
        return Index(name, size, seconds, _search_all(decoded, similarity), note)
    return Index(name, size, seconds, _limit_depth(search, len(vectors)), remark)


def _signs(vectors: Floats) -> tuple["faiss.IndexBinary", npt.NDArray[np.uint8]]:
    """An index of the signs by Hamming distance, and the signs in bits."""
    import faiss

    codes = _pack_signs(vectors)
    index = faiss.IndexBinaryFlat(codes.shape[1] * 8)
    index.add(codes)
    return index, codes


def _pack_signs(vectors: Floats) -> npt.NDArray[np.uint8]:
    return np.packbits(vectors > 0, axis=1)


def _rescoring(
    index: "faiss.IndexBinary",
    numbers_of: Callable[[Rows], Floats],
    multiple: int,
    similarity: Similarity = "cosine",
) -> Search:
    """A search that rescores the candidates of a search by signs; `numbers_of` gives (q, c, d) for (q, c)."""

    def search(queries: Floats, k: int) -> Hits:
        _, rows = index.search(_pack_signs(queries), min(index.ntotal, multiple * k))
        rows = np.sort(rows.astype(np.int64), axis=1)
        scores = _scores(queries, numbers_of, rows, similarity)
        order = np.argsort(-scores, axis=1, kind="stable")[:, :k]
        return Hits(np.take_along_axis(rows, order, 1), never_zero(np.take_along_axis(scores, order, 1)))

    return _limit_depth(search, index.ntotal)


def _scores(queries: Floats, numbers_of: Callable[[Rows], Floats], rows: Rows, similarity: Similarity) -> Floats:
    """Scores of each query with its own candidates, (q, c), some queries at a time; cosines of unit rows."""
    scores = np.empty(rows.shape, np.float32)
    size = max(1, NUMBERS_AT_ONCE // max(1, rows.shape[1] * queries.shape[1]))
    for start in range(0, len(queries), size):
        block = slice(start, start + size)
        asked, numbers = queries[block], numbers_of(rows[block])
        if similarity in ("euclidean", "manhattan"):
            order = 2 if similarity == "euclidean" else 1
            scores[block] = -np.linalg.norm(numbers - asked[:, None], order, axis=2)
        else:
            scores[block] = np.einsum("qd,qcd->qc", asked, numbers)
    return scores


def _search_all(vectors: Floats, similarity: Similarity) -> Search:
    """The exact search."""
    return lambda queries, k: nearest(queries, vectors, k, similarity=similarity)


def _metric(similarity: Similarity) -> int:
    """The metric of a faiss index."""
    import faiss

    metrics = {"euclidean": faiss.METRIC_L2, "manhattan": faiss.METRIC_L1}
    return int(metrics.get(similarity, faiss.METRIC_INNER_PRODUCT))


def _time(build: Callable[[], Result]) -> tuple[Result, float]:
    started = time.perf_counter()
    result = build()
    return result, time.perf_counter() - started


def _contiguous(vectors: Floats) -> Floats:
    return np.ascontiguousarray(vectors, np.float32)


def _limit_depth(search: Search, size: int) -> Search:
    """The same search, with k limited to the number of documents."""
    return lambda queries, k: search(queries, min(k, size))


def _hits(answer: tuple[Floats, npt.NDArray[np.int64]], similarity: Similarity) -> Hits:
    """The answer of faiss as hits: it gives distances as positive, and Euclidean ones squared."""
    scores, rows = answer
    is_none = rows < 0
    if similarity == "euclidean":
        scores = never_zero(-np.sqrt(np.maximum(0, scores)))
    elif similarity == "manhattan":
        scores = never_zero(-scores)
    return Hits(np.where(is_none, 0, rows), np.where(is_none, np.float32(0), scores))
