"""A page with charts that grow, of made-up timings: one is started by its button, at the pace that the address asks."""

import sys
import time
from pathlib import Path

import streamlit as st

sys.path.insert(0, str(Path(__file__).parents[2]))

from core.benchmark import Subject, Timing, Workload, grid
from core.charts.style import model_colours
from core.charts.sweeps import sweep_heatmap
from core.charts.timings import engine_bars, timing_bars
from pages.shared.state import Key
from pages.shared.ui.live_chart import LiveChart

LARGE, SMALL = "bge-large-en-v1.5", "all-MiniLM-L6-v2"
ROWS = [(model, device) for model in (LARGE, SMALL, "owner/<img src=x onerror=f()>") for device in ("cpu", "cuda")]
COLOURS = model_colours(model for model, _ in ROWS)
RECORDED = {(LARGE, "cpu"): 67.7, (LARGE, "cuda"): 12.5, (SMALL, "cpu"): 4.8}
ENGINES = [
    Subject(SMALL, "cpu", engine, precision)
    for engine, precision in (("library", "float32"), ("torch", "float32"), ("openvino", "bfloat16"))
]


def timed(subject: Subject, workload: Workload, ms: float, **others: object) -> Timing:
    found = {"median_ms": ms, "p95_ms": 1.1 * ms, "samples": 40, **others}
    return Timing(
        subject.model,
        subject.device,
        subject.engine,
        subject.precision,
        batch_size=workload.batch_size,
        text="",
        tokens=workload.tokens,
        **found,  # type: ignore[arg-type]
    )


def all_rows() -> dict[tuple[str, str], Timing]:
    by_architecture = {"weights": "random"}
    timings = [
        timed(Subject(*row), Workload(), 80 / (place + 1), **by_architecture if place == 1 else {})
        for place, row in enumerate(ROWS[:-1])
    ]
    failed = Timing.missing(
        Subject(*ROWS[-1]), Workload(), "needs 28 GB, and models may use 8.6 GB of this machine's memory."
    )
    return {(row.model, row.device): row for row in [*timings, failed]}


def hello_world(done: int, state: str) -> object:
    timings = dict(list(all_rows().items())[:done])
    return timing_bars(ROWS, timings, colours=COLOURS, states=dict.fromkeys(ROWS, state), marks=RECORDED)


def sweep(done: int, state: str) -> object:
    cells = [
        timed(Subject(SMALL), workload, workload.size / 8)
        if place < done
        else Timing.missing(Subject(SMALL), workload, state)
        for place, workload in enumerate(grid((1, 4, 16), (8, 128)))
    ]
    return sweep_heatmap(cells, "texts/s")


def engines(done: int, state: str) -> object:
    return engine_bars(
        [
            timed(subject, Workload(), 9 - place, cosine=0.9999)
            if place < done
            else Timing.missing(subject, Workload(), state)
            for place, subject in enumerate(ENGINES)
        ],
        colours=COLOURS,
    )


CHARTS = {"bars": (hello_world, len(ROWS)), "cells": (sweep, 6), "engines": (engines, len(ENGINES))}

st.set_page_config(layout="wide")
draw, steps = CHARTS[st.query_params.get("chart", "bars")]
start = st.button("Start")
chart = LiveChart(Key("tried"), "What is tried", st.columns(1)[0])
if start:
    for step in range(steps + 1):
        chart.grow(draw(step, "waiting"))
        time.sleep(float(st.query_params.get("pause", 0.3)))
elif st.query_params.get("empty") and "started" not in st.session_state:
    st.info("Nothing is measured yet.")
    st.stop()
chart.finish(draw(steps if start else 1, "not timed"), "tried")
st.write("What stands below.")
