import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import benchmark, models
from core.benchmark import Timing
from core.embedding import Embedded
from core.encoders.base import Identity
from core.errors import InputError
from core.evaluation import Interval, Quality
from core.models.licence import Freedom, freedom
from core.provenance import Provenance
from core.retrieval import Embeddings
from core.verdict import (
    CRITERIA,
    PRESETS,
    Candidate,
    Source,
    Speed,
    Verdict,
    Weights,
    answer,
    candidates,
    details,
    figures,
    find_untimed,
    firmness,
    lanes,
    notes,
    of_model,
    presented,
    provenance,
    rank,
    read_weights,
    resampling,
    scores,
    sentences,
    timings,
    weighted_mean,
)
from tests.core.verdict.verdicts import candidate, noisy, verdict_on

Facts = dict[str, Any]

MINILM = models.get("all-MiniLM-L6-v2")
HERE = "on this machine (Test CPU)"
SOURCE = Provenance("all-MiniLM-L6-v2", "r1", "cpu", "openvino", "bfloat16", "", "document", 3, 3, 0, 0.1)
OWN = Timing("all-MiniLM-L6-v2", "cpu", "openvino", "bfloat16", revision="r1", median_ms=2.0, peak_memory_bytes=10**9)


def measured(*values: float) -> Quality:
    per_query = {f"q{place}": {"ndcg@10": value} for place, value in enumerate(values)}
    return Quality({"ndcg@10": sum(values) / len(values)}, per_query)


def of(*rows: Timing, source: Provenance | None = SOURCE, dollars_per_hour: float = 1.0) -> Candidate:
    return of_model(
        MINILM, measured(0.5, 1.0), source, dict.fromkeys(rows, "2026-01-01"), dollars_per_hour=dollars_per_hour
    )


@pytest.mark.parametrize(
    ("ms", "expected"), [(1000, 0), (5000, 0), (0.1, 1), (0.01, 1), (10, 0.5), (100, 0.25), (1, 0.75)]
)
def test_speed_counts_by_its_logarithm_between_a_second_and_a_tenth_of_a_millisecond(
    ms: float, expected: float
) -> None:
    assert scores(candidate("a", ms=ms))["speed"] == pytest.approx(expected)


def test_every_scale_as_reckoned_by_hand() -> None:
    row = candidate("a", ndcg=0.7, ms=10.0, memory_bytes=64 * 10**8, dollars=0.01, licence="gpl-3.0")
    expected = {"quality": 0.7, "speed": 0.5, "memory": 1 / 3, "price": 0.6, "licence": 0.5}
    assert scores(row) == pytest.approx(expected)
    by_hand = (8 * 0.7 + 2 * 0.5 + 1 / 3 + 0.6 + 0.5) / 13
    assert verdict_on(row).ranking.ranked[0].total == pytest.approx(by_hand)


def test_what_is_unknown_for_one_counts_for_none() -> None:
    row = candidate("a", ndcg=0.7, ms=None, memory_bytes=None, dollars=None, licence="")
    unknown = dict.fromkeys(("speed", "memory", "price", "licence"))
    assert scores(row) == {"quality": pytest.approx(0.7), **unknown}
    decided = verdict_on(row, candidate("b", 0.6))
    assert decided.ranking.ranked[0].unknown == decided.ranking.left_out == ("speed", "memory", "price", "licence")
    assert [one.total for one in decided.ranking.ranked] == pytest.approx([0.7, 0.6])
    assert {turn.criterion for turn in decided.turns} <= {"quality"}


POSITIVE = st.floats(1e-6, 1e12)
FIGURES = st.fixed_dictionaries(
    {
        "ndcg": st.floats(0, 1),
        "ms": st.none() | POSITIVE,
        "memory_bytes": st.none() | st.integers(0, 10**14),
        "dollars": st.none() | st.floats(0, 1e4),
        "licence": st.sampled_from(["", "MIT", "gpl-3.0", "cc-by-nc-4.0"]),
    }
)
WEIGHTS = st.builds(Weights, *[st.floats(0, 10)] * 5)


def plainly(**facts: Any) -> Candidate:
    """A candidate without the cost of resampling."""
    ndcg, ms = facts.pop("ndcg"), facts.pop("ms")
    speed = None if ms is None else Speed(ms, None, "cpu", "torch", "float32")
    return Candidate("a", Interval(ndcg, ndcg, ndcg), {}, speed, **facts)


