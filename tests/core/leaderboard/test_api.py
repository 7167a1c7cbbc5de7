"""Refreshing the leaderboard from a double of MTEB's read API: all of it or nothing."""

from dataclasses import replace

import pytest

from core import leaderboard
from core.errors import InputError
from core.leaderboard import api
from tests.servers import mteb


@pytest.fixture
def board():
    return leaderboard.current()


@pytest.fixture(autouse=True)
def home(monkeypatch, tmp_path):
    monkeypatch.setenv("EMBEDSCOPE_HOME", str(tmp_path))
    return tmp_path


def test_newer_results_are_kept_beside_what_is_known_of_a_model(board):
    answer = mteb.summary(board)
    answer["rows"][0]["scoresByTask"]["STS12"] = 0.99
    answer["rows"].append(answer["rows"][1] | {"model": {"name": "someone/new", "totalParamsB": 0.6, "license": "mit"}})
    with mteb.serving(answer) as address:
        fetched = api.refresh(address)
    assert leaderboard.current() == fetched
    assert len(fetched.entries) == len(board.entries) + 1
    found, known = ({entry.id: entry for entry in each.entries} for each in (fetched, board))
    first = board.entries[0].id
    assert found[first].scores["STS12"] == 99
    assert found[first] == replace(
        known[first], scores={**known[first].scores, "STS12": 99.0},
        **{name: getattr(found[first], name) for name in ("organisation", "memory_bytes", "adapted_from", "released")},
    )  # fmt: skip
    assert found["someone/new"].parameters == 600_000_000
    assert found["BAAI/bge-m3"].types == pytest.approx(known["BAAI/bge-m3"].types)
    assert fetched.baseline is not None
    assert {entry.mean for entry in fetched.entries if entry.missing} == {None}
    assert fetched.source.endswith(address)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda answer: answer | {"rows": answer["rows"][:100]}, "has 100 models where 332 are known"),
        (lambda answer: answer | {"tasksMeta": answer["tasksMeta"][1:]}, "lacks 1 tasks"),
        (lambda answer: {"rows": []}, "is not MTEB's leaderboard: tasksMeta"),
        (lambda answer: b"<html>", "is not MTEB's leaderboard"),
        (lambda answer: answer | {"rows": [{"rank": "x"}]}, "is not MTEB's leaderboard: rows.0"),
    ],
)
def test_an_answer_that_is_not_whole_changes_nothing(board, home, change, sentence):
    with mteb.serving(change(mteb.summary(board))) as address, pytest.raises(InputError, match=sentence):
        api.refresh(address)
    assert leaderboard.current() == board
    assert list(home.iterdir()) == []


def test_an_error_and_no_connection_are_sentences(board):
    with mteb.serving({}, status=503) as address, pytest.raises(InputError, match="answered 503"):
        api.refresh(address)
    with pytest.raises(InputError, match="cannot be reached"):
        api.refresh("http://127.0.0.1:9")
