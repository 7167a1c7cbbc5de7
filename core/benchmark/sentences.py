"""What a benchmark shows in plain words, to be said aloud: who is fastest, by how much, and on which machine.

Timings that other processes disturbed are never compared: the sentence then says that they are left out.
"""

from collections.abc import Iterable, Sequence
from typing import Protocol

from core.benchmark.pairs import pair
from core.benchmark.timing import HELLO, Measure, Run, Timing
from core.devices import DEVICE
from core.encoders.choice import LEAST_COSINE
from core.machine import Machine
from core.wording import count, milliseconds, three_figures, times

HERE = "On this machine"
ALIKE = 1.05  # up to this ratio two times are about the same
LIBRARY = "sentence-transformers with its defaults"


class Timed(Protocol):
    """What was timed, undisturbed or not."""

    @property
    def is_disturbed(self) -> bool: ...  # noqa: D102


def place(recording: Run | None) -> str:
    """The beginning of a sentence: the machine on which timings were recorded or, if they were not, this one."""
    return f"On {cpu(recording.machine)} (recorded)" if recording else HERE


def cpu(machine: Machine) -> str:
    """A machine's processor, without what may follow its name."""
    return machine.cpu.partition(",")[0]


def fastest(timings: Sequence[Timing], where: str) -> str:
    """Which model embeds "Hello World" fastest, and how much faster it is than the next."""
    ranked = _fastest_first(timings)
    if not ranked:
        return _nothing(timings, where)
    first, *others = ranked
    took, start = milliseconds(first.median_ms or 0), begin(timings, where)
    if not others:
        return f"{start}, {_name(first, timings)} takes {took} to embed “{HELLO}”."
    lead = _lead(first, others[0], f"the runner-up, {_name(others[0], timings)}")
    return f"{start}, {_name(first, timings)} is the fastest: {took} for “{HELLO}”, {lead}."


def fastest_engine(timings: Sequence[Timing], where: str) -> str:
    """Which engine is the fastest for a model, of those whose vectors stay close to float32, and by how much."""
    faithful = [timing for timing in timings if timing.cosine is None or timing.cosine >= LEAST_COSINE]
    ranked = _fastest_first(faithful)
    if not ranked:
        return _nothing(timings, where)
    first, *others = ranked
    took, start = milliseconds(first.median_ms or 0), begin(timings, where)
    if not others:
        return f"{start}, {first.model} takes {took} with {_engine(first, timings)}."
    limit = f" that stays within cosine {LEAST_COSINE}" if len(faithful) < len(timings) else ""
    library = next((each for each in others if (each.engine, each.device) == ("library", first.device)), others[0])
    lead = _lead(first, library, _engine(library, timings))
    return f"{start}, the fastest engine for {first.model}{limit} is {_engine(first, timings)}: {took}, {lead}."


def best_shape(timings: Sequence[Timing], measure: Measure, where: str) -> str:
    """In which batches and lengths a model is fastest, and what batches gain over one text at a time."""
    done = [timing for timing in _fastest_first(timings) if timing.tokens]
    if not done:
        return _nothing(timings, where)
    start = f"{begin(timings, where)}, {done[0].model}"
    if measure == "latency, ms":
        quick, slow = (
            f"{milliseconds(each.median_ms or 0)} for {_shape(each, timings)}" for each in (done[0], done[-1])
        )
        return f"{start} takes {quick}." if len(done) == 1 else f"{start} takes from {quick} to {slow}."
    unit = measure.removesuffix("/s")
    best = max(done, key=lambda timing: _rate(timing, measure))
    most = f"{start} embeds up to {three_figures(_rate(best, measure))} {unit} a second: {_shape(best, timings)}"
    alone = [_rate(each, measure) for each in done if each.batch_size == 1 and each.device == best.device]
    if best.batch_size == 1 or not alone:
        return f"{most} at a time."
    return f"{most} at a time, {times(_rate(best, measure) / max(alone))} as many as one by one."


def compared(first: Sequence[Timing], second: Sequence[Timing], names: tuple[str, str]) -> str:
    """Which of two runs is faster, and by how much, over the timings that both have; empty if they share none."""
    both = [(one, two) for one, two in pair(first, second) if one and two and one.median_ms and two.median_ms]
    quiet = [(one, two) for one, two in both if not one.is_disturbed and not two.is_disturbed]
    gains = sorted((two.median_ms or 0) / (one.median_ms or 1) for one, two in quiet)
    if not gains:
        return "Other processes disturbed every timing that these runs share: none is compared." if both else ""
    number = "only timing" if len(gains) == 1 else f"{len(gains):,} timings"
    shared = f"the {number} they share" + " undisturbed" * (len(quiet) < len(both))
    if gains[-1] < 1:
        gains, names = [1 / gain for gain in reversed(gains)], (names[1], names[0])
    wins = sum(gain > 1 for gain in gains)
    if wins == len(gains):
        return f"{_capital(names[0])} is {_range(gains)} as fast as {names[1]}, in {shared}."
    return f"{_capital(names[0])} is faster in {wins} of {shared}: {_range(gains)} as fast as {names[1]}."


def begin(timed: Iterable[Timed], where: str) -> str:
    """The beginning of a sentence, which says where some timings were disturbed."""
    return f"{where}, leaving out disturbed timings" if any(one.is_disturbed for one in timed) else where


def nothing(where: str, *, is_timed: bool) -> str:
    """That nothing can be compared: every timing was disturbed, or there is none."""
    if is_timed:
        return f"{where}, other processes disturbed every timing: time again when it is quiet."
    return f"{where}, nothing has been timed yet."


def _fastest_first(timings: Sequence[Timing]) -> list[Timing]:
    """The undisturbed timings, the fastest first."""
    done = [timing for timing in timings if timing.median_ms and not timing.is_disturbed]
    return sorted(done, key=lambda timing: timing.median_ms or 0)


def _nothing(timings: Sequence[Timing], where: str) -> str:
    return nothing(where, is_timed=any(timing.median_ms for timing in timings))


def _lead(first: Timing, other: Timing, name: str) -> str:
    gain = (other.median_ms or 0) / (first.median_ms or 1)
    return f"about as fast as {name}" if gain < ALIKE else f"{times(gain)} as fast as {name}"


def _name(timing: Timing, timings: Sequence[Timing]) -> str:
    return timing.model + _device(timing, timings)


def _engine(timing: Timing, timings: Sequence[Timing]) -> str:
    name = LIBRARY if timing.engine == "library" else f"{timing.engine} in {timing.precision}"
    return name + _device(timing, timings)


def _shape(timing: Timing, timings: Sequence[Timing]) -> str:
    return f"{count(timing.batch_size, 'text')} of {timing.tokens:,} tokens{_device(timing, timings)}"


def _device(timing: Timing, timings: Sequence[Timing]) -> str:
    """On which device, if there are several."""
    if len({other.device for other in timings}) < 2:
        return ""
    return f" on the {DEVICE[timing.device].label if timing.device in DEVICE else timing.device}"


def _rate(timing: Timing, measure: Measure) -> float:
    return (timing.tokens_per_second if measure == "tokens/s" else timing.texts_per_second) or 0.0


def _range(gains: Sequence[float]) -> str:
    """How many times as fast, from the least to the most."""
    least, most = times(gains[0]), times(gains[-1])
    return most if least == most else f"{least.removesuffix(' times')} to {most}"


def _capital(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:]
