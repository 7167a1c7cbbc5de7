"""Accuracy vs speed: the models that no other beats in both, and the price per million tokens."""

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
        Milliseconds, where lower is better, or texts per second.
    memory_bytes : int or None
        Peak memory during the timing.
    weights : "own" or "random"
    is_disturbed : bool
        Whether other processes disturbed its timing, so that it is compared with none.
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


def sentence(points: Sequence[Point], *, lower_is_faster: bool) -> str:
    """The front in a sentence, and which points are not compared because their timing was disturbed."""
    quiet = [point for point in points if not point.is_disturbed]
    disturbed = [_name(point, points) for point in points if point.is_disturbed]
    if not disturbed:
        return _describe_front(quiet, lower_is_faster)
    skipped = f"Not compared, for other processes disturbed the timing: {join(disturbed)}."
    return f"{_describe_front(quiet, lower_is_faster)} {skipped}" if quiet else skipped


def dollars_per_million(tokens_per_second: float, dollars_per_hour: float) -> float:
    """Price of a million tokens on a machine that is busy for every hour paid for."""
    return dollars_per_hour / SECONDS_AN_HOUR / tokens_per_second * 1_000_000


def _describe_front(points: Sequence[Point], lower_is_faster: bool) -> str:
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


def _beater(point: Point, best: Sequence[Point], lower_is_faster: bool) -> Point:
    """The point of the front that beats a point by the largest score."""
    faster = [other for other in best if (other.speed <= point.speed) == lower_is_faster or other.speed == point.speed]
    return max((other for other in faster if other.score >= point.score), key=lambda other: other.score)


def _name(point: Point, points: Sequence[Point]) -> str:
    """The model's name, with the device if the model appears on two."""
    devices = {other.device for other in points}
    return f"{point.model} on {point.device}" if len(devices) > 1 else point.model
