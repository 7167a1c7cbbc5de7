"""Finds the fastest engine and precision for a model on this machine that stay close to float32.

Each candidate embeds a small probe, as does torch in float32. The fastest whose every vector stays within cosine 0.999
is chosen; of those that are about as fast, the most exact. This is measured once for each model, revision, machine and
set of library versions, and saved on disk.
"""

import json
import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from core import corpus
from core.devices import DEVICE
from core.encoders.base import Vectors
from core.errors import DeviceError
from core.machine import this_machine
from core.progress import Progress, silent
from core.settings import cache_folder
from core.storage import digests, files, records

REFERENCE = ("torch", "float32")
INT8 = ("openvino", "int8")  # by hand only: its vectors are too far from float32's to stand beside them
CANDIDATES = {name: device.pairs for name, device in DEVICE.items()}
LEAST_COSINE = 0.999
INSTEAD = "Using torch in float32 instead."
ROUNDS = 8  # the minimum counts: in few rounds a busy machine may disturb every engine
PART = 2  # rounds, whose minimum is one look at an engine's speed: what all looks agree on is no noise
HOPELESS = 8  # after being this many times slower than the fastest, twice, an engine is dropped
VERSION = 2  # of the probe and the measurement
MEASURING = "Finding the fastest engine, once for this machine"
PROBE_SENTENCES, PROBE_PASSAGES = 12, 4

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Choice:
    """An engine and a precision, and the reason for them.

    Attributes
    ----------
    speedup : float or None
        Speed on the probe relative to torch in float32; None if nothing was measured.
    cosine : float or None
        The smallest cosine of a probe text's vector to its float32 vector.
    note : str
        Why another engine that was asked for or failed was not used; else empty.
    is_close : bool
        Whether the rounds don't agree on what is faster, this engine or torch; for torch itself, it or another engine.
    """

    engine: str
    precision: str
    speedup: float | None = None
    cosine: float | None = None
    note: str = ""
    is_close: bool = False

    @property
    def reason(self) -> str:
        """The reason for the choice, in words; empty if there was no choice."""
        return ". ".join(filter(None, [self._measured, self.note]))

    @property
    def _measured(self) -> str:
        """What the measurement says; empty if nothing was measured."""
        if self.speedup is None:
            return ""
        if (self.engine, self.precision) == REFERENCE:
            others = "no other engine is clearly faster" if self.is_close else "the fastest"
            return f"{others} on this machine within cosine {LEAST_COSINE} of float32"
        times = f"{self.speedup:.1f}"
        speed = "about" if self.is_close or times == "1.0" else f"{times} times"
        return f"{speed} as fast as torch in float32, at cosine {self.cosine:.5f}"


@dataclass(frozen=True)
class _Memory:
    """The record on disk: what was measured, where, and the choice."""

    model: list[str]
    machine: str
    choice: Choice


Pair = tuple[str, str]
Build = Callable[[str, str], Any]
Encode = Callable[[Any, list[str]], Vectors]


def engines(device: str) -> tuple[Pair, ...]:
    """The (engine, precision) pairs that this machine computes on a device."""
    pairs = CANDIDATES[device]
    if DEVICE[device].openvino != "CPU":
        return pairs
    from core.encoders.runtime import computes_bfloat16  # OpenVINO takes half a second to import

    computes = {"bfloat16": computes_bfloat16, "int8": computes_int8}
    return tuple(pair for pair in pairs if pair[1] not in computes or computes[pair[1]]())


def computes_int8() -> bool:
    """Whether this CPU has instructions that sum products of int8; on others it was slower than float32."""
    return "VNNI" in this_machine().instructions


def candidates(device: str, engine: str, precision: str) -> tuple[Pair, ...]:
    """The (engine, precision) pairs that a request allows on a device of this machine.

    Raises
    ------
    DeviceError
        None is left.
    """
    offered = engines(device)
    open_ones = tuple(
        pair
        for pair in offered
        if engine in ("auto", pair[0]) and (precision == pair[1] or (precision == "auto" and pair != INT8))
    )
    if not open_ones:
        choices = ", ".join(" ".join(pair) for pair in offered)
        raise DeviceError(
            f"Engine {engine} with precision {precision} is not available on {device} on this machine: "
            f"choose from {choices}."
        )
    return open_ones


def choose(
    identity: Sequence[str], open_ones: tuple[Pair, ...], build: Build, encode: Encode, on_progress: Progress = silent
) -> tuple[Choice, Any]:
    """Choose the fastest accurate candidate and return it with its network; torch takes what other engines cannot.

    Parameters
    ----------
    identity : sequence of str
        What the choice depends on besides the machine: model, revision, device.
    open_ones : pairs of engine and precision
    build : callable
        From engine and precision to a network; raises DeviceError where the engine cannot take the model.
    encode : callable
        From a network and texts to unit vectors.
    """
    if len(open_ones) == 1 and open_ones[0] != INT8:  # its gain and its cost are measured
        return build_or_fall_back(Choice(*open_ones[0]), build)
    if known := recall(identity, open_ones):
        return build_or_fall_back(known, build)
    choice, network = _measure(open_ones, build, encode, on_progress)
    if not choice.note:  # a failure may have been a lack of memory: try again
        _write(_path(identity, open_ones), identity, choice)
    return choice, network


def recall(identity: Sequence[str], open_ones: tuple[Pair, ...]) -> Choice | None:
    """The earlier choice on this machine for the same identity and candidates; None if there is none."""
    known = _read(_path(identity, open_ones))
    return known if known and (known.engine, known.precision) in (REFERENCE, *open_ones) else None


