"""Accuracy vs speed on this machine, the Pareto front, and the price per million tokens."""

from collections.abc import Iterable

import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core import benchmark, corpus
from core.benchmark import Run, Settings, Timing, Workload
from core.benchmark.sentences import place
from core.benchmark.tradeoff import Point, beaten, dollars_per_million, front, sentence
from core.charts.style import model_colours
from core.charts.tradeoff import cost_dots, tradeoff
from core.models import BOARDS, ModelSpec, all_models
from core.models.files import availability
from core.wording import join
from pages.shared import frame, measurement, picks, present, quality, state
from pages.shared.ui import chart, output, progress

MEASURED = "nDCG@10 here"
LATENCY, THROUGHPUT = "Latency", "Throughput"
SETTINGS = Settings(patience_seconds=2.0, most_seconds=12.0, with_forward=False)
BATCHES = (Workload(16, "", 128),)


def show(controls: DeltaGenerator) -> None:
    """Draw the view: score against speed with its answer, then the price per million tokens."""
    with controls:
        board = st.segmented_control(
            "Accuracy", [MEASURED, *BOARDS], default=MEASURED, key=state.Benchmark.ACCURACY, bind="query-params",
            required=True,
        )  # fmt: skip
        speed = st.segmented_control(
            "Speed",
            [LATENCY, THROUGHPUT],
            default=LATENCY,
            key=state.Benchmark.SPEED,
            bind="query-params",
            required=True,
        )
        start = st.button(
            "Time missing models", icon=":material/timer:", on_click=progress.start_anew,
            args=(state.Benchmark.TIME_MISSING,),
        )  # fmt: skip
    timings = _timings(speed or LATENCY)
    missing = _missing(timings) if start else []
    recording = None if timings else _recording(speed or LATENCY)
    if recording:
        timings = list(recording.results) if speed == LATENCY else _best_batches(recording.results)
    scores = _scores(board or MEASURED, timings)
    points = _points(timings, scores, speed or LATENCY)
    if missing:
        output.answer(f"Timing {join([spec.name for spec in missing], most=4)} on this machine …")
    elif points:
        output.answer(sentence(points, place(recording), lower_is_faster=speed == LATENCY))
    else:
        output.answer(f"No model with a score for {board} has been timed on this machine yet.")
        if not present.is_on():
            st.info("Use “Time missing models”, or the view “Hello World”.", icon=":material/timer:")
    watched = st.container()
    if points:
        _chart(points, board or MEASURED, lower_is_faster=speed == LATENCY, is_recorded=recording is not None)
        if recording:
            st.caption("This machine has not been timed yet: these timings are recorded ones.")
        _scoreless(timings, scores, board or MEASURED)
        compared = [timing for timing in timings if timing.model in scores]
        measurement.show_disturbed(compared)
        measurement.provenance(compared, recording)
    _show_failures(speed or LATENCY)
    _costs()
    if missing:
        frame.finish()
        with watched:
            _measure(missing, speed or LATENCY)
        st.rerun()


def _recording(speed: str) -> Run | None:
    """The run that stands in for timings of this machine."""
    return benchmark.recorded_run(
        lambda row: (
            row.median_ms is not None
            and (row.asked_engine, row.asked_precision) == ("auto", picks.precision())
            and (row.is_hello if speed == LATENCY else (row.text, row.tokens) == ("", BATCHES[0].tokens))
        )
    )


def _timings(speed: str) -> list[Timing]:
    """The latest timings of each model and device: "Hello World" alone, or the best batch, undisturbed if one is."""
    if speed == LATENCY:
        return [timing for timing in benchmark.latest_timings(picks.precision()).values() if timing.median_ms]
    return _best_batches(benchmark.latest_sweeps(picks.precision()))


def _best_batches(sweep: Iterable[Timing]) -> list[Timing]:
    """Each model's and device's batch of highest throughput."""
    best: dict[tuple[str, str], Timing] = {}
    for timing in sweep:
        if timing.tokens == BATCHES[0].tokens and timing.median_ms:
            key = timing.model, timing.device
            if key not in best or _rank(timing) > _rank(best[key]):
                best[key] = timing
    return list(best.values())


def _rank(timing: Timing) -> tuple[bool, float]:
    """Undisturbed timings before others, then by throughput."""
    return not timing.is_disturbed, timing.texts_per_second or 0.0


def _missing(timings: list[Timing]) -> list[ModelSpec]:
    """The models not timed yet on each device, or disturbed there."""
    done = {(timing.model, timing.device) for timing in timings if not timing.is_disturbed}
    return [
        spec
        for spec in measurement.local_models()
        if any((spec.name, device) not in done for device in measurement.devices_to_time())
    ]


