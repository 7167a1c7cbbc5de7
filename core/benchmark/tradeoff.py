"""Accuracy vs speed: the models that no other beats in both, and the price per million tokens."""

from collections.abc import Sequence
from dataclasses import dataclass

from core.benchmark.sentences import begin, nothing
from core.benchmark.timing import Weights
from core.wording import join, three_figures, times

SECONDS_AN_HOUR = 3600


@dataclass(frozen=True)
class Point:
    """A model in the trade-off.

    Attributes
    ----------
    score : float
        Higher is better.
    speed : float
        Milliseconds, where lower is better, or texts per second.
    memory_bytes : int or None
        Peak memory during the timing.
    weights : "own" or "random"
    is_disturbed : bool
        Whether other processes disturbed its timing, so that it is not compared.
    """

    model: str
    device: str
    score: float
    speed: float
    memory_bytes: int | None
    weights: Weights
    is_disturbed: bool = False


def front(points: Sequence[Point], *, lower_is_faster: bool) -> list[Point]:
    """The Pareto front: the points for which no other is at least as fast and as good, and better in one of the two.

    The fastest comes first. Disturbed points are not on it, and beat none.
    """
    sign = 1 if lower_is_faster else -1

    def beats(one: Point, other: Point) -> bool:
        slower, worse = sign * one.speed > sign * other.speed, one.score < other.score
        return not slower and not worse and (one.speed, one.score) != (other.speed, other.score)

    quiet = [point for point in points if not point.is_disturbed]
    unbeaten = [point for point in quiet if not any(beats(other, point) for other in quiet)]
    return sorted(unbeaten, key=lambda point: (sign * point.speed, -point.score))


def sentence(points: Sequence[Point], where: str, *, lower_is_faster: bool) -> str:
    """Which model is the fastest, which the most accurate, and by how much, to be said aloud.

    Parameters
    ----------
    where : str
        The beginning of the sentence: "On this machine".
    """
    quiet = [point for point in points if not point.is_disturbed]
    if not quiet:
        return nothing(where, is_timed=bool(points))
    start = begin(points, where)
    if len(quiet) < len(points) and len(quiet) == 1:
        return f"{where}, only {_name(quiet[0], points)} was timed undisturbed: time again when it is quiet to compare."
    if len(quiet) == 1:
        return f"{start}, {_name(quiet[0], points)} is the only result so far: time another model to compare."
    fast, *between = front(quiet, lower_is_faster=lower_is_faster)
    best = between.pop() if between else fast
    if best.score == fast.score:
        alike = dict.fromkeys(_name(point, points) for point in (fast, *between, best))
        return f"{start}, {join([*alike])} {'is' if len(alike) == 1 else 'are'} both the fastest and the most accurate."
    gain = max(fast.speed / best.speed, best.speed / fast.speed)
    scores = f"{three_figures(best.score)} against {three_figures(fast.score)}"
    rest = f"; {join([_name(point, points) for point in between])} {_verb(between)} in between" if between else ""
    return (
        f"{start}, {_name(fast, points)} is {times(gain)} as fast as {_name(best, points)}, "
        f"which is the most accurate: {scores}{rest}."
    )


def beaten(points: Sequence[Point], *, lower_is_faster: bool) -> str:
    """Which undisturbed points another one beats, each by the most accurate that does; empty if there is none."""
    quiet = [point for point in points if not point.is_disturbed]
    best = front(quiet, lower_is_faster=lower_is_faster)
    pairs = [
        f"{_name(point, points)} by {_name(_beater(point, best, lower_is_faster), points)}"
        for point in quiet
        if point not in best
    ]
    return f"Beaten in speed and accuracy: {'; '.join(pairs)}." if pairs else ""


def dollars_per_million(tokens_per_second: float, dollars_per_hour: float) -> float:
    """Price of a million tokens on a machine that is busy for every hour paid for."""
    return dollars_per_hour / SECONDS_AN_HOUR / tokens_per_second * 1_000_000


def _verb(points: Sequence[Point]) -> str:
    return "lies" if len(points) == 1 else "lie"


def _beater(point: Point, best: Sequence[Point], lower_is_faster: bool) -> Point:
    """The point of the front that beats a point by the largest score."""
    faster = [other for other in best if (other.speed <= point.speed) == lower_is_faster or other.speed == point.speed]
    return max((other for other in faster if other.score >= point.score), key=lambda other: other.score)


def _name(point: Point, points: Sequence[Point]) -> str:
    """The model's name, with the device if the model appears on two."""
    devices = {other.device for other in points}
    return f"{point.model} on {point.device}" if len(devices) > 1 else point.model
