"""Long work on the screen: a progress line with a cancel button."""

import html
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core import wording
from core.errors import EmbedscopeError
from core.progress import Progress
from pages.shared import cache, navigation, state
from pages.shared.state import Work

APPEARS_AFTER_SECONDS, REPORT_EVERY_SECONDS = 0.15, 0.5
COUNT = "{:,}".format
PATIENCE_SECONDS = 0.5  # until something else is shown meanwhile
BAR = (
    "<div>{sentence}</div>"
    '<div role="progressbar" aria-valuenow="{percent:.0f}" style="height:.4rem;border-radius:.2rem;'
    'background:linear-gradient(90deg,#2379B4 {percent:.1f}%,rgba(128,128,128,.25) {percent:.1f}%)"></div>'
)


@contextmanager
def line(name: Work, height: int = 0, count: Callable[[int], str] | None = COUNT) -> Iterator[Progress]:
    """A progress line with a cancel button, above an empty frame of the result's height; all vanish when it is done.

    Where a result is on the page already, it holds its own place until the new one is there, and there is no frame.
    `name` distinguishes the works of a page; `count` formats what is counted, a number or a size; with None only the
    bar shows it. The callable raises when the session has asked for another run or is gone: that ends the waiting. The
    bar and the frame are static on purpose: animations like those of st.progress and st.skeleton keep a browser that
    draws in software busy on one core, which slows embedding and ruins timings on the same machine.
    """
    if is_cancelled(name):
        st.info("Cancelled. Everything computed so far is saved.", icon=":material/cancel:")
        st.button("Resume", type="primary", key=state.EveryPage.RESUME(name), on_click=start_anew, args=(name,))
        navigation.end_page()
    done: set[Work] = st.session_state.setdefault(state.EveryPage.DONE_WORK, set())
    shown = _Line(name, 0 if name in done else height, count)
    try:
        yield shown.report
    except EmbedscopeError:
        shown.clear()  # its sentence takes the place
        raise
    shown.clear()
    done.add(name)


def meanwhile(on_progress: Progress, act: Callable[[], None], patience: float | None = None) -> Progress:
    """Progress that acts once if the work takes a while: by default `PATIENCE_SECONDS`, or until its first report."""
    due = time.monotonic() + (PATIENCE_SECONDS if patience is None else patience)
    is_done = False

    def report(what: str, done: int, total: int) -> None:
        nonlocal is_done
        on_progress(what, done, total)
        if not is_done and time.monotonic() >= due:
            is_done = True
            act()

    return report


class _Line:
    """The latest progress on the screen; it appears only if the work takes a moment."""

    def __init__(self, name: Work, height: int, count: Callable[[int], str] | None) -> None:
        self._name = name
        self._height = height
        self._count = count
        self._slot = st.empty()
        self._bar: DeltaGenerator | None = None
        self._reported = time.monotonic()
        self._started: dict[str, float] = {}

    def report(self, what: str, done: int, total: int) -> None:
        """Show progress, at most twice a second."""
        now = time.monotonic()
        self._started.setdefault(what, now)
        if now - self._reported >= (REPORT_EVERY_SECONDS if self._bar else APPEARS_AFTER_SECONDS):
            self._reported = now
            seconds = now - self._started[what]
            bar(self._visible_bar(), sentence(what, done, total, seconds, self._count), done, total)

    def clear(self) -> None:
        """Take the line off the screen."""
        self._slot.empty()

    def _visible_bar(self) -> DeltaGenerator:
        if self._bar is None:
            place = self._slot.container()
            row = place.container(horizontal=True, vertical_alignment="center")
            self._bar = row.empty()
            row.button("Cancel", key=state.EveryPage.CANCEL(self._name), on_click=_cancel, args=(self._name,))
            if self._height:
                place.container(height=self._height, border=True)
        return self._bar


def sentence(
    what: str, done: int, total: int, seconds: float, count: Callable[[int], str] | None = COUNT, before: int = 0
) -> str:
    """What is done, how much of how much, and the time left; the elapsed time if nothing can be counted.

    Parameters
    ----------
    seconds : float
        How long it has been done, from the moment on when so much was done `before`.
    """
    if total <= 1 or done <= before or count is None:
        return f"{what} … {wording.wait(seconds)}" if seconds >= 1 else f"{what} …"
    left = seconds / (done - before) * (total - done)
    return f"{what}: {count(done)} of {count(total)}, {wording.wait(left)} left"


def bar(place: DeltaGenerator, sentence: str, done: int, total: int) -> None:
    """A static bar below its sentence."""
    percent = 100 * min(1.0, done / max(1, total))
    place.html(BAR.format(sentence=html.escape(sentence), percent=percent))


def is_cancelled(name: Work) -> bool:
    """Whether the user has cancelled this work and not restarted it."""
    return bool(st.session_state.get(state.EveryPage.CANCELLED(name)))


def _cancel(name: Work) -> None:
    st.session_state[state.EveryPage.CANCELLED(name)] = True
    cache.stop_work()


def start_anew(name: Work) -> None:
    """Forget that a work of this page was cancelled, for buttons that start it."""
    st.session_state.pop(state.EveryPage.CANCELLED(name), None)
