"""Timings: fresh processes, sound statistics, failures that cost one row, runs that are kept."""

import json
from dataclasses import asdict, replace

import psutil
import pytest

from core import benchmark
from core.benchmark import HELLO, Run, Timing, keep, kept_timings, run
from core.errors import InputError, UnknownModelError
from core.machine import this_machine

MODELS = ("all-MiniLM-L6-v2", "wordllama-256")


class CancelledError(Exception):
    pass


def children():
    """Ids of this process's children that live."""
    found = psutil.Process().children(recursive=True)
    return {child.pid for child in found if child.status() != psutil.STATUS_ZOMBIE}


@pytest.fixture(scope="module")
def measured():
    """A run of both bundled models, with the child processes seen while it went on, by model, and the rows heard."""
    before = children()
    seen: dict[str, set[int]] = {name: set() for name in MODELS}
    heard: list[Timing] = []

    def watch(what, done, total):
        for name in MODELS:
            if name in what:
                seen[name] |= children() - before

    return run(MODELS, precision="float32", on_progress=watch, on_result=heard.append), seen, heard, children() - before


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("EMBEDSCOPE_HOME", str(tmp_path))
    return tmp_path


def timing(model="wordllama-256", device="cpu", median_ms=1.5, **changes):
    return replace(
        Timing(model, "sha256:64b47a2dc493", device, "static", "float32", 1, HELLO, median_ms=median_ms, samples=30),
        **changes,
    )


def finished(*results, created="2025-11-22T10:00:00+00:00", machine=None):
    return Run(1, created, machine or this_machine(), results)


def test_each_model_gets_a_row_in_the_order_asked_for(measured):
    results = measured[0].results
    assert [row.model for row in results] == list(MODELS)
    assert [row.failure for row in results] == ["", ""]
    assert list(measured[2]) == list(results)


def test_the_median_lies_between_the_quartiles_and_below_the_p95(measured):
    for row in measured[0].results:
        assert 0 < row.quartile1_ms <= row.median_ms <= row.quartile3_ms <= row.p95_ms
        assert row.samples >= 30


def test_loading_the_first_call_and_memory_are_told_apart_from_the_samples(measured):
    for row in measured[0].results:
        assert row.load_seconds > 0
        assert row.first_call_ms > 0
        assert row.threads >= 1
    assert measured[0].results[0].peak_memory_bytes > 90_000_000  # MiniLM's weights alone


def test_each_model_is_measured_in_a_process_of_its_own_that_then_ends(measured):
    _, seen, _, left = measured
    assert all(seen.values())
    assert not seen[MODELS[0]] & seen[MODELS[1]]
    assert not left & set().union(*seen.values())


def test_a_run_tells_machine_revision_engine_and_precision(measured):
    finished_run = measured[0]
    minilm, wordllama = finished_run.results
    assert finished_run.machine == this_machine()
    assert minilm.revision == "1110a243fdf4706b3f48f1d95db1a4f5529b4d41"
    assert minilm.engine in ("torch", "openvino")  # whichever is faster here in the float32 asked for
    assert (wordllama.revision, wordllama.engine) == ("sha256:64b47a2dc493", "static")
    assert {row.precision for row in finished_run.results} == {"float32"}


def test_a_run_survives_the_way_through_json(measured):
    assert Run.from_json(measured[0].to_json()) == measured[0]


def test_a_failure_costs_its_own_row_only():
    results = run(["text-embedding-3-small", "wordllama-256"], ["tpu", "cpu"]).results
    assert [(row.model, row.device) for row in results] == [
        ("text-embedding-3-small", "tpu"),
        ("text-embedding-3-small", "cpu"),
        ("wordllama-256", "tpu"),
        ("wordllama-256", "cpu"),
    ]
    assert ["OPENAI_API_KEY" in row.failure for row in results] == [True, True, False, False]
    assert "no device 'tpu'" in results[2].failure
    assert [row.median_ms is None for row in results] == [True, True, True, False]


def test_cancelling_ends_the_child():
    before, seen = children(), set()

    def cancel(what, done, total):
        seen.update(children() - before)
        if what.startswith("Loading"):
            raise CancelledError

    with pytest.raises(CancelledError):
        run(["all-MiniLM-L6-v2"], on_progress=cancel)
    assert seen
    assert not children() - before


