"""What is to be known about a model's scores before they are believed."""

from collections.abc import Mapping
from statistics import median

from core.leaderboard.snapshot import Entry
from core.wording import join

MOST_NAMED = 4
TOO_SMALL, USUAL = 1.0, 20.0  # per cent


def caveats(entry: Entry, tasks: Mapping[str, str]) -> list[str]:
    """A sentence for each thing that is unusual about the scores of a model; `tasks` are the types of the tasks."""
    found = []
    if entry.missing:
        found.append(
            f"{len(entry.missing)} of {len(tasks)} tasks have no score: {join(entry.missing, most=MOST_NAMED)}."
        )
    if broken := too_small(entry, tasks):
        named = join([f"{task} ({entry.scores[task]:.2f})" for task in broken], most=MOST_NAMED)
        found.append(f"Far too small for this model, so probably broken at the source: {named}.")
    if entry.recovered:
        found.append(f"Recovered from older files of MTEB's results: {join(list(entry.recovered), most=MOST_NAMED)}.")
    if entry.external:
        found.append(f"{entry.external} scores were reported by others and not run by MTEB.")
    if entry.superseded_by:
        found.append(f"Its authors have replaced it by {entry.superseded_by}.")
    return found


def too_small(entry: Entry, tasks: Mapping[str, str]) -> list[str]:
    """Tasks with less than 1 % though the model's median over tasks of that type is above 20 %.

    Such are scores written as fractions, and evaluations that failed.
    """
    by_type: dict[str, list[float]] = {}
    for task, score in entry.scores.items():
        by_type.setdefault(tasks[task], []).append(score)
    usual = {kind: median(scores) for kind, scores in by_type.items()}
    return [
        task
        for task, score in entry.scores.items()
        if abs(score) < TOO_SMALL and len(by_type[tasks[task]]) > 1 and usual[tasks[task]] > USUAL
    ]
