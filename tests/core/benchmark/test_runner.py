"""A run: fresh processes that end, an order that is shuffled, failures that cost one timing, one run at a time."""

import math
import re
import threading
import time

import psutil
import pytest

from core.benchmark import (
    HELLO,
    Run,
    Settings,
    Subject,
    Timing,
    Workload,
    expected_seconds,
    grid,
    latest_engines,
    latest_sweeps,
    latest_timings,
    run,
    runner,
    save,
    subjects,
)
from core.errors import DamagedModelError, DeviceError, InputError, JobError, ModelUnavailableError, UnknownModelError
from core.jobs.child import Child
from core.jobs.queue import hold_lock
from core.machine import this_machine
from core.progress import silent
from tests.core.benchmark import timed_children
from tests.core.benchmark.runs import finished, timing

MINILM, WORDLLAMA = "all-MiniLM-L6-v2", "wordllama-256"
QUICK = Settings(least_seconds=0.05, patience_seconds=0.3)
HELLO_AND_BATCH = (Workload(), Workload(4, "", 16))


class CancelledError(Exception):
    pass


def children():
    """Ids of this process's children that live."""
    found = psutil.Process().children(recursive=True)
    return {child.pid for child in found if child.status() != psutil.STATUS_ZOMBIE}


def process_of(model):
    """The living process that times a model."""
    (found,) = (each for each in map(psutil.Process, children()) if f"timing {model}" in each.cmdline())
    return found


def phase(what):
    """What is being done, without which timing of how many it is for."""
    return re.sub(r"^\d+ of \d+: ", "", what)


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("EMBEDSCOPE_HOME", str(tmp_path))
    return tmp_path


@pytest.fixture(autouse=True)
def no_process_is_left():
    before = children()
    yield
    assert children() <= before


def kept_in(home):
    """The one run that is kept there."""
    (path,) = (home / "runs").glob("*.json")
    return Run.from_json(path.read_text(encoding="utf-8"))


class Watched:
    """A run of two models with what was heard and seen of it."""

    def __init__(self, home):
        self.home = home
        self.heard: list[Timing] = []
        self.seen: dict[str, set[int]] = {MINILM: set(), WORDLLAMA: set()}
        self._before = children()
        asked = [Subject(MINILM, "cpu", "torch", "float32"), Subject(WORDLLAMA)]
        self.run = run(asked, HELLO_AND_BATCH, QUICK, on_progress=self._watch, on_result=self.heard.append)
        self.left = children() - self._before

    def _watch(self, what, done, total):
        for model in self.seen:
            if model in what:
                self.seen[model] |= children() - self._before


