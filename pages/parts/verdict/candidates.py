"""The candidates: each picked model with what is known of it here, and the models still to time."""

from collections.abc import Mapping, Sequence

import streamlit as st

from core import verdict
from core.benchmark import Run, Timing
from core.corpus import Corpus
from core.models import ModelSpec
from core.verdict import SETTINGS, WORKLOADS, Candidate, Speed
from core.wording import join
from pages.parts.verdict.basis import Basis
from pages.shared import measurement, picks, state
from pages.shared.ui import output, progress


def candidates(basis: Basis, texts: Corpus, dollars_per_hour: float) -> list[Candidate]:
    """The picked models, without a quality if not installed, and the baselines; recorded figures if none is timed.

    `texts` are those that load tests send.
    """
    return verdict.candidates(
        picks.models(),
        basis.measured,
        basis.sources,
        _timings(),
        dollars_per_hour=dollars_per_hour,
        recording=recording(),
        loads=verdict.loads(picks.models(), texts),
    )


def is_price_known(dollars_per_hour: float) -> bool:
    """Whether the price of any picked model is known, by its API or by timings on this machine."""
    known = verdict.candidates(picks.models(), {}, {}, _timings(), dollars_per_hour=dollars_per_hour)
    return any(one.dollars is not None for one in known)


def _timings() -> dict[Timing, str]:
    return verdict.timings(device=picks.device(), precision=picks.precision())


def recording() -> Run | None:
    """The recorded run that stands in where none of the picked models is timed on this machine."""
    return verdict.recording(device=picks.device(), precision=picks.precision())


def offer_timing(specs: Sequence[ModelSpec], existing: Sequence[Candidate]) -> bool:
    """Show what a timing finds and what was disturbed, with a button to time it; returns whether it was pressed."""
    if not specs:
        return False
    with st.container(horizontal=True, vertical_alignment="center"):
        speeds = {one.name: one.speed for one in existing if one.speed and not one.speed.recorded_on}
        timed = [spec for spec in specs if (speed := speeds.get(spec.name)) and speed.disturbed]
        st.caption(" ".join(_missing({spec.name: speeds.get(spec.name) for spec in specs})), width="content")
        return st.button(
            "Time again when quiet" if len(timed) == len(specs) else "Time missing models",
            icon=":material/timer:",
            on_click=progress.start_anew,
            args=(state.Verdict.TIME_MISSING,),
        )


def _missing(speeds: Mapping[str, Speed | None]) -> list[str]:
    """A sentence each for models that are not timed, not timed in batches, and disturbed."""
    untimed = [name for name, speed in speeds.items() if not speed]
    unpriced = [name for name, speed in speeds.items() if speed and not speed.texts_per_second]
    disturbed = [name for name, speed in speeds.items() if speed and speed.disturbed]
    sentences = {
        "Timing finds the speed, memory and price of {} on this machine, in about half a minute per model.": untimed,
        "For the price of {} on this machine, batches have to be timed too.": unpriced,
        "Other processes disturbed the timing of {}: time again when this machine is quiet.": disturbed,
    }
    return [sentence.format(output.markdown_free(join(names))) for sentence, names in sentences.items() if names]


def time_them(specs: Sequence[ModelSpec]) -> None:
    """Time models alone and in batches, with a progress line; the run is saved like the Benchmark page's.

    The page is drawn anew once all are timed, because its sliders depend on what is known.
    """
    run = measurement.watch(
        state.Verdict.TIME_MISSING, measurement.subjects(specs), WORKLOADS, SETTINGS, lambda _: None
    )
    measurement.show_failures(run.results)
    if all(timing.median_ms for timing in run.results):
        st.rerun()
