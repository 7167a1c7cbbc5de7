"""The loaded models, shared by all sessions: each is loaded once, and all fit into a memory budget."""

import copy
import gc
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from concurrent.futures import Executor, Future, ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial

from core import metrics
from core.devices import DEVICE, devices, free_cache
from core.encoders.base import CHOOSING, Encoder, with_options_of
from core.errors import ModelUnavailableError
from core.jobs import room
from core.jobs.worker import Piece, Worker
from core.models import ModelSpec, memory, revisions
from core.progress import HEARTBEAT_SECONDS, Progress, silent

Key = tuple[ModelSpec, str, str, str, str]
IDLE_SECONDS = 3  # without a request, after which engines are measured
SOON_SECONDS = 1.0
SECONDS_BETWEEN_LOOKS = 0.1  # at whether a measurement can go on


@dataclass
class _Place:
    """A model in the pool: its encoder, now or soon, and the latest progress of loading it."""

    memory: str
    encoder: Future[Encoder] = field(default_factory=Future)
    progress: tuple[str, int, int] = ("Waiting to load", 0, 1)
    turn: Piece[None] | None = None  # of loading, where models wait for each other

    def report(self, what: str, done: int, total: int) -> None:
        self.progress = (what, done, total)

    @property
    def is_loaded(self) -> bool:
        return self.encoder.done() and not self.encoder.cancelled() and not self.encoder.exception()

    @property
    def bytes(self) -> int:
        return self.encoder.result().memory_bytes if self.is_loaded else 0

    @property
    def is_busy(self) -> bool:
        """Whether somebody's texts are computed or wait."""
        return self.is_loaded and getattr(self.encoder.result(), "is_busy", False)


