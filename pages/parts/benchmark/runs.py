"""Runs: those made here, imported or recorded in the project; two of them compared bar by bar."""

from collections import Counter

import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core import benchmark, wording
from core.benchmark import StoredRun
from core.benchmark.sentences import compared, cpu
from core.charts.style import model_colours
from core.charts.timings import comparison_bars
from core.errors import InputError
from core.wording import count
from pages.shared import measurement, state
from pages.shared.frame import show_errors
from pages.shared.ui import chart, output

What = tuple[str, str, int, str]

MOST_LISTED = 300
MOST_BARS = 60
LONGEST_FINGERPRINT, LONGEST_CELL = 800, 300


def show(_controls: DeltaGenerator) -> None:
    """Draw the view: the two runs, the answer and their bars, the list of all, the import."""
    runs = {stored.name: stored for stored in _latest(benchmark.list_runs())}
    titles = _titles(runs)
    of_original = [name for name, stored in runs.items() if any(row.is_hello for row in stored.run.results)]
    first_place, second_place = st.columns(2)
    first = first_place.selectbox(
        "Run",
        list(runs),
        index=list(runs).index(of_original[0]),
        format_func=titles.__getitem__,
        key=state.Benchmark.FIRST_RUN,
        bind="query-params",
    )
    second = second_place.selectbox(
        "Compared with",
        list(runs),
        index=list(runs).index(_counterpart(runs[first], list(runs.values())).name),
        format_func=titles.__getitem__,
        key=state.Benchmark.SECOND_RUN,
        bind="query-params",
    )
    _compare(runs[first], runs[second])
    st.markdown("## All runs")
    st.dataframe(
        pd.DataFrame([_row(stored) for stored in runs.values()]),
        hide_index=True,
        key=state.Benchmark.RUNS,
        placeholder="–",
        alt="All saved, imported and recorded benchmark runs",
    )
    with st.container(horizontal=True, vertical_alignment="bottom"):
        if runs[first].run.created:  # the original table is not a file
            output.download_json(runs[first].run, "benchmark-run")
        output.picture_format()
    _import()


def _latest(runs: list[StoredRun]) -> list[StoredRun]:
    """The latest runs, and all recorded ones."""
    recorded = [stored for stored in runs if stored.origin == "recorded"]
    return [*[stored for stored in runs if stored.origin != "recorded"][:MOST_LISTED], *recorded]


def _titles(runs: dict[str, StoredRun]) -> dict[str, str]:
    """Each run's title by its name; duplicates end with a part of the name."""
    titles = {name: title(stored) for name, stored in runs.items()}
    often = Counter(titles.values())
    return {name: f"{text} · {name[-8:]}" if often[text] > 1 else text for name, text in titles.items()}


def title(stored: StoredRun) -> str:
    """A run in one line: when, where, how much."""
    machine = stored.run.machine
    if not stored.run.created:
        return f"The published table, recorded on: {machine.cpu}"
    models = len({row.model for row in stored.run.results})
    what = "Hello World" if any(row.is_hello for row in stored.run.results) else "sweep"
    origin = "" if stored.origin == "here" else f" · {stored.origin}"
    gpus = ", ".join(gpu.partition(",")[0] for gpu in machine.gpus) or "no GPU"
    plural = "" if models == 1 else "s"
    when = f"{stored.run.time:%Y-%m-%d %H:%M:%S}"
    return f"{when} · {what}, {models} model{plural} · {machine.cpu[:80]}, {gpus[:80]}{origin}"


def _counterpart(first: StoredRun, runs: list[StoredRun]) -> StoredRun:
    """The run compared with another by default: the original table or the next run that shares timings with it."""
    others = [stored for stored in reversed(runs) if stored.name != first.name]
    return next((stored for stored in others if _common(first, stored)), runs[-1])


