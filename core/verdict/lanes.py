"""The verdict as lanes, one per candidate: a bar for its score and one for each criterion, as drawn in the chart."""

from dataclasses import dataclass

from core.verdict.candidate import Candidate
from core.verdict.verdict import Verdict
from core.verdict.weights import CRITERIA, Weights, lengths
from core.verdict.words import words

TIMED = ("speed", "memory")  # what "Hello World" measures
TITLES = {"quality": "Quality", "speed": "Speed", "memory": "Memory", "price": "Price", "licence": "Licence"}


@dataclass(frozen=True)
class Bar:
    """A bar from 0 to 1, more is better, with its figure.

    Attributes
    ----------
    length : float or None
        None if unknown.
    ends : (float, float) or None
        A 95 % interval.
    is_disturbed : bool
        Whether it comes from a timing that other processes disturbed.
    recorded_on : str
        The processor of the other machine on which the figure was recorded; empty if it is of this one.
    """

    length: float | None
    text: str
    ends: tuple[float, float] | None = None
    is_disturbed: bool = False
    recorded_on: str = ""

    @property
    def with_interval(self) -> str:
        """The figure with its interval, or that it was disturbed or recorded on another machine."""
        if self.recorded_on:
            return f"{self.text} (recorded on {self.recorded_on})"
        if self.is_disturbed:
            return f"{self.text} (disturbed)"
        return f"{self.text} ({self.ends[0]:.2f} to {self.ends[1]:.2f})" if self.ends else self.text


@dataclass(frozen=True)
class Lane:
    """A candidate and its bars.

    Attributes
    ----------
    place : int or None
        1 for the best, shared by ties; None if it is not ranked.
    score : Bar
    bars : dict of criterion to Bar
    """

    candidate: Candidate
    place: int | None
    score: Bar
    bars: dict[str, Bar]

    @property
    def name(self) -> str:
        """The candidate's name."""
        return self.candidate.name


def lanes(verdict: Verdict) -> list[Lane]:
    """The ranked candidates, the best first, then the others."""
    totals = [round(row.total, 12) for row in verdict.ranking.ranked]
    ranked = [
        Lane(row.candidate, 1 + totals.index(total), Bar(row.total, f"{row.total:.2f}"), _bars(row.candidate))
        for row, total in zip(verdict.ranking.ranked, totals, strict=True)
    ]
    others = [
        Lane(one, None, Bar(None, "not ranked" if one.is_model else "baseline"), _bars(one))
        for one in verdict.ranking.unranked
    ]
    return [*ranked, *others]


def headings(weights: Weights) -> dict[str, str]:
    """Each criterion with its share of the weights."""
    return {
        name: f"{TITLES[name]}, weight {100 * weight / (weights.total or 1):.0f}%"
        for name, weight in weights.by_criterion.items()
    }


def _bars(candidate: Candidate) -> dict[str, Bar]:
    known = lengths(candidate)
    ends = (candidate.quality.low, candidate.quality.high) if candidate.quality else None
    disturbed = candidate.speed.disturbed if candidate.speed else ()
    recorded_on = candidate.speed.recorded_on if candidate.speed else ""
    return {
        name: Bar(
            known[name],
            words(candidate, name),
            ends if name == "quality" else None,
            name in disturbed,
            recorded_on if name in TIMED else "",
        )
        for name in CRITERIA
    }


def is_recorded(verdict: Verdict) -> bool:
    """Whether some of its figures were recorded on another machine."""
    return any(bar.recorded_on for lane in lanes(verdict) for bar in lane.bars.values())
