"""The comparison table: which models, in which order, with their facts and what they need on this machine."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from core import leaderboard, wording
from core.benchmark import Timing
from core.leaderboard import Entry, Ranking, Snapshot
from core.models import TASKS, ModelSpec, listing
from core.models.files import availability, beyond_memory
from core.verdict.licence import Freedom, freedom
from core.wording import join

NAMED = ("All", "Original six", "Ready here")
COSTS: dict[str, Callable[[float], str]] = {  # how each is written
    "Parameters": wording.abbreviate,
    "Active parameters": wording.abbreviate,
    "Dimensions": "{:,.0f}".format,
    "Download size": wording.size,
    "Milliseconds here": wording.milliseconds,
}
INSTRUCTIONS = ("Any", "Needs them", "Works without")


@dataclass(frozen=True)
class Demands:
    """What a model must be; a model of which it is unknown does not meet a demand.

    Attributes
    ----------
    most_parameters : int or None
    open_weights, commercial_use, fits : bool
        Weights published; a licence that allows commercial use; no larger than this machine's memory.
    most_dimensions, least_tokens : int or None
        Of an embedding, and of the longest input.
    language : str
        As a code of MTEB, such as "deu-Latn"; empty for any.
    least_zero_shot : int
        Percentage of the benchmark's tasks on whose data it was not trained.
    instructions : one of INSTRUCTIONS
    """

    most_parameters: int | None = None
    open_weights: bool = False
    commercial_use: bool = False
    fits: bool = False
    most_dimensions: int | None = None
    least_tokens: int | None = None
    language: str = ""
    least_zero_shot: int = 0
    instructions: str = INSTRUCTIONS[0]

    def are_met_by(self, spec: ModelSpec) -> bool:
        """Whether a model is known to meet each demand."""
        return self._of_size(spec) and self._of_terms(spec) and self._of_training(listing.entry_of(spec))

    def _of_size(self, spec: ModelSpec) -> bool:
        within = [(spec.parameters, self.most_parameters), (spec.dimensions, self.most_dimensions)]
        is_small = all(most is None or (value is not None and value <= most) for value, most in within)
        is_long = self.least_tokens is None or (spec.max_tokens or 0) >= self.least_tokens
        return is_small and is_long and not (self.fits and beyond_memory(spec))

    def _of_terms(self, spec: ModelSpec) -> bool:
        is_open = spec.provider in ("bundled", "huggingface", "folder")
        is_free = freedom(spec.license) is Freedom.FREE
        return (is_open or not (self.open_weights or self.fits)) and (is_free or not self.commercial_use)

    def _of_training(self, entry: Entry | None) -> bool:
        if self == Demands():
            return True
        speaks = not self.language or (entry is not None and self.language in entry.languages)
        unseen = not self.least_zero_shot or (entry is not None and (entry.zero_shot or 0) >= self.least_zero_shot)
        wanted = {INSTRUCTIONS[1]: True, INSTRUCTIONS[2]: False}.get(self.instructions)
        return speaks and unseen and (wanted is None or (entry is not None and entry.instructions is wanted))


@dataclass(frozen=True)
class Dot:
    """A model with what it costs, in the unit of one of COSTS, and its score in percent."""

    id: str
    name: str
    cost: float
    score: float


@dataclass(frozen=True)
class Standing:
    """Where models stand on a board for a use.

    Attributes
    ----------
    scores : dict of str to float
        By the model's id, in percent; those without one are left out.
    ranking : Ranking or None
        Of the models with a score for every task; None on a board whose tasks are not known one by one.
    """

    board: str
    scores: Mapping[str, float]
    ranking: Ranking | None = None

    def ranks(self, spec: ModelSpec) -> tuple[int, int, int] | None:
        """The rank of a model and the ends of its interval; None if it is not ranked."""
        entry = listing.entry_of(spec)
        if self.ranking is None or entry is None or entry.id not in self.ranking.rows:
            return None
        row = self.ranking.rows[entry.id]
        return int(self.ranking.ranks[row]), int(self.ranking.low[row]), int(self.ranking.high[row])

    def sort(self, specs: Sequence[ModelSpec]) -> list[ModelSpec]:
        """The models by their score, the highest first; those without one last, in their order."""
        return sorted(specs, key=lambda spec: -self.scores.get(spec.id, float("-inf")))


def stand(specs: Sequence[ModelSpec], board: str, weights: Mapping[str, float] | None = None) -> Standing:
    """Where these models stand on one of BOARDS; on MTEB v2, ranked among themselves by the weighed tasks.

    Parameters
    ----------
    weights : dict of str to float or None
        The weight of each task; None weighs all tasks of MTEB v2 alike.
    """
    if board == "MTEB v1":
        return Standing(board, {spec.id: score for spec in specs if (score := spec.score(board)) is not None})
    snapshot = leaderboard.current()
    entries = {spec.id: entry for spec in specs if (entry := listing.entry_of(spec))}
    weighed = tuple((weights or dict.fromkeys(snapshot.tasks, 1.0)).items())
    ranking = _ranking(snapshot, weighed, tuple(entry.id for entry in entries.values()))
    scores = {name: leaderboard.mean(entry, ranking.weights, snapshot.tasks) for name, entry in entries.items()}
    return Standing(board, {name: score for name, score in scores.items() if score is not None}, ranking)


@lru_cache(maxsize=64)
def _ranking(snapshot: Snapshot, weighed: tuple[tuple[str, float], ...], keep: tuple[str, ...]) -> Ranking:
    """The ranking of these models by weighed tasks, without those whose scores in them are probably broken."""
    weights, chosen = dict(weighed), set(keep)
    listed = [entry for entry in snapshot.complete if entry.id in chosen]
    sound = [entry.id for entry in listed if weights.keys().isdisjoint(leaderboard.too_small(entry, snapshot.tasks))]
    return leaderboard.rank(snapshot, weights, sound)


def compare(specs: Sequence[ModelSpec], timings: Mapping[tuple[str, str], Timing]) -> list[dict[str, Any]]:
    """Rows of the table: sizes in bytes, times in milliseconds on this machine's CPU, prices in US dollars.

    `timings` are the latest by (model, device). None means unknown.
    """
    return [
        {
            "model": spec.name,
            "here": availability(spec).label,
            "mteb_v1": spec.mteb_v1.get("average"),
            "mteb_v2": spec.mteb_v2,
            "download_bytes": spec.download_bytes,
            "parameters": spec.parameters,
            "dimensions": spec.dimensions,
            "license": spec.license,
            "url": spec.url,
            "hello_world_ms": _own_cpu_ms(spec, timings),
            "max_tokens": spec.max_tokens,
            "usd_per_million_tokens": spec.usd_per_million_tokens,
        }
        for spec in specs
    ]


def add_standing(
    rows: Sequence[Mapping[str, Any]], specs: Sequence[ModelSpec], standing: Standing
) -> list[dict[str, Any]]:
    """The rows of `compare` with each model's score for the use, its rank, zero-shot share, and what to know of it."""
    tasks = leaderboard.current().tasks
    return [
        {
            **row,
            "score": standing.scores.get(spec.id),
            "rank": ranks[0] if (ranks := standing.ranks(spec)) else None,
            "rank_interval": f"{ranks[1]} to {ranks[2]}" if ranks else None,
            "zero_shot": entry.zero_shot if (entry := listing.entry_of(spec)) else None,
            "released": spec.released[:7],
            "notes": " ".join(leaderboard.caveats(entry, tasks)) if entry else "",
        }
        for row, spec in zip(rows, specs, strict=True)
    ]


