"""The index of a collection: the recall it states, and what is searched exactly instead."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.stats

from core import collections
from core.collections import ByIndex, Collection, Index, Model, OnDisk, building, index
from core.collections.building import Sample, least_recall
from core.errors import InputError
from tests.core.collections.conftest import GROUPS, SIZE, Floats, cluster, stop_after


@pytest.fixture(autouse=True)
def _few_queries_measure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(building, "SAMPLE", 60)


@pytest.fixture
def made(numbers: Path, encoder: Any) -> tuple[Collection, Model]:
    return collections.embed_with(collections.create("numbers", [numbers]), encoder)


def nearest_by_hand(queries: Floats, among: "np.ndarray[Any, Any]", k: int) -> list[set[int]]:
    scores = queries.astype(float) @ cluster(among.tolist()).T.astype(float)
    return [set(among[row]) for row in np.argsort(-scores, axis=1)[:, :k]]


def recall_of(finder: ByIndex, queries: Floats, among: "np.ndarray[Any, Any] | None" = None) -> float:
    truth = nearest_by_hand(queries, np.arange(SIZE) if among is None else among, 10)
    found = finder.find(queries, 10, among).rows
    return float(np.mean([len(right & set(rows)) / 10 for right, rows in zip(truth, found, strict=True)]))


@pytest.mark.parametrize("demanded", [0.8, 0.95])
def test_the_recall_stated_is_that_found_by_hand_and_reaches_what_was_demanded(
    made: tuple[Collection, Model], demanded: float
) -> None:
    queries = cluster(list(range(0, SIZE, 40))) + np.float32(0.01)
    collection, built, reached = collections.build(*made, demanded, queries=queries)
    assert built
    assert (built.recall, built.queries, built.sample) == (reached, 50, "queries given")
    assert demanded <= built.recall == pytest.approx(recall_of(ByIndex(OnDisk(*made), built), queries), abs=1e-9)
    assert built.nprobes < built.partitions == 7
    assert collections.index_of(collections.open_collection("numbers"), made[1]) == built
    assert collections.unindexed(collection, built) == 0


def test_a_setting_that_may_have_been_lucky_with_the_sample_is_passed_over(
    made: tuple[Collection, Model], monkeypatch: pytest.MonkeyPatch
) -> None:
    found_by = {1: [1.0] * 19 + [0.8], 2: [1.0] * 20}  # nprobes: of 20 queries

    def refined(_: OnDisk, __: Sample, tried: Index, ___: object) -> dict[int, tuple[Index, float]]:
        recalls = np.array(found_by[min(2, tried.nprobes)])
        return dict.fromkeys(building.REFINES, (replace(tried, recall=float(recalls.mean())), least_recall(recalls)))

    monkeypatch.setattr(building, "_refined", refined)
    queries = cluster(list(range(20)))
    _, lucky, _ = collections.build(*made, 0.97, queries=queries)
    _, sure, _ = collections.build(*made, 0.985, queries=queries)
    assert lucky
    assert sure
    assert lucky.nprobes == 1
    assert lucky.recall == pytest.approx(0.99)
    assert (sure.nprobes, sure.recall) == (2, 1)


def test_the_least_recall_is_the_lower_end_of_the_interval_of_the_mean() -> None:
    recalls = np.random.default_rng(0).beta(9, 1, 200)
    expected = scipy.stats.norm.interval(0.9, recalls.mean(), scipy.stats.sem(recalls))[0]
    assert least_recall(recalls) == pytest.approx(expected, abs=1e-5)
    assert least_recall(np.array([0.7])) == 0.7


def test_rows_of_the_collection_are_measured_without_themselves(made: tuple[Collection, Model]) -> None:
    _, built, _ = collections.build(*made, 0.9)
    assert built
    finder, right = ByIndex(OnDisk(*made), built), []
    for row in np.random.default_rng(0).choice(SIZE, 60, replace=False):
        (truth,) = nearest_by_hand(cluster([row]), np.delete(np.arange(SIZE), row), 10)
        found = [each for each in finder.find(cluster([row]), 11).rows[0] if each != row][:10]
        right.append(len(truth & set(found)) / 10)
    assert built.recall == pytest.approx(np.mean(right), abs=1e-9)
    assert built.queries == 60


def test_scores_and_order_are_those_of_exact_search(made: tuple[Collection, Model]) -> None:
    collection, built, _ = collections.build(*made, 0.9)
    assert built
    everything = replace(built, nprobes=built.partitions, refine=16)
    queries, exact = cluster([5, 77]), OnDisk(collection, made[1])
    for k in (1, 10, 120):
        found, expected = ByIndex(exact, everything).find(queries, k), exact.find(queries, k)
        assert (found.rows.tolist(), found.scores.tolist()) == (expected.rows.tolist(), expected.scores.tolist())


def test_a_recall_that_no_setting_reaches_leaves_the_search_exact(
    made: tuple[Collection, Model], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(building, "REFINES", (1,))
    collections.build(*made, 0.5)
    collection, built, reached = collections.build(collections.open_collection("numbers"), made[1], 1.0)
    assert built is None
    assert 0.5 < reached < 1
    assert collections.index_of(collection, made[1]) is None
    assert collection.data.describe_indices() == []


def test_rows_that_come_after_the_index_are_found_and_counted(numbers: Path, encoder: Any) -> None:
    with pytest.raises(StopIteration):
        collections.create("numbers", [numbers], on_progress=stop_after(2))
    collection, model = collections.embed_with(collections.open_collection("numbers"), encoder)
    first = len(collection)
    collection, built, _ = collections.build(collection, model, 0.9)
    assert built
    collection, model = collections.embed_with(collections.create("numbers", [numbers]), encoder)
    assert 0 < first < SIZE == len(collection)
    assert collections.index_of(collection, model) == built
    assert collections.unindexed(collection, built) == SIZE - first
    late = cluster(list(range(first, SIZE, 100)))
    found = ByIndex(OnDisk(collection, model), built).find(late, 1)
    assert found.rows[:, 0].tolist() == list(range(first, SIZE, 100))


def test_an_index_of_unknown_recall_is_not_used(made: tuple[Collection, Model]) -> None:
    """As when the command was killed before it had measured, or another has built it again."""
    collection, built, _ = collections.build(*made, 0.9)
    assert built
    data = collection.data.create_index(
        made[1].column, "IVF_RQ", f"{made[1].column}_index", "dot", replace=True, num_partitions=2, num_bits=5
    )
    assert collections.index_of(Collection("numbers", data), made[1]) is None


def test_of_two_that_build_it_at_once_one_is_told_to_run_again(made: tuple[Collection, Model]) -> None:
    before = [collections.open_collection("numbers") for _ in range(2)]
    _, built, _ = collections.build(*made, 0.5)
    collections.index_words(made[0])
    with pytest.raises(InputError, match="Another process has indexed numbers meanwhile: run the command again"):
        collections.build(before[0], made[1], 0.5)
    with pytest.raises(InputError, match="Another process has indexed numbers meanwhile: run the command again"):
        collections.index_words(before[1])
    assert collections.index_of(collections.open_collection("numbers"), made[1]) == built


def recall_by_lance(
    made: tuple[Collection, Model], built: Index, queries: Floats, rows: "np.ndarray[Any, Any]"
) -> float:
    """What Lance's own filter finds at the partitions that suffice without one."""
    names = ", ".join(f"'d{row}'" for row in rows)
    near = {"column": made[1].column, "metric": "dot", "k": 10, "nprobes": built.nprobes, "refine_factor": built.refine}
    right = []
    for query, truth in zip(queries, nearest_by_hand(queries, rows, 10), strict=True):
        scanner = made[0].data.scanner(["id"], filter=f"id IN ({names})", prefilter=True, nearest={**near, "q": query})
        right.append(len(truth & {int(name[1:]) for name in scanner.to_table()["id"].to_pylist()}) / 10)
    return float(np.mean(right))