def build_or_fall_back(choice: Choice, build: Build) -> tuple[Choice, Any]:
    """The choice and its network or, if its engine cannot run the model, torch in float32 with a note.

    Raises
    ------
    DeviceError
        torch cannot run it either.
    """
    try:
        network = build(choice.engine, choice.precision)
        return _as_executed(choice, network), network
    except DeviceError as error:
        if (choice.engine, choice.precision) == REFERENCE:
            raise
        log.warning("%s Using torch.", error)
        return Choice(*REFERENCE, note=f"{error} {INSTEAD}"), build(*REFERENCE)


def _measure(open_ones: tuple[Pair, ...], build: Build, encode: Encode, on_progress: Progress) -> tuple[Choice, Any]:
    """Time every candidate on the probe, in turns, so that interference affects them alike."""
    on_progress(MEASURING, 0, ROUNDS + 1)
    networks, notes = _build((REFERENCE, *(pair for pair in open_ones if pair != REFERENCE)), build)
    texts = probe()
    vectors: dict[Pair, Vectors] = {}
    seconds: dict[Pair, list[float]] = {pair: [] for pair in networks}
    for number in range(ROUNDS + 1):
        if number:
            on_progress(MEASURING, number, ROUNDS + 1)
        for pair in _hopeful(seconds) if number > 1 else networks:
            started = time.perf_counter()
            vectors[pair] = encode(networks[pair], texts)
            seconds[pair].append(time.perf_counter() - started)
    cosines = {pair: float(np.sum(rows * vectors[REFERENCE], axis=1).min()) for pair, rows in vectors.items()}
    faithful = [pair for pair in networks if pair in open_ones and (cosines[pair] >= LEAST_COSINE or pair == INT8)]
    if not faithful:
        notes.append(f"None of the requested engines stays within cosine {LEAST_COSINE} of float32. {INSTEAD}")
        return Choice(*REFERENCE, note=" ".join(notes)), networks[REFERENCE]
    fastest = min(faithful, key=lambda pair: min(seconds[pair]))
    best = next(pair for pair in faithful if pair == fastest or _are_close(seconds[pair], seconds[fastest]))
    other = fastest if best == REFERENCE else REFERENCE
    is_close = best != other and _are_close(seconds[best], seconds[other])
    speedup = min(seconds[REFERENCE]) / min(seconds[best])
    return Choice(*best, speedup, cosines[best], " ".join(notes), is_close), networks[best]


def _are_close(some: list[float], others: list[float]) -> bool:
    """Whether the parts of the rounds, by their shortest times, don't agree on which of two candidates is faster.

    A candidate that was dropped is not close to one that was not.
    """
    if len(some) != len(others):
        return False
    parts = range(1, len(some), PART)  # the first round warms up
    leads = [min(some[start : start + PART]) - min(others[start : start + PART]) for start in parts]
    return min(leads) <= 0 <= max(leads)


def _hopeful(seconds: dict[Pair, list[float]]) -> list[Pair]:
    """The candidates that could still be the fastest: a CPU that emulates bfloat16 takes thirty times as long."""
    fastest = min(map(min, seconds.values()))
    return [pair for pair, taken in seconds.items() if min(taken) < HOPELESS * fastest]


def _build(pairs: tuple[Pair, ...], build: Build) -> tuple[dict[Pair, Any], list[str]]:
    """The networks that can be built, by what they execute, and a sentence for each engine that cannot run the model.

    Of two that execute the same, one is enough.
    """
    networks: dict[Pair, Any] = {}
    notes: list[str] = []
    for pair in pairs:
        try:
            network = build(*pair)
            networks.setdefault((pair[0], _executed(network, pair[1])), network)
        except DeviceError as error:
            if pair == REFERENCE:
                raise
            log.warning("%s", error)
            notes.append(str(error))
    return networks, list(dict.fromkeys(notes))


def _as_executed(choice: Choice, network: Any) -> Choice:
    """The choice in the precision that its network executes; where another was asked for, a note says so."""
    executed = _executed(network, choice.precision)
    if executed == choice.precision:
        return choice
    asked = f"{choice.precision} was asked for, but {choice.engine} computes {executed} on this machine"
    return replace(choice, precision=executed, note=" ".join(filter(None, (choice.note, asked))))


def _executed(network: Any, precision: str) -> str:
    """The precision that a network says it executes; torch executes what it is asked for."""
    return str(getattr(network, "precision", precision))


def probe() -> list[str]:
    """A few sentences and passages of the sample, a typical mix of what people embed."""
    sentences = corpus.sample_sentences().splitlines()[:PROBE_SENTENCES]
    return [*sentences, *corpus.sample().texts[:PROBE_PASSAGES]]


def _path(identity: Sequence[str], open_ones: tuple[Pair, ...]) -> Path:
    machine = this_machine()
    depends = [
        VERSION,
        *identity,
        open_ones,
        machine.cpu,
        machine.cores,
        machine.core_limit,
        machine.gpus,
        sorted(machine.versions.items()),
    ]
    digest = digests.of(json.dumps(depends).encode(), size=10)
    return cache_folder() / "engines" / f"{digest}.json"


def _read(path: Path) -> Choice | None:
    try:
        return records.parse(_Memory, path.read_bytes()).choice
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        log.warning("Cannot read the engine saved in %s (%s): measuring again.", path, error)
        return None


def _write(path: Path, identity: Sequence[str], choice: Choice) -> None:
    memory = _Memory(list(identity), this_machine().sentence, choice)
    try:
        files.write(path, json.dumps(asdict(memory), indent=1).encode())
    except OSError as error:
        log.warning("Cannot save the choice of engine (%s): it will be measured again next time.", error)