@pytest.fixture(scope="module")
def watched(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        home = tmp_path_factory.mktemp("home")
        patch.setenv("EMBEDSCOPE_HOME", str(home))
        yield Watched(home)


def test_each_subject_is_timed_under_each_workload_in_the_order_asked_for(watched):
    assert [(row.model, row.batch_size, row.text, row.tokens) for row in watched.run.results] == [
        (MINILM, 1, HELLO, 4),
        (MINILM, 4, "", 16),
        (WORDLLAMA, 1, HELLO, 2),
        (WORDLLAMA, 4, "", 16),
    ]
    assert [row.failure for row in watched.run.results] == [""] * 4
    assert sorted(watched.heard, key=str) == sorted(watched.run.results, key=str)


def test_the_statistics_of_a_run_are_in_their_order(watched):
    for row in watched.run.results:
        for statistics in (row, row.forward):
            assert 0 < statistics.quartile1_ms <= statistics.median_ms <= statistics.quartile3_ms <= statistics.p95_ms
            assert statistics.samples >= 30
            assert (statistics.p99_ms is None) == (statistics.samples < 100)


def test_what_is_no_part_of_the_samples_is_told_apart(watched):
    for row in watched.run.results:
        assert row.warm_up_calls == 10
        assert 0 < row.load_seconds < row.seconds or row.batch_size == 4  # the second workload finds it loaded
        assert row.first_call_ms > 0
        assert row.threads >= 1
        assert row.seconds > row.median_ms * row.samples / 1000
    assert watched.run.results[0].peak_memory_bytes > 90_000_000  # MiniLM's weights alone


def test_each_subject_is_timed_in_a_process_of_its_own_that_then_ends(watched):
    assert all(watched.seen.values())
    assert not watched.seen[MINILM] & watched.seen[WORDLLAMA]
    assert not watched.left


def test_a_run_tells_machine_settings_revision_engine_and_precision(watched):
    assert (watched.run.machine, watched.run.settings) == (this_machine(), QUICK)
    told = {(row.model, row.revision, row.engine, row.precision, row.weights) for row in watched.run.results}
    assert told == {
        (MINILM, "1110a243fdf4706b3f48f1d95db1a4f5529b4d41", "torch", "float32", "own"),
        (WORDLLAMA, "sha256:64b47a2dc493", "static", "float32", "own"),
    }


def test_a_run_is_kept_and_found_again(watched, monkeypatch):
    monkeypatch.setenv("EMBEDSCOPE_HOME", str(watched.home))
    minilm, minilm_batch, wordllama, wordllama_batch = watched.run.results
    assert kept_in(watched.home) == watched.run
    assert latest_timings() == {(WORDLLAMA, "cpu"): wordllama}
    assert latest_engines(MINILM) == [minilm]
    assert latest_sweeps() == [wordllama_batch]
    assert minilm_batch.asked_engine == "torch"


@pytest.fixture
def quick_children(home, monkeypatch):
    """Real child processes that answer at once, or do what the text of the workload says."""
    usual = Child.call

    def call(self, function, **arguments):
        assert function == "core.benchmark.measurement:measure"
        return usual(self, timed_children.FUNCTION, **arguments)

    monkeypatch.setattr(Child, "call", call)


@pytest.fixture
def in_order(monkeypatch):
    """Let the order of the subjects be that asked for."""
    monkeypatch.setattr("random.sample", lambda population, k: list(population))


@pytest.fixture
def answers(home, monkeypatch):
    """Children without a process: each call is answered by what a test puts here, and remembered."""

    class Answers:
        calls: list[tuple[str, Workload]] = []  # noqa: RUF012
        answer = staticmethod(timed_children.measure)

        def __init__(self, what):
            pass

        def call(self, function, *, subject, workload, settings, on_progress):
            self.calls.append((subject.model, workload))
            return Answers.answer(subject=subject, workload=workload, settings=settings, on_progress=on_progress)

        def end(self):
            pass

    monkeypatch.setattr(runner, "Child", Answers)
    return Answers


def test_a_subjects_workloads_share_a_process_and_no_two_subjects_do(quick_children):
    twice = subjects([WORDLLAMA, WORDLLAMA])
    first, first_batch, second, second_batch = run(twice, [Workload(), Workload(8)], QUICK).results
    assert first.threads == first_batch.threads != second.threads == second_batch.threads


def test_subjects_are_timed_in_a_shuffled_order_which_is_told(answers, monkeypatch):
    monkeypatch.setattr("random.sample", lambda population, k: [2, 0, 1])
    heard: list[Timing] = []
    models = [WORDLLAMA, MINILM, "potion-base-8M"]
    results = run(
        [Subject(model, weights="random") for model in models], [Workload(), Workload(2)], on_result=heard.append
    ).results
    assert [row.model for row in heard] == [model for place in (2, 0, 1) for model in (models[place],) * 2]
    assert [row.model for row in results] == [model for model in models for _ in range(2)]
    assert [row.turn for row in results] == [2, 2, 3, 3, 1, 1]


def test_the_order_is_not_always_the_same(answers):
    five = [Subject(WORDLLAMA, weights="random")] * 5
    orders = {tuple(row.turn for row in run(five).results) for _ in range(20)}
    assert len(orders) > 1
    assert {tuple(sorted(order)) for order in orders} == {(1, 2, 3, 4, 5)}


class Canceller:
    """Progress that raises once the child reports, and remembers which process was told of and when it raised."""

    def __init__(self, model=WORDLLAMA, beginning="Timing"):
        self._cue = f"{beginning} {model} on cpu"
        self._before = children()
        self.processes: set[int] = set()
        self.raised = 0.0

    def __call__(self, what, done, total):
        self.processes |= children() - self._before
        if phase(what) == self._cue:
            self.raised = time.monotonic()
            raise CancelledError


def test_cancelling_a_load_ends_the_process_within_two_seconds(home):
    assert_ends_at_once(home, Canceller(MINILM, "Loading"), Workload())


def test_cancelling_a_timing_ends_the_process_within_two_seconds(home, quick_children):
    assert_ends_at_once(home, Canceller(MINILM), Workload(text="sleep"))


def assert_ends_at_once(home, cancel, workload):
    with pytest.raises(CancelledError):
        run([Subject(MINILM, "cpu", "torch", "float32")], [workload], QUICK, on_progress=cancel)
    assert time.monotonic() - cancel.raised < 2
    assert cancel.processes
    assert not any(psutil.pid_exists(process) for process in cancel.processes)
    assert list((home / "runs").glob("*.json")) == []


def test_what_was_timed_before_a_cancel_is_kept(home, quick_children, in_order):
    cancel = Canceller(MINILM)
    asked = [Subject(WORDLLAMA), Subject(MINILM), Subject(WORDLLAMA)]
    with pytest.raises(CancelledError):
        run(asked, [Workload(), Workload(2)], QUICK, on_progress=cancel)
    assert time.monotonic() - cancel.raised < 2
    assert [(row.model, row.batch_size) for row in kept_in(home).results] == [(WORDLLAMA, 1), (WORDLLAMA, 2)]
    assert list(latest_timings()) == [(WORDLLAMA, "cpu")]


def test_who_raises_on_hearing_a_result_cancels_too(home, quick_children):
    before = children()

    def cancel(timing):
        raise CancelledError

    with pytest.raises(CancelledError) as raised:
        run(subjects([WORDLLAMA]), [Workload(), Workload(2)], QUICK, on_result=cancel)
    assert not children() - before, f"{raised.value!r} keeps its process alive as long as it is held"
    assert [row.batch_size for row in kept_in(home).results] == [1]


def test_after_a_cancelled_run_the_next_one_is_served(quick_children):
    with pytest.raises(CancelledError):
        run(subjects([WORDLLAMA]), [Workload(text="sleep")], QUICK, on_progress=Canceller())
    assert [row.failure for row in run(subjects([WORDLLAMA]), settings=QUICK).results] == [""]


def test_a_process_that_is_killed_while_it_times_costs_its_own_timing(quick_children, in_order):
    def kill(what, done, total):
        if phase(what) == f"Timing {MINILM} on cpu":
            process_of(MINILM).kill()

    asked = [Subject(WORDLLAMA), Subject(MINILM), Subject("potion-base-8M", weights="random")]
    first, killed, last = run(asked, [Workload(text=f"sleep: {MINILM}")], QUICK, on_progress=kill).results
    assert (first.failure, last.failure) == ("", "")
    assert first.median_ms
    assert last.median_ms
    assert (killed.model, killed.median_ms) == (MINILM, None)
    assert killed.failure.startswith(
        f"The process for timing {MINILM} was killed, most likely because it ran out of memory"
    )


def test_after_a_death_smaller_workloads_are_timed_in_a_fresh_process_and_larger_ones_not_begun(quick_children):
    workloads = [Workload(2, "short"), Workload(3, "be killed"), Workload(1, "short"), Workload(1024, "short")]
    before, died, after, larger = run(subjects([WORDLLAMA]), workloads, QUICK).results
    assert [bool(row.median_ms) for row in (before, died, after, larger)] == [True, False, True, False]
    assert before.threads != after.threads
    assert larger.failure == died.failure != ""
    assert larger.seconds < 0.2


def test_two_runs_at_a_time_are_served_one_after_the_other(quick_children):
    events: list[tuple[str, str]] = []
    is_timing, has_heard = threading.Event(), threading.Event()
    runs: dict[str, Run] = {}
    first_processes: set[int] = set()
    still_there: list[bool] = []

    def hear_first(what, done, total):
        events.append(("first", what))
        if phase(what).startswith("Timing"):
            first_processes.add(process_of(WORDLLAMA).pid)
            is_timing.set()
            assert has_heard.wait(60)

    def hear_second(what, done, total):
        events.append(("second", what))
        if what.startswith("Waiting"):
            has_heard.set()
        else:
            still_there.extend(psutil.pid_exists(process) for process in first_processes)

    def start(name, hear):
        runs[name] = run(subjects([WORDLLAMA, WORDLLAMA]), settings=QUICK, on_progress=hear)

    expected = expected_seconds(subjects([WORDLLAMA, WORDLLAMA]), [Workload()], QUICK)
    threads = [threading.Thread(target=start, args=("first", hear_first))]
    threads[0].start()
    assert is_timing.wait(60)
    threads.append(threading.Thread(target=start, args=("second", hear_second)))
    threads[1].start()
    for thread in threads:
        thread.join(120)
    place, *_ = (what for name, what in events if name == "second")
    wait = re.fullmatch(r"Waiting: place 1 in the queue for benchmarks, about (\d+) s \(.*\)", place)
    assert wait
    assert 0 < int(wait[1]) <= expected
    whose = [name for name, what in events if not what.startswith("Waiting")]
    assert whose == sorted(whose)  # all of the first's, then all of the second's
    assert still_there
    assert not any(still_there)
    assert [len(runs[name].results) for name in ("first", "second")] == [2, 2]


def test_a_run_waits_for_one_of_another_program(home, answers):
    def give_up(what, done, total):
        raise CancelledError(what)

    with (
        hold_lock(home / "runs" / "lock", silent, ""),
        pytest.raises(CancelledError, match="Waiting for another program's benchmark"),
    ):
        run(subjects([WORDLLAMA]), on_progress=give_up)
    assert answers.calls == []
    assert run(subjects([WORDLLAMA])).results[0].median_ms


def test_what_waits_is_told_the_time_of_all_that_is_timed_before(home):
    two, workloads = subjects([WORDLLAMA, MINILM]), [Workload()] * 3
    without = expected_seconds(two, workloads, Settings(least_seconds=5, with_forward=False))
    assert expected_seconds(two, workloads, Settings(least_seconds=5)) - without == 2 * 3 * 5
    assert expected_seconds(two * 2, workloads, Settings(least_seconds=5, with_forward=False)) == 2 * without


def test_what_was_timed_here_before_is_expected_to_take_as_long_again(home):
    save(finished(timing(WORDLLAMA, seconds=123.0)))
    assert expected_seconds(subjects([WORDLLAMA]), [Workload()], Settings()) == 123
    assert expected_seconds(subjects([MINILM]), [Workload()], Settings()) < 30


def test_progress_is_that_of_the_whole_run_and_never_goes_back(answers):
    heard = []

    def answer(*, on_progress, **others):
        on_progress("Loading a model", 0, 1)
        on_progress("Warming up a model", 5, 10)
        on_progress("Timing a model", 60, 100)
        on_progress("Warming up the forward pass of a model", 5, 10)
        on_progress("Timing the forward pass of a model", 30, 100)
        return timed_children.measure(on_progress=silent, **others)

    answers.answer = staticmethod(answer)
    run(
        subjects([WORDLLAMA]),
        [Workload(1), Workload(2)],
        on_progress=lambda what, done, total: heard.append((what, done / total)),
    )
    assert [what for what, _ in heard[::5]] == ["1 of 2: Loading a model", "2 of 2: Loading a model"]
    shares = [share for _, share in heard]
    assert (shares[0], shares[5]) == (0, 0.5)
    assert shares == sorted(shares)
    assert shares[-1] < 1


def test_who_watches_hears_of_each_subject_when_its_turn_begins_and_of_its_timings_after(answers, monkeypatch):
    monkeypatch.setattr("random.sample", lambda population, k: [2, 0, 1])
    engines = [Subject(WORDLLAMA, engine=engine, weights="random") for engine in ("auto", "static", "library")]
    events: list[tuple[str, str]] = []
    run(
        engines,
        [Workload(), Workload(2)],
        on_begin=lambda subject: events.append(("begins", subject.engine)),
        on_result=lambda timing: events.append(("is timed", timing.model)),
    )
    timed = [("is timed", WORDLLAMA)] * 2
    assert events == [("begins", "library"), *timed, ("begins", "auto"), *timed, ("begins", "static"), *timed]


def test_who_raises_on_hearing_of_a_beginning_cancels(home, answers):
    def cancel(subject):
        raise CancelledError

    with pytest.raises(CancelledError):
        run(subjects([WORDLLAMA]), on_begin=cancel)
    assert answers.calls == []


def taking(milliseconds_per_token):
    """Answers whose calls take so long for each token."""

    def answer(*, subject, workload, **_):
        return Timing(
            subject.model,
            subject.device,
            "fake",
            "float32",
            batch_size=workload.batch_size,
            text="",
            tokens=workload.tokens,
            median_ms=workload.size * milliseconds_per_token,
        )

    return staticmethod(answer)


def failing(error, least_size=0):
    """Answers that raise an error, for workloads from a size on."""

    def answer(*, workload, **others):
        if workload.size >= least_size:
            raise error
        return timed_children.measure(workload=workload, **others)

    return staticmethod(answer)


def test_workloads_that_would_take_too_long_are_not_begun(answers):
    answers.answer = taking(milliseconds_per_token=100)
    results = run(subjects([WORDLLAMA]), grid([1], [8, 32, 64, 512]), Settings(most_seconds=10)).results
    assert [workload.tokens for _, workload in answers.calls] == [8, 32]
    assert [bool(row.median_ms) for row in results] == [True, True, False, False]
    for row in results[2:]:
        told = re.search(r"about (\d+) (s|min), longer than the 10 s", row.failure)
        assert told
        assert int(told[1]) * {"s": 1, "min": 60}[told[2]] > 10


@pytest.mark.parametrize(
    "error",
    [ModelUnavailableError("It is not here."), DamagedModelError("It differs."), DeviceError("No such device.")],
)
def test_a_model_that_cannot_be_had_fails_for_all_workloads_at_once(answers, error):
    answers.answer = failing(error)
    results = run(subjects([WORDLLAMA]), grid([1, 4], [8, 32])).results
    assert len(answers.calls) == 1
    assert [row.failure for row in results] == [str(error)] * 4


def test_what_a_model_cannot_read_costs_its_own_workload_only(answers):
    answers.answer = failing(InputError("This model reads at most 16 tokens."), least_size=20)
    results = run(subjects([WORDLLAMA]), [Workload(1, "", 32), Workload(1, "", 8), Workload(1, "", 64)]).results
    assert len(answers.calls) == 3
    assert [row.failure == "" for row in results] == [False, True, False]


def test_a_death_costs_the_workloads_that_are_at_least_as_large(answers):
    answers.answer = failing(JobError("It died."), least_size=32)
    workloads = [Workload(1, "", 32), Workload(4, "", 8), Workload(1, "", 31), Workload(16, "", 2), Workload(16, "", 1)]
    results = run(subjects([WORDLLAMA]), workloads).results
    assert [workload.size for _, workload in answers.calls] == [32, 31, 16]
    assert [row.failure for row in results] == ["It died.", "It died.", "", "It died.", ""]


def test_a_failure_costs_its_own_subject_only(quick_children):
    asked = subjects([WORDLLAMA, MINILM], ["cuda", "cpu"])
    results = run(asked, [Workload(text=f"lose the device: {MINILM}")], QUICK).results
    assert [(row.model, row.device) for row in results] == [(subject.model, subject.device) for subject in asked]
    assert [row.failure for row in results] == ["", "", *["There is no such device."] * 2]


def test_a_failed_timing_tells_what_was_asked_for(answers):
    answers.answer = failing(DeviceError("No such device."))
    (row,) = run(subjects([WORDLLAMA], ["cuda"], precision="bfloat16"), [Workload(4, HELLO, 8)]).results
    assert (row.model, row.device, row.asked_engine, row.asked_precision) == (WORDLLAMA, "cuda", "auto", "bfloat16")
    assert (row.batch_size, row.tokens, row.text, row.median_ms, row.samples) == (4, 8, "", None, 0)


def test_what_cannot_be_timed_here_says_why_and_starts_no_process(answers, monkeypatch, tmp_path):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "empty"))
    monkeypatch.setattr("core.models.memory.budgets", lambda: {"cpu": 10_000_000_000})
    asked = [
        *subjects(["text-embedding-3-small", "all-mpnet-base-v2"]),
        Subject("e5-mistral-7b-instruct", weights="random"),
    ]
    api, absent, large = (row.failure for row in run(asked).results)
    assert "runs behind an API" in api
    assert "download all-mpnet-base-v2" in absent
    assert "e5-mistral-7b-instruct" in large
    assert "28 GB" in large
    assert answers.calls == []


