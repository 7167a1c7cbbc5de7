"""What the views share: the models to time, running and watching a benchmark, and the captions of its figures."""

from collections.abc import Callable, Sequence
from itertools import chain
from typing import TYPE_CHECKING

import streamlit as st

from core import benchmark, wording
from core.benchmark import Run, Settings, Subject, Timing, Workload
from core.devices import devices
from core.machine import this_machine
from core.models import ModelSpec, catalogue
from core.models.files import availability
from pages.shared import picks, state
from pages.shared.state import Parameter, Work
from pages.shared.ui import output, progress

if TYPE_CHECKING:
    import pandas as pd

LEAST_COMPARED = 2  # recorded timings of a model that make a comparison
FEW_SECONDS = 20.0  # limit of each workload, short enough for a live demonstration
PATIENCE_SECONDS = 2.5

WHISKERS = "Whiskers reach the 95th percentile."

SAMPLING = (
    "A timing is the median of at least 30 samples after 10 warm-up calls, each model in a fresh process; samples that "
    "other processes disturb are repeated."
)

METHOD = """
- **A fresh process** for each model, device, engine and precision, one after the other in shuffled order. Only one
  benchmark runs on this machine at a time; the others wait in a queue.
- **Separate phases**: loading; the first call; 10 warm-up calls; then at least 30 samples over at least a second (or
  what you set below), fewer only if that would take too long. Charts show the median; whiskers reach the 95th
  percentile.
- **End to end**: from text to vector, tokenising included; on a GPU from idle to idle. The forward pass is also timed
  on its own, on a GPU by the GPU's clock.
- **Interference is measured**: how much processor time other processes use, in slices of 0.2 s. Disturbed samples are
  repeated; if that does not help, they count and the bar says so.
- **Architecture only** means random weights and the tokenizer of all-MiniLM-L6-v2: the time is that of the network,
  before its weights are downloaded.
"""


def devices_to_time() -> list[str]:
    """The picked device, or all available ones."""
    return [picks.device()] if picks.device() in devices() else list(devices())


def local_models() -> list[ModelSpec]:
    """The picked models that run here, and the original table's."""
    chosen = set(picks.models())
    return [
        spec
        for spec in [*catalogue(), *(spec for spec in picks.models() if spec not in catalogue())]
        if spec.provider != "openai" and (spec in chosen or spec.original)
    ]


def settings() -> Settings:
    """How thoroughly to time, from a popover that also explains the method."""
    with st.popover("Method", icon=":material/science:"):
        st.markdown(METHOD)
        with st.container(horizontal=True):
            samples = st.number_input(  # floats, because a link with samples=inf would break integers
                "Minimum samples",
                10.0,
                1000.0,
                30.0,
                1.0,
                format="%.0f",
                key=state.Measurement.SAMPLES,
                bind="query-params",
            )
            seconds = st.number_input(
                "Minimum seconds of samples", 0.1, 30.0, 1.0, key=state.Measurement.SECONDS, bind="query-params"
            )
        st.caption(f"This machine: {this_machine().sentence}")
    return Settings(
        least_samples=int(samples),
        least_seconds=float(seconds),
        patience_seconds=PATIENCE_SECONDS,
        most_seconds=max(FEW_SECONDS, 2 * float(seconds)),
    )


def watch(
    name: Work,
    subjects: Sequence[Subject],
    workloads: Sequence[Workload],
    how: Settings,
    on_result: Callable[[Timing], None],
    on_begin: Callable[[Subject], None] | None = None,
) -> Run:
    """Run a benchmark with a progress line; the session stores the run, with its texts."""
    with progress.line(name, count=None) as on_progress:
        run = benchmark.run(subjects, workloads, how, on_progress=on_progress, on_begin=on_begin, on_result=on_result)
    st.session_state[state.Measurement.LATEST_RUN] = run
    return run


def downloads(table: "pd.DataFrame", name: str, timings: Sequence[Timing]) -> None:
    """The figures as CSV, their run as JSON, and the format of the picture."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        output.download_table(table, name)
        output.download_json(run_of(timings), f"{name}-run")
        output.picture_format()


def run_of(timings: Sequence[Timing]) -> Run | None:
    """The latest run with one of the timings: the session's, or a saved one."""
    latest: Run | None = st.session_state.get(state.Measurement.LATEST_RUN)
    here = (stored.run for stored in benchmark.list_runs() if stored.origin == "here")
    wanted = set(timings)
    return next((run for run in chain([latest] if latest else [], here) if not wanted.isdisjoint(run.results)), None)


def subjects(specs: Sequence[ModelSpec]) -> tuple[Subject, ...]:
    """The models on the picked device in the picked precision; with random weights those that are not installed."""
    return benchmark.subjects([spec.name for spec in specs], devices(), precision=picks.precision(), weights="any")


def one_model(specs: Sequence[ModelSpec], key: Parameter) -> ModelSpec:
    """The model chosen among several; by default the first one installed."""
    first = next((place for place, spec in enumerate(specs) if availability(spec).is_ready), 0)
    names = [spec.name for spec in specs]
    name = st.selectbox("Model", names, index=first, key=key, bind="query-params", width=260)
    return specs[names.index(name)]


def recorded_on(run: Run) -> str:
    """Where and when a run of the project was recorded, within a sentence."""
    return output.markdown_free(f"recorded on {run.machine.sentence}, {run.time:%Y-%m-%d}")


def show_failures(timings: Sequence[Timing]) -> None:
    """A sentence for each failed timing, each reason once."""
    reasons = {timing.failure: timing for timing in timings if timing.failure}
    for failure, timing in reasons.items():
        where = "" if failure.startswith(timing.model) else f"{timing.model} on {timing.device}: "
        st.caption(f":material/error: {output.markdown_free(where + failure)}")


def show_disturbed(timings: Sequence[Timing]) -> None:
    """A sentence that names the timings that other processes disturbed, if any."""
    names = list(dict.fromkeys(timing.model for timing in timings if timing.is_disturbed))
    if names:
        st.caption(
            f":material/warning: Other processes disturbed the timing of {output.markdown_free(wording.join(names))}: "
            "shown in grey, not compared. Time again when this machine is quiet."
        )


def provenance(timings: Sequence[Timing], recording: Run | None = None) -> None:
    """For the page's foot, a line for each timing: what computed it, and how it was measured.

    `recording` is the run that they are of, if they were not timed on this machine.
    """
    if recording:
        output.explain(f"{output.MACHINE}{recorded_on(recording)}")
    for timing in timings:
        if timing.median_ms:
            output.explain(_line(timing))


def _line(timing: Timing) -> str:
    facts = [
        timing.model,
        f"revision {timing.revision[:14]}" if timing.weights == "own" else "random weights",
        timing.device,
        timing.engine,
        timing.precision,
        f"batch {timing.batch_size}",
        f"{timing.tokens} tokens",
        f"{timing.samples:,} calls after {timing.warm_up_calls} warm-up calls",
        f"{timing.threads} thread{'' if timing.threads == 1 else 's'}",
        *map(output.markdown_free, wording.prompts("", timing.document_prompt)),
    ]
    if timing.load_seconds is not None and timing.first_call_ms is not None:
        loaded, first_call = wording.duration(timing.load_seconds), wording.milliseconds(timing.first_call_ms)
        facts.append(f"loaded in {loaded}, first call {first_call}")
    if timing.disturbed:
        facts.append(f"{timing.disturbed:,} disturbed by other processes")
    if timing.left_out:
        facts.append(f"{timing.left_out:,} disturbed calls repeated")
    return output.markdown_free(" · ".join(facts))
