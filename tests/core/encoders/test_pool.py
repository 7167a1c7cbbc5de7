"""The loaded models that all sessions share: loaded once, within a budget of memory, and never torn away."""

import re
import threading
import time
import weakref
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from core import encoders, models
from core.encoders import assembly
from core.encoders.base import CHOOSING
from core.encoders.choice import Choice
from core.encoders.pool import Pool
from core.errors import DeviceError, InputError, ModelUnavailableError
from core.models.memory import budgets
from core.progress import silent
from tests.conftest import FakeEncoder

SPEC = models.get("wordllama-256")
FIRST, SECOND, THIRD = (replace(SPEC, name=name, parameters=None) for name in ("first", "second", "third"))
SECONDS = 30


class CancelledError(Exception):
    pass


@pytest.fixture(autouse=True)
def _no_pool_of_an_earlier_test_loads_later():
    for thread in threading.enumerate():
        if isinstance(thread, threading.Timer):
            thread.cancel()
            thread.join(SECONDS)


@pytest.fixture
def loads(monkeypatch):
    """The names of the models that were loaded; they are fake and take 10 bytes each, on any device."""
    names = []

    def load(spec, **_):
        names.append(spec.name)
        encoder = FakeEncoder(spec)
        encoder.memory_bytes = 10
        return encoder

    monkeypatch.setattr("core.encoders.load", load)
    return names


def loaded_names(pool):
    """The models in memory, the least recently used first."""
    return [place.encoder.result().spec.name for place in pool._places.values() if place.is_loaded]


def test_twenty_threads_asking_for_a_cold_model_load_it_once(loads):
    pool, everyone = Pool(), threading.Barrier(20)

    def ask(_):
        everyone.wait(SECONDS)
        return pool.get(SPEC)

    with ThreadPoolExecutor(20) as threads:
        encoders = list(threads.map(ask, range(20)))
    assert loads == ["wordllama-256"]
    assert len({id(encoder) for encoder in encoders}) == 1


def test_a_model_is_loaded_once_for_each_engine_and_precision(loads):
    pool = Pool()
    for engine, precision in [("torch", "float32"), ("openvino", "float32"), ("openvino", "bfloat16")] * 2:
        pool.get(SPEC, engine=engine, precision=precision)
    assert loads == ["wordllama-256"] * 3


def test_the_device_auto_and_the_one_it_takes_are_one_model(monkeypatch, loads):
    monkeypatch.setattr("core.encoders.pool.devices", lambda: ("cpu", "cuda"))
    monkeypatch.setattr("torch.cuda.is_available", lambda: True)
    pool = Pool({"cpu": 10**9, "cuda": 10**9})
    assert pool.get(SPEC, device="auto") is pool.get(SPEC, device="cuda")
    assert pool.get(SPEC, device="cpu") is not pool.get(SPEC, device="cuda")


def test_those_who_wait_hear_how_far_the_loading_is(monkeypatch):
    heard = threading.Event()

    def load(spec, *, on_progress, **_):
        on_progress("Reading the weights", 3, 7)
        assert heard.wait(SECONDS)
        return FakeEncoder(spec)

    def listen(what, done, total):
        if (what, done, total) == ("Reading the weights", 3, 7):
            heard.set()

    monkeypatch.setattr("core.encoders.load", load)
    Pool().get(SPEC, on_progress=listen)
    assert heard.is_set()


def test_who_waits_for_a_model_of_another_to_be_loaded_hears_the_place(monkeypatch):
    has_begun, heard = threading.Event(), threading.Event()

    def load(spec, **_):
        has_begun.set()
        assert heard.wait(SECONDS)
        return FakeEncoder(spec)

    def listen(what, done, total):
        if what == "Waiting: place 1 in the queue for loading models (visitors take turns)":
            heard.set()

    monkeypatch.setattr("core.encoders.load", load)
    pool = Pool()
    with ThreadPoolExecutor(1) as threads:
        first = threads.submit(pool.get, FIRST)
        assert has_begun.wait(SECONDS)
        pool.get(SECOND, on_progress=listen)
        first.result()
    assert heard.is_set()


