"""t-SNE in steps: some iterations between two pictures of the map, until it is finished or stopped."""

import time
from collections.abc import Callable, Sequence
from dataclasses import replace

import streamlit as st

from core import maps
from core.maps import Projection, Tsne
from core.maps.layout import is_remembered
from core.progress import Progress, silent
from pages.parts.projector.sources import Source
from pages.shared import cache, state
from pages.shared.ui import progress

STEP = 50  # iterations
BETWEEN_PICTURES, PAUSE = 1.0, 0.1  # seconds of computing, and until the next begins
MORE, MOST = 250, 10_000  # iterations added to a finished map, and the maximum


def advance(source: Source, settings: Tsne, dimensions: int, on_progress: Progress) -> Projection:
    """The map if finished, else advanced by some iterations, or unchanged if stopped."""
    runs: dict[object, Projection] = st.session_state.setdefault(state.Projector.TSNE_RUNS, {})
    run = (source.content, replace(settings, iterations=1), dimensions)
    if is_remembered(source.content, settings, dimensions):
        runs[run] = cache.memory().recall(
            ("map", source.content, settings, dimensions),
            lambda: maps.project(source.vectors, settings, dimensions=dimensions, content=source.content),
        )
        return runs[run]
    so_far = runs.get(run)
    if so_far and (st.session_state.get(state.Projector.TSNE_STOPPED) or so_far.iterations >= settings.iterations):
        return replace(so_far, settings=settings)
    started = time.monotonic()
    while not so_far or (not so_far.is_finished and time.monotonic() - started < BETWEEN_PICTURES):
        so_far = runs[run] = maps.resume(
            source.vectors,
            so_far,
            settings,
            iterations=STEP,
            dimensions=dimensions,
            content=source.content,
            on_progress=silent if so_far else on_progress,  # later ones are short, and a click must not cancel them
        )
    return so_far


@st.fragment(run_every=PAUSE)
def move(draw: Callable[[], Sequence[Projection]], is_news: Callable[[], bool]) -> None:
    """Draw the maps again and again without a run of the page, which follows once they stand still, or at news.

    `draw` lays out and draws them, and `is_news` says whether the user has done something that concerns the page.
    """
    if not is_moving(draw()) or is_news():
        st.rerun()


def is_moving(maps: Sequence[Projection]) -> bool:
    """Whether a t-SNE is running, so that the page reruns at once."""
    return not st.session_state.get(state.Projector.TSNE_STOPPED) and any(not each.is_finished for each in maps)


def controls(maps: Sequence[Projection]) -> None:
    """The progress of t-SNE, with buttons to stop, to resume and to add iterations."""
    settings = maps[0].settings
    if not isinstance(settings, Tsne):
        return
    done = min(each.iterations for each in maps)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(f"t-SNE: {done:,} of {settings.iterations:,} iterations", width="content")
        if is_moving(maps):
            st.button("Stop", icon=":material/stop:", on_click=_stop)
        elif done < settings.iterations:
            st.button("Resume", icon=":material/play_arrow:", type="primary", on_click=start)
        else:
            st.button(
                f"{MORE} more iterations", icon=":material/play_arrow:", on_click=_add, args=(settings.iterations,)
            )


def start() -> None:
    """Start computing, even if it was stopped or cancelled before."""
    st.session_state[state.Projector.TSNE_STOPPED] = False
    progress.start_anew(state.Projector.LAY_OUT)


def _stop() -> None:
    st.session_state[state.Projector.TSNE_STOPPED] = True


def _add(iterations: int) -> None:
    st.session_state[state.Projector.ITERATIONS] = min(iterations + MORE, MOST)
    start()
