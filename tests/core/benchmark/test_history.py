"""The runs that are kept: what counts as a timing of this machine, what is brought, and what was recorded."""

import json
from dataclasses import asdict, replace

import pytest

from core.benchmark import (
    HELLO,
    Run,
    Settings,
    history,
    import_run,
    latest_engines,
    latest_sweeps,
    latest_timings,
    list_runs,
    original_run,
    save,
)
from core.errors import InputError
from core.machine import this_machine
from core.models import get, revisions
from core.settings import DATA
from tests.core.benchmark.runs import finished, timing

WORDLLAMA, MINILM = "wordllama-256", "all-MiniLM-L6-v2"
OTHERS = {
    "CPU": replace(this_machine(), cpu="Another CPU"),
    "cores": replace(this_machine(), cores=512),
    "GPU": replace(this_machine(), gpus=("Another GPU, 8192 MiB, 1.2.3",)),
}
SECRET = "a text that nobody else may read"


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("EMBEDSCOPE_HOME", str(tmp_path))
    return tmp_path


def at(hour):
    return f"2025-11-22T{hour:02}:00:00+00:00"


def files(home):
    return sorted(path for path in home.rglob("*") if path.is_file())


def test_a_kept_run_is_found_again(home):
    run = finished(timing(), timing(MINILM, median_ms=9.5))
    path = save(run)
    assert path.is_relative_to(home)
    assert files(home) == [path]
    assert Run.from_json(path.read_text(encoding="utf-8")) == run
    assert latest_timings() == {(WORDLLAMA, "cpu"): run.results[0], (MINILM, "cpu"): run.results[1]}
    first = list_runs()[0]
    assert (first.origin, first.run) == ("here", run)


def test_without_kept_runs_there_are_no_timings():
    assert latest_timings() == {}
    assert latest_sweeps() == []
    assert latest_engines(MINILM) == []


@pytest.mark.parametrize("hours", [(11, 9), (9, 11)])
def test_of_several_kept_timings_the_latest_counts(hours):
    for hour in hours:
        save(finished(timing(median_ms=float(hour)), created=at(hour)))
    assert latest_timings()[WORDLLAMA, "cpu"].median_ms == 11


def test_two_runs_that_end_in_the_same_second_are_both_kept():
    save(finished(timing(WORDLLAMA)))
    save(finished(timing(MINILM)))
    assert {model for model, _ in latest_timings()} == {WORDLLAMA, MINILM}


def test_only_hello_world_one_at_a_time_counts_as_the_tables_timing():
    save(finished(timing(text="Another text"), timing(batch_size=32), timing(text="", tokens=4)))
    assert latest_timings() == {}


@pytest.mark.parametrize("other", OTHERS.values(), ids=OTHERS)
def test_timings_of_another_machine_do_not_count(other):
    row = timing(asked_engine="torch")
    save(finished(timing(), timing(text="", tokens=4), row, machine=other))
    assert latest_timings() == {}
    assert latest_sweeps() == []
    assert latest_engines(row.model) == []
    assert list_runs()[0].run.machine == other


def test_other_versions_of_the_libraries_are_still_this_machine():
    save(finished(timing(), machine=replace(this_machine(), versions={"torch": "1.0"})))
    assert latest_timings()


@pytest.mark.parametrize("hours", [(11, 9), (9, 11)])
def test_a_models_own_weights_count_before_random_ones(hours):
    own, random = timing(median_ms=1.0), timing(median_ms=2.0, weights="random")
    swept = [replace(row, text="", tokens=8) for row in (own, random)]
    save(finished(random, swept[1], created=at(hours[0])))
    assert latest_timings()[WORDLLAMA, "cpu"] == random
    assert latest_sweeps() == [swept[1]]
    save(finished(own, swept[0], created=at(hours[1])))
    assert latest_timings()[WORDLLAMA, "cpu"] == own
    assert latest_sweeps() == [swept[0]]


