"""What a commit costs in a collection of many parts: `python -m tests.benchmarks.commits`.

Collections of 10 to 10,000 parts of one row each. In each the column of vectors of some parts is written and committed
as `collection embed` does it; a median is of `--rounds` parts. Beside it, opening the collection and an exact search of
what is embedded, both of which read the list of all parts.
"""

import argparse
import os
import statistics
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import numpy as np
import pyarrow as pa
from lance.fragment import write_fragments

from core import collections
from core.collections import Collection, columns
from core.collections.dataset import add_columns, commit, open_collection
from core.machine import this_machine
from tests.benchmarks.indexes import seconds_of

SIZES = (10, 100, 1_000, 10_000)
DIMENSIONS = 64


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=9)
    options = parser.parse_args()
    print(this_machine().sentence, f"load {os.getloadavg()[0]:.1f}; medians of {options.rounds}")
    with tempfile.TemporaryDirectory() as folder:
        os.environ["EMBEDSCOPE_COLLECTIONS"] = folder
        for size in SIZES:
            made = of_parts(size, Path(folder))
            works: dict[str, Callable[[], object]] = {
                "one more written and committed": partial(embed_part, made, iter(range(size))),
                "opened": partial(open_collection, made.name),
                "opened, and what is missing listed": partial(missing_in, made.name),
            }
            times = {what: [seconds_of(work) for _ in range(options.rounds)] for what, work in works.items()}
            listed = ", ".join(f"{what} in {1000 * statistics.median(taken):,.1f} ms" for what, taken in times.items())
            print(f"  {size:6,} parts: {listed}", flush=True)
    print(f"load at the end {os.getloadavg()[0]:.1f}")


def of_parts(count: int, folder: Path) -> Collection:
    """A collection of so many parts, with a column of vectors that is empty."""
    path = folder / f"parts{count}.csv"
    path.write_text("id,text\nfirst,a text\n")
    made = add_columns(collections.create(path.stem, [path]), [pa.field("v", pa.list_(pa.float32(), DIMENSIONS))])
    names = [f"d{row}" for row in range(count - 1)]
    rows = pa.table({"id": names, "text": names})
    new = write_fragments(rows, made.data, mode="append", max_rows_per_file=1) if names else []
    return commit(made, lambda now: ([*now.fragments, *new], now.facts)) if new else made


def embed_part(made: Collection, places: Iterator[int]) -> None:
    """Write and commit the vectors of the next part, in the collection as it is now."""
    current = open_collection(made.name)
    file = columns.write_part(current, "v", [np.zeros((1, DIMENSIONS), np.float32)])
    columns.add_file(current, current.fragments[next(places)].id, "v", file, lambda now: now.facts)


def missing_in(name: str) -> int:
    """How many parts lack their vectors."""
    return len(open_collection(name).without("v"))


if __name__ == "__main__":
    main()
