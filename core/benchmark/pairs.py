"""The timings of two runs, paired: the same model, device and workload in both."""

from collections.abc import Sequence

from core.benchmark.timing import Timing

Key = tuple[str, ...]
Pair = tuple[Timing | None, Timing | None]


def pair(first: Sequence[Timing], second: Sequence[Timing]) -> list[Pair]:
    """Each model, device and workload with its timing in both runs; None where a run has not timed it.

    Where a run has several engines or precisions of one, these are told apart as well.
    """
    with_engine = needs_engine(first, second)
    one, two = ({_key(row, with_engine): row for row in run} for run in (first, second))
    return [(one.get(key), two.get(key)) for key in dict.fromkeys([*one, *two])]


def needs_engine(first: Sequence[Timing], second: Sequence[Timing]) -> bool:
    """Whether a run has timed a model, device and workload with several engines or precisions."""
    return any(len({_key(row, False) for row in run}) < len(run) for run in (first, second))


def _key(timing: Timing, with_engine: bool) -> Key:
    """What timings of two runs must share to be a pair."""
    workload = (str(timing.batch_size), timing.text, "" if timing.is_hello else str(timing.tokens))
    engine = (timing.engine, timing.precision, timing.weights) if with_engine else ()
    return (timing.model, timing.device, *workload, *engine)