@pytest.mark.parametrize(
    "options",
    [
        {"models": []},
        {"devices": []},
        {"text": " \n"},
        {"batch_size": 0},
        {"batch_size": 1025},
    ],
    ids=["no model", "no device", "no text", "no batch", "a batch too large"],
)
def test_what_cannot_be_timed_is_refused_before_anything_starts(monkeypatch, options):
    monkeypatch.setattr(benchmark, "Child", lambda *_: pytest.fail("a process was started"))
    with pytest.raises(InputError):
        run(**{"models": ["wordllama-256"]} | options)


def test_an_unknown_model_is_refused_before_anything_is_timed():
    heard: list[Timing] = []
    with pytest.raises(UnknownModelError, match="no-such-model"):
        run(["text-embedding-3-small", "no-such-model"], on_result=heard.append)
    assert heard == []


FOREIGN = {
    "empty": "",
    "not JSON": "model,median_ms",
    "null": "null",
    "a number": "5",
    "a list": "[]",
    "other JSON": '{"results": []}',
    "another schema": json.dumps(asdict(finished()) | {"schema": 99}),
    "no machine": json.dumps(asdict(finished()) | {"machine": None}),
    "unknown fields": json.dumps(asdict(finished()) | {"results": [{"model": "a", "speed": 1}]}),
    "words for numbers": json.dumps(asdict(finished(timing(median_ms="fast")))),
    "nested without end": "[" * 100_000,
}


@pytest.mark.parametrize("text", FOREIGN.values(), ids=FOREIGN)
def test_foreign_json_is_refused_with_a_sentence(text):
    with pytest.raises(InputError) as raised:
        Run.from_json(text)
    assert str(raised.value).endswith(".")


def test_a_run_of_another_schema_tells_both_schemas():
    with pytest.raises(InputError, match=r"schema 99.*schema 1"):
        Run.from_json(FOREIGN["another schema"])


def test_a_kept_run_is_found_again(home):
    kept = finished(timing(), timing("all-MiniLM-L6-v2", median_ms=9.5))
    path = keep(kept)
    assert path.is_relative_to(home)
    assert Run.from_json(path.read_text(encoding="utf-8")) == kept
    assert kept_timings() == {
        ("wordllama-256", "cpu"): kept.results[0],
        ("all-MiniLM-L6-v2", "cpu"): kept.results[1],
    }


def test_of_several_kept_timings_the_latest_counts(home):
    keep(finished(timing(median_ms=2.0), created="2025-11-22T11:00:00+00:00"))
    keep(finished(timing(median_ms=1.0), created="2025-11-22T09:00:00+00:00"))
    assert kept_timings()["wordllama-256", "cpu"].median_ms == 2.0


def test_two_runs_that_end_in_the_same_second_are_both_kept(home):
    keep(finished(timing("wordllama-256")))
    keep(finished(timing("all-MiniLM-L6-v2")))
    assert {model for model, _ in kept_timings()} == set(MODELS)


def test_only_hello_world_one_at_a_time_on_this_machine_counts(home):
    keep(finished(timing(text="Another text"), created="2025-11-22T10:00:01+00:00"))
    keep(finished(timing(batch_size=32), created="2025-11-22T10:00:02+00:00"))
    other = replace(this_machine(), cpu="Another CPU")
    keep(finished(timing(), created="2025-11-22T10:00:03+00:00", machine=other))
    assert kept_timings() == {}


def test_files_that_cannot_be_read_are_passed_over(home):
    keep(finished(timing()))
    for number, content in enumerate([b"", b"\xff\xfe\x00", b'{"schema": 1}']):
        (home / "runs" / f"{number}.json").write_bytes(content)
    assert list(kept_timings()) == [("wordllama-256", "cpu")]


def test_without_kept_runs_there_are_no_timings(home):
    assert kept_timings() == {}


def test_a_run_that_cannot_be_kept_says_which_folder_to_make_writable(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("not a folder")
    monkeypatch.setenv("EMBEDSCOPE_HOME", str(tmp_path / "file"))
    with pytest.raises(InputError, match="EMBEDSCOPE_HOME"):
        keep(finished(timing()))
