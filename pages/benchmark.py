import pandas as pd
import streamlit as st

from core import benchmark, snippets
from core.errors import InputError
from core.figures.benchmark import recorded_bars, three_figures, timing_bars
from core.machine import devices, this_machine
from core.models import catalogue, original_machine
from pages.shared import inputs, output, picked, progress
from pages.shared.frame import require_frame

require_frame()

local = [spec for spec in inputs.ready_models() if spec.provider != "openai"]
if not local:
    raise InputError("Models behind an API are not timed: their time is the network's. Pick one that runs here.")
chosen_devices = [picked.device()] if picked.device() in devices() else list(devices())
wanted = [(spec.name, device) for spec in local for device in chosen_devices]

with st.container(horizontal=True, vertical_alignment="center"):
    again = st.button(
        "Measure again", type="primary", icon=":material/timer:", on_click=progress.start_anew, args=("benchmark",)
    )
    st.markdown(f'Time to encode **"{benchmark.HELLO}"**, one text at a time, on {this_machine().sentence}.')

charts = st.grid(2, min_column_width=430)
live, recorded = charts.cell(), charts.cell()
with recorded:
    st.markdown("#### Recorded, not measured here")
    st.plotly_chart(recorded_bars(catalogue()), key="recorded", alt="The original table's milliseconds on CPU and GPU")
    st.caption(f"The original table's figures, `%timeit` on {original_machine()}.")
kept = benchmark.kept_timings()
with live:
    st.markdown("#### Measured on this machine")
    growing = st.empty()
    if again or any(pair not in kept or picked.precision() not in ("auto", kept[pair].precision) for pair in wanted):
        measured: list[benchmark.Timing] = []

        def grow(timing: benchmark.Timing) -> None:
            """Draw the chart with one more bar."""
            measured.append(timing)
            growing.plotly_chart(timing_bars(measured), key=f"growing_{len(measured)}")

        with progress.line("benchmark", height=300) as tell:
            names = [spec.name for spec in local]
            benchmark.keep(
                benchmark.run(names, chosen_devices, precision=picked.precision(), on_progress=tell, on_result=grow)
            )
        kept = benchmark.kept_timings()
    timings = [kept[pair] for pair in wanted]
    growing.plotly_chart(timing_bars(timings), key="bars", alt="Median milliseconds to encode Hello World")
    for timing in timings:
        if timing.failure:
            st.warning(f"{timing.model} on {timing.device}: {timing.failure}")
    if "cuda" not in devices():
        st.info(
            "This machine has no GPU: the GPU figures shown as recorded are from another machine.",
            icon=":material/memory:",
        )
done = [timing for timing in timings if timing.median_ms]
if done:
    times = {timing.median_ms or 0.0: timing for timing in done}
    fastest, slowest = min(times), max(times)
    bought = {spec.name: spec.original.cpu_ms / spec.original.gpu_ms for spec in catalogue()
              if spec.original and spec.original.cpu_ms and spec.original.gpu_ms}  # fmt: skip
    most = max(bought, key=lambda name: bought[name])
    figures = st.grid(4, min_column_width=190)
    figures.metric("Fastest here", f"{three_figures(fastest)} ms", help=times[fastest].model, border=True)
    figures.metric("Slowest here", f"{three_figures(slowest)} ms", help=times[slowest].model, border=True)
    figures.metric("Between them", f"{three_figures(slowest / fastest)} times", border=True)
    figures.metric("Recorded: most a GPU bought", f"{bought[most]:.1f} times", help=most, border=True)

table = pd.DataFrame(
    [
        {
            "Model": spec.name,
            "CPU here, ms": getattr(kept.get((spec.name, "cpu")), "median_ms", None),
            "p95 here, ms": getattr(kept.get((spec.name, "cpu")), "p95_ms", None),
            "GPU here, ms": getattr(kept.get((spec.name, "cuda")), "median_ms", None),
            "CPU recorded, ms": spec.original.cpu_ms if spec.original else None,
            "GPU recorded, ms": spec.original.gpu_ms if spec.original else None,
        }
        for spec in catalogue()
        if spec.original or (spec.name, "cpu") in kept
    ]
)
st.dataframe(
    table,
    hide_index=True,
    key="timings",
    placeholder="–",
    alt="Hello World milliseconds of each model, measured here and recorded",
    column_config={name: st.column_config.NumberColumn(format="%.2f") for name in table.columns[1:]},
)
for timing in done:
    st.caption(
        f"{timing.model} · revision {timing.revision[:14]} · {timing.device} · {timing.engine} · {timing.precision} · "
        f"batch {timing.batch_size} · {timing.samples:,} calls after {benchmark.WARM_UP_CALLS} to warm up · "
        f"{timing.threads} threads · loaded in {timing.load_seconds:.1f} s · first call {timing.first_call_ms:.0f} ms"
    )
output.download_table(table, "benchmark")
output.code(snippets.benchmark(local[0], benchmark.HELLO))
