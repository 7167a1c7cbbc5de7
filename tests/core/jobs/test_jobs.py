import os
import queue
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import psutil
import pytest

from core.errors import InputError, JobError
from core.jobs.child import Child
from core.jobs.queue import Turn, hold_lock
from core.progress import silent
from core.settings import PROJECT

FUNCTIONS = "tests.core.jobs.child_functions"
FAR_TOO_LONG = 60


@pytest.fixture
def child():
    child = Child("tests")
    yield child
    child.end()


def is_alive(process_id):
    try:
        return psutil.Process(process_id).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def is_dead_within(seconds, process_id):
    deadline = time.monotonic() + seconds
    while is_alive(process_id) and time.monotonic() < deadline:
        time.sleep(0.02)
    return not is_alive(process_id)


class CancelOnceAsleep:
    """Progress that raises when the child has told its process id and sleeps."""

    def __init__(self, error):
        self.error = error
        self.process_id = 0

    def __call__(self, what, done, total):
        if what == "Sleeping":
            self.process_id = done
            raise self.error


def test_a_child_returns_what_the_function_returns(child):
    vectors = np.random.default_rng(0).normal(size=(1000, 384))
    np.testing.assert_array_equal(child.call(f"{FUNCTIONS}:echo", value=vectors), vectors)


def test_a_child_is_another_process_and_stays_the_same_from_call_to_call(child):
    first, second = (child.call(f"{FUNCTIONS}:own_process_id") for _ in range(2))
    assert first == second
    assert psutil.Process(first).ppid() == psutil.Process().pid


def test_an_ended_child_is_gone_and_the_next_call_starts_another(child):
    first = child.call(f"{FUNCTIONS}:own_process_id")
    child.end()
    assert not psutil.pid_exists(first)  # a zombie would still be listed
    assert child.call(f"{FUNCTIONS}:own_process_id") != first


def test_progress_in_the_child_is_heard_in_order(child):
    heard = []
    child.call(f"{FUNCTIONS}:report_each", steps=3, on_progress=lambda *progress: heard.append(progress))
    counted = [progress for progress in heard if progress[0] == "Counting"]
    assert list(dict.fromkeys(counted)) == [("Counting", 1, 3), ("Counting", 2, 3), ("Counting", 3, 3)]


def test_what_a_library_prints_does_not_mix_with_the_answer(child):
    assert child.call(f"{FUNCTIONS}:write_to_standard_output") == "the answer"


def test_an_error_meant_for_people_arrives_as_it_is_and_the_child_lives_on(child):
    before = child.call(f"{FUNCTIONS}:own_process_id")
    with pytest.raises(InputError, match=r"^Give at least two texts\.$"):
        child.call(f"{FUNCTIONS}:refuse_input")
    assert child.call(f"{FUNCTIONS}:own_process_id") == before


def test_any_other_error_names_the_function_and_what_went_wrong(child):
    with pytest.raises(JobError, match="divide_by_zero failed: ZeroDivisionError: division by zero"):
        child.call(f"{FUNCTIONS}:divide_by_zero")


@pytest.mark.parametrize("function", ["no_such_package.module:echo", f"{FUNCTIONS}:no_such_function"])
def test_a_function_that_is_not_there_is_a_job_error(child, function):
    with pytest.raises(JobError, match="no_such"):
        child.call(function)


def test_a_child_that_is_killed_is_a_job_error_that_says_so_and_the_next_call_works(child):
    process_id = child.call(f"{FUNCTIONS}:own_process_id")
    with pytest.raises(JobError, match=r"The process for tests was killed, .*Try again"):
        child.call(f"{FUNCTIONS}:be_killed")
    assert not psutil.pid_exists(process_id)
    assert child.call(f"{FUNCTIONS}:echo", value="well again") == "well again"


def test_a_child_that_is_killed_between_two_calls_is_replaced(child):
    process_id = child.call(f"{FUNCTIONS}:own_process_id")
    os.kill(process_id, signal.SIGKILL)
    os.waitid(os.P_PID, process_id, os.WEXITED | os.WNOWAIT)
    assert child.call(f"{FUNCTIONS}:echo", value="well again") == "well again"


def test_a_call_whose_child_is_ended_before_it_is_sent_starts_another(child):
    first = child.call(f"{FUNCTIONS}:own_process_id")
    process = child._process
    child.end()
    child._process = process  # as a thread still has it that took it just before
    assert child.call(f"{FUNCTIONS}:own_process_id") != first