def test_conditions_never_cost_recall(made: tuple[Collection, Model], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index, "FEW_ROWS", 40)
    collection, built, _ = collections.build(*made, 0.9)
    assert built
    exact = OnDisk(collection, made[1])
    finder, everywhere = ByIndex(exact, built), np.arange(SIZE)
    queries = cluster(everywhere[everywhere % GROUPS == 13].tolist())
    for rows in (
        everywhere[everywhere % 50 == 7],  # few
        everywhere[everywhere % GROUPS == 3],  # far from the queries
        everywhere[everywhere % GROUPS < 10],  # many, and most of them far
        everywhere[everywhere % 10 == 1],
        everywhere[everywhere % 3 > 0],
    ):
        assert np.isin(finder.find(queries, 10, rows).rows, rows).all()
        assert recall_of(finder, queries, rows) >= built.recall - 0.05
    few = everywhere[everywhere % 50 == 7]
    assert recall_of(finder, queries, few) == 1
    usual = replace(built, nprobes=min(built.nprobes, 2))
    assert recall_by_lance((collection, made[1]), usual, queries[:20], few) < 0.8  # why


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"similarity": "manhattan"}, "manhattan"),
        ({"dimensions": 12}, "multiple of 8 dimensions, not 12"),
    ],
)
def test_vectors_that_cannot_be_indexed_stay_searched_exactly(
    made: tuple[Collection, Model], change: dict[str, Any], message: str
) -> None:
    collection, model = made
    with pytest.raises(InputError, match=f"{message}.*: search stays exact"):
        collections.build(collection, replace(model, identity=replace(model.identity, **change)), 0.9)


def test_too_few_texts_stay_searched_exactly(texts: Path, fake_encoder: Any) -> None:
    made = collections.embed_with(collections.create("texts", [texts]), fake_encoder)
    with pytest.raises(InputError, match="needs 256 texts, and texts has 25: search stays exact"):
        collections.build(*made, 0.9)