def _measure(specs: list[ModelSpec], speed: str) -> None:
    """Time models with the workload of the speed shown."""
    workloads = (Workload(),) if speed == LATENCY else BATCHES
    measurement.watch(state.Benchmark.TIME_MISSING, measurement.subjects(specs), workloads, SETTINGS, lambda _: None)


def _show_failures(speed: str) -> None:
    """Why models could not be timed in this session's latest run."""
    run: Run | None = st.session_state.get(state.Measurement.LATEST_RUN)
    measurement.show_failures([row for row in run.results if row.is_hello == (speed == LATENCY)] if run else [])


def _scores(board: str, timings: list[Timing]) -> dict[str, float]:
    """Each timed model's score; nDCG@10 is measured now, for the models installed here."""
    names = {timing.model for timing in timings}
    specs = [spec for spec in all_models() if spec.name in names]
    if board != MEASURED:
        return {spec.name: value for spec in specs if (value := spec.score(board)) is not None}
    here = [spec for spec in specs if availability(spec).is_ready]
    with progress.line(state.Benchmark.MEASURE) as on_progress:
        qualities = quality.measure(corpus.sample(), corpus.sample_labels(), here, on_progress)
    return {spec.name: qualities[spec.name].means["ndcg@10"] for spec in here}


def _points(timings: list[Timing], scores: dict[str, float], speed: str) -> list[Point]:
    return [
        Point(
            timing.model,
            timing.device,
            scores[timing.model],
            (timing.median_ms if speed == LATENCY else timing.texts_per_second) or 0.0,
            timing.memory_bytes,
            timing.weights,
            timing.is_disturbed,
        )
        for timing in timings
        if timing.model in scores
    ]


def _chart(points: list[Point], board: str, *, lower_is_faster: bool, is_recorded: bool) -> None:
    chart.draw(
        tradeoff(
            points,
            front(points, lower_is_faster=lower_is_faster),
            lower_is_faster=lower_is_faster,
            score_title=board,
            colours=model_colours(point.model for point in points),
            is_recorded=is_recorded,
        ),
        key=state.Benchmark.TRADEOFF,
        name="accuracy-and-speed",
        alt=f"{board} against speed on this machine, with the Pareto front",
    )
    table = pd.DataFrame(
        {
            "Model": point.model,
            "Device": point.device,
            board: point.score,
            "Median, ms" if lower_is_faster else "Texts/s": point.speed,
            "Memory": point.memory_bytes,
            "Weights": point.weights,
            "Disturbed": point.is_disturbed,
        }
        for point in points
    )
    if worse := beaten(points, lower_is_faster=lower_is_faster):
        st.caption(output.markdown_free(worse))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        output.download_table(table, "accuracy-and-speed")
        output.picture_format()


def _scoreless(timings: list[Timing], scores: dict[str, float], board: str) -> None:
    """Say which timed models are not in the chart."""
    names = sorted({timing.model for timing in timings} - set(scores))
    if names:
        st.caption(output.markdown_free(f"Not in the chart, for lack of a score ({board}): {', '.join(names)}."))


def _costs() -> None:
    """US dollars per million tokens: API prices, and this machine's hourly price at its throughput."""
    st.markdown("## A million tokens: by API or on your own machine")
    hour = st.number_input(
        "US dollars per hour of this machine", 0.0, 1000.0, 1.0, 0.1, key=state.Measurement.DOLLARS_PER_HOUR,
        bind="query-params", width=260,
    )  # fmt: skip
    api = {spec.name: spec.usd_per_million_tokens for spec in all_models() if spec.usd_per_million_tokens is not None}
    timed = [timing for timing in _timings(THROUGHPUT) if timing.tokens_per_second]
    here = {timing.model: dollars_per_million(timing.tokens_per_second or 1.0, hour) for timing in timed}
    disturbed = {timing.model for timing in timed if timing.is_disturbed}
    chart.draw(
        cost_dots({**api, **here}, api, colours=model_colours(here), disturbed=disturbed),
        key=state.Benchmark.COSTS,
        name="costs",
        alt="US dollars per million tokens, by API and on this machine",
    )
    st.caption(
        "On this machine: texts of 128 tokens in the fastest batch timed, running around the clock; at half the "
        "load, the price doubles. "
        + (
            ""
            if here
            else "Nothing has been timed this way on this machine yet: choose Throughput and “Time missing models”."
        )
    )
