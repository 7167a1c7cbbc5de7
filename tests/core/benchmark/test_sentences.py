"""What the benchmark's views say aloud: who is fastest, by how much, where, and nothing of disturbed timings."""

from dataclasses import replace

import pytest

from core.benchmark.sentences import best_shape, compared, fastest, fastest_engine, place
from core.benchmark.timing import Measure, Timing, fastest_first
from tests.core.benchmark.runs import finished, timing

HERE = "On this machine"
QUICK, SLOW = timing("quick", median_ms=2.0), timing("slow", median_ms=5.0)
DISTURBED = timing("disturbed", median_ms=1.0, disturbed=3)


def test_a_recorded_run_begins_with_its_processor() -> None:
    run = finished()
    recording = replace(run, machine=replace(run.machine, cpu="8-core CPU at 3.6 GHz, 32 GB, driver 525"))
    assert place(recording) == "On 8-core CPU at 3.6 GHz (recorded)"
    assert place(None) == HERE


@pytest.mark.parametrize(
    ("timings", "sentence"),
    [
        ([SLOW, QUICK], "quick is the fastest: 2.00 ms for “Hello World”, 2.5 times as fast as the runner-up, slow."),
        (
            [SLOW, replace(SLOW, median_ms=5.1, model="other")],
            "slow is the fastest: 5.00 ms for “Hello World”, about as fast as the runner-up, other.",
        ),
        ([QUICK], "quick takes 2.00 ms to embed “Hello World”."),
        (
            [SLOW, DISTURBED, QUICK],
            "leaving out disturbed timings, quick is the fastest: 2.00 ms for “Hello World”, 2.5 times as fast as the "
            "runner-up, slow.",
        ),
        (
            [QUICK, replace(QUICK, device="cuda", median_ms=0.5)],
            "quick on the GPU is the fastest: 0.500 ms for “Hello World”, 4.0 times as fast as the "
            "runner-up, quick on the CPU.",
        ),
        ([DISTURBED], "other processes disturbed every timing: time again when it is quiet."),
        ([], "nothing has been timed yet."),
    ],
    ids=["two", "alike", "one", "one disturbed", "two devices", "all disturbed", "none"],
)
def test_the_fastest_model_is_named_with_its_lead_over_the_next(timings: list[Timing], sentence: str) -> None:
    assert fastest(timings, HERE) == f"{HERE}, {sentence}"


LIBRARY = timing("m", engine="library", median_ms=9.0)
OPENVINO = timing("m", engine="openvino", precision="bfloat16", median_ms=2.0, cosine=0.9995)
INT8 = timing("m", engine="openvino", precision="int8", median_ms=1.0, cosine=0.99)
TORCH = timing("m", engine="torch", median_ms=3.0)


@pytest.mark.parametrize(
    ("timings", "sentence"),
    [
        (
            [LIBRARY, TORCH, OPENVINO],
            "the fastest engine for m is openvino in bfloat16: 2.00 ms, 4.5 times as fast as sentence-transformers "
            "with its defaults.",
        ),
        (
            [LIBRARY, OPENVINO, INT8],
            "the fastest engine for m that stays within cosine 0.999 is openvino in bfloat16: 2.00 ms, 4.5 times as "
            "fast as sentence-transformers with its defaults.",
        ),
        (
            [replace(LIBRARY, disturbed=1), TORCH, OPENVINO],
            "leaving out disturbed timings, the fastest engine for m is openvino in bfloat16: 2.00 ms, 1.5 times as "
            "fast as torch in float32.",
        ),
        ([OPENVINO], "m takes 2.00 ms with openvino in bfloat16."),
    ],
    ids=["library", "unfaithful", "library disturbed", "one"],
)
def test_the_fastest_faithful_engine_is_compared_with_the_library(timings: list[Timing], sentence: str) -> None:
    assert fastest_engine(timings, HERE) == f"{HERE}, {sentence}"


ALONE = timing("m", text="", tokens=8, median_ms=2.0)
BATCH = timing("m", text="", tokens=8, batch_size=16, median_ms=8.0)
LONG = timing("m", text="", tokens=512, batch_size=16, median_ms=800.0)


@pytest.mark.parametrize(
    ("timings", "measure", "sentence"),
    [
        (
            [ALONE, LONG, BATCH],
            "texts/s",
            "embeds up to 2,000 texts a second: 16 texts of 8 tokens at a time, 4.0 times as many as one by one.",
        ),
        ([LONG, BATCH], "tokens/s", "embeds up to 16,000 tokens a second: 16 texts of 8 tokens at a time."),
        ([ALONE], "texts/s", "embeds up to 500 texts a second: 1 text of 8 tokens at a time."),
        (
            [ALONE, LONG, BATCH],
            "latency, ms",
            "takes from 2.00 ms for 1 text of 8 tokens to 800 ms for 16 texts of 512 tokens.",
        ),
        ([ALONE], "latency, ms", "takes 2.00 ms for 1 text of 8 tokens."),
    ],
    ids=["texts", "tokens", "one", "latency", "one latency"],
)
def test_the_best_batch_is_named_with_what_it_gains(timings: list[Timing], measure: Measure, sentence: str) -> None:
    assert best_shape(timings, measure, HERE) == f"{HERE}, m {sentence}"


def test_a_disturbed_batch_gains_nothing() -> None:
    assert best_shape([replace(ALONE, disturbed=1), BATCH], "texts/s", HERE) == (
        f"{HERE}, leaving out disturbed timings, m embeds up to 2,000 texts a second: 16 texts of 8 tokens at a time."
    )


NAMES = ("this run", "the other")
ONE = [timing("a", median_ms=2.0), timing("b", median_ms=4.0), timing("c", median_ms=1.0)]


@pytest.mark.parametrize(
    ("medians", "sentence"),
    [
        ((8.0, 10.0), "This run is 2.5 to 4.0 times as fast as the other, in the 2 timings they share."),
        ((1.0, 1.0), "The other is 2.0 to 4.0 times as fast as this run, in the 2 timings they share."),
        (
            (1.0, 8.0),
            "This run is faster in 1 of the 2 timings they share: 0.50 to 2.0 times as fast as the other.",
        ),
        ((6.0,), "This run is 3.0 times as fast as the other, in the only timing they share."),
        ((), ""),
    ],
)
def test_two_runs_are_compared_over_what_both_have(medians: tuple[float, ...], sentence: str) -> None:
    other = [replace(row, median_ms=median) for row, median in zip(ONE, medians, strict=False)]
    assert compared(ONE, other, NAMES) == sentence


def test_disturbed_timings_of_two_runs_are_not_compared() -> None:
    other = [replace(ONE[0], median_ms=6.0), replace(ONE[1], median_ms=40.0, disturbed=1)]
    assert compared(ONE, other, NAMES) == (
        "This run is 3.0 times as fast as the other, in the only timing they share undisturbed."
    )
    assert compared(ONE, other[1:], NAMES) == (
        "Other processes disturbed every timing that these runs share: none is compared."
    )


def test_models_are_sorted_by_their_shortest_median_and_those_without_one_are_last() -> None:
    failed = replace(SLOW, model="failed", median_ms=None, failure="out of memory")
    on_gpu = replace(SLOW, model="other", device="cuda", median_ms=1.0)
    on_cpu = replace(SLOW, model="other", median_ms=90.0)
    timings = {(row.model, row.device): row for row in (SLOW, QUICK, failed, on_gpu, on_cpu)}
    models = ["unknown", "failed", "slow", "other", "quick"]
    assert fastest_first(models, timings) == ["other", "quick", "slow", "unknown", "failed"]