def test_a_failure_counts_when_it_is_the_latest():
    save(finished(timing(), created=at(9)))
    save(finished(timing(median_ms=None, failure="It died."), created=at(10)))
    assert latest_timings()[WORDLLAMA, "cpu"].failure == "It died."


def test_demands_on_precision_and_engine_are_kept_apart():
    left_open = timing(median_ms=1.0)
    demanded = timing(median_ms=2.0, asked_precision="bfloat16")
    by_engine = timing(median_ms=3.0, asked_engine="torch")
    save(finished(*(replace(row, text="", tokens=8) for row in (left_open, demanded, by_engine)), created=at(9)))
    save(finished(left_open, demanded, by_engine, created=at(10)))
    assert latest_timings() == {(WORDLLAMA, "cpu"): left_open}
    assert latest_timings("bfloat16") == {(WORDLLAMA, "cpu"): demanded}
    assert latest_timings("float16") == {}
    assert [row.median_ms for row in latest_sweeps()] == [1.0]
    assert [row.median_ms for row in latest_sweeps("bfloat16")] == [2.0]


def test_a_sweep_is_the_latest_timing_of_each_shape():
    shapes = [(1, 8), (1, 32), (4, 8)]
    first = [timing(batch_size=batch, tokens=tokens, text="", median_ms=1.0) for batch, tokens in shapes]
    second = [replace(row, median_ms=2.0) for row in first[:2]]
    save(finished(*second, created=at(11)))
    save(finished(*first, timing(), created=at(9)))
    assert {(row.batch_size, row.tokens): row.median_ms for row in latest_sweeps()} == {
        (1, 8): 2,
        (1, 32): 2,
        (4, 8): 1,
    }
    assert len(latest_sweeps()) == 3


def test_engines_are_the_latest_timing_of_each_that_was_demanded():
    def row(engine, precision, **changes):
        return timing(MINILM, engine=engine, precision=precision, asked_engine=engine, **changes)

    save(finished(row("torch", "float32", median_ms=8.0), row("library", "float32", median_ms=9.0), created=at(9)))
    save(finished(row("openvino", "bfloat16", median_ms=3.0), row("torch", "float32", median_ms=7.0), created=at(10)))
    save(finished(timing(MINILM, engine="openvino"), timing(asked_engine="torch"), created=at(11)))
    found = {(row.engine, row.precision): row.median_ms for row in latest_engines(MINILM)}
    assert found == {("torch", "float32"): 7, ("library", "float32"): 9, ("openvino", "bfloat16"): 3}
    assert len(latest_engines(MINILM)) == 3


def test_files_that_cannot_be_read_are_passed_over(home):
    run = finished(timing())
    save(run)
    damaged = [b"", b"\xff\xfe\x00", b'{"schema": 1}', b'{"schema": 2}', b"[" * 100_000, run.to_json().encode()[:-9]]
    for number, content in enumerate(damaged):
        (home / "runs" / f"{number}.json").write_bytes(content)
    (home / "runs" / "folder.json").mkdir()
    (home / "runs" / "half.part").write_text("{", encoding="utf-8")
    assert list(latest_timings()) == [(WORDLLAMA, "cpu")]
    assert [each.run for each in list_runs() if each.origin == "here"] == [run]


def test_a_file_that_changes_is_read_again(home):
    path = save(finished(timing(median_ms=1.0)))
    assert latest_timings()[WORDLLAMA, "cpu"].median_ms == 1
    path.write_text(finished(timing(median_ms=2.0)).to_json(), encoding="utf-8")
    assert latest_timings()[WORDLLAMA, "cpu"].median_ms == 2


def test_of_a_text_of_ones_own_only_its_tokens_are_kept(home):
    run = finished(timing(text=SECRET, tokens=9), timing(), timing(text="", tokens=8))
    save(run)
    assert all(SECRET not in path.read_text(encoding="utf-8") for path in files(home))
    assert [(row.text, row.tokens) for row in list_runs()[0].run.results] == [
        ("(a text of one's own)", 9),
        (HELLO, None),
        ("", 8),
    ]
    assert run.results[0].text == SECRET


