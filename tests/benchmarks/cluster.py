"""What a Ray cluster costs and saves, on this machine alone: `python -m tests.benchmarks.cluster`.

First the same texts are embedded in turns by one process with all cores and by two nodes that share them: what Ray
takes at equal cores. Starting the workers is counted apart. Then 2, 4 and 8 nodes do work that only sleeps, as a GPU
would compute elsewhere, writes a part and has it committed: how far from ideal the handing out and the committing are,
and whether that grows faster than the parts. `--texts`, `--rounds` and `--nodes` make it smaller.
"""

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from core import collections, embedding, models
from core.collections import Cluster, Collection, columns
from core.collections.dataset import Facts, add_columns, open_collection
from core.collections.embedding import EMBEDDING
from core.machine import this_machine
from core.tables import parts
from tests.servers.ray_nodes import ray_nodes

HOW = {"device": "cpu", "engine": "torch", "precision": "float32"}
PARTS = 16
PARTS_A_NODE = 12
ROWS, DIMENSIONS = 50, 64  # of a part of sleeping work


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default="all-MiniLM-L6-v2")
    parser.add_argument("--texts", type=int, default=8000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--nodes", default="2,4,8")
    parser.add_argument("--seconds", type=float, default=1.0, help="that a part sleeps")
    options = parser.parse_args()
    print(this_machine().sentence, f"load {os.getloadavg()[0]:.1f}", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        os.environ["EMBEDSCOPE_COLLECTIONS"] = folder
        compare(options.model, options.texts, options.rounds)
        for count in map(int, options.nodes.split(",")):
            sleep_on(count, options.seconds)
    print(f"load at the end {os.getloadavg()[0]:.1f}")


def compare(model: str, texts: int, rounds: int) -> None:
    """Embed by one process and by two nodes, in turns."""
    spec, cores = models.get(model), len(os.sched_getaffinity(0))
    embedding.encoder(spec, **HOW).encode(["warm up"] * 8)  # type: ignore[arg-type]
    alone, shared, starts = [], [], []
    with ray_nodes(2, cores // 2) as nodes:
        for turn in range(rounds):
            alone.append(timed(lambda made: collections.embed(made, spec, **HOW), texts, f"a{turn}")[0])  # type: ignore[arg-type]
            whole, begun = on_cluster(nodes.cluster, spec, texts, f"b{turn}")
            shared.append(whole - begun)
            starts.append(begun)
    ratios = [other / own for own, other in zip(alone, shared, strict=True)]
    print(f"\n{model}, {texts:,} texts in {PARTS} parts, {cores} cores, medians of {rounds}")
    print(f"  one process             {statistics.median(alone):7.1f} s")
    print(
        f"  two nodes               {statistics.median(shared):7.1f} s  and {statistics.median(starts):.1f} s to start"
    )
    print(f"  two nodes / one process {statistics.median(ratios):7.2f}    ({min(ratios):.2f} to {max(ratios):.2f})")


def on_cluster(cluster: Cluster, spec: Any, texts: int, name: str) -> tuple[float, float]:
    """Seconds of embedding on a cluster, and of those until the first worker is ready."""
    ready: list[float] = []

    def note(what: str, *_: int) -> None:
        if what == EMBEDDING and not ready:
            ready.append(time.perf_counter())

    work = lambda made: collections.embed(made, spec, **HOW, cluster=cluster, on_progress=note)  # noqa: E731
    seconds, began = timed(work, texts, name)
    return seconds, ready[0] - began


def timed(work: Callable[[Collection], object], texts: int, name: str) -> tuple[float, float]:
    """Seconds of work on a new collection, and when it began."""
    made = create(name, texts, -(-texts // PARTS))
    began = time.perf_counter()
    work(made)
    return time.perf_counter() - began, began


def sleep_on(count: int, seconds: float) -> None:
    """So many nodes sleep at their parts, and these are committed."""
    made = create(f"sleep{count}", count * PARTS_A_NODE * ROWS, ROWS + 1)
    made = add_columns(made, [pa.field("v", pa.list_(pa.float32(), DIMENSIONS))])
    name = made.name

    def sleep(_: None, number: int, on_progress: Any) -> Any:
        time.sleep(seconds)
        current = open_collection(name)
        (rows,) = (part.physical_rows for part in current.fragments if part.id == number)
        return columns.write_part(current, "v", [np.zeros((rows, DIMENSIONS), np.float32)]), None

    def facts_of(_: None, current: Collection) -> Facts:
        return current.facts

    reports: list[float] = []
    with ray_nodes(count) as nodes, nodes.cluster.workers(lambda: None) as workers:
        wait_for_all(workers, count)
        began = time.perf_counter()
        columns.fill(made, "v", workers, sleep, facts_of, lambda _: reports.append(time.perf_counter()))
        taken = time.perf_counter() - began
    total = len(made.fragments)
    ideal = -(-total // count) * seconds
    print(
        f"  {count} nodes that sleep {seconds:g} s a part, {total} parts: {taken:6.1f} s, ideal {ideal:6.1f} s, "
        f"{100 * (taken / ideal - 1):+.0f} %, {1000 * (taken - ideal) / total:.0f} ms a part",
        flush=True,
    )


def wait_for_all(workers: Any, count: int) -> None:
    """Wait until each of so many workers has been at a task."""
    places: set[int] = set()

    def look(*_: object) -> int:
        time.sleep(0.1)
        return os.getpid()

    for _, place in workers.run(look, lambda: None if len(places) == count else 0, lambda: None):
        places.add(place)


def create(name: str, texts: int, rows: int) -> Collection:
    """A collection of so many texts in parts of so many rows."""
    parts.MOST_ROWS = rows
    path = Path(os.environ["EMBEDSCOPE_COLLECTIONS"]) / f"{name}.csv"
    words = ["the", "owl", "hunts", "at", "night", "in", "an", "old", "forest", "of", "oak", "while", "rivers", "sleep"]
    random = np.random.default_rng(0)
    path.write_text(
        "id,text\n" + "".join(f"d{row},{row} {' '.join(random.choice(words, 30))}\n" for row in range(texts))
    )
    return collections.create(name, [path])


if __name__ == "__main__":
    main()
