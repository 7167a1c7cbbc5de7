"""The original table, live: "Hello World" on every model, CPU beside GPU."""

import pandas as pd
import streamlit as st

from core import benchmark, examples
from core.benchmark import Settings, Subject, Timing, Workload
from core.charts.style import model_colour
from core.charts.timings import timing_bars
from core.devices import NAMES
from core.machine import this_machine
from core.models import ModelSpec, original_machine
from core.models.files import availability
from core.wording import milliseconds, ratio, three_figures
from pages.shared import measurement, picks, state
from pages.shared.ui import output, progress
from pages.shared.ui.live_chart import LiveChart

Row = tuple[str, str]
Timings = dict[Row, Timing]


def show() -> None:
    """Draw the view: the button, the chart that fills, four figures, the table."""
    if picks.models() and all(spec.provider == "openai" for spec in picks.models()):
        st.info("Models behind an API are not timed: their latency depends on the network.", icon=":material/info:")
    specs = measurement.local_models()
    rows = [(spec.name, device) for spec in specs for device in measurement.devices_to_time()]
    with st.container(horizontal=True, vertical_alignment="center"):
        whole = st.button(
            "Time all models", type="primary", icon=":material/timer:", on_click=progress.start_anew,
            args=(state.Benchmark.TIME,),
        )  # fmt: skip
        again = st.button(
            "Time picked models again",
            icon=":material/replay:",
            on_click=progress.start_anew,
            args=(state.Benchmark.TIME,),
        )
        how = measurement.settings()
        st.markdown(f'Median time to encode **"{benchmark.HELLO}"** on {this_machine().sentence}', width="content")
    timings = benchmark.latest_timings(picks.precision())
    wanted = _subjects_to_time(specs, timings, whole=whole, again=again)
    chart = LiveChart(state.Benchmark.BARS, 'Median milliseconds to encode "Hello World", by model and device')
    being_timed = {(subject.model, subject.device) for subject in wanted}
    shown = {row: timings[row] for row in rows if row in timings and row not in being_timed}
    recorded, colours = _original_milliseconds(), {spec.name: model_colour(spec.id) for spec in specs}
    if wanted:
        shown = _fill(chart, rows, shown, colours, recorded, wanted, how)
    chart.finish(
        timing_bars(rows, shown, colours=colours, states=_idle(rows, shown), recorded=recorded),
        output.picture("hello-world"),
    )
    st.caption(
        f"Faint marks: the original table, recorded with `%timeit` on {original_machine()}. Hatched: architecture "
        "only, with random weights, before any download."
    )
    _four_figures(specs, shown, recorded)
    measurement.show_disturbed(list(shown.values()))
    measurement.show_failures(list(shown.values()))
    table = _table(specs, shown, recorded)
    st.dataframe(
        table,
        hide_index=True,
        key=state.Benchmark.TIMINGS,
        placeholder="–",
        alt="Hello World milliseconds of each model, measured on this machine and recorded",
        column_config={
            name: st.column_config.NumberColumn(format="%.2f") for name in table.columns if name.endswith(", ms")
        }
        | {"Quartiles, ms": st.column_config.TextColumn(), "Memory": st.column_config.NumberColumn(format="bytes")},
    )
    measurement.provenance(list(shown.values()))
    measurement.downloads(table, "benchmark", list(shown.values()))
    output.code(examples.benchmark(specs[0], benchmark.HELLO))


def _subjects_to_time(specs: list[ModelSpec], timings: Timings, *, whole: bool, again: bool) -> tuple[Subject, ...]:
    """The subjects to time now: all, the picked ones, or at a first visit the picked ones installed and never timed."""
    if not whole:
        specs = [spec for spec in specs if spec in picks.models() and (again or availability(spec).is_ready)]
    subjects = measurement.subjects(specs)
    return tuple(subject for subject in subjects if whole or again or (subject.model, subject.device) not in timings)


