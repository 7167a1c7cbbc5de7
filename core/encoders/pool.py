"""The loaded models, shared by all sessions: one that many ask for is loaded once."""

import threading
from collections import OrderedDict
from concurrent.futures import Future, ThreadPoolExecutor, wait

from core.encoders.base import Encoder
from core.jobs import HEARTBEAT_SECONDS, Progress, silent
from core.machine import devices
from core.models import ModelSpec

MOST_MODELS = 4


class Pool:
    """Keeps the most recently used models; one that is dropped while in use lives until its user is done."""

    def __init__(self, most_models: int = MOST_MODELS) -> None:
        self.most_models = most_models
        self._encoders: OrderedDict[tuple[str, ...], Future[Encoder]] = OrderedDict()
        self._lock = threading.Lock()
        self._loader = ThreadPoolExecutor(max_workers=1, thread_name_prefix="loading")

    def get(
        self,
        spec: ModelSpec,
        *,
        device: str = "auto",
        engine: str = "auto",
        precision: str = "auto",
        on_progress: Progress = silent,
    ) -> Encoder:
        """The encoder for the model, loaded if it is not; errors are those of `encoders.load`."""
        known = "cpu" if devices() == ("cpu",) and device == "auto" else device
        future = self._future(spec, known, engine, precision)
        while not wait([future], timeout=HEARTBEAT_SECONDS).done:
            on_progress(f"Loading {spec.name}", 0, 1)
        return future.result()

    def is_loaded(self, spec: ModelSpec) -> bool:
        """Whether the model is in memory, on any device."""
        with self._lock:
            mine = [future for key, future in self._encoders.items() if key[0] == spec.name]
        return any(future.done() and not future.exception() for future in mine)

    def _future(self, spec: ModelSpec, device: str, engine: str, precision: str) -> Future[Encoder]:
        key = (spec.name, device, engine, precision)
        with self._lock:
            future = self._encoders.get(key)
            if future is None or (future.done() and future.exception()):
                future = self._encoders[key] = self._loader.submit(_load, spec, device, engine, precision)
            self._encoders.move_to_end(key)
            while len(self._encoders) > self.most_models:
                self._encoders.popitem(last=False)
            return future


def _load(spec: ModelSpec, device: str, engine: str, precision: str) -> Encoder:
    from core.encoders import load

    return load(spec, device=device, engine=engine, precision=precision)
