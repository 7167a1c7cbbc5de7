"""Load tests: how many requests a second a server, or a local model behind one, answers before they pile up.

`run` offers one rate after another, as requests from many users arrive, until the server does not keep up, and saves
the result.
"""

from core.load.history import latest
from core.load.result import LoadTest, Settings, Step, Unloaded
from core.load.runner import refusal, run
from core.load.sentences import answer, how, phases, troubles

__all__ = [
    "LoadTest",
    "Settings",
    "Step",
    "Unloaded",
    "answer",
    "how",
    "latest",
    "phases",
    "refusal",
    "run",
    "troubles",
]
