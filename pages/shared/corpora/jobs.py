"""Collections that are made and completed by the server: watched above every page, cancelled and resumed."""

from collections.abc import Sequence
from time import monotonic

import streamlit as st

from core import collections
from core.collections import Collection, Job, Kind, uploads
from core.wording import join
from pages.shared import cache, door, state
from pages.shared.corpora import creation
from pages.shared.ui import notices, output, progress

SECONDS_BETWEEN = 1.0


def show(chosen: str) -> None:
    """Above the page: the jobs under way, and how that of the chosen collection, or of one watched here, has ended."""
    jobs, watched = cache.jobs(), _watched()
    with notices.above():
        for name in sorted({chosen, *watched}):
            if (job := jobs.of(name)) is not None and job.state != "running":
                _show_end(job)
        if running := jobs.running():
            watched.update(job.name for job in running)
            _watch([(job, job.is_reading) for job in running])
        if chosen and jobs.of(chosen) is None and uploads.paths(chosen):
            st.info(f"{chosen} was interrupted while its files were read.", icon=":material/pause_circle:")
            _offer_resume(chosen)


def offer_missing(opened: Collection, kinds: Sequence[Kind]) -> None:
    """What a collection lacks for the picked models, with a button and the commands that compute it.

    Parameters
    ----------
    kinds
        What the page needs: if it lacks none of that, nothing is offered.
    """
    steps = [] if cache.jobs().is_running(opened.name) else collections.missing(opened, creation.ready_models())
    if not any(step.kind in kinds for step in steps):
        return
    lacking = output.markdown_free(join([step.what for step in steps]))
    st.info(f"{opened.name} does not have {lacking} yet.", icon=":material/database:")
    if door.may_make_collections():
        st.button(
            "Compute what is missing",
            type="primary",
            icon=":material/play_arrow:",
            key=state.Jobs.COMPLETE,
            on_click=_start,
            args=(opened.name,),
        )
    st.caption("Or on the machine that runs Embedscope:" if door.may_make_collections() else "On that machine:")
    st.code("\n".join(step.command(opened.name) for step in steps), language="bash")


@st.fragment(run_every=SECONDS_BETWEEN)
def _watch(seen: Sequence[tuple[Job, bool]]) -> None:
    """The progress of jobs; the page is run anew once one of them has read its files, or has ended."""
    for job, _ in seen:
        _draw(job)
    if any(job.state != "running" or job.is_reading != was_reading for job, was_reading in seen):
        st.rerun()


def _draw(job: Job) -> None:
    """What a job is at, with a button that ends it, and what it has done."""
    doing = job.doing
    what = doing.title if doing.title.startswith(doing.what) else " · ".join(filter(None, [doing.title, doing.what]))
    line = progress.sentence(what, doing.done, doing.total, monotonic() - doing.began, before=doing.before)
    with st.container(horizontal=True, vertical_alignment="center"):
        progress.bar(st.empty(), f"{job.name} · {line}", doing.done, doing.total)
        if door.may_make_collections():
            st.button("Cancel", key=state.Jobs.CANCEL(job.name), on_click=job.cancel)
    if said := [*(f"✓ {title}" for title in job.done), *job.failures]:
        st.caption(output.markdown_free(" · ".join(said)))


def _show_end(job: Job) -> None:
    """That a job was cancelled, or what of it failed; if all is well, once to those who have watched."""
    if job.state == "ended" and not job.failures:
        if job.name in _watched():
            _watched().remove(job.name)
            st.success(f"{job.name} is complete: {'; '.join(job.done)}.", icon=":material/check:")
        return
    if job.failures:
        st.error(output.markdown_free(f"{job.name}: {' '.join(job.failures)}"), icon=":material/error:")
    else:
        st.info(f"The work on {job.name} was cancelled. Everything computed so far is saved.", icon=":material/cancel:")
    with st.container(horizontal=True):
        if not job.is_reading or uploads.paths(job.name):
            _offer_resume(job.name)
        st.button("Dismiss", key=state.Jobs.DISMISS(job.name), on_click=_dismiss, args=(job.name,))


def _offer_resume(name: str) -> None:
    if door.may_make_collections():
        st.button("Resume", type="primary", key=state.Jobs.RESUME(name), on_click=_start, args=(name,))


def _start(name: str) -> None:
    """Begin a job, or the next one where another has stopped, with the models that are picked now."""
    job = cache.jobs().of(name)
    reading = job.request.reading if job and job.is_reading else collections.reading_of(name)
    cache.jobs().start(creation.request(name, reading))


def _dismiss(name: str) -> None:
    """Forget how a job has ended."""
    _watched().discard(name)
    cache.jobs().forget(name)


def _watched() -> set[str]:
    """The collections whose jobs this session has seen."""
    names: set[str] = st.session_state.setdefault(state.Jobs.WATCHED, set())
    return names
