"""Figures of the running server, for Prometheus; without EMBEDSCOPE_METRICS nothing is counted or imported.

Their labels are names of pages, models and queues: never a text, a key, a file's name or a person's.
"""

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from core import settings
from core.errors import InputError

ADDRESS = "127.0.0.1"
PREFIX = "embedscope_"
SECONDS = (0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100, 300)

log = logging.getLogger(__name__)
_starting = threading.Lock()
_registry: Any = None  # prometheus_client's, once it is served
_is_tried = False


@dataclass(frozen=True)
class Figure:
    """A figure by its name, what it tells, and its labels; whether each change of it is a line of the log."""

    name: str
    help: str
    labels: tuple[str, ...] = ()
    is_logged: bool = False

    @cached_property
    def _own(self) -> Any:
        import prometheus_client

        own = {"buckets": SECONDS} if self.kind == "Histogram" else {}
        return getattr(prometheus_client, self.kind)(self.name, self.help, self.labels, registry=_registry, **own)

    kind = ""

    def _log(self, **facts: str | float) -> None:
        if self.is_logged:
            log.info(self.name.removeprefix(PREFIX), extra=facts)

    def _of(self, labels: dict[str, str]) -> Any:
        return self._own.labels(**labels) if labels else self._own


class Counter(Figure):
    """What is counted from the server's start on."""

    kind = "Counter"

    def add(self, amount: float = 1, **labels: str) -> None:
        """Count so much more."""
        self._log(**labels)
        if _registry:
            self._of(labels).inc(amount)


class Gauge(Figure):
    """What goes up and down."""

    kind = "Gauge"

    def set(self, value: float, **labels: str) -> None:
        """Note what it is now."""
        if _registry:
            self._of(labels).set(value)


class Timer(Figure):
    """How long something takes, in seconds: how often, in all, and in how many cases up to some seconds."""

    kind = "Histogram"

    @contextmanager
    def time(self, **labels: str) -> Iterator[None]:
        """Time what is done in the context, however it ends."""
        started = time.perf_counter()
        try:
            yield
        finally:
            self.observe(time.perf_counter() - started, **labels)

    def observe(self, seconds: float, **labels: str) -> None:
        """Note that something took so long."""
        self._log(seconds=round(seconds, 4), **labels)
        if _registry:
            self._of(labels).observe(seconds)


RUNS = Timer("embedscope_page_run_seconds", "Time that the server takes to run a page", ("page",), is_logged=True)
ERRORS = Counter("embedscope_errors", "Errors shown on pages, by their class", ("page", "kind"), is_logged=True)
TEXTS = Counter("embedscope_texts", "Texts whose vectors were asked for, by where they came from", ("model", "source"))
TOKENS = Counter("embedscope_tokens", "Tokens that APIs have counted", ("model",))
BATCHES = Timer("embedscope_batch_seconds", "Time to compute the vectors of texts that are stored together", ("model",))
LOADS = Counter("embedscope_model_loads", "Models loaded", ("model",), is_logged=True)
EVICTIONS = Counter("embedscope_model_evictions", "Models dropped to make room", ("model",), is_logged=True)
MODEL_BYTES = Gauge("embedscope_model_bytes", "Memory of loaded models", ("memory",))
WAITING = Gauge("embedscope_queue_length", "How many wait for their turn or hold it", ("queue",))
WAITS = Timer("embedscope_queue_wait_seconds", "Time waited for a turn", ("queue",))
REFUSALS = Counter(
    "embedscope_refusals", "Refusals above a limit, of one visitor or of all", ("limit", "whose"), is_logged=True
)
ALL: tuple[Figure, ...] = (
    RUNS, ERRORS, TEXTS, TOKENS, BATCHES, LOADS, EVICTIONS, MODEL_BYTES, WAITING, WAITS, REFUSALS
)  # fmt: skip


def serve() -> None:
    """Serve all figures on the port of EMBEDSCOPE_METRICS, once per process.

    A mistake in the setting, a missing library or a port in use is logged: pages work without figures.
    """
    global _registry, _is_tried  # noqa: PLW0603  one for the process
    with _starting:
        if _is_tried:
            return
        _is_tried = True
        try:
            if port := settings.metrics_port():
                _registry = _served(port)
        except (InputError, ImportError, OSError) as error:
            log.warning("No figures for Prometheus: %s", error)


def _served(port: int) -> Any:
    from prometheus_client import (
        CollectorRegistry,
        GCCollector,
        PlatformCollector,
        ProcessCollector,
        start_http_server,
    )  # fmt: skip

    made = CollectorRegistry()
    for collector in (ProcessCollector, PlatformCollector, GCCollector):
        collector(registry=made)
    start_http_server(port, ADDRESS, made)
    return made