def test_a_run_that_cannot_be_kept_says_which_folder_to_make_writable(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("not a folder")
    monkeypatch.setenv("EMBEDSCOPE_HOME", str(tmp_path / "file"))
    with pytest.raises(InputError, match="EMBEDSCOPE_HOME"):
        save(finished(timing()))
    with pytest.raises(InputError, match="EMBEDSCOPE_HOME"):
        import_run(finished(timing()).to_json())


def test_a_brought_run_never_counts_as_a_timing_of_this_machine(home):
    run = finished(timing(), timing(text="", tokens=8), timing(asked_engine="torch"))
    brought = import_run(run.to_json())
    assert (brought.origin, brought.run) == ("imported", run)
    (path,) = files(home)
    assert path == home / "runs" / "imported" / f"{path.stem}.json"
    assert latest_timings() == {}
    assert latest_sweeps() == []
    assert latest_engines(WORDLLAMA) == []
    assert [each.run for each in list_runs() if each.origin == "imported"] == [run]


def test_a_run_that_is_brought_twice_is_there_once():
    text = finished(timing()).to_json()
    assert import_run(text) == import_run(text)
    assert len([each for each in list_runs() if each.origin == "imported"]) == 1


def test_a_run_that_is_brought_back_does_not_hide_the_one_made_here():
    run = finished(timing())
    save(run)
    brought = import_run(run.to_json())
    names = {each.name: each.origin for each in list_runs()}
    assert sorted(names.values()) == sorted(each.origin for each in list_runs())
    assert names[brought.name] == "imported"


def test_of_a_text_of_ones_own_in_a_brought_run_only_its_tokens_are_kept(home):
    brought = import_run(finished(timing(text=SECRET, tokens=9)).to_json())
    assert all(SECRET not in path.read_text(encoding="utf-8") for path in files(home))
    assert brought.run.results[0].tokens == 9


NAMED = {
    "a model": {"results": [timing("../../../outside")]},
    "a time with a path": {"created": "../../outside"},
    "a device": {"results": [timing(device="/outside")]},
    "a machine": {"machine": replace(this_machine(), cpu="../../outside")},
}


@pytest.mark.parametrize("changes", NAMED.values(), ids=NAMED)
def test_nothing_in_a_brought_run_leads_out_of_the_folder(home, tmp_path, changes):
    run = replace(finished(timing()), **changes)
    try:
        import_run(run.to_json())
    except InputError:
        assert files(home) == []
    else:
        assert [path.parent for path in files(home)] == [home / "runs" / "imported"]
    assert list(tmp_path.parent.glob("outside*")) == []


def test_no_more_runs_are_brought_than_fit(home, monkeypatch):
    monkeypatch.setattr(history, "MOST_IMPORTED", 2)
    for hour in (1, 2):
        import_run(finished(timing(), created=at(hour)).to_json())
    with pytest.raises(InputError, match=r"^2 runs have been imported"):
        import_run(finished(timing(), created=at(3)).to_json())
    assert len(files(home)) == 2
    save(finished(timing()))


def test_a_run_that_is_too_large_is_refused(home):
    run = finished(*[timing()] * 10_000)
    with pytest.raises(InputError, match=r"^This run is too large: a run can have at most 2 MB"):
        import_run(run.to_json())
    with pytest.raises(InputError, match=r"^This run is too large: a run can have at most 2 MB"):
        import_run(" " * (history.MOST_BYTES + 1))
    assert files(home) == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("model,median_ms", "not an Embedscope benchmark run"),
        (json.dumps(asdict(finished(timing())) | {"schema": 1}), "schema 1"),
        (finished().to_json(), "no timings"),
    ],
    ids=["not JSON", "another schema", "empty"],
)
def test_what_is_no_run_is_not_brought(home, text, said):
    with pytest.raises(InputError, match=said):
        import_run(text)
    assert files(home) == []


