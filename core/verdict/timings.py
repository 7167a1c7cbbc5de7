"""The timings for a verdict from benchmark runs on this machine, what to time for it, and what is recorded."""

from collections.abc import Iterable

from core import benchmark, load
from core.benchmark import Run, Settings, Timing, Workload
from core.corpus import Corpus
from core.devices import devices
from core.load import LoadTest
from core.models import ModelSpec
from core.verdict.candidate import BATCH_TOKENS

WORKLOADS = (Workload(), Workload(16, "", BATCH_TOKENS))
SETTINGS = Settings(patience_seconds=2.0, most_seconds=12.0, with_forward=False)


def timings(*, device: str = "auto", precision: str = "auto") -> dict[Timing, str]:
    """The latest timings made on this machine and the day of each; imported and recorded runs do not count.

    Parameters
    ----------
    device, precision : str
        The device, and the precision asked for; "auto" leaves both to the machine.
    """
    days = {
        row: stored.run.created[:10]
        for stored in benchmark.list_runs()
        if stored.origin == "here"
        for row in stored.run.results
    }
    rows = [
        *benchmark.latest_timings(precision, of_any_revision=True).values(),
        *benchmark.latest_sweeps(precision, of_any_revision=True),
    ]
    return {row: days.get(row, "") for row in rows if device in ("auto", row.device)}


def recording(*, device: str = "auto", precision: str = "auto") -> Run | None:
    """The recorded run whose "Hello World" stands in for models of which none is timed here; None if there is none.

    Parameters as in `timings`. Only a model's own weights count, on a device that this machine has.
    """
    wanted = devices() if device == "auto" else (device,)
    return benchmark.recorded_run(
        lambda row: (
            row.is_hello and row.median_ms is not None and row.weights == "own" and row.device in wanted
            and (row.asked_engine, row.asked_precision) == ("auto", precision)
        )
    )  # fmt: skip


def loads(specs: Iterable[ModelSpec], texts: Corpus) -> dict[str, LoadTest]:
    """The latest search for the limit of each model on these texts; models without one are missing."""
    found = {spec.name: load.latest(spec, texts.fingerprint) for spec in specs}
    return {name: test for name, test in found.items() if test}
