"""Timings and runs as the tests of the benchmarks need them."""

from dataclasses import replace
from typing import Any

from core.benchmark import SCHEMA, Run, Settings, Timing
from core.machine import this_machine
from core.models import catalogue, revisions


def timing(model: str = "wordllama-256", device: str = "cpu", **changes: Any) -> Timing:
    """A timing of "Hello World"."""
    revision = next((revisions.look_up(spec) or "" for spec in catalogue() if spec.name == model), "")
    return replace(Timing(model, device, "static", "float32", revision=revision, median_ms=1.5, samples=30), **changes)


def finished(*results: Timing, created: str = "2025-11-22T10:00:00+00:00", **changes: Any) -> Run:
    """A run of this machine."""
    return replace(Run(SCHEMA, created, this_machine(), "plugged in", Settings(), results), **changes)
