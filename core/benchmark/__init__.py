"""Benchmarks: how long a model takes from text to vector, on which machine, and what that is worth.

`run` times subjects under workloads, each subject in a fresh process, and keeps the run as JSON.
"""

from core.benchmark.history import (
    KeptRun,
    bring,
    keep,
    kept_engines,
    kept_runs,
    kept_sweeps,
    kept_timings,
    original_run,
)
from core.benchmark.runner import ENGINES, expected_seconds, run, subjects
from core.benchmark.sweep import grid, pays_from, workloads
from core.benchmark.timing import HELLO, SCHEMA, Run, Settings, Statistics, Subject, Timing, Workload

__all__ = [
    "ENGINES",
    "HELLO",
    "SCHEMA",
    "KeptRun",
    "Run",
    "Settings",
    "Statistics",
    "Subject",
    "Timing",
    "Workload",
    "bring",
    "expected_seconds",
    "grid",
    "keep",
    "kept_engines",
    "kept_runs",
    "kept_sweeps",
    "kept_timings",
    "original_run",
    "pays_from",
    "run",
    "subjects",
    "workloads",
]
