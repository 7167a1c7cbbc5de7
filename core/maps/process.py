"""The process in which maps are fitted, one at a time.

Two fits at once can abort a process (numba's threads), so no fit runs in the server. The child stays, since what it
has imported and compiled saves seconds; one that was killed is followed by another at once.
"""

import atexit
import threading
from contextlib import suppress
from functools import cache
from typing import Any

from core.errors import JobError
from core.jobs.child import Child
from core.progress import Progress


@cache
def process() -> Child:
    """The one process for maps."""
    started = Child("maps", {"OMP_WAIT_POLICY": "passive"})  # or threads wait in a loop, and a busy machine crawls
    atexit.register(started.end)
    return started


def fit(function: str, *, on_progress: Progress, **arguments: Any) -> Any:
    """Run `function` ("package.module:name") in the child; see `Child.call`.

    If `on_progress` raises, the child is killed, and the next one prepares itself while nobody waits.
    """
    try:
        return process().call(function, on_progress=on_progress, **arguments)
    except BaseException:
        threading.Thread(target=warm_up, daemon=True).start()
        raise


def warm_up() -> None:
    """Let the child import and compile what maps need, which takes seconds, before somebody waits for one."""
    with suppress(JobError):  # ended on purpose, or out of memory: whoever asks for a map is told
        process().call("core.maps.preparation:prepare")