def test_those_who_are_answered_at_once_hear_it_too(monkeypatch):
    heard = threading.Event()

    def load(spec, *, on_progress, **_):
        on_progress("Reading the weights", 3, 7)
        assert heard.wait(SECONDS)
        return FakeEncoder(spec)

    monkeypatch.setattr("core.encoders.load", load)
    monkeypatch.setattr("core.encoders.assembly.must_choose", lambda *_: True)
    Pool().get(FIRST, device="cpu", at_once=True, on_progress=lambda *_: heard.set())
    assert heard.is_set()


def test_a_load_that_failed_can_be_tried_again(monkeypatch):
    outcomes = [DeviceError("The GPU is busy."), FakeEncoder(SPEC)]

    def load(spec, **_):
        outcome = outcomes.pop(0)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    monkeypatch.setattr("core.encoders.load", load)
    pool = Pool()
    with pytest.raises(DeviceError, match="busy"):
        pool.get(SPEC)
    assert loaded_names(pool) == []
    assert pool.get(SPEC).spec is SPEC


def test_a_load_that_times_out_fails_as_any_other(monkeypatch):
    def load(spec, **_):
        raise TimeoutError("The network drive does not answer.")

    heard = []

    def listen(*_):
        heard.append(_)
        assert len(heard) < 50, "the pool still waits for a load that has failed"

    monkeypatch.setattr("core.encoders.load", load)
    with pytest.raises(TimeoutError):
        Pool().get(SPEC, on_progress=listen)


def test_who_cancels_while_waiting_does_not_disturb_the_others(monkeypatch):
    go_on = threading.Event()

    def load(spec, **_):
        assert go_on.wait(SECONDS)
        return FakeEncoder(spec)

    def cancel(*_):
        raise CancelledError

    monkeypatch.setattr("core.encoders.load", load)
    pool = Pool()
    with pytest.raises(CancelledError):
        pool.get(SPEC, on_progress=cancel)
    assert loaded_names(pool) == []
    go_on.set()
    assert pool.get(SPEC).spec is SPEC


def test_models_that_fit_together_stay(loads):
    pool = Pool({"cpu": 30})
    for spec in (FIRST, SECOND, THIRD, FIRST):
        pool.get(spec, device="cpu")
    assert loads == ["first", "second", "third"]
    assert loaded_names(pool) == ["second", "third", "first"]


def test_the_model_used_longest_ago_is_dropped_first(loads):
    pool = Pool({"cpu": 20})
    for spec in (FIRST, SECOND, FIRST, THIRD):
        pool.get(spec, device="cpu")
    pool.get(FIRST, device="cpu")
    assert loads == ["first", "second", "third"]
    pool.get(SECOND, device="cpu")
    assert loads == ["first", "second", "third", "second"]


def test_room_is_made_before_a_model_of_known_size_is_loaded(monkeypatch):
    in_memory: dict[str, list[str]] = {}

    def load(spec, **_):
        in_memory[spec.name] = loaded_names(pool)
        encoder = FakeEncoder(spec)
        encoder.memory_bytes = spec.float32_bytes
        return encoder

    monkeypatch.setattr("core.encoders.load", load)
    pool = Pool({"cpu": 100})
    for name, parameters in {"one": 10, "two": 10, "three": 20}.items():
        pool.get(replace(FIRST, name=name, parameters=parameters), device="cpu")
    assert [in_memory[name] for name in ("one", "two", "three")] == [[], ["one"], []]


def test_a_model_that_turns_out_larger_than_the_budget_drops_the_others_and_stays(loads):
    pool = Pool({"cpu": 5})
    pool.get(FIRST, device="cpu")
    pool.get(SECOND, device="cpu")
    assert loaded_names(pool) == ["second"]


def test_the_memory_of_the_gpu_and_of_the_cpu_are_counted_apart(monkeypatch, loads):
    monkeypatch.setattr("torch.cuda.is_available", lambda: True)
    pool = Pool({"cpu": 10, "cuda": 10})
    for device in ("cpu", "cuda", "cpu", "cuda"):
        pool.get(FIRST, device=device)
    assert loads == ["first", "first"]


