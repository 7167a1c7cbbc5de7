"""Scores against what a model costs: its size, its dimensions, its time here; and the models that no other beats."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from core import leaderboard, wording
from core.benchmark import Timing
from core.comparison.standing import Standing
from core.leaderboard import Entry
from core.models import ModelSpec, listing
from core.wording import join

COSTS: dict[str, Callable[[float], str]] = {  # how each is written
    "Parameters": wording.abbreviate,
    "Active parameters": wording.abbreviate,
    "Dimensions": "{:,.0f}".format,
    "Download size": wording.size,
    "Milliseconds here": wording.milliseconds,
}

COST_TITLES = {  # within a heading
    "Parameters": "size",
    "Active parameters": "active parameters",
    "Dimensions": "dimensions",
    "Download size": "download size",
    "Milliseconds here": "milliseconds here",
}


@dataclass(frozen=True)
class Dot:
    """A model with what it costs, in the unit of one of COSTS, and its score in percent."""

    id: str
    name: str
    cost: float
    score: float


def dots(
    specs: Sequence[ModelSpec], standing: Standing, cost: str, timings: Mapping[tuple[str, str], Timing]
) -> list[Dot]:
    """The models whose score and cost, one of COSTS, are known."""
    entries = listing.entries_of(specs)
    found = [(spec, _cost(spec, cost, entries.get(spec.id), timings), standing.scores.get(spec.id)) for spec in specs]
    return [Dot(spec.id, spec.name, value, score) for spec, value, score in found if value and score is not None]


def front(points: Sequence[Dot]) -> list[Dot]:
    """The models that no other beats: none costs as little and scores as high, and is better in one of the two."""
    costs, scores = (np.array([getattr(dot, name) for dot in points], np.float64) for name in ("cost", "score"))
    return [points[row] for row in leaderboard.pareto(costs, scores)]


def describe_front(best: Sequence[Dot], cost: str) -> str:
    """The front in a sentence, the cheapest first."""
    if not best:
        return ""
    named = join([f"{dot.name.rpartition('/')[2]} ({COSTS[cost](dot.cost)}, {dot.score:.1f})" for dot in best], most=6)
    return f"The highest scores for their {COST_TITLES[cost]}: {named}."


def own_cpu_ms(spec: ModelSpec, timings: Mapping[tuple[str, str], Timing]) -> float | None:
    """The model's own time on the CPU; timings with random weights don't count."""
    timing = timings.get((spec.name, "cpu"))
    return timing.median_ms if timing and timing.weights == "own" else None


def _cost(spec: ModelSpec, cost: str, entry: Entry | None, timings: Mapping[tuple[str, str], Timing]) -> float | None:
    return {
        "Parameters": spec.parameters,
        "Active parameters": entry.active_parameters if entry else None,
        "Dimensions": spec.dimensions,
        "Download size": spec.download_bytes,
        "Milliseconds here": own_cpu_ms(spec, timings),
    }[cost]
