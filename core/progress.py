"""How long work reports its progress.

Progress is a callable that takes what is being done, how much is done and the total. It may raise to cancel; code that
reports progress cleans up and lets the exception through.
"""

from collections.abc import Callable

Progress = Callable[[str, int, int], None]

HEARTBEAT_SECONDS = 0.2


def silent(what: str, done: int, total: int) -> None:
    """Progress that nobody watches."""