def test_runs_come_the_latest_first_and_then_the_recorded_ones():
    save(finished(timing(median_ms=1.0), created="2025-11-22T10:00:00+00:00"))
    save(finished(timing(median_ms=3.0), created="2025-11-22T12:00:00+00:00"))
    import_run(finished(timing(median_ms=2.0), created="2025-11-22T17:00:00+06:00").to_json())  # eleven o'clock in UTC
    runs = list_runs()
    assert [each.run.results[0].median_ms for each in runs[:3]] == [3, 2, 1]
    assert {each.origin for each in runs[3:]} == {"recorded"}
    assert runs[-1].run == original_run()
    assert len({each.name for each in runs}) == len(runs)


def test_recorded_runs_can_be_read_and_are_of_other_machines():
    recorded = [each for each in list_runs() if each.origin == "recorded"]
    assert len(recorded) == 1 + len(list((DATA / "runs").glob("*.json")))
    assert latest_timings() == {}


def test_the_original_run_is_the_recorded_table():
    facts = json.loads((DATA / "models.json").read_text(encoding="utf-8"))
    expected = {}
    for model in facts["models"]:
        row = model.get("original_table") or {}
        for device, column in (("cpu", "hello_world_ms_cpu"), ("cuda", "hello_world_ms_gpu")):
            if column in row:
                expected[model["name"], device] = row[column]
    run = original_run()
    assert {(row.model, row.device): row.median_ms for row in run.results} == expected
    assert len(run.results) == len(expected) == 10
    assert all(row.is_hello for row in run.results)
    assert run.machine.cpu == facts["original_benchmark"]["machine"]


def test_what_was_timed_with_a_number_of_threads_of_its_own_is_no_timing_of_the_machine():
    save(finished(timing(), settings=Settings(threads=1)))
    assert latest_timings() == {}


def test_a_run_that_grows_when_it_is_written_out_is_not_brought():
    small = '{"model": "m", "device": "cpu", "engine": "torch", "precision": "float32"}'
    text = finished(timing()).to_json()
    start, end = text.index('"results": [') + len('"results": ['), text.rindex("]")
    many = text[:start] + ",".join([small] * 20_000) + text[end:]
    assert len(many) < history.MOST_BYTES
    with pytest.raises(InputError, match="when unpacked"):
        import_run(many)


def test_a_run_of_the_future_is_not_brought():
    with pytest.raises(InputError, match="in the future"):
        import_run(finished(timing(), created="9998-01-01T00:00:00+00:00").to_json())


# which model a name stands for


def test_timings_of_another_revision_of_a_model_do_not_count_but_where_any_is_asked_for():
    own, other = timing(MINILM, median_ms=1.0), timing(MINILM, median_ms=2.0, revision="f" * 40)
    save(finished(own, created=at(9)))
    save(finished(other, replace(other, text="", tokens=4), replace(other, asked_engine="torch"), created=at(10)))
    assert latest_timings() == {(MINILM, "cpu"): own}
    assert latest_sweeps() == latest_engines(MINILM) == []
    assert latest_timings(of_any_revision=True) == {(MINILM, "cpu"): own}
    assert [row.tokens for row in latest_sweeps(of_any_revision=True)] == [4]


def test_a_folder_that_comes_to_hold_another_model_is_not_timed_yet(tmp_path, monkeypatch):
    folder = tmp_path / "models" / "mine"
    folder.mkdir(parents=True)
    monkeypatch.setenv("EMBEDSCOPE_MODELS", str(folder.parent))
    for name, content in {"modules.json": b"[]", "model.safetensors": b"one"}.items():
        (folder / name).write_bytes(content)
    spec = get("folder:mine")
    save(finished(timing(spec.name, revision=revisions.of(spec, folder))))
    assert list(latest_timings()) == [(spec.name, "cpu")]
    (folder / "model.safetensors").write_bytes(b"another")
    assert latest_timings() == {}