class Pool:
    """Holds the most recently used models that fit; a model dropped while in use lives until its user is done.

    Parameters
    ----------
    budgets : mapping, optional
        Bytes that models may take in the memory of each device; by default half of the RAM and 80 % of the GPU's,
        or what EMBEDSCOPE_RAM_SHARE and EMBEDSCOPE_GPU_SHARE say.
    """

    def __init__(self, budgets: Mapping[str, int] | None = None) -> None:
        self.budgets = budgets or memory.budgets()
        self._places: OrderedDict[Key, _Place] = OrderedDict()
        self._lock = threading.Lock()
        self._loader = Worker("loading models")
        self._asker = ThreadPoolExecutor(thread_name_prefix="asking")  # a silent server blocks nobody else
        self._chooser = ThreadPoolExecutor(max_workers=1, thread_name_prefix="choosing")  # nor does a measurement
        self._undecided: set[Key] = set()
        self._soon: set[Key] = set()
        self._last_asked = 0.0
        room.watch(self.idle)

    def get(
        self,
        spec: ModelSpec,
        *,
        device: str = "auto",
        engine: str = "auto",
        precision: str = "auto",
        at_once: bool = False,
        on_progress: Progress = silent,
    ) -> Encoder:
        """The encoder for the model, loaded if it is not.

        Parameters
        ----------
        at_once : bool
            If the fastest engine is not known yet, answer with torch in float32, and find it when nobody asks for
            anything; later calls take it.

        Raises
        ------
        ModelUnavailableError
            It does not fit into the budget, however much is dropped. Other errors are those of `encoders.load`.
        """
        device, self._last_asked = _resolve(spec, device), time.monotonic()
        if at_once and self._must_choose(spec, device, engine, precision):
            self._choose_when_idle(spec, device, engine, precision)
            encoder = copy.copy(
                self.get(spec, device=device, engine="torch", precision="float32", on_progress=on_progress)
            )
            encoder.reason = CHOOSING
            return encoder
        place = self._place(spec, device, engine, precision)
        while not wait([place.encoder], timeout=HEARTBEAT_SECONDS).done:
            waiting = self._loader.waiting(place.turn) if place.turn else ""
            on_progress(*((waiting, 0, 1) if waiting else place.progress))
        return with_options_of(place.encoder.result(), spec)

    def load_soon(self, spec: ModelSpec, device: str = "auto") -> None:
        """Load the model in the background, a moment from now: what is being shown is not held up."""
        key = _key(spec, device, "auto", "auto")
        with self._lock:
            if key in self._soon:
                return
            self._soon.add(key)

        def load() -> None:
            with suppress(Exception):  # who asks for more than was answered meanwhile hears of it
                self.get(spec, device=device, at_once=True)
            self._soon.discard(key)

        _start_in(SOON_SECONDS, load)

    def holds(self, spec: ModelSpec) -> bool:
        """Whether the model is loaded, in whichever engine."""
        model = _key(spec, "", "", "")[:2]
        return any(key[:2] == model and place.is_loaded for key, place in list(self._places.items()))

    def idle(self) -> list[room.Idle]:
        """The models in the RAM that compute nothing now; see `room`."""
        with self._lock:
            return [
                room.Idle(key[0].name, place.bytes, partial(self._forget, key))
                for key, place in self._places.items()
                if place.memory == "cpu" and place.bytes and not place.is_busy
            ]

    def _forget(self, key: Key) -> None:
        with self._lock:
            self._evict(key)
        self._note_bytes()

    def _evict(self, key: Key) -> None:
        """Drop a model and count it; its caller has the lock."""
        if self._places.pop(key, None):
            metrics.EVICTIONS.add(model=key[0].name)

    def _must_choose(self, spec: ModelSpec, device: str, engine: str, precision: str) -> bool:
        """Whether this encoder is not loaded, and loading it would first measure engines."""
        from core.encoders.assembly import must_choose

        place = self._places.get(_key(spec, device, engine, precision))
        return not (place and place.is_loaded) and must_choose(spec, device, engine, precision)

    def _choose_when_idle(self, spec: ModelSpec, device: str, engine: str, precision: str) -> None:
        """Load the encoder, which measures engines, once nobody has asked or waited for anything for a while."""
        key = _key(spec, device, engine, precision)
        with self._lock:
            if key in self._undecided:
                return
            self._undecided.add(key)

        def look_again() -> None:
            if self._is_busy():
                self._last_asked = time.monotonic()
            if (quiet := time.monotonic() - self._last_asked) < IDLE_SECONDS:
                _start_in(IDLE_SECONDS - quiet, look_again)
                return
            with suppress(RuntimeError):  # the process ends
                self._place(spec, device, engine, precision, self._chooser)
            self._undecided.discard(key)

        _start_in(IDLE_SECONDS, look_again)

    def _place(
        self, spec: ModelSpec, device: str, engine: str, precision: str, aside: Executor | None = None
    ) -> _Place:
        key = _key(spec, device, engine, precision)
        with self._lock:
            place = self._places.get(key)
            if place is None or (place.encoder.done() and not place.is_loaded):
                place = _Place(memory=_memory(device))
                report = partial(self._report_in_a_lull, place) if aside is self._chooser else place.report
                work = partial(self._load, spec, key, place, report)
                aside = self._asker if spec.provider == "openai" else aside
                if aside:
                    aside.submit(work)  # raises while the process ends
                else:
                    place.turn = self._loader.submit(work)  # as does this
                self._places[key] = place
            self._places.move_to_end(key)
            return place

    def _is_busy(self) -> bool:
        with self._lock:
            return any(place.is_busy for place in self._places.values())

    def _report_in_a_lull(self, place: _Place, what: str, done: int, total: int) -> None:
        """Report the progress of a measurement that nobody asked for, after a wait while texts are computed."""
        place.report(what, done, total)
        deadline = time.monotonic() + IDLE_SECONDS
        while self._is_busy() and time.monotonic() < deadline:
            time.sleep(SECONDS_BETWEEN_LOOKS)

    def _load(self, spec: ModelSpec, key: Key, place: _Place, on_progress: Progress) -> None:
        from core.encoders import load

        _, _, device, engine, precision = key
        try:
            if lacking := memory.shortage(spec, device, self.budgets):
                raise ModelUnavailableError(lacking)
            self._make_room(place, memory.needed_bytes(spec, device))
            room.make(memory.needed_bytes(spec, device) if place.memory == "cpu" else 0)
            loaded = load(
                spec.with_dimensions(None), device=device, engine=engine, precision=precision, on_progress=on_progress
            )
            self._make_room(place, loaded.memory_bytes)
        except BaseException as error:  # noqa: BLE001  whatever it was, those who wait for the model must hear it
            place.encoder.set_exception(error)
        else:
            place.encoder.set_result(loaded)
            metrics.LOADS.add(model=spec.name)
        self._note_bytes()

    def _note_bytes(self) -> None:
        """Note for the server's figures how much memory the loaded models take."""
        with self._lock:
            places = list(self._places.values())
        for kind in {place.memory for place in places}:
            metrics.MODEL_BYTES.set(sum(place.bytes for place in places if place.memory == kind), memory=kind)

    def _make_room(self, newest: _Place, needed: int) -> None:
        """Drop the models used longest ago until the rest and `needed` more bytes fit."""
        if self._drop(newest, needed):
            gc.collect()  # a SentenceTransformer refers to itself: without this its memory is not freed
            free_cache(newest.memory)

    def _drop(self, newest: _Place, needed: int) -> int:
        """Drop models to free memory and return how many."""
        dropped = 0
        with self._lock:
            same = [key for key, place in self._places.items() if place.memory == newest.memory]
            taken = sum(self._places[key].bytes for key in same) + needed
            for key in same:
                place = self._places[key]
                if taken <= self.budgets.get(newest.memory, taken):
                    break
                if place is not newest and place.is_loaded:
                    taken -= place.bytes
                    self._evict(key)
                    dropped += 1
        return dropped


def _start_in(seconds: float, work: Callable[[], None]) -> None:
    """Work in a thread of its own, some seconds from now; a process that ends does not wait for it."""
    timer = threading.Timer(seconds, work)
    timer.daemon = True
    timer.start()


def _key(spec: ModelSpec, device: str, engine: str, precision: str) -> Key:
    """The key of a loaded model, whatever its options: a server's or folder's name may come to mean another model."""
    return (spec.with_prompts("", "").with_dimensions(None), revisions.stamp(spec), device, engine, precision)


def _memory(device: str) -> str:
    """The device whose memory a device's models take: the CPU's, if it has none of its own."""
    return "cpu" if device in DEVICE and not DEVICE[device].has_own_memory else device


def _resolve(spec: ModelSpec, device: str) -> str:
    """The device to load on; found without importing torch if there is no GPU; an API has its own."""
    if spec.provider == "openai":
        return "auto"
    if device == "auto" and "cuda" not in devices():
        return "cpu"
    from core.encoders.assembly import resolve_device

    return resolve_device(device)
