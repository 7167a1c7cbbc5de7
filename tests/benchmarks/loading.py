"""Loading a model for OpenVINO with and without its converted network on disk: `python -m tests.benchmarks.loading`.

Each start is a fresh process, the two kinds take turns, and the medians are compared. `--rounds N` sets their number.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile

from core.machine import this_machine

START = """
import time
started = time.perf_counter()
import sentence_transformers
import core.encoders.openvino
from core import encoders, models
imported = time.perf_counter()
encoder = encoders.load(models.get("all-MiniLM-L6-v2"), device="cpu", engine="openvino", precision="float32")
encoder.encode(["Hello World"])
ended = time.perf_counter()
print(imported - started, ended - imported)
"""


def main() -> None:
    """Start in turns, and print the medians."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    rounds = parser.parse_args().rounds
    print(this_machine().sentence, this_machine().versions)
    seconds: dict[str, list[tuple[float, float]]] = {"converted": [], "read from disk": []}
    with tempfile.TemporaryDirectory() as known:
        start(known)
        for _ in range(rounds):
            seconds["read from disk"].append(start(known))
            with tempfile.TemporaryDirectory() as empty:
                seconds["converted"].append(start(empty))
    for name, times in seconds.items():
        imports, loads = zip(*times, strict=True)
        print(
            f"{name:15} libraries {statistics.median(imports):.2f} s, then to the first vector "
            f"{statistics.median(loads):.2f} s ({min(loads):.2f} to {max(loads):.2f})"
        )


def start(home: str) -> tuple[float, float]:
    """Seconds of importing the libraries, and from there to the first vector, in a process of its own."""
    environment = {**os.environ, "EMBEDSCOPE_HOME": home, "HF_HUB_OFFLINE": "1"}
    answer = subprocess.run([sys.executable, "-c", START], env=environment, capture_output=True, text=True, check=True)
    imports, load = answer.stdout.split()[-2:]
    return float(imports), float(load)


if __name__ == "__main__":
    main()
