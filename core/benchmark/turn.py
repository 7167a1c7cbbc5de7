"""The one place where measurements of this machine wait for each other."""

from collections.abc import Iterator
from contextlib import contextmanager

from core.jobs import limits
from core.jobs.queue import Turn, hold_lock
from core.progress import Progress
from core.settings import cache_folder

_turn = Turn("benchmarks")


@contextmanager
def hold(on_progress: Progress, seconds: float) -> Iterator[None]:
    """Wait until no other benchmark runs, in this process or in another one, and hold the machine.

    `on_progress` is called with the place in the queue; if it raises, the wait ends.

    Parameters
    ----------
    seconds
        How long this benchmark is expected to take, shown to anyone waiting.

    Raises
    ------
    InputError
        The folder of runs cannot be written.
    LimitError
        Whoever asks has too much work under way already.
    """
    waiting = "Waiting for another program's benchmark on this machine"
    with (
        limits.JOBS.hold(),
        _turn.hold(on_progress, seconds),
        hold_lock(cache_folder() / "runs" / "lock", on_progress, waiting),
    ):
        yield
