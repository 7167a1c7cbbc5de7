"""Benchmarks: how long a model takes from text to vector, on which machine, and what that is worth.

`run` times subjects under workloads, each subject in a fresh process, and saves the run as JSON.
"""

from core.benchmark.history import (
    StoredRun,
    import_run,
    latest_engines,
    latest_sweeps,
    latest_timings,
    list_runs,
    original_run,
    recorded_run,
    save,
)
from core.benchmark.runner import ENGINES, expected_seconds, run, subjects
from core.benchmark.sweep import grid, pays_from, workloads
from core.benchmark.timing import HELLO, SCHEMA, Run, Settings, Statistics, Subject, Timing, Workload, fastest_first

__all__ = [
    "ENGINES",
    "HELLO",
    "SCHEMA",
    "Run",
    "Settings",
    "Statistics",
    "StoredRun",
    "Subject",
    "Timing",
    "Workload",
    "expected_seconds",
    "fastest_first",
    "grid",
    "import_run",
    "latest_engines",
    "latest_sweeps",
    "latest_timings",
    "list_runs",
    "original_run",
    "pays_from",
    "recorded_run",
    "run",
    "save",
    "subjects",
    "workloads",
]
