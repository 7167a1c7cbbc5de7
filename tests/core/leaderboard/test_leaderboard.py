"""The leaderboard: what ships is what the facts say, and its figures are those of pandas and scipy."""

import json
import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy.stats import rankdata

from core import leaderboard
from core.leaderboard import facts, snapshot
from core.leaderboard.caveats import too_small
from core.leaderboard.ranking import borda_ranks
from core.leaderboard.snapshot import Entry
from tests.conftest import SHARED

FACTS = SHARED / "facts" / "mteb"
beside_facts = pytest.mark.skipif(not FACTS.exists(), reason="the facts are not beside the project")


@pytest.fixture(scope="module")
def board():
    return leaderboard.current()


@pytest.fixture(scope="module")
def published():
    lines = (FACTS / "leaderboard.jsonl").read_text(encoding="utf-8").splitlines()
    return {row["id"]: row["mteb_eng_v2"] for row in map(json.loads, lines)}


def small(scores, **further):
    """A snapshot of models with scores in tasks that are named by a letter, all of one type."""
    tasks = dict.fromkeys("abcdefghij"[: len(scores[0])], "STS")
    entries = [
        Entry(f"m/{row}", scores=dict(zip(tasks, map(float, values), strict=True)), **further)
        for row, values in enumerate(scores)
    ]
    return snapshot.build("2026-01-01", "a test", tasks, entries)


@beside_facts
def test_what_ships_is_what_the_facts_say(board):
    assert board == facts.read(FACTS)
    assert (board.date, len(board.complete), len(board.entries)) == ("2026-08-20", 198, 332)
    assert board.baseline is not None


@beside_facts
def test_means_and_types_are_those_of_the_task_file_and_of_mteb(board, published):
    table = pd.read_csv(FACTS / "eng_v2_tasks.csv", index_col="id")
    means = dict(zip((entry.id for entry in board.complete), board.scores.mean(axis=1), strict=True))
    for name, mean in means.items():
        assert mean == pytest.approx(published[name]["mean_task"], abs=1e-4)
        assert mean == pytest.approx(table.loc[name].mean())
    for kind in board.types:
        ranking = leaderboard.rank(board, {task: 1 for task, of in board.tasks.items() if of == kind})
        for entry, mean in zip(ranking.entries, ranking.means, strict=True):
            assert mean == pytest.approx(published[entry.id]["types"][kind], abs=1e-4)


@beside_facts
def test_borda_ranks_are_those_of_mteb(board, published):
    entries = (*board.complete, board.baseline)
    scores = np.array([[entry.scores[task] for task in board.tasks] for entry in entries])
    ours = borda_ranks(scores, np.ones(scores.shape[1]))
    theirs = np.array([published[entry.id]["rank_borda_listed"] for entry in entries])
    assert np.abs(ours - theirs).max() <= 1  # one model ties with its neighbour in the rounded scores
    assert np.mean(ours == theirs) > 0.99
    counts = rankdata(scores, axis=0).sum(axis=1)  # mteb's own way: average ranks, summed
    np.testing.assert_array_equal(ours, rankdata(-counts, method="min"))


@beside_facts
def test_rows_with_unusual_scores_say_so(board):
    found = {entry.id: " ".join(leaderboard.caveats(entry, board.tasks)) for entry in board.entries}
    broken = found["jinaai/jina-embeddings-v2-base-en"]
    assert "FEVERHardNegatives (0.00)" in broken
    assert "Touche2020Retrieval.v3 (0.00)" in broken
    assert "STSBenchmark (0.98)" in found["Gameselo/STS-multilingual-mpnet-base-v2"]
    assert "cointegrated/rubert-tiny" not in [each.id for each in board.entries if too_small(each, board.tasks)]
    assert "14 of 41 tasks have no score" in found["BAAI/bge-m3"] or "tasks have no score" in found["BAAI/bge-m3"]
    assert "Recovered" in found["openai/text-embedding-3-large"]
    assert sum("reported by others" in sentences for sentences in found.values()) >= 86


def test_a_snapshot_is_read_quickly_and_without_torch(board):
    assert snapshot.SHIPPED.stat().st_size < 600_000
    assert all(set(entry.scores) == set(board.tasks) for entry in board.complete)


def test_who_wins_each_task_is_first_alone_and_equals_share_a_place():
    board = small([[90, 80, 70, 60, 50], [80, 70, 60, 50, 40], [80, 70, 60, 50, 40]])
    ranking = leaderboard.rank(board, dict.fromkeys(board.tasks, 1.0))
    assert ranking.ranks.tolist() == ranking.groups.tolist() == ranking.borda.tolist() == [1, 2, 2]
    assert (ranking.low.tolist(), ranking.high.tolist()) == ([1, 2, 2], [1, 2, 2])
    assert ranking.sentence == "0 leads on 5 tasks, beyond chance."


def test_models_that_the_tasks_cannot_tell_apart_share_the_first_place():
    board = small([[90, 50, 60, 70], [50, 91, 60, 70], [10, 10, 10, 10]])
    ranking = leaderboard.rank(board, dict.fromkeys(board.tasks, 1.0))
    assert ranking.ranks.tolist() == [1, 2, 3]
    assert ranking.groups.tolist() == [1, 1, 2]
    assert ranking.high.tolist() == [2, 2, 3]
    assert ranking.sentence == "1 leads on 4 tasks, but its lead over 0 may be chance."


def test_weights_and_a_choice_of_models_count():
    board = small([[90, 10], [20, 40], [0, 100]])
    ranking = leaderboard.rank(board, {"a": 3, "b": 1}, keep=["m/0", "m/1"])
    assert [entry.id for entry in ranking.entries] == ["m/0", "m/1"]
    assert ranking.means.tolist() == [70, 25]
    with pytest.raises(ValueError, match="No task"):
        leaderboard.rank(board, {"unknown": 1.0})


def test_the_front_has_those_that_no_other_beats():
    costs, values = np.array([1, 2, 2, 3, np.nan, 0.5]), np.array([50, 60, 55, 60, 99, np.nan])
    assert leaderboard.pareto(costs, values) == [0, 1]


def test_a_newer_snapshot_is_used_and_a_damaged_one_is_not(board, monkeypatch, tmp_path, caplog):
    monkeypatch.setenv("EMBEDSCOPE_HOME", str(tmp_path))
    newer = replace(board, date="2027-01-01")
    snapshot.write(newer, tmp_path / "leaderboard.json")
    assert leaderboard.current() == newer
    snapshot.write(replace(board, date="2020-01-01"), tmp_path / "leaderboard.json")
    assert leaderboard.current().date == board.date
    (tmp_path / "leaderboard.json").write_text("{")
    assert leaderboard.current().date == board.date
    assert "cannot be read" in caplog.text


@beside_facts
def test_eleven_models_share_first_place_on_the_ten_retrieval_tasks(board):
    ranking = leaderboard.rank(board, leaderboard.tasks_of("Search and RAG", board.tasks))
    assert re.search("leads on 10 tasks, but its lead over .+ and 7 more may be chance.$", ranking.sentence)
    assert ranking.leaders[0] == ranking.entries[0]
    assert np.all((ranking.low <= ranking.ranks) & (ranking.ranks <= ranking.high))


@pytest.mark.parametrize("use", leaderboard.USES)
def test_each_use_has_tasks(board, use):
    weights = leaderboard.tasks_of(use, board.tasks)
    assert weights
    assert (len(weights) == 41) == (use == leaderboard.EVERYTHING)
