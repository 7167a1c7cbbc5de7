"""The candidates: each picked model with what is known of it here, and the models still to time."""

from collections.abc import Mapping, Sequence

import streamlit as st

from core import verdict
from core.corpus import Corpus
from core.evaluation import Quality
from core.models import ModelSpec
from core.progress import Progress
from core.verdict import SETTINGS, WORKLOADS, Candidate
from pages.shared import cache, measurement, picks, state
from pages.shared.ui import output, progress


def candidates(
    texts: Corpus,
    measured: Mapping[str, Quality],
    ready: Sequence[ModelSpec],
    dollars_per_hour: float,
    on_progress: Progress,
) -> list[Candidate]:
    """The picked models, without a quality if not installed, and the baselines."""
    timings = verdict.timings(device=picks.device(), precision=picks.precision())
    sources = {spec.name: cache.embed_corpus(texts, spec, on_progress) for spec in ready}
    return verdict.candidates(picks.models(), measured, sources, timings, dollars_per_hour=dollars_per_hour)


def offer_timing(specs: Sequence[ModelSpec]) -> bool:
    """Show what is not timed yet, with a button to time it; returns whether it was pressed."""
    if not specs:
        return False
    with st.container(horizontal=True, vertical_alignment="center"):
        pressed = st.button(
            "Time missing models",
            icon=":material/timer:",
            on_click=progress.start_anew,
            args=(state.Verdict.TIME_MISSING,),
        )
        names = ", ".join(spec.name for spec in specs)
        st.caption(
            f"Speed, memory and price of {output.markdown_free(names)} are not measured on this machine yet: about "
            "half a minute per model.",
            width="content",
        )
    return pressed


def time_them(specs: Sequence[ModelSpec]) -> None:
    """Time models alone and in batches, with a progress line; the run is saved like the Benchmark page's."""
    run = measurement.watch(
        state.Verdict.TIME_MISSING, measurement.subjects(specs), WORKLOADS, SETTINGS, lambda _: None
    )
    measurement.show_failures(run.results)
