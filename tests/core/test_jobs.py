import os
import signal
import subprocess
import sys
import threading
import time

import numpy as np
import psutil
import pytest

from core.errors import InputError, JobError
from core.jobs import ROOT, Child, Turn

FUNCTIONS = "tests.core.child_functions"
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
    assert not is_alive(first)
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
    with pytest.raises(JobError, match=r"The process for tests was killed, .*Try again"):
        child.call(f"{FUNCTIONS}:be_killed")
    assert child.call(f"{FUNCTIONS}:echo", value="well again") == "well again"


def test_a_child_that_is_killed_between_two_calls_is_replaced(child):
    process_id = child.call(f"{FUNCTIONS}:own_process_id")
    os.kill(process_id, signal.SIGKILL)
    os.waitid(os.P_PID, process_id, os.WEXITED | os.WNOWAIT)
    assert child.call(f"{FUNCTIONS}:echo", value="well again") == "well again"


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
    with pytest.raises(RuntimeError, match="Waiting: 1 before this in the queue for tests"):
        child.call(f"{FUNCTIONS}:echo", value="never asked", on_progress=cancel)
    first.join()
    assert results == ["slept"]


def test_a_child_dies_with_its_parent():
    script = (
        "from core.jobs import Child\n"
        "def tell(what, done, total):\n"
        "    if what == 'Sleeping': print(done, flush=True)\n"
        f"Child('tests').call('{FUNCTIONS}:report_process_id_and_sleep', seconds={FAR_TOO_LONG}, on_progress=tell)\n"
    )
    with subprocess.Popen([sys.executable, "-c", script], cwd=ROOT, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout
        process_id = int(parent.stdout.readline())
        assert is_alive(process_id)
        parent.kill()
    assert is_dead_within(10, process_id)


def test_a_turn_serves_first_come_first_served_and_says_how_many_are_before():
    turn, served, threads = Turn("tests"), [], []

    def take(name, waiting_before, is_queued):
        def progress(what, done, total):
            if what == f"Waiting: {waiting_before} before this in the queue for tests":
                is_queued.set()

        with turn.taken(progress):
            served.append(name)

    with turn.taken():
        for waiting_before, name in enumerate(["first", "second", "third"], start=1):
            is_queued = threading.Event()
            threads.append(threading.Thread(target=take, args=(name, waiting_before, is_queued)))
            threads[-1].start()
            assert is_queued.wait(10)
        assert served == []
    for thread in threads:
        thread.join()
    assert served == ["first", "second", "third"]


def test_only_one_holds_a_turn_at_a_time():
    turn = Turn("tests")
    inside: list[str] = []
    most = []

    def take():
        with turn.taken():
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

    with turn.taken(), pytest.raises(error), turn.taken(give_up):
        pass
    with pytest.raises(error), turn.taken():
        raise error
    with turn.taken(give_up):  # nobody is before, or this would raise
        pass
