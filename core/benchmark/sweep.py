"""A sweep: batch sizes by lengths, and where a GPU is faster than the CPU."""

import math
from collections.abc import Sequence

from core.benchmark.timing import HELLO, Timing, Workload

BATCH_SIZES = (1, 4, 16, 64, 256)
LENGTHS = (8, 32, 128, 512)


def grid(batch_sizes: Sequence[int] = BATCH_SIZES, lengths: Sequence[int] = LENGTHS) -> tuple[Workload, ...]:
    """Each batch size with each length in tokens, the smallest first, so that each predicts the larger ones."""
    workloads = [Workload(batch_size, "", tokens) for batch_size in batch_sizes for tokens in lengths]
    return tuple(sorted(workloads, key=lambda workload: (workload.size, workload.batch_size)))


def workloads(
    text: str = HELLO, batch_sizes: Sequence[int] = (1,), lengths: Sequence[int] = ()
) -> tuple[Workload, ...]:
    """The text in each batch size; where lengths are given, each batch size with each length instead."""
    if lengths:
        return grid(batch_sizes, lengths)
    return tuple(Workload(batch_size, text) for batch_size in batch_sizes)


def pays_from(timings: Sequence[Timing]) -> dict[tuple[str, int], int | None]:
    """For each model and length, the batch size from which a GPU is faster than the CPU; None if there is none.

    Only batch sizes that were timed on both, undisturbed, count; of several GPUs the fastest.
    """
    milliseconds: dict[tuple[str, int, str, int], float] = {}
    for row in timings:
        if row.median_ms and row.tokens and not row.is_disturbed:
            shape = (row.model, row.tokens, "cpu" if row.device == "cpu" else "gpu", row.batch_size)
            milliseconds[shape] = min(row.median_ms, milliseconds.get(shape, math.inf))
    pairs = sorted({(model, tokens) for model, tokens, device, _ in milliseconds if device == "gpu"})
    smallest: dict[tuple[str, int], int | None] = {}
    for model, tokens in pairs:
        batches = sorted(
            batch
            for name, length, device, batch in milliseconds
            if (name, length, device) == (model, tokens, "cpu") and (model, tokens, "gpu", batch) in milliseconds
        )
        slower = [
            batch
            for batch in batches
            if milliseconds[model, tokens, "gpu", batch] >= milliseconds[model, tokens, "cpu", batch]
        ]
        paying = [batch for batch in batches if not slower or batch > max(slower)]
        if batches:
            smallest[model, tokens] = paying[0] if paying else None
    return smallest