def dots(
    specs: Sequence[ModelSpec], standing: Standing, cost: str, timings: Mapping[tuple[str, str], Timing]
) -> list[Dot]:
    """The models whose score and cost, one of COSTS, are known."""
    found = [(spec, _cost(spec, cost, timings), standing.scores.get(spec.id)) for spec in specs]
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
    return f"No model with as little or less scores higher than {named}."


def task_types(specs: Sequence[ModelSpec], board: str) -> dict[str, dict[str, float]]:
    """The score of each task type on a board, by the id of each model that has any."""
    if board == "MTEB v1":
        scores = {
            spec.id: {_label(task): spec.mteb_v1[task] for task in TASKS if task in spec.mteb_v1} for spec in specs
        }
    else:
        entries = {spec.id: listing.entry_of(spec) for spec in specs}
        scores = {name: dict(entry.types) for name, entry in entries.items() if entry}
    return {name: of_model for name, of_model in scores.items() if of_model}


def _cost(spec: ModelSpec, cost: str, timings: Mapping[tuple[str, str], Timing]) -> float | None:
    entry = listing.entry_of(spec)
    return {
        "Parameters": spec.parameters,
        "Active parameters": entry.active_parameters if entry else None,
        "Dimensions": spec.dimensions,
        "Download size": spec.download_bytes,
        "Milliseconds here": _own_cpu_ms(spec, timings),
    }[cost]


def matching(
    specs: Sequence[ModelSpec], wanted: str, which: str = "All", demands: Demands | None = None
) -> list[ModelSpec]:
    """The models whose name, maker or licence contains the text, of a group of NAMED, that meet the demands."""
    return [
        spec
        for spec in specs
        if wanted.lower() in f"{spec.name} {spec.organisation} {spec.license}".lower()
        and (which != "Original six" or spec.original)
        and (which != "Ready here" or availability(spec).is_ready)
        and (demands is None or demands.are_met_by(spec))
    ]


def headline(specs: Sequence[ModelSpec], standing: Standing) -> str:
    """Which of these models leads, or which share the lead, and which of those that are ready on this machine."""
    scored = [spec for spec in standing.sort(specs) if spec.id in standing.scores]
    if not scored:
        return f"None of these models has a known {standing.board} score."
    best = scored[0]
    first = f"{best.name} has the highest {standing.board} score: {standing.scores[best.id]:.2f}."
    if standing.ranking and len(standing.ranking.entries) > 1:
        first = standing.ranking.sentence
    ready = next((spec for spec in scored if availability(spec).is_ready), None)
    if ready is None:
        return f"{first} None of the models that are ready on this machine has a known score."
    if ready is best:
        return f"{first.removesuffix('.')}, and it is ready on this machine." if len(scored) == 1 else first
    return f"{first} Of the models ready on this machine, {ready.name} is highest: {_describe(ready, standing)}."


def _describe(spec: ModelSpec, standing: Standing) -> str:
    """A model's score and, if it is ranked, the interval of its rank."""
    ranks, score = standing.ranks(spec), f"{standing.scores[spec.id]:.2f}"
    return (
        f"{score}, rank {ranks[1]} to {ranks[2]} of {len(standing.ranking.entries)}"
        if ranks and standing.ranking
        else score
    )


def _own_cpu_ms(spec: ModelSpec, timings: Mapping[tuple[str, str], Timing]) -> float | None:
    """The model's own time on the CPU; timings with random weights don't count."""
    timing = timings.get((spec.name, "cpu"))
    return timing.median_ms if timing and timing.weights == "own" else None


def _label(task: str) -> str:
    """A task type of MTEB v1 under its name on MTEB v2."""
    return {"sts": "STS"}.get(task) or "".join(part.capitalize() for part in task.split("_"))
