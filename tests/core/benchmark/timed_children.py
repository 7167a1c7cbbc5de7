"""What test_benchmark_running.py lets a child process run in the place of a measurement; the text says what happens.

An action may name the model that it is for: "sleep" or "sleep: wordllama-256".
"""

import os
import signal
import time

from core.benchmark import Timing
from core.errors import DeviceError

FUNCTION = f"{__name__}:measure"
FAR_TOO_LONG = 60


def measure(*, subject, workload, settings, on_progress):
    """A timing that was not measured; `threads` is the process that gives it."""
    on_progress(f"Timing {subject.model} on {subject.device}", os.getpid(), 0)
    action, _, who = workload.text.partition(": ")
    if who in ("", subject.model):
        _act(action)
    return Timing(
        subject.model,
        subject.device,
        "fake",
        "float32",
        subject.weights,
        batch_size=workload.batch_size,
        text="" if workload.tokens else workload.text,
        tokens=workload.tokens,
        median_ms=float(workload.size),
        samples=30,
        threads=os.getpid(),
    )


def _act(action):
    if action == "sleep":
        time.sleep(FAR_TOO_LONG)
    if action == "be killed":
        os.kill(os.getpid(), signal.SIGKILL)
    if action == "lose the device":
        raise DeviceError("There is no such device.")
