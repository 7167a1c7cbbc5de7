"""For whom something is computed: whoever has logged in or, without a login, the browser's session."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from core.settings import nobody

asking: Callable[[], str] = nobody  # the pages' door knows better
_served: ContextVar[str] = ContextVar("visitor_whom_this_thread_serves")


def current() -> str:
    """The key of the visitor for whom this thread computes; empty for the server itself and on the command line."""
    served = _served.get(None)
    return asking() if served is None else served


@contextmanager
def serving(visitor: str) -> Iterator[None]:
    """Compute for a visitor in a thread that is not of their session."""
    token = _served.set(visitor)
    try:
        yield
    finally:
        _served.reset(token)
