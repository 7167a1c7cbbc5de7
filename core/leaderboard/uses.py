"""What a model is wanted for, as tasks of the leaderboard."""

from collections.abc import Mapping

EVERYTHING = "Everything"
USES = {  # the task types that each is read from
    EVERYTHING: (),
    "Search and RAG": ("Retrieval",),
    "Semantic similarity": ("STS",),
    "Clustering": ("Clustering",),
    "Classification": ("Classification",),
    "Duplicates and pairs": ("PairClassification",),
    "Reranking": ("Reranking",),
}


def tasks_of(use: str, tasks: Mapping[str, str]) -> dict[str, float]:
    """The weight of each task of a use among `tasks`, whose types are given; all weigh alike."""
    types = USES[use]
    return {task: 1.0 for task, kind in tasks.items() if not types or kind in types}
