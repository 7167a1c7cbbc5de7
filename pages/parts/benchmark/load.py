"""Load: how many requests a second a server, or a local model behind one, answers before they pile up."""

from collections.abc import Mapping, Sequence

import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core import load
from core.charts.load import load_lines
from core.charts.style import model_colour
from core.corpus import Corpus
from core.load import LoadTest, Settings
from core.models import ModelSpec
from pages.shared import corpora, door, frame, measurement, picks, state
from pages.shared.ui import chart, output, progress

METHOD = """
- **Requests arrive at random**, as from many users: each leaves when it is due, whether or not earlier ones have been
  answered, and its latency counts from then on.
- **Rates are doubled** until the server no longer keeps up, then narrowed down to 6%. It keeps up if at most 1% of the
  requests fail, 95% are answered in time, and the 95th percentile is at most 20 times that of a single request (or
  100 ms).
- **Your texts** are sent, up to 256 of them, and not saved. A local model runs behind a server on this machine, which
  ends with the test.
- A test takes one to two minutes, and nothing else is timed meanwhile.
"""
NOTHING = (
    "None of the picked models can be load-tested here: pick one that is ready on this machine, or a server of "
    "`.streamlit/secrets.toml`. Services that bill every text are not load-tested."
)
SWITCHED_OFF = "Load tests are switched off on this server: ask your administrator to run `python -m core load`."
MOST_TEXTS = 64.0
FIGURES = {
    "Requests/s": st.column_config.NumberColumn(format="%.3g", help="Offered, at random times."),
    "Answered/s": st.column_config.NumberColumn(format="%.3g", help="In time and without an error."),
    "p50, ms": st.column_config.NumberColumn(format="%.3g"),
    "p95, ms": st.column_config.NumberColumn(format="%.3g"),
    "p99, ms": st.column_config.NumberColumn(format="%.3g"),
    "Texts/s": st.column_config.NumberColumn(format="localized", step=1),
    "Tokens/s": st.column_config.NumberColumn(format="localized", step=1),
    "Trouble": st.column_config.TextColumn(width="large"),
}


def show(controls: DeltaGenerator) -> None:
    """Draw the view: what is tested, the answer, latency over the rate, the steps, all tests on these texts."""
    texts = corpora.choose()
    specs = _testable()
    if not specs:
        st.info(NOTHING if door.may_load_test() else SWITCHED_OFF, icon=":material/info:")
        return
    with controls:
        spec = measurement.one_model(specs, state.Benchmark.LOAD_MODEL)
        size = st.number_input(  # a float, because a link with load_texts=inf would break an integer
            "Texts a request", 1.0, MOST_TEXTS, 1.0, 1.0, format="%.0f", key=state.Benchmark.LOAD_TEXTS,
            bind="query-params", width=140,
        )  # fmt: skip
        start = st.button(
            "Find the limit", type="primary", icon=":material/speed:", on_click=progress.start_anew,
            args=(state.Benchmark.LOAD,),
        )  # fmt: skip
        with st.popover("Method", icon=":material/science:"):
            st.markdown(METHOD)
    output.show_skips(texts)
    tests = {spec.name: test for spec in specs if (test := load.latest(spec, texts.fingerprint, int(size)))}
    test = tests.get(spec.name)
    _answer(spec, test, is_running=start)
    watched = st.container()
    if test:
        _details(test, spec)
        _compare(tests)
    if start:
        frame.finish()
        with watched:
            _measure(spec, texts, Settings(texts_per_request=int(size)))
        st.rerun()


def _testable() -> list[ModelSpec]:
    """The picked models that can be load-tested here, servers first; none if the host does not allow it."""
    specs = [spec for spec in picks.models() if door.may_load_test() and not load.refusal(spec)]
    return sorted(specs, key=lambda spec: spec.server is None)


def _answer(spec: ModelSpec, test: LoadTest | None, *, is_running: bool) -> None:
    if is_running:
        output.answer(f"Finding the limit of {spec.name} …")
    elif test:
        output.answer(load.answer(test))
    else:
        output.answer(f"{spec.name} has not been load-tested on these texts yet.")
        st.info(
            f"“Find the limit” sends more and more requests to {output.markdown_free(spec.name)} until they pile up, "
            "which takes one to two minutes.",
            icon=":material/speed:",
        )


def _details(test: LoadTest, spec: ModelSpec) -> None:
    """Latency over the rate, the server's own account, the steps, and their downloads."""
    chart.draw(
        load_lines(test, colour=model_colour(spec.id)),
        key=state.Benchmark.LOAD_LINES,
        name="load",
        alt=f"Latency of {test.model} by requests a second, with the limit",
    )
    if sentence := load.phases(test):
        st.caption(output.markdown_free(sentence))
    table = _steps(test)
    st.dataframe(
        table,
        hide_index=True,
        key=state.Benchmark.LOAD_STEPS,
        placeholder="–",
        alt=f"The rates offered to {test.model}, and what came back",
        column_config=FIGURES,
    )
    output.explain(output.markdown_free(load.how(test)))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        output.download_table(table, "load")
        output.download_json(test, "load-test")
        output.picture_format()


def _steps(test: LoadTest) -> pd.DataFrame:
    """The rates offered, the lowest first, and what came back."""
    return pd.DataFrame(
        {
            "Requests/s": step.offered,
            "Answered/s": step.completed,
            "p50, ms": step.p50_ms,
            "p95, ms": step.p95_ms,
            "p99, ms": step.p99_ms,
            "Errors": sum(step.errors.values()),
            "Texts/s": step.texts_per_second,
            "Tokens/s": step.tokens_per_second,
            **{f"{name.capitalize()}, ms": value for name, value in step.phases.items()},
            "Trouble": load.troubles(test, step) or None,
        }
        for step in test.by_rate
    )


def _compare(tests: Mapping[str, LoadTest]) -> None:
    """The limits of all picked models that were tested on these texts, if there are several."""
    if len(tests) < 2:
        return
    st.markdown("## All load tests on these texts")
    st.dataframe(
        _limits(list(tests.values())),
        hide_index=True,
        key=state.Benchmark.LOAD_TESTS,
        placeholder="–",
        alt="The limit of each model tested on these texts",
        column_config=FIGURES,
    )


def _limits(tests: Sequence[LoadTest]) -> pd.DataFrame:
    """The figures of each model at its limit, the highest limit first."""
    rows = [
        {
            "Model": test.model,
            "Requests/s": test.limit.offered if test.limit else None,
            "At least": test.is_at_least,
            "p50, ms": test.limit.p50_ms if test.limit else None,
            "p95, ms": test.limit.p95_ms if test.limit else None,
            "Texts/s": test.limit.texts_per_second if test.limit else None,
            "Where": "its server" if test.address else f"this machine: {test.device}, {test.engine}, {test.precision}",
        }
        for test in tests
    ]
    return pd.DataFrame(sorted(rows, key=lambda row: -float(row["Requests/s"] or 0)))


def _measure(spec: ModelSpec, texts: Corpus, settings: Settings) -> None:
    """Find the limit while the table of its steps grows."""
    steps = st.empty()

    def grow(test: LoadTest) -> None:
        steps.dataframe(_steps(test), hide_index=True, placeholder="–", column_config=FIGURES)

    with progress.line(state.Benchmark.LOAD, count=None) as on_progress:
        load.run(
            spec,
            texts.documents,
            settings,
            fingerprint=texts.fingerprint,
            device=picks.device(),
            precision=picks.precision(),
            on_progress=on_progress,
            on_step=grow,
        )