@given(FIGURES, WEIGHTS)
def test_scores_stay_between_0_and_1(facts: Facts, weights: Weights) -> None:
    known = scores(plainly(**facts))
    assert all(0 <= value <= 1 for value in known.values() if value is not None)
    assert 0 <= weighted_mean(known, weights) <= 1


@given(FIGURES, WEIGHTS, st.sampled_from(["ndcg", "ms", "memory_bytes", "dollars"]), st.floats(0, 1))
def test_better_on_one_criterion_never_lowers_the_score(
    facts: Facts, weights: Weights, which: str, share: float
) -> None:
    now = facts[which]
    better = now + share * (1 - now) if which == "ndcg" else None if now is None else now * share
    if which == "memory_bytes" and better is not None:
        better = int(better)
    if which == "ms" and better == 0:
        return
    before, after = (weighted_mean(scores(plainly(**row)), weights) for row in (facts, facts | {which: better}))
    assert after >= before - 1e-12


@given(FIGURES, WEIGHTS, st.sampled_from(["ms", "memory_bytes", "dollars"]))
def test_to_learn_what_was_not_known_never_lowers_the_score(facts: Facts, weights: Weights, which: str) -> None:
    before, after = (
        weighted_mean(scores(plainly(**row)), weights) for row in (facts | {which: None}, facts | {which: 1})
    )
    assert after >= before


@given(FIGURES, FIGURES, FIGURES, WEIGHTS)
def test_a_third_model_never_turns_two_others_round(one: Facts, two: Facts, three: Facts, weights: Weights) -> None:
    known = {name: value for name, value in three.items() if value not in (None, "")}
    third = {"ms": 1.0, "memory_bytes": 1, "dollars": 1.0, "licence": "MIT"} | known  # else a criterion would go
    rows = [replace(plainly(**facts), name=name) for name, facts in zip("abc", (one, two, third), strict=True)]
    with_third = [row.name for row in rank(rows, weights).ranked if row.name != "c"]
    assert with_third == [row.name for row in rank(rows[:2], weights).ranked]


@pytest.mark.parametrize("weight", [-1, 11, math.nan, math.inf])
def test_a_weight_out_of_range_is_refused(weight: float) -> None:
    with pytest.raises(InputError, match="from 0 to 10"):
        Weights(speed=weight)


def test_weights_are_read_from_a_list() -> None:
    assert read_weights(" speed=3, quality = 0 ") == Weights(speed=3, quality=0)
    assert read_weights("") == Weights()


