"""How long work reports its progress.

Progress is a callable that is told what is being done, how much is done and how much there is. It may raise: that is
how the caller cancels, and whoever reports progress cleans up and lets the exception pass.
"""

from collections.abc import Callable

Progress = Callable[[str, int, int], None]

HEARTBEAT_SECONDS = 0.2


def silent(what: str, done: int, total: int) -> None:
    """Progress that nobody watches."""
