"""The original table, live: "Hello World" on every model, CPU beside GPU."""

from collections.abc import Callable, Sequence
from functools import partial

import pandas as pd
import plotly.graph_objects as go
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core import benchmark, examples
from core.benchmark import Run, Settings, Subject, Timing, Workload
from core.benchmark.sentences import HERE, fastest, place
from core.charts.style import model_colour
from core.charts.timings import timing_bars
from core.devices import NAMES
from core.models import ModelSpec, original_machine
from core.models.files import availability
from core.wording import join, milliseconds, ratio, three_figures
from pages.shared import frame, measurement, picks, present, state
from pages.shared.ui import output, progress
from pages.shared.ui.live_chart import LiveChart

Row = tuple[str, str]
Timings = dict[Row, Timing]


def show(controls: DeltaGenerator) -> None:
    """Draw the view: the buttons, the answer, the chart that fills, four figures, the table."""
    if picks.models() and all(spec.provider == "openai" for spec in picks.models()):
        st.info("Models behind an API are not timed: their latency depends on the network.", icon=":material/info:")
    specs = measurement.local_models()
    picked = [spec for spec in specs if spec in picks.models()]
    with controls:
        start = st.button(
            "Time this machine", type="primary", icon=":material/timer:", on_click=progress.start_anew,
            args=(state.Benchmark.TIME,), help="Times the picked models.",
        )  # fmt: skip
        others = not picked or st.toggle(
            "Other models", key=state.Benchmark.OTHERS, bind="query-params", width="content",
            help="Those of the published table that you have not picked.",
        )  # fmt: skip
        whole = others and st.button(
            "Time all models", icon=":material/replay:", on_click=progress.start_anew, args=(state.Benchmark.TIME,),
        )  # fmt: skip
        how = measurement.settings()
    specs = specs if others else picked
    timings = benchmark.latest_timings(picks.precision())
    wanted = measurement.subjects(specs if whole else _to_time(specs)) if start or whole else ()
    recording, colours = _recording(), {spec.name: model_colour(spec.id) for spec in specs}
    recorded = {(row.model, row.device): row for row in recording.results} if recording else {}
    to_time = {subject.model for subject in wanted}
    names = sorted((spec.name for spec in specs), key=lambda name: name not in to_time)
    names = benchmark.fastest_first(names, recorded | timings)
    rows = [(name, device) for name in names for device in measurement.devices_to_time()]
    shown = {row: timings[row] for row in rows if row in timings}
    output.answer(_answer(shown, {row: recorded[row] for row in rows if row in recorded}, recording, wanted))
    chart = LiveChart(state.Benchmark.BARS, 'Median milliseconds to encode "Hello World", by model and device')
    original = _original_milliseconds()
    draw = partial(timing_bars, rows, colours=colours, recorded=recorded, marks={} if present.is_on() else original)
    if not wanted:
        chart.finish(draw(shown), "hello-world")
    watched = st.container()
    stand_in = [recorded[row] for row in rows if row in recorded and row not in shown]
    _explain([*shown.values(), *stand_in], stand_in, has_marks=any(name in names for name, _ in original))
    _four_figures(specs, shown, original)
    measurement.show_disturbed(list(shown.values()))
    measurement.show_failures(list(shown.values()))
    table = _table(specs, shown, recorded, original)
    st.dataframe(
        table,
        hide_index=True,
        key=state.Benchmark.TIMINGS,
        column_order=[name for name in table.columns if table[name].notna().any()],
        placeholder="–",
        alt="Hello World milliseconds of each model, measured on this machine and recorded",
        column_config={
            name: st.column_config.NumberColumn(format="%.2f") for name in table.columns if name.endswith(", ms")
        }
        | {"Quartiles, ms": st.column_config.TextColumn(), "Memory": st.column_config.NumberColumn(format="bytes")},
    )
    output.explain(f"Published table: recorded with `%timeit` on {original_machine()}")
    measurement.provenance(list(shown.values()))
    if stand_in:
        measurement.provenance(stand_in, recording)
    measurement.downloads(table, "benchmark", list(shown.values()))
    output.code(examples.benchmark(specs[0], benchmark.HELLO))
    if wanted:
        frame.finish()
        with watched:
            _fill(chart, draw, shown, wanted, how)
        st.rerun()


