"""Sweeps: batch sizes by lengths or with a custom text, how far a model goes, and where a GPU starts to pay off."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import cast

import pandas as pd
import plotly.graph_objects as go
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core import benchmark, corpus
from core.benchmark import Run, Settings, Timing, Workload
from core.benchmark.sentences import best_shape, place
from core.benchmark.sweep import BATCH_SIZES
from core.benchmark.timing import Measure
from core.charts.style import model_colours
from core.charts.sweeps import sweep_heatmap, sweep_lines
from core.models import ModelSpec
from pages.shared import frame, measurement, picks, present, state
from pages.shared.ui import chart, inputs, output, progress
from pages.shared.ui.live_chart import LiveChart

MEASURES = ("latency, ms", "texts/s", "tokens/s")
FIRST_TEXT = "How long does this text take, alone and in a batch?"
Charts = dict[str, LiveChart]
SETTINGS = Settings(least_seconds=0.5, patience_seconds=2.0, most_seconds=6.0, with_forward=False)


def show(controls: DeltaGenerator) -> None:
    """Draw the view: what to sweep, the answer, the heatmaps or lines, where the GPU pays off, the table."""
    specs = measurement.local_models()
    with controls:
        spec = measurement.one_model(specs, state.Benchmark.SWEEP_MODEL)
        kind = st.segmented_control(
            "Texts", ["Lengths", "My text"], default="Lengths", key=state.Benchmark.SWEEP_TEXTS, bind="query-params",
            required=True,
        )  # fmt: skip
        measure = st.segmented_control(
            "Measure", MEASURES, default="texts/s", key=state.Benchmark.SWEEP_MEASURE, bind="query-params",
            required=True,
        )  # fmt: skip
        start = st.button(
            f"Sweep {spec.name}",
            type="primary",
            icon=":material/grid_on:",
            on_click=progress.start_anew,
            args=(state.Benchmark.SWEEP,),
        )
    workloads = _own_text() if kind == "My text" else benchmark.grid()
    devices = measurement.devices_to_time()
    timings = _earlier_timings(workloads)
    own = [timing for timing in timings if timing.model == spec.name and timing.device in devices]
    recording = None if own or kind == "My text" else _recording(spec, devices)
    if recording:
        own = [timing for timing in recording.results if timing.model == spec.name and timing.device in devices]
        timings = list(recording.results)
    if start:
        output.answer(f"Sweeping {spec.name} on this machine …")
    elif own:
        output.answer(best_shape(own, cast(Measure, measure), place(recording)))
    else:
        output.answer(f"No sweep of {spec.name} is recorded, on this machine or one like it.")
    columns = zip(devices, st.columns(len(devices)), strict=True)
    charts = {
        device: LiveChart(
            state.Benchmark.SWEEP_HEATMAP(device), f"{measure} by batch size and length on {device}", column
        )
        for device, column in columns
    }
    watched = st.container()
    if recording:
        st.caption(f"{spec.name} has not been swept on this machine yet: these timings are recorded ones.")
    elif not own and not start and not present.is_on():
        st.info(
            f"“Sweep {spec.name}” times {len(workloads)} combinations of batch size and length, in a minute or two; "
            "those that would take too long are skipped, and the chart says so.",
            icon=":material/grid_on:",
        )
    if own and not start:
        for device, figure in _heatmaps(own, measure):
            charts[device].finish(figure, f"sweep-{device}")
    if own:
        _details(own, timings, measure, recording)
    if start:
        frame.finish()
        with watched:
            _measure(charts, spec, workloads, measure)
        st.rerun()


def _details(own: Sequence[Timing], timings: Sequence[Timing], measure: str, recording: Run | None) -> None:
    """What computed the model's cells, all swept models as lines, the table and its downloads."""
    _caption(own)
    _lines(timings, measure, "in the recorded run" if recording else "on this machine")
    table = _table(own)
    st.dataframe(
        table,
        hide_index=True,
        key=state.Benchmark.SWEEP_TABLE,
        placeholder="–",
        alt=f"All timings of {own[0].model}",
        column_config={
            "Median, ms": st.column_config.NumberColumn(format="%.2f"),
            "p95, ms": st.column_config.NumberColumn(format="%.2f"),
            "Texts/s": st.column_config.NumberColumn(format="localized", step=1),
            "Tokens/s": st.column_config.NumberColumn(format="localized", step=1),
            "Reason": st.column_config.TextColumn(width="large"),
        },
    )
    measurement.provenance(own, recording)
    measurement.downloads(table, "sweep", own)


def _own_text() -> tuple[Workload, ...]:
    """The typed text, in every batch size."""
    typed = inputs.remember_text(state.Benchmark.SWEEP_TEXT, FIRST_TEXT, height=90, label="My text")
    given = corpus.from_paste(" ".join(typed.split()), "the text to time")
    output.show_skips(given)
    return tuple(Workload(batch_size, given.texts[0]) for batch_size in BATCH_SIZES)


def _earlier_timings(workloads: tuple[Workload, ...]) -> list[Timing]:
    """Earlier timings: lengths by anybody on this machine, this custom text in this session."""
    if workloads[0].tokens:
        return benchmark.latest_sweeps(picks.precision())
    asked = picks.precision(), workloads[0].text
    timings = st.session_state.get(state.Benchmark.SWEEP_TEXT_TIMINGS, [])
    return [row for row in timings if (row.asked_precision, row.text) == asked]


