"""A collection of a million vectors: written, indexed, searched and filtered: `python -m tests.benchmarks.collections`.

The vectors are those of `tests.benchmarks.indexes` (`--set`), 384 of 32 bits each; a text is the number of its vector.
Queries are drawn as the vectors are, and are not among them. Beside each figure of the collection stands what the same
costs in memory, in the same run: the matrix product over all vectors, and the time of reading the file.

Memory is what searching adds to a fresh process that has opened the collection. Readers are processes that search one
query after the other. Nothing is dropped from the page cache: the files are in it, as on a machine that serves them.
"""

import argparse
import multiprocessing
import os
import re
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pyarrow as pa
import pyarrow.parquet

from core import collections, models
from core.collections import ByIndex, Collection, Model, OnDisk
from core.collections.conditions import matching
from core.collections.dataset import commit
from core.collections.index import unindexed
from core.machine import this_machine
from core.search import nearest
from core.search.exact import Rows
from core.search.indexes import Floats, Search
from core.tables import parts
from tests.benchmarks.indexes import MADE, QUERIES, K, seconds_of

NAME = "benchmark"
SHARES = (0.0001, 0.001, 0.01, 0.1, 0.5, 0.99)
READERS = (1, 2, 4, 8, 16)
PARTS = 8  # files of the input
STEPS = 10_000  # of the field that is filtered by
APPENDED, APPENDED_PARTS = 2000, 20  # rows of a part that is appended, and how many


class Stored:
    """An encoder whose vector of a number is a row of an array, so that nothing but the collection takes time."""

    revision, device, engine, precision, reason, memory_bytes, max_tokens = "stored", "cpu", "none", "float32", "", 0, 8

    def __init__(self, vectors: Floats) -> None:
        self.spec = models.get("wordllama-256")
        self.vectors = vectors
        self.dimensions = vectors.shape[1]

    def encode(self, texts: Sequence[str], *_: object, **__: object) -> Floats:
        return self.vectors[[int(text) for text in texts]]

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return [1] * len(texts)

    def may_be_unknown(self, _: str) -> bool:
        return False

    def count_known_tokens(self, texts: Sequence[str]) -> list[int]:
        return [1] * len(texts)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=1_000_000)
    parser.add_argument("--set", default="clustered", choices=MADE)
    parser.add_argument("--recall", type=float, default=0.98)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=10.0, help="How long each number of readers searches.")
    options = parser.parse_args()
    print(this_machine().sentence, f"load {os.getloadavg()[0]:.1f}")
    vectors = MADE[options.set](options.size + QUERIES)
    vectors, queries = vectors[:-QUERIES], vectors[-QUERIES:]
    with tempfile.TemporaryDirectory() as folder:
        os.environ["EMBEDSCOPE_COLLECTIONS"] = os.environ["EMBEDSCOPE_HOME"] = folder
        collection, model = write(vectors, Path(folder))
        compare_exact(collection, model, vectors, queries, options.rounds)
        by_index(collection, model, queries, nearest(queries, vectors, K).rows, options.recall)
        filter_rows(queries)
        search_in_little(queries)
        read_at_once(queries, options.seconds)
        search_while_appending(vectors, queries, options.seconds, Path(folder))
    print(f"load at the end {os.getloadavg()[0]:.1f}")


def write(vectors: Floats, folder: Path) -> tuple[Collection, Model]:
    """The collection of the vectors, made as from any files; says how long each step took."""
    files = [folder / f"part{part}.parquet" for part in range(PARTS)]
    for file, rows in zip(files, np.array_split(np.arange(len(vectors)), PARTS), strict=True):
        texts = [str(row) for row in rows]
        pyarrow.parquet.write_table(pa.table({"id": texts, "text": texts, "step": rows % STEPS}), file)
    encoder: Any = Stored(vectors)  # as much of an encoder as a collection asks for
    with said("created from Parquet"):
        collections.create(NAME, files)
    with said("vectors written"):
        made, model = collections.embed_with(collections.open_collection(NAME), encoder)
    print(
        f"  {_bytes_of(folder / f'{NAME}.lance') / 1e6:,.0f} MB on disk for {vectors.nbytes / 1e6:,.0f} MB of vectors"
    )
    return made, model