REFUSED = {
    "no subject": {"subjects": []},
    "no workload": {"workloads": []},
    "no text": {"workloads": [Workload(text=" \n")]},
    "no batch": {"workloads": [Workload(0)]},
    "a batch too large": {"workloads": [Workload(), Workload(1025)]},
    "no token": {"workloads": [Workload(1, "", 0)]},
    "no warm-up": {"settings": Settings(warm_up_calls=0)},
    "no sample": {"settings": Settings(least_samples=0)},
    "no time": {"settings": Settings(least_seconds=0)},
    "time that is no number": {"settings": Settings(least_seconds=math.nan)},
    "time without end": {"settings": Settings(least_seconds=math.inf, most_seconds=math.inf)},
    "less time than needed": {"settings": Settings(least_seconds=10, most_seconds=5)},
    "fewer threads than none": {"settings": Settings(threads=-1)},
    "no thread": {"settings": Settings(threads=0)},
}


@pytest.mark.parametrize("options", REFUSED.values(), ids=REFUSED)
def test_what_makes_no_sense_is_refused_before_anything_starts(answers, options):
    with pytest.raises(InputError, match=r"^(A benchmark needs|The (batch size|seconds|number)|Texts must have).*\.$"):
        run(**{"subjects": subjects([WORDLLAMA])} | options)
    assert answers.calls == []


