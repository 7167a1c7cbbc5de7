"""Measures of rankings against pytrec_eval, correlations against scipy."""

import numpy as np
import pytest
import pytrec_eval
from scipy.spatial.distance import cosine
from scipy.stats import pearsonr, spearmanr

from core.errors import InputError
from core.evaluation import agreement, average_by_group, evaluate, scores_of

TREC_NAMES = {"ndcg@10": "ndcg_cut_10", "map@100": "map_cut_100", "recall@10": "recall_10", "mrr@10": "recip_rank"}

Labels = dict[str, dict[str, int]]
Scores = dict[str, dict[str, float]]


def by_trec_eval(run: Scores, qrels: Labels) -> dict[str, dict[str, float]]:
    """Each query's measures by pytrec_eval; recip_rank has no cut, so that what is found below rank 10 is set to 0."""
    measures = {"ndcg_cut.10", "map_cut.100", "recall.10", "recip_rank"}
    values = pytrec_eval.RelevanceEvaluator(qrels, measures).evaluate(run)
    ours = {query: {name: row[trec] for name, trec in TREC_NAMES.items()} for query, row in values.items()}
    for row in ours.values():
        row["mrr@10"] *= row["mrr@10"] > 1 / 10.5
    return ours


def random_case(seed: int) -> tuple[Scores, Labels]:
    """150 documents ranked with many equal scores; graded labels, some of documents that the run does not have."""
    rng = np.random.default_rng(seed)
    documents = [f"d{number}" for number in range(150)]
    run = {f"q{q}": dict(zip(documents, (rng.integers(0, 12, 150) / 8).tolist(), strict=True)) for q in range(6)}
    qrels = {
        query: {str(name): int(rng.integers(-1, 4)) for name in rng.choice([*documents, "x1", "x2", "x3"], 12, False)}
        | {"x4": 1}
        for query in run
    }
    return run, qrels


@pytest.mark.parametrize("seed", range(8))
def test_every_measure_of_every_query_is_trec_evals_with_ties_grades_and_missing_documents(seed: int) -> None:
    run, qrels = random_case(seed)
    quality = evaluate(run, qrels)
    expected = by_trec_eval(run, qrels)
    assert quality.queries == len(expected) == 6
    for query, values in expected.items():
        assert quality.per_query[query] == pytest.approx(values, abs=1e-9)
    for name, mean in quality.means.items():
        assert mean == pytest.approx(np.mean([values[name] for values in expected.values()]), abs=1e-9)


@pytest.mark.parametrize("cut", [1, 3, 50, 100])
def test_recall_at_any_rank_is_trec_evals(cut: int) -> None:
    run, qrels = random_case(3)
    quality = evaluate(run, qrels, recall_at=[cut])
    theirs = pytrec_eval.RelevanceEvaluator(qrels, {f"recall.{cut}"}).evaluate(run)
    expected = [theirs[query][f"recall_{cut}"] for query in sorted(theirs)]
    assert quality.values(f"recall@{cut}") == pytest.approx(expected, abs=1e-9)
    assert quality.means[f"recall@{cut}"] == pytest.approx(np.mean(expected), abs=1e-9)


def test_a_perfect_ranking_scores_1_throughout() -> None:
    quality = evaluate({"q": {"a": 3.0, "b": 2.0, "c": 1.0}}, {"q": {"a": 2, "b": 1}})
    assert quality.means == {"ndcg@10": 1, "mrr@10": 1, "map@100": 1, "recall@10": 1}


def test_what_is_found_below_rank_10_counts_for_map_alone() -> None:
    run = {"q": {f"d{rank:02}": 100.0 - rank for rank in range(1, 12)}}
    quality = evaluate(run, {"q": {"d11": 1}})
    assert quality.means == pytest.approx({"ndcg@10": 0, "mrr@10": 0, "map@100": 1 / 11, "recall@10": 0})


def test_what_is_found_below_rank_100_counts_for_nothing() -> None:
    run = {"q": {f"d{rank:03}": 200.0 - rank for rank in range(1, 102)}}
    assert set(evaluate(run, {"q": {"d101": 1}}).means.values()) == {0}


