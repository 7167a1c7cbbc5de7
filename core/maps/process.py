"""The process in which maps are fitted, one at a time.

Two fits at once can abort a process (numba's threads), so no fit runs in the server. The child stays alive,
because its imports and compiled code save seconds; a killed one is replaced at once.
"""

import atexit
import threading
from contextlib import suppress
from functools import cache
from typing import Any

from core.errors import JobError
from core.jobs import limits, room
from core.jobs.child import Child
from core.progress import Progress


@cache
def process() -> Child:
    """The one process for maps."""
    started = Child("maps", {"OMP_WAIT_POLICY": "passive"})  # otherwise threads busy-wait, and a busy machine crawls
    atexit.register(started.end)
    room.watch(started.idle)
    return started


def fit(function: str, *, on_progress: Progress, **arguments: Any) -> Any:
    """Run `function` ("package.module:name") in the child; see `Child.call`.

    If `on_progress` raises, the child is killed, and the next one warms up in the background.

    Raises
    ------
    LimitError
        Whoever asks has too much work under way already. Other errors are those of `Child.call`.
    """
    give_back = limits.JOBS.take()
    try:
        return process().call(function, on_progress=on_progress, **arguments)
    except BaseException:
        threading.Thread(target=warm_up, daemon=True).start()
        raise
    finally:
        give_back()


def warm_up() -> None:
    """Let the child import and compile what maps need, which takes seconds, before a map is requested."""
    with suppress(JobError):  # ended on purpose, or out of memory: the next request for a map reports it
        process().call("core.maps.preparation:prepare")