def test_a_model_that_is_dropped_while_in_use_is_not_torn_away(loads):
    pool = Pool({"cpu": 10})
    in_use = pool.get(FIRST, device="cpu")
    before = in_use.encode(["a"])
    pool.get(SECOND, device="cpu")
    np.testing.assert_array_equal(in_use.encode(["a"]), before)
    assert pool.get(FIRST, device="cpu") is not in_use


def test_a_model_larger_than_the_budget_is_refused_before_anything_is_loaded_or_dropped(loads):
    pool = Pool({"cpu": 10**9})
    pool.get(FIRST, device="cpu")
    large = replace(SECOND, parameters=7_110_000_000)
    expected = (
        "second needs 28 GB, and models may use 1.0 GB of this machine's memory. Pick a smaller model, or ask your "
        "administrator to raise EMBEDSCOPE_RAM_SHARE."
    )
    with pytest.raises(ModelUnavailableError, match=f"^{re.escape(expected)}$"):
        pool.get(large, device="cpu")
    assert loaded_names(pool) == loads == ["first"]


def test_on_a_gpu_a_model_may_come_in_half_precision(monkeypatch, loads):
    monkeypatch.setattr("torch.cuda.is_available", lambda: True)
    pool = Pool({"cuda": 15 * 10**9})
    pool.get(replace(FIRST, parameters=7_110_000_000), device="cuda")
    with pytest.raises(ModelUnavailableError, match="EMBEDSCOPE_GPU_SHARE"):
        pool.get(replace(SECOND, parameters=8_000_000_000), device="cuda")
    assert loads == ["first"]


@pytest.fixture
def machine(monkeypatch):
    """A machine of 1000 bytes of RAM and a GPU of 500, whose host has set nothing."""
    found = SimpleNamespace(memory_bytes=1000, gpu_memory_bytes=500)
    monkeypatch.setattr("core.models.memory.this_machine", lambda: found)
    monkeypatch.setattr("core.models.memory.devices", lambda: ("cpu", "cuda"))
    monkeypatch.delenv("EMBEDSCOPE_RAM_SHARE", raising=False)
    monkeypatch.delenv("EMBEDSCOPE_GPU_SHARE", raising=False)


def test_models_may_take_half_of_the_ram_and_four_fifths_of_the_gpus_memory(machine):
    assert budgets() == {"cpu": 500, "cuda": 400}


def test_the_host_sets_both_shares(machine, monkeypatch):
    monkeypatch.setenv("EMBEDSCOPE_RAM_SHARE", "0.25")
    monkeypatch.setenv("EMBEDSCOPE_GPU_SHARE", "1")
    assert budgets() == {"cpu": 250, "cuda": 500}


def test_who_asks_for_a_gpu_where_there_is_none_hears_that(monkeypatch):
    monkeypatch.setattr("core.encoders.pool.devices", lambda: ("cpu",))
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    with pytest.raises(DeviceError, match="no CUDA GPU"):
        Pool().get(SPEC, device="cuda")


@pytest.mark.parametrize("setting", ["EMBEDSCOPE_RAM_SHARE", "EMBEDSCOPE_GPU_SHARE"])
@pytest.mark.parametrize("value", ["0", "-0.5", "1.5", "80 %", "nan", "inf"])
def test_a_share_that_is_none_is_refused_by_name(monkeypatch, setting, value):
    monkeypatch.setenv(setting, value)
    with pytest.raises(InputError, match=f"{setting} is '{value}'"):
        Pool()


def test_the_memory_of_a_dropped_model_is_free_at_once(models_directory):
    pool = Pool({"cpu": 1})
    dropped: Any = pool.get(models.get("folder:bert"), device="cpu", engine="torch", precision="float32")
    network = weakref.ref(dropped._model)
    del dropped
    pool.get(models.get("folder:mpnet"), device="cpu", engine="torch", precision="float32")
    assert network() is None


def test_a_silent_server_keeps_no_model_waiting(loads, monkeypatch):
    answered, load = threading.Event(), encoders.load

    def wait_for_server(spec, **options):
        if spec.provider == "openai":
            assert answered.wait(SECONDS)
        return load(spec, **options)

    monkeypatch.setattr("core.encoders.load", wait_for_server)
    pool = Pool({"cpu": 10**9})
    with ThreadPoolExecutor(1) as threads:
        remote = threads.submit(pool.get, models.get("text-embedding-3-small"))
        assert pool.get(FIRST, device="cpu").spec is FIRST
        answered.set()
        remote.result()