@pytest.mark.parametrize(
    "scores",
    [{"a": 1.0, "é": 1.0, "日": 1.0, "😀": 1.0, "\uffff": 1.0}, {"a": 1.0 + 1e-9, "b": 1.0}, {"d2": 1.0, "d10": 1.0}],
    ids=["ids beyond ASCII", "scores equal as 32-bit floats", "numbered ids"],
)
def test_ties_are_ordered_as_trec_eval_orders_them(scores: dict[str, float]) -> None:
    for relevant in scores:
        qrels = {"q": {relevant: 1}}
        assert evaluate({"q": scores}, qrels).per_query["q"] == pytest.approx(by_trec_eval({"q": scores}, qrels)["q"])


def test_queries_without_a_relevant_document_are_not_counted() -> None:
    run = {"q1": {"a": 1.0}, "q2": {"a": 1.0}, "q3": {"a": 1.0}}
    quality = evaluate(run, {"q1": {"a": 1}, "q2": {"a": 0}})
    assert list(quality.per_query) == ["q1"]
    assert quality.means["ndcg@10"] == 1


def test_a_labelled_query_missing_from_the_run_counts_0() -> None:
    quality = evaluate({"q1": {"a": 1.0}}, {"q1": {"a": 1}, "q2": {"a": 1}})
    assert quality.queries == 2
    assert set(quality.means.values()) == {0.5}


@pytest.mark.parametrize("qrels", [{}, {"q": {}}, {"q": {"a": 0}}])
def test_labels_without_a_relevant_document_are_a_clear_error(qrels: Labels) -> None:
    with pytest.raises(InputError, match="No query has a relevant document"):
        evaluate({"q": {"a": 1.0}}, qrels)


def test_quality_by_group_is_that_of_each_groups_queries_alone() -> None:
    run, qrels = random_case(0)
    groups = {query: "odd" if int(query[1:]) % 2 else "even" for query in run}
    by_group = average_by_group(evaluate(run, qrels), groups)
    expected = by_trec_eval(run, qrels)
    assert {name: quality.queries for name, quality in by_group.items()} == {"even": 3, "odd": 3}
    for name, quality in by_group.items():
        mean = np.mean([values["ndcg@10"] for query, values in expected.items() if groups[query] == name])
        assert quality.means["ndcg@10"] == pytest.approx(mean)


def unit_rows(rows: int, seed: int) -> np.ndarray:
    vectors = np.random.default_rng(seed).normal(size=(rows, 32)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def test_agreement_is_scipys_correlation_of_the_cosines_with_the_gold_scores() -> None:
    first, second = unit_rows(80, 0), unit_rows(80, 1)
    gold = np.random.default_rng(2).integers(0, 6, 80).tolist()
    cosines = [1 - cosine(one, other) for one, other in zip(first.astype(float), second.astype(float), strict=True)]
    result = agreement(scores_of(first, second), gold)
    assert result.spearman == pytest.approx(spearmanr(cosines, gold).statistic, abs=1e-6)
    assert result.pearson == pytest.approx(pearsonr(cosines, gold).statistic, abs=1e-6)
    assert result.pairs == 80


def test_spearman_sees_the_order_alone_and_pearson_the_distances() -> None:
    cosines = np.array([0.1, 0.2, 0.3, 0.4], np.float32)
    first = np.stack([cosines, np.sqrt(1 - cosines**2)], axis=1)
    second = np.tile(np.array([1, 0], np.float32), (4, 1))
    result = agreement(scores_of(first, second), [1, 2, 3, 100])
    assert result.spearman == pytest.approx(1)
    assert result.pearson == pytest.approx(pearsonr([1, 2, 3, 4], [1, 2, 3, 100]).statistic, abs=1e-5)


@pytest.mark.parametrize("gold", [[], [1.0], [2.0, 2.0, 2.0]], ids=["none", "one", "all equal"])
def test_gold_scores_that_define_no_correlation_are_a_clear_error(gold: list[float]) -> None:
    with pytest.raises(InputError, match="at least two pairs with different gold scores"):
        agreement(np.zeros(len(gold), np.float32), gold)


def test_equal_cosines_define_no_correlation_and_are_a_clear_error() -> None:
    with pytest.raises(InputError):
        agreement(np.ones(3, np.float32), [1, 2, 3])