@pytest.mark.parametrize("function", ["leave", "leave_as_scripts_do"])
def test_a_child_that_leaves_is_a_job_error_with_its_exit_code(child, function):
    with pytest.raises(JobError, match="exit code 3"):
        child.call(f"{FUNCTIONS}:{function}", code=3)


def test_a_result_that_cannot_be_sent_is_a_job_error(child):
    with pytest.raises(JobError, match=r"return_what_cannot_be_sent failed: .*pickle"):
        child.call(f"{FUNCTIONS}:return_what_cannot_be_sent")


@pytest.mark.parametrize("function", ["raise_what_cannot_be_rebuilt", "return_what_refuses_to_be_rebuilt"])
@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_an_answer_that_cannot_be_rebuilt_is_an_error_and_not_an_endless_wait(child, function):
    raised = []
    gave_up = threading.Event()

    def watch(*_):
        if gave_up.is_set():
            raise TimeoutError

    def call():
        try:
            child.call(f"{FUNCTIONS}:{function}", on_progress=watch)
        except Exception as error:  # noqa: BLE001
            raised.append(error)

    caller = threading.Thread(target=call, daemon=True)
    caller.start()
    caller.join(timeout=10)
    outcome = list(raised)
    gave_up.set()
    child.end()
    caller.join(timeout=10)
    assert [type(error) for error in outcome] == [JobError]


@pytest.mark.parametrize("error", [KeyboardInterrupt(), RuntimeError("Cancelled"), InputError("Cancelled")])
def test_raising_from_progress_kills_the_child_within_two_seconds(child, error):
    cancel = CancelOnceAsleep(error)
    with pytest.raises(type(error)):
        child.call(f"{FUNCTIONS}:report_process_id_and_sleep", seconds=FAR_TOO_LONG, on_progress=cancel)
    assert is_dead_within(2, cancel.process_id)


def test_a_child_that_reports_nothing_can_be_cancelled_too(child):
    process_id = child.call(f"{FUNCTIONS}:own_process_id")
    calls = iter(range(3))

    def cancel_at_the_third(*_):
        if next(calls) == 2:
            raise RuntimeError("Cancelled")

    with pytest.raises(RuntimeError, match="Cancelled"):
        child.call(f"{FUNCTIONS}:sleep", seconds=FAR_TOO_LONG, on_progress=cancel_at_the_third)
    assert is_dead_within(2, process_id)


@pytest.mark.parametrize("error", [RuntimeError("Cancelled"), InputError("Cancelled")])
def test_a_call_after_a_cancelled_one_gets_its_own_answer(child, error):
    with pytest.raises(type(error)):
        child.call(f"{FUNCTIONS}:report_process_id_and_sleep", seconds=0.5, on_progress=CancelOnceAsleep(error))
    assert child.call(f"{FUNCTIONS}:echo", value="its own") == "its own"


def test_calls_from_several_threads_each_get_their_own_answer(child):
    answers = {}

    def ask(number):
        answers[number] = child.call(f"{FUNCTIONS}:echo", value=number)

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == {number: number for number in range(5)}


def test_cancelling_while_waiting_leaves_the_running_call_alone(child):
    asleep, results = threading.Event(), []

    def first_progress(what, done, total):
        if what == "Sleeping":
            asleep.set()

    def sleep():
        results.append(child.call(f"{FUNCTIONS}:report_process_id_and_sleep", seconds=0.5, on_progress=first_progress))

    def cancel(what, done, total):
        raise RuntimeError(what)

    first = threading.Thread(target=sleep)
    first.start()
    assert asleep.wait(30)
    with pytest.raises(RuntimeError, match="Waiting: place 1 in the queue for tests"):
        child.call(f"{FUNCTIONS}:echo", value="never asked", on_progress=cancel)
    first.join()
    assert results == ["slept"]