def _compare(first: StoredRun, second: StoredRun) -> None:
    """The bars of everything that both runs have timed."""
    common = _common(first, second)
    drawn = set([what for row in first.run.results if (what := _what(row)) in common][:MOST_BARS])
    one, two = (tuple(row for row in stored.run.results if _what(row) in drawn) for stored in (first, second))
    if first.name == second.name:
        st.info("Choose two different runs to compare them bar by bar.", icon=":material/compare_arrows:")
    if not common:
        st.info(
            "No model was timed in both of these runs on the same device with the same texts: choose another run.",
            icon=":material/compare_arrows:",
        )
        return
    both = [[row for row in stored.run.results if _what(row) in common] for stored in (first, second)]
    names = _names(first, second)
    if answer := compared(both[0], both[1], names):
        output.answer(answer)
    chart.draw(
        comparison_bars(
            one,
            two,
            names,
            colours=model_colours({row.model for row in (*one, *two)}),
            are_recorded=(first.origin != "here", second.origin != "here"),
        ),
        key=state.Benchmark.COMPARED,
        name="compared",
        alt="The timings of two runs, bar by bar",
    )
    st.caption(f"{measurement.WHISKERS} Recorded: on another machine.")
    if len(drawn) < len(common):
        st.caption(f"Showing the first {len(drawn)} of the {len(common)} timings they share.")
    for stored in (first, second):
        alone = sum(_what(row) not in common for row in stored.run.results)
        rest = f" · {count(alone, 'timing')} that the other run lacks" if alone else ""
        output.explain(output.markdown_free(_fingerprint(stored) + rest))


def _common(first: StoredRun, second: StoredRun) -> set[What]:
    """What both runs have timed."""
    return {_what(row) for row in first.run.results} & {_what(row) for row in second.run.results}


def _names(first: StoredRun, second: StoredRun) -> tuple[str, str]:
    """Two runs by their machines or, where these have the same name, by their times too."""
    one, other = (_machine(stored) for stored in (first, second))
    if one != other or not (first.run.created and second.run.created):
        return one, other
    one, other = (f"{_machine(stored)} of {stored.run.time:%Y-%m-%d %H:%M:%S}" for stored in (first, second))
    return one, other


def _machine(stored: StoredRun) -> str:
    """The processor of a run, and whether the run is not of this installation."""
    return cpu(stored.run.machine) + ("" if stored.origin == "here" else f" ({stored.origin})")


def _what(row: benchmark.Timing) -> What:
    return row.model, row.device, row.batch_size, "" if row.is_hello else f"{row.text} {row.tokens} tokens"


def _fingerprint(stored: StoredRun) -> str:
    run = stored.run
    facts = [
        title(stored),
        f"{run.machine.cores} cores",
        wording.size(run.machine.memory_bytes),
        ", ".join(run.machine.gpus),
        run.machine.system,
        f"Python {run.machine.python}" if run.machine.python else "",
        ", ".join(f"{name} {version}" for name, version in run.machine.versions.items()),
        run.power,
    ]
    return " · ".join(filter(None, facts))[:LONGEST_FINGERPRINT]


def _row(stored: StoredRun) -> dict[str, object]:
    results = stored.run.results
    return {
        "When (UTC)": f"{stored.run.time:%Y-%m-%d %H:%M:%S}" if stored.run.created else "",
        "Source": {"here": "this machine", "imported": "imported"}.get(stored.origin, "recorded"),
        "Machine": stored.run.machine.sentence[:LONGEST_CELL],
        "Models": ", ".join(dict.fromkeys(row.model for row in results))[:LONGEST_CELL],
        "Devices": ", ".join(dict.fromkeys(row.device for row in results))[:LONGEST_CELL],
        "Timings": sum(row.median_ms is not None for row in results),
        "Failed": sum(bool(row.failure) for row in results),
        "Disturbed": sum(row.disturbed > 0 for row in results),
    }


def _import() -> None:
    """Import a run from the page's JSON download or `python -m core benchmark --output`."""
    with st.form(state.Benchmark.IMPORT, border=False, clear_on_submit=True):
        file = st.file_uploader("Import a run", type=["json"], key=state.Benchmark.IMPORT_FILE, max_upload_size=2)
        is_pressed = st.form_submit_button("Import", icon=":material/upload:")
    if is_pressed and file is None:
        st.info(
            "Choose a JSON file first, from “Download JSON” on this page or from `python -m core benchmark "
            "--output FILE`."
        )
    elif is_pressed and file is not None:
        with show_errors():
            stored = benchmark.import_run(_decode(file.getvalue()))
            st.session_state[state.Benchmark.IMPORTED] = stored.name
            st.rerun()
    if name := st.session_state.pop(state.Benchmark.IMPORTED, None):
        st.success(f"Imported as {output.markdown_free(name)}: choose it above.", icon=":material/check:")


def _decode(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InputError("This file is not an Embedscope benchmark run.") from None