def _fill(
    chart: LiveChart,
    rows: list[Row],
    shown: Timings,
    colours: dict[str, str],
    recorded: dict[Row, float],
    wanted: tuple[Subject, ...],
    how: Settings,
) -> Timings:
    """Run the benchmark while the bars fill; returns all timings to show."""
    states = {(subject.model, subject.device): "waiting" for subject in wanted}

    def draw() -> None:
        figure = timing_bars(rows, shown, colours=colours, states=_idle(rows, shown) | states, recorded=recorded)
        chart.grow(figure)

    def begin(subject: Subject) -> None:
        states[subject.model, subject.device] = "timing …"
        draw()

    def grow(timing: Timing) -> None:
        states.pop((timing.model, timing.device), None)
        shown[timing.model, timing.device] = timing
        draw()

    draw()
    measurement.watch(state.Benchmark.TIME, wanted, (Workload(),), how, grow, begin)
    return shown


def _idle(rows: list[Row], shown: Timings) -> dict[Row, str]:
    return {row: "not timed yet" for row in rows if row not in shown}


def _original_milliseconds() -> dict[Row, float]:
    """The original table's milliseconds."""
    return {(row.model, row.device): row.median_ms for row in benchmark.original_run().results if row.median_ms}


def _four_figures(specs: list[ModelSpec], shown: Timings, recorded: dict[Row, float]) -> None:
    """Fastest, best by score, slowest and the GPU speed-up, of undisturbed timings; no row if there is none."""
    done = {row: timing.median_ms for row, timing in shown.items() if timing.median_ms and not timing.is_disturbed}
    if not done:
        return
    figures = st.grid(4, min_column_width=190)
    fastest = min(done, key=lambda row: done[row])
    figures.metric("Fastest", milliseconds(done[fastest]), help=" on ".join(fastest), border=True)
    scores = {spec.name: spec.mteb_v1["average"] for spec in specs if spec.mteb_v1}
    scored = [row for row in done if row[0] in scores]
    if scored:
        best = max(scored, key=lambda row: (scores[row[0]], -done[row]))
        figures.metric(
            "Best-scoring model (MTEB v1)",
            milliseconds(done[best]),
            help=f"{best[0]} on {best[1]}, score {scores[best[0]]:.2f}",
            border=True,
        )
    slowest = max(done, key=lambda row: done[row])
    if len(done) > 1:
        figures.metric("Slowest vs fastest", ratio(done[slowest] / done[fastest]), help=slowest[0], border=True)
    gains = _gains(done) or _gains(recorded)
    most = max(gains, key=lambda model: gains[model])
    label = "GPU speed-up" if _gains(done) else "GPU speed-up, recorded"
    figures.metric(label, ratio(gains[most]), help=f"highest, with {most}", border=True)


def _gains(milliseconds: dict[Row, float]) -> dict[str, float]:
    """Each model's speed-up on the GPU, the fastest if there are several."""
    slowest_first = sorted(milliseconds.items(), key=lambda item: -item[1])
    return {
        model: milliseconds[model, "cpu"] / on_gpu
        for (model, device), on_gpu in slowest_first
        if device != "cpu" and (model, "cpu") in milliseconds
    }


def _table(specs: list[ModelSpec], shown: Timings, recorded: dict[Row, float]) -> pd.DataFrame:
    """The chart's figures and their details, one row per model and device."""
    rows = [(spec.name, device) for spec in specs for device in NAMES]
    return pd.DataFrame(
        [
            {
                "Model": row[0],
                "Device": row[1],
                "Median, ms": timing.median_ms if timing else None,
                "p95, ms": timing.p95_ms if timing else None,
                "Quartiles, ms": _quartiles(timing),
                "p99, ms": timing.p99_ms if timing else None,
                "Disturbed": timing.disturbed if timing else None,
                "Forward pass only, ms": timing.forward.median_ms if timing and timing.forward else None,
                "Memory": timing.memory_bytes if timing else None,
                "Weights": timing.weights if timing else None,
                "Recorded, ms": recorded.get(row),
            }
            for row in rows
            if (timing := shown.get(row)) or row in recorded
        ]
    )


def _quartiles(timing: Timing | None) -> str | None:
    if timing is None or timing.quartile1_ms is None or timing.quartile3_ms is None:
        return None
    return f"{three_figures(timing.quartile1_ms)} to {three_figures(timing.quartile3_ms)}"