def test_a_child_dies_with_its_parent():
    script = (
        "from core.jobs.child import Child\n"
        "def tell(what, done, total):\n"
        "    if what == 'Sleeping': print(done, flush=True)\n"
        f"Child('tests').call('{FUNCTIONS}:report_process_id_and_sleep', seconds={FAR_TOO_LONG}, on_progress=tell)\n"
    )
    with subprocess.Popen([sys.executable, "-c", script], cwd=PROJECT, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout
        process_id = int(parent.stdout.readline())
        assert is_alive(process_id)
        parent.kill()
    assert is_dead_within(10, process_id)


class Clock:
    """Time that passes only when told."""

    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr("core.jobs.turns.monotonic", clock)
    return clock


class Waiter:
    """A thread that waits for its turn, hears what it is told and can be made to give up."""

    def __init__(self, turn, served, seconds=0.0):
        self._turn = turn
        self._seconds = seconds
        self._served = served
        self._heard: queue.Queue[str] = queue.Queue()
        self._is_leaving = threading.Event()
        self.thread = threading.Thread(target=self._wait, daemon=True)
        self.thread.start()

    def hears(self, what, within=10):
        """Whether it is told this, among what it was not yet asked about."""
        deadline = time.monotonic() + within
        while (left := deadline - time.monotonic()) > 0:
            try:
                if self._heard.get(timeout=left) == what:
                    return True
            except queue.Empty:
                break
        return False

    def leave(self):
        self._is_leaving.set()
        self.thread.join(10)

    def _wait(self):
        with suppress(RuntimeError), self._turn.hold(self._hear, seconds=self._seconds):
            self._served.append(self)

    def _hear(self, what, done, total):
        self._heard.put(what)
        if self._is_leaving.is_set():
            raise RuntimeError("Cancelled")


@pytest.fixture
def served() -> list[Waiter]:
    return []


def waiting(place, time=""):
    return f"Waiting: place {place} in the queue for tests{time} (one runs at a time)"


def test_a_turn_serves_first_come_first_served_and_tells_each_its_place(served):
    turn, waiters = Turn("tests"), []
    with turn.hold():
        for place in (1, 2, 3):
            waiters.append(Waiter(turn, served))
            assert waiters[-1].hears(waiting(place))
        assert served == []
    for waiter in waiters:
        waiter.thread.join(10)
    assert served == waiters


def test_the_wait_is_the_rest_of_the_running_one_and_all_of_those_before(clock, served):
    turn = Turn("tests")
    with turn.hold(seconds=30):
        first = Waiter(turn, served, 20)
        assert first.hears(waiting(1, ", about 30 s"))
        second = Waiter(turn, served, 200)
        assert second.hears(waiting(2, ", about 50 s"))
        third = Waiter(turn, served)
        assert third.hears(waiting(3, ", about 4 min"))
        clock.now += 10
        assert first.hears(waiting(1, ", about 20 s"))
        assert second.hears(waiting(2, ", about 40 s"))
    third.thread.join(10)
    assert served == [first, second, third]


def test_the_time_of_the_one_that_is_served_counts_from_when_it_is_served(clock, served):
    turn, is_queued, is_served, may_go = Turn("tests"), threading.Event(), threading.Event(), threading.Event()

    def hold():
        with turn.hold(lambda *_: is_queued.set(), seconds=60):
            is_served.set()
            may_go.wait(10)

    with turn.hold(seconds=30):
        holder = threading.Thread(target=hold)
        holder.start()
        assert is_queued.wait(10)
        clock.now += 100
    assert is_served.wait(10)
    clock.now += 15
    waiter = Waiter(turn, served)
    assert waiter.hears(waiting(1, ", about 45 s"))
    may_go.set()
    holder.join(10)
    waiter.thread.join(10)


def test_behind_one_that_is_overdue_the_next_may_be_served_any_moment(clock, served):
    turn = Turn("tests")
    with turn.hold(seconds=30):
        clock.now += 300
        next_one = Waiter(turn, served, 20)
        assert next_one.hears(waiting(1, ", any moment now"))
        last = Waiter(turn, served, 20)
        assert last.hears(waiting(2, ", about 20 s"))
    last.thread.join(10)
    assert served == [next_one, last]


def test_behind_one_that_does_not_know_its_time_none_is_told(clock, served):
    turn = Turn("tests")
    with turn.hold(seconds=30):
        first = Waiter(turn, served)
        assert first.hears(waiting(1, ", about 30 s"))
        second = Waiter(turn, served, 20)
        assert second.hears(waiting(2))
    second.thread.join(10)
    assert served == [first, second]


def test_whoever_cancels_while_waiting_leaves_at_once_and_those_behind_move_up(clock, served):
    turn = Turn("tests")
    with turn.hold(seconds=30):
        first = Waiter(turn, served, 20)
        assert first.hears(waiting(1, ", about 30 s"))
        second = Waiter(turn, served, 5)
        assert second.hears(waiting(2, ", about 50 s"))
        first.leave()
        assert not first.thread.is_alive()
        assert second.hears(waiting(1, ", about 30 s"))
    second.thread.join(10)
    assert served == [second]


def test_only_one_holds_a_turn_at_a_time():
    turn = Turn("tests")
    inside: list[str] = []
    most = []

    def take():
        with turn.hold():
            inside.append("someone")
            most.append(len(inside))
            time.sleep(0.01)
            inside.pop()

    threads = [threading.Thread(target=take) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == [1] * 5


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_whoever_gives_up_or_fails_leaves_the_queue(error):
    turn = Turn("tests")

    def give_up(*_):
        raise error

    with turn.hold(), pytest.raises(error), turn.hold(give_up):
        pass
    with pytest.raises(error), turn.hold():
        raise error
    with turn.hold(give_up):  # nobody is before, or this would raise
        pass


class WhileWaiting:
    """Progress that acts when it is told of waiting, and remembers what it was told."""

    def __init__(self, act):
        self._act = act
        self.heard = []

    def __call__(self, what, done, total):
        if what.startswith("Waiting"):
            self.heard.append((what, done, total))
            self._act()


@dataclass(frozen=True)
class HeldLock:
    """A lock that another process holds until the file `until` is there."""

    path: Path
    until: Path
    process_id: int


@pytest.fixture
def held_lock(child, tmp_path):
    path, until = tmp_path / "one.lock", tmp_path / "until"
    holders: queue.Queue[int] = queue.Queue()

    def hear(what, done, total):
        if what == "Holding":
            holders.put(done)

    with ThreadPoolExecutor(1) as threads:
        threads.submit(child.call, f"{FUNCTIONS}:hold_a_lock", path=path, until=until, on_progress=hear)
        try:
            yield HeldLock(path, until, holders.get(timeout=60))
        finally:
            until.touch()


def test_whoever_would_be_alone_waits_for_the_other_process_and_says_so(held_lock):
    progress = WhileWaiting(held_lock.until.touch)
    assert not held_lock.path.with_name("done").exists()
    with hold_lock(held_lock.path, progress, "Waiting for the child"):
        assert held_lock.path.with_name("done").exists()
    assert set(progress.heard) == {("Waiting for the child", 0, 1)}


def test_a_lock_is_freed_when_its_process_is_killed(held_lock):
    progress = WhileWaiting(lambda: os.kill(held_lock.process_id, signal.SIGKILL))
    with hold_lock(held_lock.path, progress, "Waiting for the child"):
        assert not held_lock.path.with_name("done").exists()
    assert progress.heard


def test_another_process_waits_for_this_one(child, tmp_path):
    path, until, is_waiting = tmp_path / "one.lock", tmp_path / "until", threading.Event()
    progress = WhileWaiting(is_waiting.set)
    until.touch()
    with ThreadPoolExecutor(1) as threads:
        with hold_lock(path, silent, ""):
            answer = threads.submit(
                child.call, f"{FUNCTIONS}:hold_a_lock", path=path, until=until, on_progress=progress
            )
            assert is_waiting.wait(60)
            assert not path.with_name("done").exists()
        answer.result(10)
    assert path.with_name("done").exists()


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt, TimeoutError])
def test_raising_from_progress_gives_a_lock_up(held_lock, error):
    def give_up():
        raise error

    progress = WhileWaiting(give_up)
    with pytest.raises(error), hold_lock(held_lock.path, progress, "Waiting for the child"):
        pass
    assert len(progress.heard) == 1
    assert is_alive(held_lock.process_id)


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt, OSError])
def test_what_is_raised_while_alone_passes_as_it_is_and_frees_the_lock(tmp_path, error):
    def refuse_to_wait(*_):
        raise AssertionError

    with pytest.raises(error), hold_lock(tmp_path / "one.lock", silent, ""):
        raise error
    with hold_lock(tmp_path / "one.lock", refuse_to_wait, ""):
        pass


def test_the_folder_of_a_lock_is_made(tmp_path):
    path = tmp_path / "not" / "there" / "one.lock"
    with hold_lock(path, silent, ""):
        assert path.parent.is_dir()


@pytest.mark.parametrize("folder", ["file", "file/below"])
def test_a_folder_that_cannot_be_made_is_named_with_its_remedy(tmp_path, folder):
    (tmp_path / "file").write_text("a file where a folder should be")
    sentence = f"Cannot write to {tmp_path / folder} .*Set EMBEDSCOPE_HOME to a writable folder."
    with pytest.raises(InputError, match=sentence), hold_lock(tmp_path / folder / "one.lock", silent, ""):
        pass


def test_a_lock_that_cannot_be_written_names_its_folder_and_the_remedy(tmp_path):
    (tmp_path / "one.lock").mkdir()  # who runs the tests may be allowed to write anywhere, but not into this
    with pytest.raises(InputError, match="EMBEDSCOPE_HOME"), hold_lock(tmp_path / "one.lock", silent, ""):
        pass