def _recording(spec: ModelSpec, devices: list[str]) -> Run | None:
    """The run that stands in for a sweep of this machine; None if the model has fewer than two cells in it."""
    run = benchmark.recorded_run(
        lambda row: (
            (row.is_hello or not row.text)
            and row.tokens is not None
            and (row.asked_engine, row.asked_precision) == ("auto", picks.precision())
        )
    )
    cells = [row for row in run.results if row.model == spec.name and row.device in devices] if run else []
    return run if len(cells) >= measurement.LEAST_COMPARED else None


def _measure(charts: Charts, spec: ModelSpec, workloads: tuple[Workload, ...], measure: str) -> None:
    """Sweep while the cells fill."""
    subjects = measurement.subjects([spec])
    others = [timing for timing in _earlier_timings(workloads) if timing.model != spec.name]
    measured: list[Timing] = []

    def draw(tokens: int | None) -> None:
        """Draw all cells; those of a custom text as soon as its tokens are counted."""
        done = {_cell(row) for row in measured}
        waiting = (Timing.missing(subject, workload, "waiting") for subject in subjects for workload in workloads)
        rest = (replace(row, tokens=row.tokens or tokens) for row in waiting)
        for device, figure in _heatmaps([*measured, *(row for row in rest if _cell(row) not in done)], measure):
            charts[device].grow(figure)

    def grow(timing: Timing) -> None:
        measured.append(timing)
        if not workloads[0].tokens:
            st.session_state[state.Benchmark.SWEEP_TEXT_TIMINGS] = [*others, *measured]
        draw(timing.tokens)

    if workloads[0].tokens:
        draw(None)
    measurement.watch(state.Benchmark.SWEEP, subjects, workloads, SETTINGS, grow)


def _cell(timing: Timing) -> tuple[str, int, int | None]:
    return timing.device, timing.batch_size, timing.tokens


def _heatmaps(timings: Sequence[Timing], measure: str) -> Iterator[tuple[str, go.Figure]]:
    """One heatmap for each device."""
    for device in dict.fromkeys(timing.device for timing in timings):
        rows = [row for row in timings if row.device == device]
        yield device, sweep_heatmap(rows, cast(Measure, measure))


def _caption(timings: Sequence[Timing]) -> None:
    """What computed the cells, and how reliable they are."""
    done = [timing for timing in timings if timing.median_ms]
    engines = dict.fromkeys(f"{row.device}: {row.engine} {row.precision}" for row in done)
    architecture = "random weights · " if any(row.weights == "random" for row in done) else ""
    disturbed = sum(row.is_disturbed for row in done)
    trouble = (
        f" · {disturbed} of {len(done)} cells disturbed by other processes: shown in grey, not compared"
        if disturbed
        else ""
    )
    left_out = sum(bool(row.failure) for row in timings)
    reasons = f" · – {left_out} cells not timed: hover over one for the reason" if left_out else ""
    st.caption(f"{architecture}{' · '.join(engines)} · end to end, median{trouble}{reasons}")


def _lines(timings: Sequence[Timing], measure: str, where: str) -> None:
    """All models swept, over the batch size, and where a GPU pays off."""
    lengths = sorted({timing.tokens for timing in timings if timing.tokens and timing.median_ms})
    if not lengths:
        return
    st.markdown(f"## All models swept {where}")
    tokens = lengths[0]
    if len(lengths) > 1:
        tokens = st.segmented_control(
            "Tokens per text", lengths, default=lengths[len(lengths) // 2], key=state.Benchmark.SWEEP_TOKENS,
            required=True,
        )  # fmt: skip
    pays = benchmark.pays_from(timings)
    chart.draw(
        sweep_lines(
            timings,
            cast(Measure, measure),
            tokens,
            colours=model_colours({timing.model for timing in timings}),
            pays_from=pays,
        ),
        key=state.Benchmark.SWEEP_LINES,
        name="sweep-lines",
        alt=f"{measure} by batch size, one line per model and device",
    )
    st.caption(_where_it_pays(pays, where, has_gpu=any(timing.device != "cpu" for timing in timings)))


def _where_it_pays(pays: dict[tuple[str, int], int | None], where: str, *, has_gpu: bool) -> str:
    if not pays and has_gpu:
        return "No batch was timed undisturbed on both the CPU and the GPU: time again when this machine is quiet."
    if not pays:
        return f"There is no GPU {where} to compare with the CPU."
    sentences = [
        f"{model}, {tokens} tokens: the GPU pays off from batch {batch}." if batch else
        f"{model}, {tokens} tokens: the GPU does not pay off at any batch size."
        for (model, tokens), batch in pays.items()
    ]  # fmt: skip
    return " ".join(sentences)


def _table(timings: Sequence[Timing]) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {
                "Model": timing.model,
                "Device": timing.device,
                "Batch": timing.batch_size,
                "Tokens": timing.tokens,
                "Median, ms": timing.median_ms,
                "p95, ms": timing.p95_ms,
                "Texts/s": timing.texts_per_second,
                "Tokens/s": timing.tokens_per_second,
                "Samples": timing.samples,
                "Disturbed": timing.disturbed,
                "Engine": f"{timing.engine} {timing.precision}",
                "Reason": timing.failure or None,
            }
            for timing in sorted(timings, key=lambda timing: (timing.device, timing.batch_size, timing.tokens or 0))
        ]
    )
