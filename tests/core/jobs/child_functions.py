"""What test_jobs.py asks a child process to run."""

import os
import signal
import sys
import time

from core.errors import InputError
from core.jobs.queue import hold_lock


def echo(value, on_progress):
    return value


def own_process_id(on_progress):
    return os.getpid()


def report_each(steps, on_progress):
    for done in range(1, steps + 1):
        on_progress("Counting", done, steps)


def sleep(seconds, on_progress):
    time.sleep(seconds)


def report_process_id_and_sleep(seconds, on_progress):
    on_progress("Sleeping", os.getpid(), 0)
    time.sleep(seconds)
    return "slept"


def hold_a_lock(path, until, on_progress):
    """Hold it until another file is there, and leave a third one behind before it is freed."""
    with hold_lock(path, on_progress, "Waiting for the parent"):
        on_progress("Holding", os.getpid(), 0)
        while not until.exists():
            time.sleep(0.01)
        path.with_name("done").touch()


def write_to_standard_output(on_progress):
    print("a library's chatter", flush=True)
    os.write(1, b"a C library's chatter\n")
    return "the answer"


def be_killed(on_progress):
    os.kill(os.getpid(), signal.SIGKILL)


def leave(code, on_progress):
    os._exit(code)


def leave_as_scripts_do(code, on_progress):
    sys.exit(code)


def divide_by_zero(on_progress):
    return 1 / 0


def refuse_input(on_progress):
    raise InputError("Give at least two texts.")


def return_what_cannot_be_sent(on_progress):
    return lambda: None


class CannotBeRebuiltError(InputError):
    """Travels well, but its arguments do not fit its constructor on arrival."""

    def __init__(self, texts, wanted):
        super().__init__(f"{texts} texts, {wanted} wanted.")


def raise_what_cannot_be_rebuilt(on_progress):
    raise CannotBeRebuiltError(1, 2)


class RefusesToBeRebuilt:
    def __reduce__(self):
        return int, ("not a number",)


def return_what_refuses_to_be_rebuilt(on_progress):
    return RefusesToBeRebuilt()
