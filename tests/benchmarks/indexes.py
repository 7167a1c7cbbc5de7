"""Indexes of a million vectors beside the exact search: `python -m tests.benchmarks.indexes`.

Two sets of unit vectors. "clustered" is shaped as embeddings are: 2,000 topics of different size in a space of 48
dimensions, each with its own spread, turned into all 384, with a little noise in every one. "random" is Gaussian
noise without any structure: no two vectors are near, which is the worst case for a graph and says little of texts.
Queries are drawn as the vectors are, and are not among them.

The exact search takes turns with faiss's flat index over the same vectors in the same process, for one query and for a
batch; a ratio is the median of those of the rounds. `--size`, `--rounds` and `--sets` make it smaller.
"""

import argparse
import os
import statistics
import time
from collections.abc import Callable
from dataclasses import replace

import faiss
import numpy as np
import torch

from core.machine import this_machine
from core.search import Hits, indexes, nearest
from core.search.indexes import Floats, Index, measure

DIMENSIONS, TOPICS, LATENT = 384, 2000, 48
QUERIES, BATCH, K = 200, 64, 10
EFFORTS = (16, 32, 64, 128, 256, 512)
ENOUGH = 0.98


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--sets", default="clustered,random")
    parser.add_argument("--without-graph", action="store_true", help="HNSW takes long to build.")
    options = parser.parse_args()
    print(this_machine().sentence, f"load {os.getloadavg()[0]:.1f}", f"faiss {faiss.__version__}")
    print(f"threads: torch {torch.get_num_threads()}, faiss {faiss.omp_get_max_threads()}")
    for name in options.sets.split(","):
        vectors = MADE[name](options.size + QUERIES)
        vectors, queries = vectors[:-QUERIES], vectors[-QUERIES:]
        print(f"\n{name}: {len(vectors):,} vectors of {DIMENSIONS} dimensions", flush=True)
        truth = compare_exact(vectors, queries, options.rounds)
        for build in (indexes.int8, indexes.binary_with_rescoring, indexes.binary_and_full):
            report(build(vectors), queries, vectors, truth)
        for dimensions in (DIMENSIONS // 2, DIMENSIONS // 4):
            report(indexes.truncate(vectors, dimensions), queries, vectors, truth)
        if not options.without_graph:
            report_graph(vectors, queries, truth)
        print(f"load at the end {os.getloadavg()[0]:.1f}", flush=True)


def clustered(count: int) -> Floats:
    """Unit vectors in topics."""
    random = np.random.default_rng(0)
    centres = random.normal(size=(TOPICS, LATENT)).astype(np.float32)
    spreads = random.uniform(0.3, 0.9, TOPICS).astype(np.float32)
    topics = random.choice(TOPICS, count, p=random.dirichlet(np.ones(TOPICS)))
    turn = random.normal(size=(LATENT, DIMENSIONS)).astype(np.float32) / np.float32(np.sqrt(LATENT))
    vectors = np.empty((count, DIMENSIONS), np.float32)
    for start in range(0, count, 50_000):
        part = topics[start : start + 50_000]
        inner = centres[part] + spreads[part, None] * random.standard_normal((len(part), LATENT), np.float32)
        vectors[start : start + 50_000] = inner @ turn
        vectors[start : start + 50_000] += 0.1 * random.standard_normal((len(part), DIMENSIONS), np.float32)
    return unit(vectors)


def noise(count: int) -> Floats:
    """Unit vectors in every direction."""
    return unit(np.random.default_rng(0).standard_normal((count, DIMENSIONS), np.float32))


MADE: dict[str, Callable[[int], Floats]] = {"clustered": clustered, "random": noise}


def unit(vectors: Floats) -> Floats:
    """The vectors with length 1, in place."""
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors


def compare_exact(vectors: Floats, queries: Floats, rounds: int) -> Hits:
    """The exact search beside faiss's flat index and plain numpy, in turns; returns what is nearest."""
    flat = faiss.IndexFlatIP(DIMENSIONS)
    flat.add(vectors)
    sides: dict[str, Callable[[Floats], object]] = {
        "faiss flat": lambda asked: flat.search(asked, K),
        "nearest": lambda asked: nearest(asked, vectors, K),
        "numpy": lambda asked: by_numpy(asked, vectors),
    }
    for asked in (queries[:1], queries[:BATCH]):
        seconds: dict[str, list[float]] = {side: [] for side in sides}
        for place in range(rounds + 1):
            for side, search in sides.items():
                taken = seconds_of(lambda search=search, asked=asked: search(asked))  # type: ignore[misc]
                if place:  # the first warms up
                    seconds[side].append(taken)
        for side, times in seconds.items():
            ratios = [base / own for base, own in zip(seconds["faiss flat"], times, strict=True)]
            print(
                f"  exact, {len(asked):2} queries at once, {side:10} {1000 * statistics.median(times):9.1f} ms  "
                f"{statistics.median(ratios):.2f} times as fast as faiss flat ({min(ratios):.2f} to {max(ratios):.2f})",
                flush=True,
            )
    truth = nearest(queries, vectors, K)
    same = np.isclose(truth.scores, flat.search(queries, K)[0], atol=1e-5).mean()
    print(f"  scores equal to faiss's within 1e-5: {same:.2%}")
    return truth


def by_numpy(queries: Floats, vectors: Floats) -> Floats:
    """The k highest scores by numpy alone."""
    scores = queries @ vectors.T
    rows = np.argpartition(scores, -K, axis=1)[:, -K:]
    return np.take_along_axis(scores, rows, 1)


def report_graph(vectors: Floats, queries: Floats, truth: Hits) -> None:
    """HNSW, searched with more and more effort until it finds enough."""
    index = indexes.hnsw(vectors)
    print(f"  HNSW built in {index.seconds:.0f} s, M {indexes.LINKS}, efConstruction {indexes.EFFORT_TO_BUILD}")
    assert index.by_effort
    for effort in EFFORTS:
        tuned = replace(index, search=index.by_effort(effort), remark=f"efSearch {effort}")
        recall = report(tuned, queries, vectors, truth)
        if recall >= ENOUGH:
            return


def report(index: Index, queries: Floats, vectors: Floats, truth: Hits) -> float:
    """A line for an index; returns its recall."""
    result = measure(index, queries, vectors, truth)
    print(
        f"  {index.name:32} recall@{K} {result.recall:.3f}  {result.milliseconds:8.2f} ms a query  "
        f"{index.bytes / 1e6:6.0f} MB  built in {index.seconds:.1f} s  ({index.remark})",
        flush=True,
    )
    return result.recall


def seconds_of(work: Callable[[], object]) -> float:
    """Seconds of one call."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
