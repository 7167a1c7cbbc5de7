"""Samples: their statistics, what is taken again because others disturbed it, and what a clock waits for."""

import os
import statistics
import subprocess
import sys
import threading
import time
from types import SimpleNamespace

import numpy as np
import psutil
import pytest
import torch

from core.benchmark import Settings, interference, sampling
from core.benchmark.interference import Neighbours
from core.benchmark.sampling import clock, device_clock, sample, warm_up
from core.machine import this_machine
from core.progress import silent

CORES = this_machine().cores
SPIN = "print('spinning', flush=True)\nwhile True: pass"
SETTINGS = Settings(least_samples=30, least_seconds=1.0, patience_seconds=5.0, most_seconds=60.0)


class Clock:
    """Time that passes only when told; a call takes its milliseconds of it."""

    def __init__(self):
        self.now = 1000.0

    def perf_counter(self):
        return self.now

    def taking(self, *milliseconds):
        """A call that takes so many milliseconds, one after the other and over again."""
        calls = 0

        def once():
            nonlocal calls
            taken = milliseconds[calls % len(milliseconds)]
            calls += 1
            self.now += taken / 1000
            return taken

        return once


@pytest.fixture
def fake_clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(sampling, "time", clock)
    return clock


@pytest.fixture
def disturb(monkeypatch):
    """Let the slices of these numbers be disturbed, the first being 0; returns how many slices there were."""

    def patch(is_disturbed):
        class Fake:
            slices = 0

            def have_disturbed(self):
                Fake.slices += 1
                return is_disturbed(Fake.slices - 1)

        monkeypatch.setattr(sampling, "Neighbours", Fake)
        return Fake

    patch(lambda number: False)
    return patch


def test_the_statistics_are_those_of_the_samples(fake_clock, disturb):
    milliseconds = [float(value) for value in np.random.default_rng(0).lognormal(2, 0.5, size=211)]
    taken = []
    call = fake_clock.taking(*milliseconds)

    def once():
        taken.append(call())
        return taken[-1]

    found = sample(once, SETTINGS, "Timing", silent)
    percentiles = statistics.quantiles(taken, n=100, method="inclusive")
    assert found.samples == len(taken) > 100
    assert found.median_ms == pytest.approx(statistics.median(taken))
    assert [found.quartile1_ms, found.quartile3_ms] == pytest.approx([percentiles[24], percentiles[74]])
    assert [found.p95_ms, found.p99_ms] == pytest.approx([percentiles[94], percentiles[98]])
    assert (found.disturbed, found.left_out) == (0, 0)


@pytest.mark.parametrize(("samples", "is_told"), [(99, False), (100, True)])
def test_the_99th_percentile_is_told_from_a_hundred_samples_on(fake_clock, disturb, samples, is_told):
    settings = Settings(least_samples=samples, least_seconds=0.001)
    found = sample(fake_clock.taking(300.0), settings, "Timing", silent)  # more than a slice: one sample in each
    assert found.samples == samples
    assert (found.p99_ms is not None) is is_told


def test_samples_go_on_until_there_are_enough_of_them_and_of_their_time(fake_clock, disturb):
    few_and_slow = sample(fake_clock.taking(500.0), SETTINGS, "Timing", silent)
    assert few_and_slow.samples == 30
    many_and_fast = sample(fake_clock.taking(1.0), SETTINGS, "Timing", silent)
    assert many_and_fast.samples == pytest.approx(1000, abs=250)  # a second, and at most a slice more
    assert many_and_fast.samples >= 1000
    ten_times_as_long = sample(fake_clock.taking(1.0), Settings(least_seconds=10.0), "Timing", silent)
    assert ten_times_as_long.samples >= 10_000


def test_disturbed_samples_are_taken_again_and_do_not_count(fake_clock, disturb):
    slices = disturb(lambda number: number < 3)
    call = fake_clock.taking(10.0)

    def once():
        return call() if slices.slices >= 3 else call() + 90  # what is disturbed would show

    found = sample(once, SETTINGS, "Timing", silent)
    assert (found.median_ms, found.p95_ms, found.disturbed) == (10.0, 10.0, 0)
    assert found.left_out == pytest.approx(3 * 20, abs=3)
    assert found.samples * 10 / 1000 == pytest.approx(1.0, abs=0.25)


