"""Accuracy against speed: which models nothing else beats in both, and what a million tokens cost."""

from collections.abc import Sequence
from dataclasses import dataclass

from core.benchmark.timing import Weights
from core.wording import join

SECONDS_AN_HOUR = 3600


@dataclass(frozen=True)
class Point:
    """A model in the trade-off.

    Attributes
    ----------
    score : float
        Higher is better.
    speed : float
        Milliseconds, of which fewer are better, or texts a second.
    memory_bytes : int or None
        What it took while it was timed.
    weights : "own" or "random"
    """

    model: str
    device: str
    score: float
    speed: float
    memory_bytes: int | None
    weights: Weights


def front(points: Sequence[Point], *, lower_is_faster: bool) -> list[Point]:
    """The points that no other beats: none is at least as fast and as good, and better in one of the two (Pareto).

    The fastest comes first.
    """
    sign = 1 if lower_is_faster else -1

    def beats(one: Point, other: Point) -> bool:
        slower, worse = sign * one.speed > sign * other.speed, one.score < other.score
        return not slower and not worse and (one.speed, one.score) != (other.speed, other.score)

    unbeaten = [point for point in points if not any(beats(other, point) for other in points)]
    return sorted(unbeaten, key=lambda point: (sign * point.speed, -point.score))


def sentence(points: Sequence[Point], *, lower_is_faster: bool) -> str:
    """The front, read out."""
    best = front(points, lower_is_faster=lower_is_faster)
    if len(points) < 2:
        return "There is only one result so far: time another model to compare."
    choices = join([_name(point, points) for point in best], "or")
    beaten = [point for point in points if point not in best]
    start = f"Nothing is both faster and more accurate than {choices}"
    if not beaten:
        return f"{start}: each trades speed for accuracy."
    reasons = [f"{_name(point, points)} by {_name(_beater(point, best, lower_is_faster), points)}" for point in beaten]
    return f"{start}. Beaten: {'; '.join(reasons)}."


def dollars_per_million(tokens_per_second: float, dollars_per_hour: float) -> float:
    """What a million tokens cost on a machine that is busy all the time it is paid for."""
    return dollars_per_hour / SECONDS_AN_HOUR / tokens_per_second * 1_000_000


def _beater(point: Point, best: Sequence[Point], lower_is_faster: bool) -> Point:
    """The one of the front that beats a point by most in score."""
    faster = [other for other in best if (other.speed <= point.speed) == lower_is_faster or other.speed == point.speed]
    return max((other for other in faster if other.score >= point.score), key=lambda other: other.score)


def _name(point: Point, points: Sequence[Point]) -> str:
    """The model's name, with the device where it stands on two."""
    devices = {other.device for other in points}
    return f"{point.model} on {point.device}" if len(devices) > 1 else point.model
