"""The comparison's order and its one sentence, on the catalogue's published scores."""

import pytest

from core.comparison import headline, rank
from core.models import catalogue, get


def test_models_are_ranked_by_the_score_of_a_board_and_those_without_one_are_last() -> None:
    ranked = [spec.score("MTEB v2") for spec in rank(catalogue(), "MTEB v2")]
    scored = [score for score in ranked if score is not None]
    assert scored == sorted(scored, reverse=True)
    assert set(ranked[len(scored) :]) == {None}


@pytest.mark.parametrize(
    ("names", "sentence"),
    [
        (
            ["all-MiniLM-L6-v2", "Qwen3-Embedding-0.6B", "bge-small-en-v1.5"],
            "Qwen3-Embedding-0.6B has the highest MTEB v2 score: 70.47. Of the models ready on this machine, "
            "all-MiniLM-L6-v2 scores highest: 59.03.",
        ),
        (
            ["all-MiniLM-L6-v2", "wordllama-256"],
            "all-MiniLM-L6-v2 has the highest MTEB v2 score: 59.03, and it is ready on this machine.",
        ),
        (
            ["bge-small-en-v1.5"],
            "bge-small-en-v1.5 has the highest MTEB v2 score: 64.30. None of the models that are ready on this machine "
            "has a known score.",
        ),
        (["wordllama-256"], "None of these models has a known MTEB v2 score."),
    ],
)
def test_the_headline_names_the_best_model_and_the_best_that_is_ready(names: list[str], sentence: str) -> None:
    assert headline([get(name) for name in names], "MTEB v2") == sentence