def test_samples_that_are_always_disturbed_count_after_some_patience_and_are_marked(fake_clock, disturb):
    disturb(lambda number: True)
    before = fake_clock.now
    found = sample(fake_clock.taking(10.0), SETTINGS, "Timing", silent)
    assert SETTINGS.patience_seconds <= fake_clock.now - before < SETTINGS.patience_seconds + 0.3
    assert found.disturbed == found.samples >= 30
    assert found.left_out == 0
    assert found.median_ms == 10.0


def test_of_samples_disturbed_now_and_then_as_many_are_marked_as_were(fake_clock, disturb):
    disturb(lambda number: number % 2 == 0)
    settings = Settings(least_seconds=3.0, patience_seconds=4.0)
    found = sample(fake_clock.taking(250.0), settings, "Timing", silent)  # one in each slice
    assert (found.samples, found.disturbed, found.left_out) == (30, 15, 0)


def test_when_all_the_time_is_up_fewer_samples_must_do(fake_clock, disturb):
    before = fake_clock.now
    found = sample(fake_clock.taking(15_000.0), SETTINGS, "Timing", silent)
    assert 0 < found.samples < SETTINGS.least_samples
    assert fake_clock.now - before <= SETTINGS.most_seconds
    assert found.median_ms == 15_000.0


def test_even_a_call_that_takes_longer_than_all_the_time_is_a_sample(fake_clock, disturb):
    disturb(lambda number: True)
    found = sample(fake_clock.taking(300_000.0), SETTINGS, "Timing", silent)
    assert (found.samples, found.disturbed, found.median_ms) == (1, 1, 300_000.0)


def test_progress_is_told_about_twice_a_second_and_not_more(fake_clock, disturb):
    heard = []
    settings = Settings(least_seconds=10.0)
    sample(fake_clock.taking(10.0), settings, "Timing", lambda *progress: heard.append(progress))
    assert 10 <= len(heard) <= 20
    assert {(what, total) for what, _, total in heard} == {("Timing", 100)}
    shares = [done for _, done, _ in heard]
    assert shares == sorted(shares)
    assert 0 <= shares[0] < shares[-1] < 100


def test_who_raises_from_progress_ends_the_sampling(fake_clock, disturb):
    def cancel(*_):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        sample(fake_clock.taking(10.0), Settings(least_seconds=10.0), "Timing", cancel)


def test_warming_up_takes_as_many_calls_as_set(fake_clock):
    heard = []
    calls = warm_up(fake_clock.taking(1.0), Settings(), "Warming up", lambda *progress: heard.append(progress))
    assert calls == 10
    assert heard == [("Warming up", done, 10) for done in range(10)]


def test_warming_up_ends_early_where_calls_are_slow_so_that_samples_are_left_time(fake_clock):
    before = fake_clock.now
    calls = warm_up(fake_clock.taking(9_000.0), Settings(most_seconds=60.0), "Warming up", silent)
    assert 1 <= calls < 10
    assert fake_clock.now - before <= 60 / 2


class Gpu:
    """A GPU that does what it is told after a while, and tells in which order what happened."""

    def __init__(self, fake_clock):
        self.happened: list[str] = []
        self.Event = self.event
        self._clock = fake_clock
        self._times = iter([2.0, 7.5])

    def synchronize(self):
        self.happened.append("wait")
        self._clock.now += 0.004  # what was told is done

    def call(self):
        self.happened.append("call")
        self._clock.now += 0.001

    def event(self, *, enable_timing):
        assert enable_timing
        name = "begin" if "begin made" not in self.happened else "end"
        self.happened.append(f"{name} made")
        time = next(self._times)
        return SimpleNamespace(
            time=time,
            record=lambda: self.happened.append(name),
            synchronize=lambda: self.happened.append(f"wait for {name}"),
            elapsed_time=lambda other: other.time - time,
        )


@pytest.fixture
def gpu(fake_clock, monkeypatch):
    gpu = Gpu(fake_clock)
    monkeypatch.setattr(torch.cuda, "synchronize", gpu.synchronize)
    monkeypatch.setattr(torch.cuda, "Event", gpu.event)
    return gpu


def test_on_a_gpu_the_clock_runs_from_rest_to_rest(gpu):
    assert clock(gpu.call, "cuda")() == pytest.approx(1 + 4)  # the call and the wait after it, not the one before
    assert gpu.happened == ["wait", "call", "wait"]


def test_on_a_gpu_the_device_alone_is_timed_between_two_events_of_its_own(gpu):
    assert device_clock(gpu.call, "cuda")() == 5.5
    assert gpu.happened == ["begin made", "end made", "begin", "call", "end", "wait for end"]


