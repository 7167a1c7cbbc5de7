"""The comparison's order and its one sentence, on the catalogue's published scores."""

import pytest

from core import leaderboard
from core.comparison import INSTRUCTIONS, Demands, describe_front, dots, front, headline, matching, stand, unscored
from core.models import ModelSpec, catalogue, get, listing, pickable


def test_models_are_sorted_by_the_score_of_a_board_and_those_without_one_are_last() -> None:
    standing = stand(catalogue(), "MTEB v2")
    scores = [standing.scores.get(spec.id) for spec in standing.sort(catalogue())]
    known = [score for score in scores if score is not None]
    assert known == sorted(known, reverse=True)
    assert set(scores[len(known) :]) == {None}


@pytest.mark.parametrize("spec", [spec for spec in catalogue() if spec.mteb_v2], ids=lambda spec: spec.name)
def test_the_catalogues_scores_are_those_of_the_leaderboard(spec: ModelSpec) -> None:
    scores = stand([spec], "MTEB v2").scores
    if spec.id in scores:
        assert scores[spec.id] == pytest.approx(spec.mteb_v2, abs=0.006)


@pytest.mark.parametrize(
    ("names", "sentence"),
    [
        (
            ["all-MiniLM-L6-v2", "Qwen3-Embedding-0.6B", "bge-small-en-v1.5"],
            "Qwen3-Embedding-0.6B leads on 41 tasks, beyond chance. Of those ready here, "
            "all-MiniLM-L6-v2 scores 59.03, rank 3 of 3.",
        ),
        (
            ["all-MiniLM-L6-v2", "wordllama-256"],
            "all-MiniLM-L6-v2 has the highest MTEB v2 score: 59.03, and it is ready on this machine.",
        ),
        (
            ["bge-small-en-v1.5"],
            "bge-small-en-v1.5 has the highest MTEB v2 score: 64.30. None of those ready here has a known score.",
        ),
        (["wordllama-256"], "None of these models has a known MTEB v2 score."),
    ],
)
def test_the_headline_names_the_best_model_and_the_best_that_is_ready(names: list[str], sentence: str) -> None:
    specs = [get(name) for name in names]
    assert headline(specs, stand(specs, "MTEB v2")) == sentence


def test_the_headline_begins_with_the_picked_models_and_says_nothing_twice() -> None:
    specs = [get(name) for name in ("all-MiniLM-L6-v2", "Qwen3-Embedding-0.6B", "bge-small-en-v1.5", "wordllama-256")]
    own, best, small, table = specs
    standing, leads = stand(specs, "MTEB v2"), f"{best.name} leads on 41 tasks, beyond chance."
    unknown = f"{table.name} has no MTEB v2 score."
    assert headline(specs, standing, [own, table]) == f"{own.name} scores 59.03, rank 3 of 3. {unknown} {leads}"
    assert headline(specs, standing, [best]) == f"{leads} Of those ready here, {own.name} scores 59.03, rank 3 of 3."
    said = headline(specs, standing, [small, own])
    assert said.startswith(f"{small.name} scores 64.30, rank 2 of 3; {own.name} scores 59.03, rank 3 of 3. {best.name}")


def weights_of(use: str) -> dict[str, float]:
    return leaderboard.tasks_of(use, leaderboard.current().tasks)


def names_of(demands: Demands) -> set[str]:
    return {spec.id for spec in matching(pickable(), "", demands=demands)}


@pytest.mark.parametrize(
    ("demands", "included", "excluded"),
    [
        (Demands(most_parameters=30_000_000), "Snowflake/snowflake-arctic-embed-xs", "BAAI/bge-m3"),
        (Demands(open_weights=True), "BAAI/bge-m3", "text-embedding-3-small"),
        (Demands(commercial_use=True), "BAAI/bge-m3", "Salesforce/SFR-Embedding-2_R"),
        (Demands(most_dimensions=384), "sentence-transformers/all-MiniLM-L6-v2", "BAAI/bge-m3"),
        (Demands(least_tokens=8192), "BAAI/bge-m3", "sentence-transformers/all-MiniLM-L6-v2"),
        (Demands(language="deu-Latn"), "intfloat/multilingual-e5-small", "sentence-transformers/all-MiniLM-L6-v2"),
        (Demands(least_zero_shot=95), "sentence-transformers/all-MiniLM-L6-v2", "Salesforce/SFR-Embedding-2_R"),
        (Demands(instructions=INSTRUCTIONS[1]), "Salesforce/SFR-Embedding-2_R", "BAAI/bge-m3"),
        (Demands(fits=True), "sentence-transformers/all-MiniLM-L6-v2", "text-embedding-3-small"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_demand_is_met_by_what_is_known_to_meet_it(demands: Demands, included: str, excluded: str) -> None:
    found = names_of(demands)
    assert included in found
    assert excluded not in found
    assert excluded in names_of(Demands())


def test_a_model_with_broken_scores_has_its_mean_but_no_rank() -> None:
    specs = [get("Gameselo/STS-multilingual-mpnet-base-v2"), get("all-MiniLM-L6-v2")]
    standing = stand(specs, "MTEB v2", weights_of("Semantic similarity"))
    assert specs[0].id in standing.scores
    assert standing.ranks(specs[0]) is None
    assert standing.ranks(specs[1]) == (1, 1, 1)


def test_a_model_with_missing_tasks_has_the_means_of_whole_types() -> None:
    partial = get("BAAI/bge-m3")
    assert partial.id not in stand([partial], "MTEB v2").scores
    entry = listing.entry_of(partial)
    assert entry is not None
    for use, kind in {"Semantic similarity": "STS", "Search and RAG": "Retrieval"}.items():
        assert stand([partial], "MTEB v2", weights_of(use)).scores.get(partial.id) == entry.types.get(kind)


def test_the_front_is_read_out_with_the_cheapest_first() -> None:
    specs = [get(name) for name in ("all-MiniLM-L6-v2", "Snowflake/snowflake-arctic-embed-xs", "bge-small-en-v1.5")]
    best = front(dots(specs, stand(specs, "MTEB v2", weights_of("Search and RAG")), "Parameters", {}))
    assert [dot.name for dot in best] == ["Snowflake/snowflake-arctic-embed-xs", "bge-small-en-v1.5"]
    assert describe_front(best, "Parameters") == (
        "The highest scores for their size: snowflake-arctic-embed-xs (23M, 52.6) and bge-small-en-v1.5 (33M, 53.9)."
    )


def test_models_without_a_score_on_the_board_are_named() -> None:
    specs = [get("all-MiniLM-L6-v2"), get("wordllama-256")]
    assert unscored(specs, stand(specs, "MTEB v2")) == "wordllama-256 has no MTEB v2 score."
    assert unscored(specs[:1], stand(specs, "MTEB v2")) == ""
