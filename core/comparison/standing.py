"""Where models stand on a board for a use: their scores, their ranks with intervals, and the sentence on them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from core import leaderboard
from core.leaderboard import Ranking, Snapshot
from core.models import TASKS, ModelSpec, listing
from core.models.files import availability
from core.wording import join, span


@dataclass(frozen=True)
class Standing:
    """Where models stand on a board for a use.

    Attributes
    ----------
    scores : dict of str to float
        By the model's id, in percent; those without one are left out.
    ranking : Ranking or None
        Of the models with a score for every task; None on a board whose tasks are not known one by one.
    rows : dict of str to int
        By the model's id, its row in the ranking; those that are not ranked are left out.
    """

    board: str
    scores: Mapping[str, float]
    ranking: Ranking | None = None
    rows: Mapping[str, int] = field(default_factory=dict)

    def ranks(self, spec: ModelSpec) -> tuple[int, int, int] | None:
        """The rank of a model and the ends of its interval; None if it is not ranked."""
        row = self.rows.get(spec.id)
        if self.ranking is None or row is None:
            return None
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
    entries = listing.entries_of(specs)
    weighed = tuple((weights or dict.fromkeys(snapshot.tasks, 1.0)).items())
    ranking = _ranking(snapshot, weighed, tuple(entry.id for entry in entries.values()))
    scores = {name: leaderboard.mean(entry, ranking.weights, snapshot.tasks) for name, entry in entries.items()}
    rows = {name: row for name, entry in entries.items() if (row := ranking.rows.get(entry.id)) is not None}
    return Standing(board, {name: score for name, score in scores.items() if score is not None}, ranking, rows)


@lru_cache(maxsize=64)
def _ranking(snapshot: Snapshot, weighed: tuple[tuple[str, float], ...], keep: tuple[str, ...]) -> Ranking:
    """The ranking of these models by weighed tasks, without those whose scores in them are probably broken."""
    weights, chosen = dict(weighed), set(keep)
    listed = [entry for entry in snapshot.complete if entry.id in chosen]
    sound = [entry.id for entry in listed if weights.keys().isdisjoint(leaderboard.too_small(entry, snapshot.tasks))]
    return leaderboard.rank(snapshot, weights, sound)


def headline(specs: Sequence[ModelSpec], standing: Standing, picked: Sequence[ModelSpec] = ()) -> str:
    """How the picked ones of these models stand, which of all leads or share the lead, and which of those ready here.

    What is said of a picked model is not said again.
    """
    scored = [spec for spec in standing.sort(specs) if spec.id in standing.scores]
    if not scored:
        return f"None of these models has a known {standing.board} score."
    return " ".join(filter(None, [_of_picked(scored, standing, picked), _of_best(scored, standing, picked)]))


def _of_picked(scored: Sequence[ModelSpec], standing: Standing, picked: Sequence[ModelSpec]) -> str:
    """How the picked models stand, but for the first of all."""
    own = [spec for spec in scored[1:] if spec in picked]
    said = [f"{spec.name} scores {_describe(spec, standing)}" for spec in own]
    return " ".join(filter(None, [f"{'; '.join(said)}." if said else "", unscored(picked, standing)]))


def _of_best(scored: Sequence[ModelSpec], standing: Standing, picked: Sequence[ModelSpec]) -> str:
    """Which of the models leads or share the lead, and which of those that are ready on this machine."""
    best = scored[0]
    first = f"{best.name} has the highest {standing.board} score: {standing.scores[best.id]:.2f}."
    if standing.ranking and len(standing.ranking.entries) > 1:
        first = standing.ranking.sentence
    ready = next((spec for spec in scored if availability(spec).is_ready), None)
    if ready is None:
        return f"{first} None of those ready here has a known score."
    if ready is best:
        return f"{first.removesuffix('.')}, and it is ready on this machine." if len(scored) == 1 else first
    return (
        first if ready in picked else f"{first} Of those ready here, {ready.name} scores {_describe(ready, standing)}."
    )


def unscored(specs: Sequence[ModelSpec], standing: Standing) -> str:
    """Which of these models have no score on the board, in a sentence; empty if all have one."""
    names = [spec.name for spec in specs if spec.id not in standing.scores]
    return f"{join(names)} {'has' if len(names) == 1 else 'have'} no {standing.board} score." if names else ""


def _describe(spec: ModelSpec, standing: Standing) -> str:
    """A model's score and, if it is ranked, the interval of its rank."""
    ranks, score = standing.ranks(spec), f"{standing.scores[spec.id]:.2f}"
    return (
        f"{score}, rank {span(*ranks[1:])} of {len(standing.ranking.entries)}" if ranks and standing.ranking else score
    )


def task_types(specs: Sequence[ModelSpec], board: str) -> dict[str, dict[str, float]]:
    """The score of each task type on a board, by the id of each model that has any."""
    if board == "MTEB v1":
        scores = {
            spec.id: {_label(task): spec.mteb_v1[task] for task in TASKS if task in spec.mteb_v1} for spec in specs
        }
    else:
        scores = {name: dict(entry.types) for name, entry in listing.entries_of(specs).items()}
    return {name: of_model for name, of_model in scores.items() if of_model}


def _label(task: str) -> str:
    """A task type of MTEB v1 under its name on MTEB v2."""
    return {"sts": "STS"}.get(task) or "".join(part.capitalize() for part in task.split("_"))