def test_an_unknown_model_is_refused_before_anything_is_timed(answers):
    with pytest.raises(UnknownModelError, match="no-such-model"):
        run([Subject(WORDLLAMA), Subject("no-such-model")])
    assert answers.calls == []


def test_a_folder_that_cannot_be_written_is_refused_before_anything_is_timed(answers, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("not a folder")
    monkeypatch.setenv("EMBEDSCOPE_HOME", str(tmp_path / "file"))
    with pytest.raises(InputError, match="EMBEDSCOPE_HOME"):
        run(subjects([WORDLLAMA]))
    assert answers.calls == []


def test_subjects_are_each_model_on_each_device(monkeypatch):
    asked = subjects([MINILM, WORDLLAMA], ["cpu", "cuda"], engine="torch", precision="float32")
    assert [(subject.model, subject.device) for subject in asked] == [
        (MINILM, "cpu"),
        (MINILM, "cuda"),
        (WORDLLAMA, "cpu"),
        (WORDLLAMA, "cuda"),
    ]
    assert {(subject.engine, subject.precision, subject.weights) for subject in asked} == {("torch", "float32", "own")}


@pytest.mark.parametrize(
    ("weights", "expected"),
    [("own", ["own", "own"]), ("any", ["own", "random"]), ("random", ["random", "random"])],
)
def test_random_weights_are_taken_where_asked_for_or_where_own_ones_are_not_here(
    monkeypatch, tmp_path, weights, expected
):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    assert [subject.weights for subject in subjects([MINILM, "all-mpnet-base-v2"], weights=weights)] == expected


def test_subjects_with_weights_of_another_kind_are_refused():
    with pytest.raises(InputError, match="own, random or any"):
        subjects([MINILM], weights="stolen")


def test_subjects_of_an_unknown_model_are_refused():
    with pytest.raises(UnknownModelError, match="no-such-model"):
        subjects(["no-such-model"])