def compare_exact(collection: Collection, model: Model, vectors: Floats, queries: Floats, rounds: int) -> None:
    """Exact search of 1 and 100 queries from the file, in memory, and the reading of the file alone, in turns."""
    exact = OnDisk(collection, model)
    for asked in (queries[:1], queries[:100]):
        sides: dict[str, Callable[[], object]] = {
            "from the file": partial(exact.find, asked, K),
            "in memory": partial(nearest, asked, vectors, K),
            "reading the file": lambda: sum(len(rows) for rows, _ in exact._all(slice(0, None))),
        }
        seconds: dict[str, list[float]] = {side: [] for side in sides}
        for place in range(rounds + 1):
            for side, work in sides.items():
                taken = seconds_of(work)
                if place:  # the first warms up
                    seconds[side].append(taken)
        bounds = np.maximum(seconds["in memory"], seconds["reading the file"])
        ratio = statistics.median(np.array(seconds["from the file"]) / bounds)
        listed = ", ".join(f"{side} {1000 * statistics.median(times):,.0f} ms" for side, times in seconds.items())
        print(f"  exact, {len(asked)} queries: {listed}; {ratio:.2f} times the longer of the last two", flush=True)
    found, truth = exact.find(queries, K), nearest(queries, vectors, K)
    print(f"  the same rows as in memory: {(found.rows == truth.rows).mean():.2%}")


def by_index(collection: Collection, model: Model, queries: Floats, truth: Rows, demanded: float) -> None:
    """The index for a demanded recall: its time, bytes and memory, and what it finds of queries it has not seen."""
    folder = Path(os.environ["EMBEDSCOPE_COLLECTIONS"])
    before = _bytes_of(folder)
    with said(f"indexed for a recall of {demanded}"):
        collection, index, reached = collections.build(collection, model, demanded)
    if index is None:
        print(f"  no setting reaches {demanded}: {reached:.3f} at best")
        return
    print(f"  {(_bytes_of(folder) - before) / 1e6:,.0f} MB. {index.sentence}")
    recall, times = searched(ByIndex(OnDisk(collection, model), index).find, queries, truth)
    print(f"  by the index: recall@{K} {recall:.3f} on {len(queries)} queries it has not seen, {times}")
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        grown, first = pool.apply(_memory_of_searching, (queries,))
    print(f"  a fresh process: first query {1000 * first:,.0f} ms, memory + {grown / 1e6:,.0f} MB")


def searched(search: Search, queries: Floats, truth: Rows) -> tuple[float, str]:
    """The recall of a search of one query after the other, and how long they take."""
    times, found = [], []
    for query in queries:
        started = time.perf_counter()
        found.append(search(query[None], K).rows[0])
        times.append(time.perf_counter() - started)
    recall = np.mean([np.isin(rows, best).mean() for rows, best in zip(found, truth, strict=True)])
    return float(recall), _times(times)


def filter_rows(queries: Floats) -> None:
    """Filters that leave shares of the rows: what is found of what is nearest among them, and how long it takes."""
    collection, model, finder = _opened()
    exact = OnDisk(collection, model)
    for share in SHARES:
        with_filter = {"step": (0.0, share * STEPS - 1)}
        counted, among = time.perf_counter(), matching(collection, {}, with_filter)
        counted = time.perf_counter() - counted
        times, right = [], []
        truth = exact.find(queries[:50], K, among)
        for place, query in enumerate(queries[:50]):
            started = time.perf_counter()
            hits = finder.find(query[None], K, among)
            times.append(time.perf_counter() - started)
            right.append(np.isin(truth.rows[place], hits.rows[0]).mean())
        way = "by the index" if finder.serves(among) else "exactly"
        print(
            f"  a filter that leaves {share:.2%}: {len(among):,} rows found in {1000 * counted:.0f} ms, "
            f"searched {way}, recall@{K} {np.mean(right):.3f}, {_times(times)}",
            flush=True,
        )


