"""Many threads and processes on one store, killed at any moment: no wrong vector is returned, and none is lost.

Each process is this module run as a script. It tells what it has put, and each vector it was given that is not the one
of the key. What it logs is told as well.
"""

import os
import random
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path

import numpy as np

from core.settings import PROJECT
from core.storage.vectors import Store, key

PROCESSES = 4
THREADS = 8
LIVES = 14  # of each process; all but the last end by a kill: 52 kills
NUMBERS = 2000
AT_ONCE = 64
DIMENSIONS = 384
LARGE, SMALL = 2**30, 2**20


def test_after_fifty_kills_all_that_was_put_is_there_and_no_vector_was_ever_wrong(tmp_path):
    path = tmp_path / "vectors.sqlite"
    told = told_by_processes(path, LARGE, LIVES)
    put = [int(number) for word, *numbers in told if word == "put" for number in numbers]
    assert len(set(put)) > NUMBERS / 2
    assert [" ".join(words) for words in told if words[0] != "put"] == []
    found = Store(path).get(map(name, range(NUMBERS)), DIMENSIONS)
    assert [number for number in set(put) if name(number) not in found] == []
    assert [number for number in range(NUMBERS) if name(number) in found and not is_right(found, number)] == []
    assert complaints_of_sqlite(path) == ["ok"]


def test_a_store_that_is_always_full_stays_within_its_bound_through_kills(tmp_path):
    path = tmp_path / "vectors.sqlite"
    told = told_by_processes(path, SMALL, lives=3)
    assert [" ".join(words) for words in told if words[0] != "put"] == []
    assert complaints_of_sqlite(path) == ["ok"]
    assert SMALL / 2 < path.stat().st_size < SMALL * 1.2


def told_by_processes(path, most_bytes, lives):
    """The words of all lines that the processes have told, in their lives one after another."""
    with ThreadPoolExecutor(PROCESSES) as threads:
        told = threads.map(lambda seed: list(told_by_one(path, most_bytes, lives, seed)), range(PROCESSES))
    return [line.split() for lines in told for line in lines]


def told_by_one(path, most_bytes, lives, seed):
    chance = random.Random(seed)
    for life in range(1, lives + 1):
        process = started(path, most_bytes, seed=f"{seed} {life}")
        for _ in range(chance.randint(1, 30)):
            yield process.stdout.readline()
        if life < lives:
            time.sleep(chance.uniform(0, 0.02))  # so that the kill can fall anywhere
            process.send_signal(signal.SIGKILL)
        process.stdin.close()
        yield from process.stdout
        process.stdout.close()
        assert process.wait() == (-signal.SIGKILL if life < lives else 0)


def started(path, most_bytes, seed):
    return subprocess.Popen(
        [sys.executable, "-m", "tests.core.storage.test_vectors_stress", str(path), str(most_bytes), seed],
        cwd=PROJECT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def complaints_of_sqlite(path):
    database = sqlite3.connect(path)
    complaints = [line for (line,) in database.execute("pragma integrity_check")]
    database.close()
    return complaints


@cache
def vector(number):
    return np.random.default_rng(number).normal(size=DIMENSIONS).astype(np.float32)


def name(number):
    return key("model", str(number))


def is_right(found, number):
    return found[name(number)].tobytes() == vector(number).tobytes()


def work(kept, seed, is_over):
    """One thread of a process: ask for vectors, check those that are known, put them all."""
    chance = random.Random(seed)
    while not is_over.is_set():
        numbers = chance.sample(range(NUMBERS), AT_ONCE)
        found = kept.get(map(name, numbers), DIMENSIONS)
        if wrong := [number for number in numbers if name(number) in found and not is_right(found, number)]:
            tell("wrong", wrong)
        kept.put({name(number): vector(number) for number in numbers})
        tell("put", numbers)


def tell(word, numbers):
    os.write(sys.stdout.fileno(), f"{word} {' '.join(map(str, numbers))}\n".encode())  # whole or not at all


def main(path, most_bytes, seed):
    kept, is_over = Store(Path(path), int(most_bytes)), threading.Event()
    threads = [threading.Thread(target=work, args=(kept, f"{seed} {number}", is_over)) for number in range(THREADS)]
    for thread in threads:
        thread.start()
    sys.stdin.read()  # until the test closes it
    is_over.set()
    for thread in threads:
        thread.join()


if __name__ == "__main__":
    main(*sys.argv[1:])
