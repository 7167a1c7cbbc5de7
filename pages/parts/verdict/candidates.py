"""What is weighed: each picked model with what is known of it here, and what is still to be timed."""

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
    texts: Corpus, measured: Mapping[str, Quality], ready: Sequence[ModelSpec], dollars_per_hour: float, tell: Progress
) -> list[Candidate]:
    """The picked models, those that are not here without a quality, and the baselines."""
    timings = verdict.timings(device=picks.device(), precision=picks.precision())
    found = []
    for spec in picks.models():
        embedded = cache.embedded(texts, spec, tell) if spec in ready else None
        found.append(
            verdict.of_model(
                spec,
                measured.get(spec.name),
                embedded.provenance if embedded else None,
                timings,
                dollars_per_hour=dollars_per_hour,
                dimensions=embedded.vectors.shape[1] if embedded else None,
            )
        )
    return [
        *found,
        *(verdict.baseline(name, measured[name], note) for name, note in verdict.BASELINES.items() if name in measured),
    ]


def untimed(found: Sequence[Candidate], ready: Sequence[ModelSpec]) -> list[ModelSpec]:
    """The models that could be timed here and are not, alone or in batches."""
    done = {one.name for one in found if one.speed and one.speed.texts_per_second}
    return [spec for spec in ready if spec.provider != "openai" and spec.name not in done]


def offer_timing(specs: Sequence[ModelSpec]) -> bool:
    """Say what is not timed yet, with the one button that does it; whether it was pressed."""
    if not specs:
        return False
    with st.container(horizontal=True, vertical_alignment="center"):
        pressed = st.button(
            "Time what is missing",
            icon=":material/timer:",
            on_click=progress.start_anew,
            args=(state.Verdict.TIME_MISSING,),
        )
        names = ", ".join(spec.name for spec in specs)
        st.caption(
            f"Speed, memory and price of {output.markdown_free(names)} are not measured here yet: half a "
            "minute a model.",
            width="content",
        )
    return pressed


def time_them(specs: Sequence[ModelSpec]) -> None:
    """Time models alone and in batches, with a line that counts; the run is kept as the Benchmark page's are."""
    run = measurement.watch(
        state.Verdict.TIME_MISSING, measurement.subjects(specs), WORKLOADS, SETTINGS, lambda _: None
    )
    measurement.tell_failures(run.results)
