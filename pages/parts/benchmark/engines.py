"""Engines and precisions of one model compared with each other, and with plain sentence-transformers."""

from collections.abc import Sequence

import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core import benchmark
from core.benchmark import Run, Settings, Subject, Timing, Workload
from core.benchmark.sentences import fastest_engine, place
from core.charts.style import model_colour
from core.charts.timings import engine_bars
from core.encoders.choice import LEAST_COSINE
from core.models import ModelSpec
from pages.shared import frame, measurement, present, state
from pages.shared.ui import output, progress
from pages.shared.ui.live_chart import LiveChart

SETTINGS = Settings(most_seconds=measurement.FEW_SECONDS, with_forward=False, with_cosine=True)


def show(controls: DeltaGenerator) -> None:
    """Draw the view: the model, the answer, a bar for each engine and precision, the table."""
    specs = [spec for spec in measurement.local_models() if not spec.is_static]
    with controls:
        spec = measurement.one_model(specs, state.Benchmark.ENGINES_MODEL)
        start = st.button(
            f"Compare engines on {spec.name}",
            type="primary",
            icon=":material/compare_arrows:",
            on_click=progress.start_anew,
            args=(state.Benchmark.COMPARE_ENGINES,),
        )
    timings = benchmark.latest_engines(spec.name)
    recording = None if timings else _recording(spec)
    if recording:
        timings = list(recording.results)
    if start:
        output.answer(f"Comparing the engines of {spec.name} on this machine …")
    elif timings:
        output.answer(fastest_engine(timings, place(recording)))
    else:
        output.answer(f"No comparison of engines is recorded for {spec.name}, on this machine or one like it.")
    chart = LiveChart(
        state.Benchmark.ENGINES_BARS, f'Median milliseconds of {spec.name} for "Hello World" by engine and precision'
    )
    if timings and not start:
        chart.finish(engine_bars(timings, colours=_colours(spec), is_recorded=recording is not None), "engines")
    watched = st.container()
    if recording:
        st.caption(
            f"The engines have not been compared on {spec.name} on this machine yet: these timings are recorded ones."
        )
    elif not timings and not start and not present.is_on():
        st.info(
            f"“Compare engines on {spec.name}” times “{benchmark.HELLO}” with each, about ten seconds per engine.",
            icon=":material/compare_arrows:",
        )
    if timings:
        _details(timings, recording)
    if start:
        frame.finish()
        with watched:
            _measure(chart, spec)
        st.rerun()


def _details(timings: Sequence[Timing], recording: Run | None) -> None:
    """What the figures mean, what spoils them, and their downloads."""
    st.caption(
        "× is the speed relative to sentence-transformers with its defaults. The cosine is the lowest of the test "
        f"vectors against torch in float32; “auto” uses only engines that stay within {LEAST_COSINE}. "
        f"{measurement.WHISKERS}"
    )
    measurement.show_disturbed(timings)
    measurement.show_failures(timings)
    measurement.provenance(timings, recording)
    table = pd.DataFrame(
        {
            "Engine": timing.engine,
            "Precision": timing.precision,
            "Device": timing.device,
            "Median, ms": timing.median_ms,
            "p95, ms": timing.p95_ms,
            "Cosine": timing.cosine,
            "Memory": timing.memory_bytes,
        }
        for timing in timings
    )
    measurement.downloads(table, "engines", timings)


def _recording(spec: ModelSpec) -> Run | None:
    """The run that stands in for a comparison on this machine; None if it has fewer than two bars."""
    run = benchmark.recorded_run(
        lambda row: row.model == spec.name and row.is_hello and row.median_ms is not None and row.asked_engine != "auto"
    )
    return run if run and len(run.results) >= measurement.LEAST_COMPARED else None


def _measure(chart: LiveChart, spec: ModelSpec) -> None:
    """Compare the engines while their bars fill."""
    subjects = benchmark.subjects([spec.name], measurement.devices_to_time(), engine="all", weights="any")
    rows = {_row(timing): timing for timing in (Timing.missing(subject, Workload(), "waiting") for subject in subjects)}

    def draw() -> None:
        chart.grow(engine_bars([*rows.values()], colours=_colours(spec)))

    def grow(timing: Timing) -> None:
        rows[_row(timing)] = timing
        draw()

    def begin(subject: Subject) -> None:
        grow(Timing.missing(subject, Workload(), "timing …"))

    draw()
    measurement.watch(state.Benchmark.COMPARE_ENGINES, subjects, (Workload(),), SETTINGS, grow, begin)


def _row(timing: Timing) -> tuple[str, str, str]:
    return timing.device, timing.asked_engine, timing.asked_precision


def _colours(spec: ModelSpec) -> dict[str, str]:
    return {spec.name: model_colour(spec.id)}