def _answer(shown: Timings, recorded: Timings, recording: Run | None, wanted: Sequence[Subject]) -> str:
    """Who is the fastest: of what was timed here or, before anything was, of the recorded run."""
    if wanted:
        names = list(dict.fromkeys(subject.model for subject in wanted))
        return f"Timing {join(names, most=4)} on this machine …"
    measured = [timing for timing in shown.values() if timing.median_ms]
    if measured or not recorded:
        return fastest(measured, HERE)
    return fastest(list(recorded.values()), place(recording))


def _to_time(specs: list[ModelSpec]) -> list[ModelSpec]:
    """The picked models that run here or, if there is none, those that are installed."""
    picked = [spec for spec in specs if spec in picks.models()]
    return picked or [spec for spec in specs if availability(spec).is_ready]


def _recording() -> Run | None:
    """The run that stands in for what is not timed here."""
    return benchmark.recorded_run(
        lambda row: (
            row.is_hello and row.median_ms is not None
            and (row.asked_engine, row.asked_precision) == ("auto", picks.precision())
        )
    )  # fmt: skip


def _explain(drawn: Sequence[Timing], recorded: Sequence[Timing], *, has_marks: bool) -> None:
    """What the whiskers, hatchings and marks that are drawn mean, in a caption."""
    sentences = {
        f'Median time to encode "{benchmark.HELLO}".': True,
        measurement.WHISKERS: any(timing.p95_ms for timing in drawn),
        "Recorded: on another machine, named at the foot.": bool(recorded),
        "Random weights: timed before any download.": any(
            timing.median_ms and timing.weights == "random" for timing in drawn
        ),
        "Published table, in words or faint marks: on another machine, named at the foot.": has_marks,
    }
    st.caption(" ".join(sentence for sentence, applies in sentences.items() if applies))


def _fill(
    chart: LiveChart,
    draw: Callable[..., go.Figure],
    shown: Timings,
    wanted: tuple[Subject, ...],
    how: Settings,
) -> None:
    """Run the benchmark while the bars fill."""
    states = {(subject.model, subject.device): "waiting" for subject in wanted}
    shown = {row: timing for row, timing in shown.items() if row not in states}

    def grow(timing: Timing) -> None:
        states.pop((timing.model, timing.device), None)
        shown[timing.model, timing.device] = timing
        chart.grow(draw(shown, states=states))

    def begin(subject: Subject) -> None:
        states[subject.model, subject.device] = "timing …"
        chart.grow(draw(shown, states=states))

    chart.grow(draw(shown, states=states))
    measurement.watch(state.Benchmark.TIME, wanted, (Workload(),), how, grow, begin)


def _original_milliseconds() -> dict[Row, float]:
    """The original table's milliseconds."""
    return {(row.model, row.device): row.median_ms for row in benchmark.original_run().results if row.median_ms}


def _four_figures(specs: list[ModelSpec], shown: Timings, original: dict[Row, float]) -> None:
    """Fastest, best by score, slowest and the GPU speed-up, of undisturbed timings; no row if there is none."""
    done = {row: timing.median_ms for row, timing in shown.items() if timing.median_ms and not timing.is_disturbed}
    if not done:
        return
    figures = st.grid(4, min_column_width=190)
    fastest = min(done, key=lambda row: done[row])
    undisturbed = " undisturbed" if any(timing.is_disturbed for timing in shown.values()) else ""
    figures.metric(f"Fastest{undisturbed}", milliseconds(done[fastest]), help=" on ".join(fastest), border=True)
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
    gains = _gains(done) or _gains(original)
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


def _table(specs: list[ModelSpec], shown: Timings, recorded: Timings, original: dict[Row, float]) -> pd.DataFrame:
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
                "Recorded run, ms": recorded[row].median_ms if row in recorded else None,
                "Published table, ms": original.get(row),
            }
            for row in rows
            if (timing := shown.get(row)) or row in recorded or row in original
        ]
    )


def _quartiles(timing: Timing | None) -> str | None:
    if timing is None or timing.quartile1_ms is None or timing.quartile3_ms is None:
        return None
    return f"{three_figures(timing.quartile1_ms)} to {three_figures(timing.quartile3_ms)}"