@pytest.mark.parametrize(
    ("listed", "sentence"), [("beauty=3", "Unknown criterion 'beauty'"), ("speed=fast", "not a weight")]
)
def test_other_weights_are_refused_in_a_sentence(listed: str, sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        read_weights(listed)


@pytest.mark.parametrize(
    ("licence", "expected"),
    [
        ("MIT", Freedom.FREE),
        ("Apache-2.0", Freedom.FREE),
        ("bsd-3-clause", Freedom.FREE),
        ("cc-by-4.0", Freedom.FREE),
        ("cc-by-nc-4.0", Freedom.NON_COMMERCIAL),
        ("CC BY-NC-SA 4.0", Freedom.NON_COMMERCIAL),
        ("proprietary", Freedom.TERMS),
        ("gemma", Freedom.TERMS),
        ("agpl-3.0", Freedom.TERMS),
        ("cc-by-sa-4.0", Freedom.TERMS),
        ("other", None),
        ("mitigated", None),
        ("", None),
    ],
)
def test_what_a_licence_allows(licence: str, expected: Freedom | None) -> None:
    assert freedom(licence) == expected


def test_every_licence_of_the_catalogue_is_understood() -> None:
    assert all(freedom(spec.license) for spec in models.catalogue())


def test_a_candidate_takes_the_timing_of_its_own_weights_and_the_machines_hour() -> None:
    batch = replace(OWN, batch_size=16, text="", tokens=128, median_ms=100.0)
    row = of(OWN, batch, replace(OWN, model="wordllama-256", median_ms=0.1), dollars_per_hour=3.6)
    assert row.speed == Speed(2.0, 160.0, "cpu", "openvino", "bfloat16", "2026-01-01")
    assert row.memory_bytes == 10**9
    assert row.dollars == pytest.approx(3.6 / 3600 / (160 * 128) * 1e6)
    assert row.quality is not None
    assert row.quality.mean == 0.75
    assert (row.dimensions, row.vector_bytes) == (384, 1536)


@pytest.mark.parametrize(
    ("timing", "note"),
    [
        (replace(OWN, weights="random", revision=""), "random weights takes 2.00 ms (not counted)"),
        (replace(OWN, revision="r2"), "another revision"),
    ],
)
def test_a_timing_of_random_weights_or_another_revision_does_not_count_and_is_noted(timing: Timing, note: str) -> None:
    row = of(timing)
    assert (row.speed, row.memory_bytes, row.dollars) == (None, None, None)
    assert note in row.notes[0]


def test_a_failed_timing_is_none() -> None:
    assert of(replace(OWN, median_ms=None, failure="It died.")).speed is None


def test_the_fastest_device_counts() -> None:
    gpu = replace(OWN, device="cuda", median_ms=1.0, gpu_reserved_bytes=5 * 10**8)
    row = of(OWN, gpu)
    assert row.speed
    assert (row.speed.device, row.memory_bytes) == ("cuda", 5 * 10**8)


def test_a_model_behind_an_api_takes_no_memory_here_and_its_speed_is_not_known() -> None:
    row = of_model(models.get("text-embedding-3-small"), measured(0.5), None, {}, dollars_per_hour=1)
    assert (row.memory_bytes, row.speed) == (0, None)
    assert "API" in row.notes[0]
    assert scores(row)["memory"] == 1


def test_runs_recorded_or_brought_from_elsewhere_are_no_timings_here(home: Path) -> None:
    recorded = next(kept for kept in benchmark.list_runs() if kept.origin == "recorded" and kept.run.created)
    benchmark.import_run(recorded.run.to_json())
    assert timings() == {}


def test_models_that_are_not_here_are_candidates_without_quality_and_baselines_come_last() -> None:
    absent = models.get("all-mpnet-base-v2")
    identity = Identity(MINILM.id, "r1", "", "", 256, 384, "float32")
    asked = replace(SOURCE, kind="query", texts=2, truncated_texts=0, unknown_texts=1)
    vectors = Embeddings(*(Embedded(np.zeros((3, 384), np.float32), source, identity) for source in (SOURCE, asked)))
    measures = {MINILM.name: measured(0.5), "BM25": measured(0.4), "Hybrid": measured(0.6)}
    found = candidates(
        [MINILM, absent], measures, {MINILM.name: Source.of(vectors)}, {OWN: "2026-01-01"}, dollars_per_hour=1.0
    )
    assert [(one.name, one.quality and one.quality.mean, one.is_model) for one in found] == [
        (MINILM.name, 0.5, True),
        (absent.name, None, True),
        ("BM25", 0.4, False),
        ("Hybrid", 0.6, False),
    ]
    assert found[0] == of_model(MINILM, measured(0.5), SOURCE, {OWN: "2026-01-01"}, dollars_per_hour=1.0, asked=asked)
    assert (found[0].truncated_queries, found[0].unknown_queries) == (0, 1)
    assert found[0].caveats[0].startswith("1 of 2 queries has no token that all-MiniLM-L6-v2 knows")


def test_untimed_is_what_was_not_timed_alone_and_in_batches_and_runs_here() -> None:
    api = models.get("text-embedding-3-small")
    batch = replace(OWN, batch_size=16, tokens=128, text="")
    for timed, expected in (((), [MINILM]), ((OWN,), [MINILM]), ((batch,), [MINILM]), ((OWN, batch), [])):
        assert find_untimed([of(*timed)], [MINILM, api]) == expected


def test_the_better_total_comes_first_and_baselines_and_the_unmeasured_are_not_ranked() -> None:
    rows = [
        candidate("slow", 0.6, 100.0),
        candidate("fast", 0.6, 1.0),
        candidate("unmeasured", None, 0.1),
        replace(candidate("BM25", 0.9), is_model=False),
    ]
    ranking = rank(rows, Weights())
    assert [row.name for row in ranking.ranked] == ["fast", "slow"]
    assert [one.name for one in ranking.unranked] == ["unmeasured", "BM25"]
    without_quality = rank(rows, Weights(quality=0))
    assert [row.name for row in without_quality.ranked] == ["unmeasured", "fast", "slow"]


def test_baselines_come_after_models_the_best_first() -> None:
    baselines = [
        replace(candidate(name, quality), is_model=False) for name, quality in (("BM25", 0.4), ("Hybrid", 0.6))
    ]
    ranking = rank([*baselines, candidate("unmeasured", None), candidate("a")], Weights())
    assert [one.name for one in ranking.unranked] == ["unmeasured", "Hybrid", "BM25"]


def test_a_tie_is_said_and_shared() -> None:
    decided = verdict_on(candidate("b"), candidate("a"), candidate("c", 0.2))
    assert [row["place"] for row in figures(decided)] == [1, 1, 3]
    assert sentences(decided)[0].startswith("Take a or b: with these weights they tie.")


def by_brute_force(decided: Verdict, criterion: str) -> list[tuple[float, str]]:
    """The nearest weights on both sides where the first place changes, by trying thousands."""
    rows = [row.candidate for row in decided.ranking.ranked]
    now = decided.ranking.weights.by_criterion[criterion]
    found = []
    for tried in (np.arange(now, 10, 0.002), np.arange(now, 0, -0.002)):
        for weight in tried:
            weights = replace(decided.ranking.weights, **{criterion: float(weight)})
            first = rank(rows, weights).ranked[0].name
            if first != rows[0].name:
                found.append((float(weight), first))
                break
    return found


def test_the_weights_at_which_the_verdict_turns_are_those_that_trying_finds() -> None:
    decided = verdict_on(
        candidate("good", 0.8, 20.0, memory_bytes=2 * 10**9),
        candidate("fast", 0.5, 0.2, memory_bytes=10**9),
        candidate("free", 0.6, 20.0, dollars=0.00005, licence="cc-by-nc-4.0", memory_bytes=64 * 10**6),
    )
    assert decided.first
    assert decided.first.name == "good"
    for criterion in CRITERIA:
        told = [(turn.beyond, turn.winner) for turn in decided.turns if turn.criterion == criterion]
        expected = by_brute_force(decided, criterion)
        assert [name for _, name in told] == [name for _, name in expected], criterion
        assert [weight for weight, _ in told] == pytest.approx([weight for weight, _ in expected], abs=0.003)
    assert any(decided.turns)


def test_how_often_the_first_stays_first_is_that_of_resampling_by_hand() -> None:
    one, other = noisy(0.55, 1), noisy(0.5, 2)
    decided = verdict_on(candidate("a", values=one, ms=10.0), candidate("b", values=other, ms=10.0))
    assert decided.first
    draw = np.random.default_rng(5)
    drawn = draw.integers(0, 40, (20_000, 40))
    wins = float((np.array(one)[drawn].mean(1) > np.array(other)[drawn].mean(1)).mean())
    assert decided.wins == pytest.approx(wins if decided.first.name == "a" else 1 - wins, abs=0.03)


def test_thousands_of_queries_are_resampled_in_blocks() -> None:
    decided = verdict_on(*(candidate(name, values=noisy(0.5, seed, 30_000)) for seed, name in enumerate("abcd")))
    assert decided.wins is not None


def test_models_measured_on_other_queries_are_not_compared_query_by_query() -> None:
    decided = verdict_on(candidate("a", values=[0.9] * 20), candidate("b", values=[0.1] * 3))
    assert (decided.lead, decided.wins) == (None, None)
    assert len(sentences(decided)) == 3


def test_the_three_sentences_say_which_why_and_when_not() -> None:
    decided = verdict_on(candidate("good", 0.8, 20.0), candidate("fast", 0.5, 0.2))
    which, why, when_not = sentences(decided)
    assert which == "Take good."
    assert why == (
        "It finds the right text more often than fast (nDCG@10 0.800 against 0.500) but takes 20.0 ms a query instead "
        "of 0.200 ms."
    )
    assert when_not == "If speed mattered about twice as much (a weight above 4.8, now 2), fast would win."
    assert answer(decided) == "Take good: it finds the right text more often than fast but is slower."
    figures = f"nDCG@10 0.800 against 0.500; 20.0 ms against 0.200 ms a query {HERE}."
    assert details(decided) == [figures, when_not]
    assert presented(decided) == f"{answer(decided)} {figures}"
    assert firmness(decided)[0] == "When the queries are resampled, good stays first in every case."
    assert "fast" not in " ".join(resampling(decided)), "what turns the verdict is said once on the page"


@pytest.mark.parametrize(
    ("weights", "said"),
    [
        ({"speed": 4.5}, "If speed mattered a little more (a weight above 4.8, now 4.5), fast would win."),
        ({"speed": 1.0}, "If speed mattered about 5 times as much (a weight above 4.8, now 1), fast would win."),
        ({"speed": 0.0}, "If speed mattered (a weight above 4.8, now 0), fast would win."),
        ({"quality": 4.0}, "If speed mattered a little more (a weight above 2.4, now 2), fast would win."),
        (
            {"quality": 5.0, "speed": 5.0},
            "If speed mattered about a third less (a weight below 3.0, now 5), good would win.",
        ),
    ],
)
def test_how_much_a_weight_would_have_to_change_is_in_words(weights: dict[str, float], said: str) -> None:
    decided = verdict_on(candidate("good", 0.8, 20.0), candidate("fast", 0.5, 0.2), **weights)
    assert sentences(decided)[2] == said


def test_each_preset_is_a_way_of_weighing() -> None:
    assert PRESETS["Balanced"] == Weights()
    assert len(set(PRESETS.values())) == len(PRESETS)


def test_a_lead_within_chance_is_called_so() -> None:
    decided = verdict_on(candidate("a", values=noisy(0.52, 3)), candidate("b", values=noisy(0.5, 4)))
    assert ": the difference could be chance)" in sentences(decided)[1]
    assert "With other queries like these, it would lose first place in" in sentences(decided)[2]


def test_what_is_unknown_is_said_with_the_models_that_lack_it() -> None:
    decided = verdict_on(candidate("a", 0.6, 1.0), candidate("b", 0.5, None), candidate("c", 0.4, None, licence=""))
    assert sentences(decided)[2] == (
        "Judged on quality, memory and price only: speed is not known yet for b and c; licence is not known yet for c."
    )
    assert notes(decided) == []
    assert "(speed left out: unknown for b and c; licence left out: unknown for c)" in "\n".join(provenance(decided))
    nobody_timed = verdict_on(candidate("a", 0.8, None), candidate("b", 0.5, None))
    judged = "Judged on quality, memory, price and licence only: speed is not known yet."
    assert sentences(nobody_timed)[2] == judged
    assert details(nobody_timed) == ["nDCG@10 0.800 against 0.500.", judged]
    assert not any("single weight" in line for line in firmness(nobody_timed))


def test_with_all_figures_known_no_single_weight_may_change_the_first_place() -> None:
    decided = verdict_on(candidate("a", 0.8, 1.0), candidate("b", 0.5, 1.0))
    assert sentences(decided)[2] == "No change of a single weight would put another model first."
    assert "Changing any single weight does not change the winner." in firmness(decided)


def test_a_criterion_that_nobody_has_a_figure_of_is_left_out_of_the_score() -> None:
    priced = {"quality": 8.0, "speed": 0.0, "memory": 0.0, "licence": 0.0}
    without = [replace(candidate(name, quality), dollars=None) for name, quality in (("a", 0.8), ("b", 0.5))]
    decided = verdict_on(*without, price=8.0, **priced)
    assert [row.total for row in decided.ranking.ranked] == pytest.approx([0.8, 0.5])
    assert decided.ranking.left_out == ("price",)
    assert "(price left out: unknown for every model)" in "\n".join(provenance(decided))
    one_known = verdict_on(replace(without[0], dollars=0.0001), without[1], price=8.0, **priced)
    assert [row.total for row in one_known.ranking.ranked] == pytest.approx([0.8, 0.5])
    assert "Judged on quality only: price is not known yet for b." in sentences(one_known)[2]


def test_the_only_weight_is_not_left_out() -> None:
    rest = dict.fromkeys(CRITERIA, 0.0)
    decided = verdict_on(candidate("a", 0.8, None), candidate("b", 0.5, None), **rest | {"speed": 1.0})
    assert decided.ranking.left_out == ()
    one_timed = verdict_on(candidate("a", 0.8, 1.0), candidate("b", 0.9, None), **rest | {"speed": 1.0})
    assert [row.name for row in one_timed.ranking.ranked] == ["a", "b"]
    assert notes(one_timed) == ["Unknown, so scored 0: speed for b."]


def test_a_disturbed_timing_is_shown_and_named_and_not_compared() -> None:
    noisy_speed = Speed(0.2, None, "cpu", "torch", "float32", disturbed=("speed",))
    decided = verdict_on(candidate("a", 0.8, 20.0), replace(candidate("b", 0.5), speed=noisy_speed), speed=10.0)
    assert decided.ranking.left_out == ("speed",)
    assert answer(decided) == "Take a: it finds the right text more often than b."
    assert details(decided) == [
        f"nDCG@10 0.800 against 0.500; 20.0 ms against 0.200 ms (disturbed) a query {HERE}.",
        "Judged on quality, memory, price and licence only: other processes disturbed the timing of b.",
    ]
    bar = lanes(decided)[1].bars["speed"]
    assert (bar.with_interval, bar.is_disturbed) == ("0.200 ms (disturbed)", True)
    assert bar.length == pytest.approx(scores(candidate("b", ms=0.2))["speed"]), "its bar is still drawn"
    unweighted = verdict_on(*(row.candidate for row in decided.ranking.ranked), speed=0.0)
    assert notes(unweighted) == ["Other processes disturbed the timing of b, which is not compared."]


@pytest.mark.parametrize(
    ("first", "second", "sentence"),
    [
        ((0.8, 20.0), (0.5, 0.2), "Take a: it finds the right text more often than b but is slower."),
        ((0.8, 2.0), (0.5, 20.0), "Take a: it finds the right text more often than b and is faster."),
        ((0.8, 2.0), (0.5, 2.05), "Take a: it finds the right text more often than b and is about as fast."),
        ((0.7, 0.2), (0.71, 900.0), "Take a: it finds the right text less often than b but is faster."),
        ((0.8, None), (0.5, None), "Take a: it finds the right text more often than b."),
        ((0.5, 10.0), (0.5, 10.0), "Take a or b: with these weights they tie."),
    ],
)
def test_the_answer_is_one_sentence_to_say_aloud(
    first: tuple[float, float | None], second: tuple[float, float | None], sentence: str
) -> None:
    assert answer(verdict_on(candidate("a", *first), candidate("b", *second))) == sentence


def test_a_narrow_first_place_is_in_the_answer() -> None:
    decided = verdict_on(candidate("a", values=noisy(0.52, 3)), candidate("b", values=noisy(0.5, 4), ms=20.0))
    assert answer(decided) == "Take a, narrowly: it finds the right text about as often as b and is faster."


def test_without_a_quality_the_speed_alone_is_compared() -> None:
    decided = verdict_on(candidate("a", None, 1.0), candidate("b", None, 20.0), quality=0.0)
    assert answer(decided) == "Take a: it is faster than b."


def test_a_baseline_that_ranks_better_beyond_chance_is_said() -> None:
    decided = verdict_on(candidate("a", 0.5), replace(candidate("BM25", 0.7), is_model=False))
    assert notes(decided)[0] == "BM25 ranks these texts even better, with an nDCG@10 of 0.700."


def test_one_model_alone_is_taken_for_want_of_another() -> None:
    which, _, when_not = sentences(verdict_on(candidate("alone")))
    assert which == "Take alone, the only model that can be ranked."
    assert when_not == "Pick another model to compare it with."
    assert firmness(verdict_on(candidate("alone"))) == []


@pytest.mark.parametrize("weights", [dict.fromkeys(CRITERIA, 0.0), {}])
def test_where_no_model_can_be_ranked_it_is_said_in_three_sentences(weights: dict[str, float]) -> None:
    decided = verdict_on(candidate("a", None), **weights)
    assert decided.first is None
    assert sentences(decided)[0].startswith("No recommendation: ")
    assert all(sentence.endswith(".") for sentence in sentences(decided))
    assert len(figures(decided)) == 1