def search_in_little(queries: Floats) -> None:
    """How much memory a fresh process takes at most that searches exactly and by the index, imports included."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        before, exactly, by_index = pool.apply(_peaks_of_searching, (queries,))
    print(
        f"  a fresh process takes {before / 2**20:,.0f} MiB before it opens the collection, at most "
        f"{exactly / 2**20:,.0f} MiB while it searches exactly and {by_index / 2**20:,.0f} MiB once it has searched by "
        "the index too",
        flush=True,
    )


def _peaks_of_searching(queries: Floats) -> tuple[int, int, int]:
    before = _peak()
    *_, finder = _opened()
    finder.exact.find(queries[:100], K)
    exactly = _peak()
    for query in queries:
        finder.find(query[None], K)
    return before, exactly, _peak()


def _peak() -> int:
    """The most bytes that this process has had in memory; what it was forked from does not count, as in `getrusage`."""
    (peak,) = re.findall(r"^VmHWM:\s*(\d+) kB", Path("/proc/self/status").read_text(), re.MULTILINE)
    return int(peak) * 1024


def search_while_appending(vectors: Floats, queries: Floats, seconds: float, folder: Path) -> None:
    """A reader that opens the collection and searches by the index, alone and while another process adds rows."""
    ends = time.perf_counter() + seconds
    alone = _open_and_search_until(lambda: time.perf_counter() > ends, queries)
    new = vectors[:: len(vectors) // (APPENDED_PARTS * APPENDED)][: APPENDED_PARTS * APPENDED]
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        writing = pool.apply_async(_append, (new, folder))
        times = _open_and_search_until(writing.ready, queries)
        taken = writing.get()
    *_, finder = _opened()
    found = finder.find(new[-1:], 2)
    print(
        f"  while {len(new):,} rows are appended and embedded in parts of {APPENDED:,}, in {taken:.1f} s: "
        f"{_times(times)}; alone {_times(alone)}, opening included\n"
        f"  {unindexed(finder.exact.collection, finder.index):,} rows are not in the index; "
        f"the last one is found: {len(finder.exact.collection) - 1 in found.rows}",
        flush=True,
    )


def _append(vectors: Floats, folder: Path) -> float:
    """The seconds of adding texts and vectors, as a collection grows whose files are not read to their end."""
    started = time.perf_counter()
    collection, *_ = _opened()
    commit(collection, lambda now: (now.fragments, replace(now.facts, is_complete=False)))
    parts.MOST_ROWS = APPENDED
    files = [folder / f"part{part}.parquet" for part in range(PARTS + 1)]
    rows = np.arange(len(vectors))
    table = {"id": [f"new {row}" for row in rows], "text": [str(row) for row in rows], "step": rows % STEPS}
    pyarrow.parquet.write_table(pa.table(table), files[-1], row_group_size=APPENDED)
    encoder: Any = Stored(vectors)
    collections.embed_with(collections.create(NAME, files), encoder)
    return time.perf_counter() - started


def _open_and_search_until(is_over: Callable[[], bool], queries: Floats) -> list[float]:
    """The times of opening the collection and searching it by the index, one after the other."""
    times: list[float] = []
    while not is_over() or len(times) < 2:
        started = time.perf_counter()
        *_, finder = _opened()
        finder.find(queries[len(times) % len(queries)][None], K)
        times.append(time.perf_counter() - started)
    return times[1:]  # the first warms up


def read_at_once(queries: Floats, seconds: float) -> None:
    """Queries a second of 1 to 16 processes that search by the index at the same time."""
    for readers in READERS:
        with multiprocessing.get_context("spawn").Pool(readers) as pool:
            times = [
                one
                for each in pool.map(partial(_search_for, seconds), [queries] * readers, chunksize=1)
                for one in each
            ]
        print(f"  {readers} readers: {len(times) / seconds:,.0f} queries a second, {_times(times)}", flush=True)


def _search_for(seconds: float, queries: Floats) -> list[float]:
    """The times of searching for so long, after the first query."""
    *_, finder = _opened()
    finder.find(queries[:1], K)
    times: list[float] = []
    ends = time.perf_counter() + seconds
    while (started := time.perf_counter()) < ends:
        finder.find(queries[len(times) % len(queries)][None], K)
        times.append(time.perf_counter() - started)
    return times


def _memory_of_searching(queries: Floats) -> tuple[int, float]:
    """How many bytes searching adds to a process that has opened the collection, and the seconds of the first query."""
    *_, finder = _opened()
    before = psutil.Process().memory_info().rss
    first = seconds_of(lambda: finder.find(queries[:1], K))
    for query in queries:
        finder.find(query[None], K)
    return psutil.Process().memory_info().rss - before, first


def _opened() -> tuple[Collection, Model, ByIndex]:
    collection = collections.open_collection(NAME)
    (model,) = collections.models_of(collection)
    index = collections.index_of(collection, model)
    assert index
    return collection, model, ByIndex(OnDisk(collection, model), index)


@contextmanager
def said(what: str) -> Iterator[None]:
    """Say how long something took."""
    started = time.perf_counter()
    yield
    print(f"  {what} in {time.perf_counter() - started:,.1f} s", flush=True)


def _times(seconds: Sequence[float]) -> str:
    low, middle, high = 1000 * np.percentile(seconds, (50, 95, 99))
    return f"p50 {low:.1f} ms, p95 {middle:.1f} ms, p99 {high:.1f} ms"


def _bytes_of(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())


if __name__ == "__main__":
    main()
