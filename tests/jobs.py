"""Jobs of collections without processes of their own, which can be held at a step."""

import importlib
import threading
from typing import Any

from core.collections.creation import READING
from core.progress import Progress


class Steps:
    """What jobs do, in their own threads; a step is held, as if it were long, while its title is in `held`."""

    def __init__(self) -> None:
        self.held: dict[str, threading.Event] = {}
        self.reached = threading.Event()

    def hold(self, title: str) -> threading.Event:
        """Let steps whose titles begin so wait until the event is set."""
        return self.held.setdefault(title, threading.Event())

    def release(self) -> None:
        """Hold none any longer."""
        for release in self.held.values():
            release.set()

    def __call__(self, *_: object) -> "Steps":
        return self

    def call(self, function: str, *, on_progress: Progress, **arguments: Any) -> Any:
        title = arguments["step"].title if "step" in arguments else READING
        for held, release in self.held.items():
            if title.startswith(held):
                self.reached.set()
                while not release.wait(0.01):
                    on_progress("Embedding", 3, 30)
        module, _, name = function.partition(":")
        return getattr(importlib.import_module(module), name)(**arguments, on_progress=on_progress)

    def end(self) -> None:
        """Nothing is to be ended."""