def test_a_folder_that_comes_to_hold_another_model_is_loaded_anew(loads, tmp_path, monkeypatch):
    monkeypatch.setenv("EMBEDSCOPE_MODELS", str(tmp_path))
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "modules.json").write_text("[]")
    pool, spec = Pool({"cpu": 100}), models.get("folder:mine")
    first = pool.get(spec, device="cpu")
    assert pool.get(spec, device="cpu") is first
    (tmp_path / "mine" / "modules.json").write_text("[{}]")
    assert pool.get(models.get("folder:mine"), device="cpu") is not first


@pytest.fixture
def engines(monkeypatch):
    """A network whose fastest engine takes long to find; gives the engines in the order in which they are loaded."""
    asked, found = [], threading.Event()

    def load(spec, *, engine, precision, on_progress=silent, **_):
        asked.append(engine)
        if engine == "auto":
            assert found.wait(SECONDS)
            on_progress("Measuring", 1, 2)
            asked.append("measured")
        encoder = FakeEncoder(spec)
        encoder.engine = "openvino" if engine == "auto" else engine
        return encoder

    monkeypatch.setattr("core.encoders.load", load)
    monkeypatch.setattr("core.encoders.pool.IDLE_SECONDS", 0.05)
    monkeypatch.setattr("core.encoders.assembly.must_choose", lambda *_: True)
    return SimpleNamespace(asked=asked, found=found)


def test_a_model_answers_on_torch_while_the_fastest_engine_is_being_found_which_then_takes_over(engines):
    pool = Pool()
    first = pool.get(FIRST, device="cpu", at_once=True)
    assert (first.engine, first.reason) == ("torch", CHOOSING)
    assert pool.get(FIRST, device="cpu", engine="torch", precision="float32").reason == ""
    while "auto" not in engines.asked:
        time.sleep(0.01)
    assert pool.get(FIRST, device="cpu", at_once=True).engine == "torch"
    engines.found.set()
    assert pool.get(FIRST, device="cpu").engine == "openvino"
    later = pool.get(FIRST, device="cpu", at_once=True)
    assert (later.engine, later.reason) == ("openvino", "")
    assert engines.asked == ["torch", "auto", "measured"]


def test_the_fastest_engine_is_not_sought_while_texts_are_computed(engines, monkeypatch):
    pool = Pool()
    pool.get(FIRST, device="cpu", at_once=True)
    (place,) = pool._places.values()
    loaded: Any = place.encoder.result()
    loaded.is_busy = True
    time.sleep(0.3)
    assert engines.asked == ["torch"]
    loaded.is_busy = False
    while "auto" not in engines.asked:
        time.sleep(0.01)
    monkeypatch.setattr("core.encoders.pool.IDLE_SECONDS", SECONDS)
    loaded.is_busy = True
    engines.found.set()
    time.sleep(0.2)
    assert engines.asked == ["torch", "auto"], "it goes on once the texts are computed"
    loaded.is_busy = False
    assert pool.get(FIRST, device="cpu").engine == "openvino"


def test_those_who_can_wait_are_answered_by_the_fastest_engine(engines):
    engines.found.set()
    assert Pool().get(FIRST, device="cpu").engine == "openvino"


@pytest.mark.parametrize("known", [True, False])
def test_only_what_has_several_engines_and_no_known_choice_must_be_measured(known, home, monkeypatch):
    spec = models.get("all-MiniLM-L6-v2")
    monkeypatch.setattr(assembly, "recall", lambda *_: Choice("openvino", "float32") if known else None)
    assert assembly.must_choose(spec, "cpu", "auto", "auto") is not known
    assert not assembly.must_choose(spec, "cpu", "torch", "float32")
    assert not assembly.must_choose(SPEC, "cpu", "auto", "auto")
    assert not assembly.must_choose(spec, "cuda", "auto", "auto")
