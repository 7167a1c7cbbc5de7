"""A collection in a bucket, at once and with a delay of each answer, and on disk: `python -m tests.benchmarks.bucket`.

The bucket is moto's S3 server on this machine, written in Python, with all objects in memory: its seconds say little of
a real service. What counts is how many answers a search waits for, one after the other, which the delay (`--delay` of
each answer, in ms) makes visible. The vectors are those of `tests.benchmarks.indexes`. An index is built with `--index`
alone: measuring its recall reads the bucket thousands of times, which takes this server many minutes.
"""

import argparse
import logging
import multiprocessing
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from http.client import HTTPConnection
from pathlib import Path
from typing import TYPE_CHECKING, Any

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import run_simple

from core import collections
from core.collections import ByIndex, OnDisk
from core.machine import this_machine
from core.search.indexes import Floats
from tests.benchmarks.collections import NAME, write
from tests.benchmarks.indexes import MADE, QUERIES, K, seconds_of
from tests.e2e.conftest import free_port

if TYPE_CHECKING:
    from multiprocessing.sharedctypes import Synchronized

BUCKET = "team"
ROUNDS = 9


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=20_000)
    parser.add_argument("--index", action="store_true")
    parser.add_argument("--delay", type=float, default=30.0, help="ms of each answer")
    options = parser.parse_args()
    print(this_machine().sentence, f"load {os.getloadavg()[0]:.1f}")
    vectors = MADE["clustered"](options.size + QUERIES)
    vectors, queries = vectors[:-QUERIES], vectors[-QUERIES:]
    print(f"{len(vectors):,} vectors, {vectors.nbytes / 1e6:,.0f} MB; medians of {ROUNDS}")
    with tempfile.TemporaryDirectory() as folder:
        os.environ["EMBEDSCOPE_HOME"] = os.environ["EMBEDSCOPE_COLLECTIONS"] = folder
        report("on disk", vectors, queries, Path(folder), with_index=options.index)
        with service() as delay:
            os.environ["EMBEDSCOPE_COLLECTIONS"] = f"s3://{BUCKET}/here"
            report("in a bucket", vectors, queries, Path(folder), with_index=options.index)
            delay(options.delay / 1000)
            search(f"in a bucket, each answer {options.delay:g} ms later", queries)
    print(f"load at the end {os.getloadavg()[0]:.1f}")


def report(where: str, vectors: Floats, queries: Floats, folder: Path, *, with_index: bool) -> None:
    """Write a collection and, if asked for, its index, and search it."""
    made, model = write(vectors, folder)
    if with_index:
        print(f"{where}: indexed in {seconds_of(lambda: collections.build(made, model, 0.98)):.1f} s", flush=True)
    search(where, queries)


def search(where: str, queries: Floats) -> None:
    """The times of opening the collection and of searching it in each way."""
    collection, model = opened()
    exact, index = OnDisk(collection, model), collections.index_of(collection, model)
    ways: dict[str, Callable[[], object]] = {
        "opened": opened,
        "one query exactly": partial(exact.find, queries[:1], K),
        "100 queries exactly": partial(exact.find, queries[:100], K),
        "10 texts read": lambda: collection.data.take(range(0, len(collection), len(collection) // 10), ["text"]),
    }
    if index:
        ways["one query by the index"] = partial(ByIndex(exact, index).find, queries[:1], K)
    for way, work in ways.items():
        work()
        times = [seconds_of(work) for _ in range(ROUNDS)]
        print(f"  {where}: {way} {1000 * statistics.median(times):,.0f} ms", flush=True)


def opened() -> tuple[collections.Collection, collections.Model]:
    """The collection and its model."""
    collection = collections.open_collection(NAME)
    (model,) = collections.models_of(collection)
    return collection, model


@contextmanager
def service() -> Iterator[Callable[[float], None]]:
    """S3 in a process of its own, with an empty bucket; gives what sets the seconds that each answer waits."""
    spawn = multiprocessing.get_context("spawn")
    delay = spawn.Value("d", 0.0)
    port = free_port()
    process = spawn.Process(target=_serve, args=(port, delay), daemon=True)
    process.start()
    access = {"AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_REGION": "us-east-1"}
    os.environ |= access | {"AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}", "AWS_ALLOW_HTTP": "true"}
    try:
        _make_bucket(port)
        yield lambda seconds: setattr(delay, "value", seconds)
    finally:
        process.kill()


def _serve(port: int, delay: "Synchronized[float]") -> None:
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    answer = DomainDispatcherApplication(create_backend_app)

    def answer_late(*asked: Any) -> Any:
        time.sleep(delay.value)
        return answer(*asked)

    run_simple("127.0.0.1", port, answer_late, threaded=True)


def _make_bucket(port: int) -> None:
    for _ in range(100):
        try:
            connection = HTTPConnection("127.0.0.1", port)
            connection.request("PUT", f"/{BUCKET}")
            connection.getresponse().close()
        except ConnectionError:
            time.sleep(0.2)
        else:
            return
    raise RuntimeError("The bucket's server did not come up.")


if __name__ == "__main__":
    main()
