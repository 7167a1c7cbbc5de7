"""One budget for all memory of this server and its child processes: above it, the largest thing that is idle goes.

The budget is a share of the machine's memory, or of the container's. What is dropped is loaded or computed again when
somebody asks for it.
"""

import ctypes
import gc
import logging
import threading
import weakref
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from time import monotonic

import psutil

from core import settings
from core.machine import this_machine

SECONDS_BETWEEN = 1.0  # of two looks at the memory, which take some milliseconds each

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Idle:
    """Something in memory that nobody uses now: what it is, its size in bytes, and what drops it."""

    what: str
    bytes: int
    drop: Callable[[], None]


Holder = Callable[[], Iterable[Idle]]

_holders: "list[weakref.WeakMethod[Holder]]" = []
_looking = threading.Lock()
_looked = 0.0


def watch(holder: Holder) -> None:
    """Have a method asked for what may go; its object is forgotten with its last user."""
    _holders.append(weakref.WeakMethod(holder))


def budget() -> int:
    """The bytes that the server and its child processes may take together."""
    return int(this_machine().memory_bytes * settings.memory_share())


def used() -> int:
    """The bytes that they take."""
    return sum(map(resident, [own := psutil.Process(), *own.children(recursive=True)]))


def resident(process: psutil.Process) -> int:
    """The bytes that a process takes, 0 if it is gone."""
    with suppress(psutil.Error):
        return int(process.memory_info().rss)
    return 0


def make(needed: int = 0) -> None:
    """Drop idle things, the largest first, until so many bytes more fit, or nothing idle is left.

    Looks at most once a second if nothing certain is needed.
    """
    global _looked  # noqa: PLW0603  one for the process
    with _looking:
        if not needed and monotonic() - _looked < SECONDS_BETWEEN:
            return
        _looked = monotonic()
        excess = used() + needed - budget()
        if excess > 0:
            _drop(excess)


def _drop(excess: int) -> None:
    """Drop the largest of what is idle until so many bytes are free."""
    asked = [(reference, reference()) for reference in list(_holders)]
    for reference, holder in asked:
        if holder is None:
            _holders.remove(reference)
    idle = [each for _, holder in asked if holder for each in holder()]
    for each in sorted(idle, key=lambda one: one.bytes, reverse=True):
        if excess <= 0:
            break
        log.info("Dropped %s, which nobody uses, to make room.", each.what)
        each.drop()
        excess -= each.bytes
    del idle
    gc.collect()
    _return_to_system()


def _return_to_system() -> None:
    """Let the C library return what it has kept of freed memory, where it can."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)
