"""A large model by its architecture on one device: `python -m tests.benchmarks.architecture --device cuda`.

Beside the library's defaults for "Hello World", and beside the machine's own rate of matrix products for large batches,
all in one run. The weights are random, so nothing is downloaded; on a CPU choose a smaller `--batch-size`.
"""

import argparse
import statistics
import time

import torch

from core import benchmark, models
from core.benchmark import Run, Settings, Subject, Timing, Workload
from core.machine import power, this_machine

MATRIX = 8192
PRODUCTS = 30


def main() -> None:
    """Time the model as Embedscope chooses and as the library does it, and print what is asked of a GPU."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default="bge-large-en-v1.5")
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--batch-size", type=int, default=256)
    parser.add_argument("--tokens", type=int, default=128)
    options = parser.parse_args()
    subjects = [Subject(options.model, options.device, engine, weights="random") for engine in ("auto", "library")]
    workloads = (Workload(), Workload(options.batch_size, "", options.tokens))
    run = benchmark.run(subjects, workloads, Settings())
    print(this_machine().sentence, power(), this_machine().versions)
    for timing in run.results:
        print(
            f"{timing.engine:8} {timing.precision:8} batch {timing.batch_size:3} x {timing.tokens} tokens: "
            f"{timing.median_ms} ms, forward {timing.forward and timing.forward.median_ms} ms {timing.failure}"
        )
    report_hello(run)
    report_rate(run, options.device)


def report_hello(run: Run) -> None:
    """How many times as fast as the library "Hello World" is."""
    own, library = (timing for timing in run.results if timing.is_hello)
    if own.median_ms and library.median_ms:
        print(f"Hello World: {own.median_ms:.2f} ms, {library.median_ms / own.median_ms:.2f} times as fast")


def report_rate(run: Run, device: str) -> None:
    """The share of the rate of matrix products, in the same precision, that the large batches reach."""
    for timing in run.results:
        if timing.is_hello or not timing.median_ms:
            continue
        reached = operations(timing) / timing.median_ms * 1000
        peak = matrix_rate(device, timing.precision)
        print(f"{timing.engine}: {reached / 1e12:.2f} TFLOP/s, {reached / peak:.0%} of {peak / 1e12:.2f} TFLOP/s")


def operations(timing: Timing) -> float:
    """Multiplications and additions of the matrix products in one call."""
    sizes = models.get(timing.model).architecture
    width, inner, layers = sizes["hidden_size"], sizes["intermediate_size"], sizes["num_hidden_layers"]
    tokens = timing.tokens or 0
    return float(timing.batch_size * layers * tokens * (2 * (4 * width**2 + 2 * width * inner) + 4 * tokens * width))


def matrix_rate(device: str, precision: str) -> float:
    """Operations per second of a large square matrix product by torch, the median of many."""
    size = MATRIX if device == "cuda" else MATRIX // 4
    left, right = (torch.randn(size, size, dtype=getattr(torch, precision), device=device) for _ in range(2))
    seconds = []
    for _ in range(PRODUCTS):
        started = time.perf_counter()
        _ = left @ right
        if device == "cuda":
            torch.cuda.synchronize()
        seconds.append(time.perf_counter() - started)
    return 2 * size**3 / statistics.median(seconds)


if __name__ == "__main__":
    main()