@pytest.mark.parametrize("make", [clock, device_clock])
def test_on_the_cpu_the_clock_takes_the_call_alone(gpu, make):
    assert make(gpu.call, "cpu")() == pytest.approx(1)
    assert gpu.happened == ["call"]


class Processors:
    """Two processors that we may use and one that we may not, as psutil tells of them."""

    def __init__(self, monkeypatch):
        self.now = 50.0
        self.times = [dict.fromkeys(("user", "system", "idle", "iowait", "steal", "guest"), 100.0) for _ in range(3)]
        self.own = {"user": 7.0, "system": 1.0}
        monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 2}, raising=False)
        monkeypatch.setattr(interference, "time", SimpleNamespace(perf_counter=lambda: self.now))
        monkeypatch.setattr(
            interference,
            "psutil",
            SimpleNamespace(
                cpu_times=lambda percpu: [SimpleNamespace(**times) for times in self.times],
                Process=lambda: SimpleNamespace(cpu_times=lambda: SimpleNamespace(**self.own)),
            ),
        )


@pytest.fixture
def processors(monkeypatch):
    return Processors(monkeypatch)


def test_what_others_take_is_all_that_is_busy_but_our_own(processors):
    watch = Neighbours()
    processors.now += 2
    processors.times[0]["user"] += 2.0
    processors.times[2]["system"] += 0.5
    processors.own["user"] += 1.2
    processors.own["system"] += 0.3
    assert watch.look() == pytest.approx((2.5 - 1.5) / 2)
    assert not watch.have_disturbed()  # nothing since


@pytest.mark.parametrize("kind", ["idle", "iowait", "guest"])
def test_a_processor_that_waits_is_not_busy_and_a_guest_is_not_counted_twice(processors, kind):
    watch = Neighbours()
    processors.now += 1
    processors.times[0][kind] += 1.0
    assert watch.look() == 0


def test_what_other_machines_on_the_same_hardware_take_counts(processors):
    watch = Neighbours()
    processors.now += 1
    processors.times[0]["steal"] += 0.7
    assert watch.look() == pytest.approx(0.7)


def test_processors_that_we_may_not_use_do_not_count(processors):
    watch = Neighbours()
    processors.now += 1
    processors.times[1]["user"] += 1.0
    assert watch.look() == 0


def test_the_grain_of_the_account_never_makes_others_negative(processors):
    watch = Neighbours()
    processors.now += 1
    processors.own["user"] += 0.01
    assert watch.look() == 0


@pytest.mark.parametrize(("busy", "is_disturbed"), [(0.05, False), (0.9, True)])
def test_a_core_kept_busy_disturbs_and_a_heartbeat_does_not(processors, busy, is_disturbed):
    watch = Neighbours()
    processors.now += 0.2
    processors.times[0]["user"] += 0.2 * busy
    assert watch.have_disturbed() is is_disturbed


@pytest.fixture
def busy_processes():
    """A process for each of our processors, which does nothing but spin."""
    spinning = [subprocess.Popen([sys.executable, "-c", SPIN], stdout=subprocess.PIPE) for _ in range(CORES)]
    for process in spinning:
        assert process.stdout
        assert process.stdout.readline()
    yield [process.pid for process in spinning]
    for process in spinning:
        process.kill()
        process.communicate()


def test_processes_that_are_really_busy_are_seen(busy_processes):
    processes = [psutil.Process(process_id) for process_id in busy_processes]

    def seconds():
        return sum(process.cpu_times().user for process in processes)

    watch, before, started = Neighbours(), seconds(), time.perf_counter()
    while (spun := seconds() - before) < 1:
        time.sleep(0.02)
    spun_cores = spun / (time.perf_counter() - started)
    found = watch.look()
    assert found > 0.5
    assert found > 0.9 * spun_cores  # they, and whoever else there is
    assert found < CORES * 1.1


def test_what_we_spin_ourselves_is_not_taken_for_others():
    is_over = threading.Event()

    def spin():
        block = np.ones((600, 600))
        while not is_over.is_set():
            block @ block  # lets other threads compute beside it

    threads = [threading.Thread(target=spin) for _ in range(CORES)]
    watch, before, started = Neighbours(), time.process_time(), time.perf_counter()
    for thread in threads:
        thread.start()
    while (spun := time.process_time() - before) < 1:
        time.sleep(0.02)
    seconds = time.perf_counter() - started
    found = watch.look()
    is_over.set()
    for thread in threads:
        thread.join()
    # All processors are busy now, with us or with others: counted with the others, we would be there twice.
    assert found + spun / seconds < CORES * 1.1
