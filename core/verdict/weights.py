"""The weights of the criteria, and each criterion's scale from 0 to 1.

A scale is fixed: it does not depend on the other models, so that adding one never swaps two others. Quality is nDCG@10
itself. Speed, memory and price count by their logarithm, because twice as fast is worth the
same to a model of 2 ms as to one of 200 ms: 0 at and beyond the first anchor of `ANCHORS`, 1 at and beyond the second.
A licence counts 1, 0.5 or 0 (`licence.Freedom`).
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields

from core.errors import InputError
from core.models.licence import freedom
from core.verdict.candidate import Candidate

MOST_WEIGHT = 10.0
ANCHORS = {"speed": (1000.0, 0.1), "memory": (64e9, 64e6), "price": (10.0, 0.0001)}
SCALES = {
    "quality": "nDCG@10, unchanged",
    "speed": "on a logarithmic scale, from 0 at 1,000 ms for “Hello World” to 1 at 0.1 ms",
    "memory": "on a logarithmic scale, from 0 at 64 GB to 1 at 64 MB",
    "price": "on a logarithmic scale, from 0 at 10 US dollars per million tokens to 1 at 0.0001",
    "licence": "1 if commercial use, modification and redistribution are allowed, 0.5 under conditions, 0 without "
    "commercial use",
}


@dataclass(frozen=True)
class Weights:
    """How much each criterion counts, from 0 to 10; only their proportions matter.

    Raises
    ------
    InputError
        A weight is out of range.
    """

    quality: float = 8.0
    speed: float = 2.0
    memory: float = 1.0
    price: float = 1.0
    licence: float = 1.0

    def __post_init__(self) -> None:
        for criterion, weight in self.by_criterion.items():
            if not 0 <= weight <= MOST_WEIGHT:  # False for what is not a number, too
                raise InputError(f"The weight of {criterion} is {weight:g}: it must be from 0 to {MOST_WEIGHT:g}.")

    @property
    def by_criterion(self) -> dict[str, float]:
        """Each criterion's weight, in the order of CRITERIA."""
        return {criterion: getattr(self, criterion) for criterion in CRITERIA}

    @property
    def total(self) -> float:
        """Their sum."""
        return math.fsum(self.by_criterion.values())

    @property
    def sentence(self) -> str:
        """The weights in words."""
        return ", ".join(f"{criterion} {weight:g}" for criterion, weight in self.by_criterion.items())


CRITERIA = tuple(field.name for field in fields(Weights))
PRESETS = {
    "Balanced": Weights(),
    "Search server": Weights(quality=8, speed=5, memory=1, price=2, licence=1),
    "Laptop": Weights(quality=6, speed=4, memory=6, price=0, licence=1),
    "Batch job": Weights(quality=6, speed=0, memory=1, price=6, licence=1),
}


def read_weights(listed: str) -> Weights:
    """Weights from "quality=6,speed=2"; criteria not named keep their default.

    Raises
    ------
    InputError
        A name is not a criterion, or a weight is not a number in range.
    """
    given: dict[str, float] = {}
    for part in filter(None, map(str.strip, listed.split(","))):
        name, _, weight = part.partition("=")
        if name.strip() not in CRITERIA:
            raise InputError(f"Unknown criterion {name.strip()!r}: choose from {', '.join(CRITERIA)}.")
        try:
            given[name.strip()] = float(weight)
        except ValueError:
            raise InputError(f"{weight.strip()!r} is not a weight: write {name.strip()}=3.") from None
    return Weights(**given)


def lengths(candidate: Candidate) -> dict[str, float | None]:
    """Each criterion's place on its scale from 0 to 1, more is better; None if unknown."""
    free = freedom(candidate.licence)
    return {
        "quality": candidate.quality.mean if candidate.quality else None,
        "speed": _logarithmic("speed", candidate.speed.milliseconds if candidate.speed else None),
        "memory": _logarithmic("memory", candidate.memory_bytes),
        "price": _logarithmic("price", candidate.dollars),
        "licence": free.value if free else None,
    }


def scores(candidate: Candidate) -> dict[str, float | None]:
    """The same, but None where other processes disturbed the timing: it is shown, but not compared."""
    disturbed = candidate.speed.disturbed if candidate.speed else ()
    return {criterion: None if criterion in disturbed else length for criterion, length in lengths(candidate).items()}


def weighted_mean(known: Mapping[str, float | None], weights: Weights) -> float:
    """The weighted mean of scores, from 0 to 1, where an unknown one counts 0; 0 if all weights are 0."""
    if not weights.total:
        return 0.0
    parts = (weight * (known[criterion] or 0.0) for criterion, weight in weights.by_criterion.items())
    return min(1.0, math.fsum(parts) / weights.total)


def _logarithmic(criterion: str, value: float | None) -> float | None:
    """The place of a lower-is-better value between the criterion's anchors; 0 is the best."""
    if value is None:
        return None
    worst, best = ANCHORS[criterion]
    if value <= best:
        return 1.0
    return max(0.0, math.log(worst / value) / math.log(worst / best))
