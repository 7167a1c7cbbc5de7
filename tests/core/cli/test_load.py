"""`python -m core load`: what it asks for, the table, the JSON, and what it refuses."""

import json
from pathlib import Path
from typing import Any

import pytest

from core import corpus, load
from core.load import LoadTest, Settings
from core.models import ModelSpec
from tests.core.load.queues import a_step, load_test

WORDLLAMA = ("--model", "wordllama-256")
TESTED = load_test(a_step(offered=42.0), a_step(offered=44.0, answered=0.9))


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, list[str], Settings, str]]:
    """What load tests are asked for, which are answered at once."""
    heard: list[tuple[str, list[str], Settings, str]] = []

    def run(spec: ModelSpec, texts: Any, settings: Settings, *, fingerprint: str, **_: object) -> LoadTest:
        heard.append((spec.name, list(texts), settings, fingerprint))
        return TESTED

    monkeypatch.setattr(load, "run", run)
    return heard


def test_the_limit_of_a_model_is_searched_on_the_sample_by_default(answer: Any, asked: Any) -> None:
    printed = answer("load", *WORDLLAMA)
    sample = corpus.sample()
    assert asked == [("wordllama-256", list(sample.documents), Settings(), sample.fingerprint)]
    assert (printed["requests_per_second"], printed["is_at_least"]) == (42, False)
    assert [(step["offered"], step["trouble"]) for step in printed["steps"]] == [(42, None), (44, "unfinished")]
    assert printed["sentence"] == load.answer(TESTED)


def test_rates_and_own_texts_reach_the_test(command: Any, asked: Any, tmp_path: Path) -> None:
    texts = tmp_path / "texts.txt"
    texts.write_text("one\ntwo\n")
    options = ("--rates", "40,10, 20", "--seconds", 2, "--texts", 3, "--p95", 250, "--output", tmp_path / "test.json")
    code, out, _ = command("load", *WORDLLAMA, "--corpus", texts, *options)
    assert code == 0
    assert asked[0][1] == ["one", "two"]
    assert asked[0][2] == Settings(2.0, texts_per_request=3, most_ms=250.0, rates=(10.0, 20.0, 40.0))
    assert "only 90% of the requests" in out
    assert load.answer(TESTED) in out
    assert LoadTest.from_json((tmp_path / "test.json").read_text()) == TESTED
    assert json.loads((tmp_path / "test.json").read_text())["model"] == TESTED.model


def test_what_is_no_rate_is_refused(command: Any, asked: Any) -> None:
    code, _, problem = command("load", *WORDLLAMA, "--rates", "10,fast")
    assert code == 1
    assert "is not a list of rates: write 10, or 10,20,40." in problem
    assert asked == []
