"""Devices that this machine may not have, by stand-ins: none of them has been run on hardware but cpu and cuda."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from core import devices, encoders, models
from core.benchmark.sampling import clock, device_clock
from core.devices import DEVICE
from core.encoders.assembly import network_builder, resolve_device
from core.encoders.checkpoint import load_model
from core.encoders.runtime import openvino
from core.errors import DeviceError
from core.machine import this_machine
from core.models.files import locate

TEXTS = ["Hello World", "Two texts, of unlike length"]
GPUS = ["cuda", "mps", "xpu"]


@pytest.fixture
def machine(monkeypatch, tmp_path):
    """Make a machine of GPUs, a maker of graphics, torch's version and what OpenVINO finds; and list its devices."""

    def make(gpus=(), vendor="", torch_version="2.13.0", openvino_devices=("CPU",)):
        (tmp_path / "card0/device").mkdir(parents=True)
        (tmp_path / "card0/device/vendor").write_text(f"{vendor}\n")
        monkeypatch.setattr(devices, "GRAPHICS", tmp_path)
        monkeypatch.setattr(devices, "this_machine", lambda: replace(this_machine(), gpus=gpus))
        monkeypatch.setattr(devices, "version", lambda _: torch_version)
        monkeypatch.setattr(devices, "_openvino_devices", lambda: openvino_devices)
        return devices.devices.__wrapped__()

    return make


@pytest.mark.parametrize(
    ("facts", "offered"),
    [
        ({}, ("cpu",)),
        ({"gpus": ("An NVIDIA, 8192 MiB, 550",)}, ("cpu", "cuda")),
        ({"gpus": ("Apple GPU",)}, ("cpu", "mps")),
        ({"vendor": "0x8086"}, ("cpu",)),
        ({"vendor": "0x8086", "openvino_devices": ("CPU", "GPU")}, ("cpu", "openvino-gpu")),
        ({"vendor": "0x8086", "torch_version": "2.13.0+xpu"}, ("cpu", "xpu")),
        ({"vendor": "0x10de", "torch_version": "2.13.0+xpu", "openvino_devices": ("CPU", "GPU")}, ("cpu",)),
    ],
    ids=["none", "NVIDIA", "Apple", "Intel without a driver", "Intel", "Intel with its torch", "another maker"],
)
def test_devices_are_offered_where_they_are(machine, facts, offered):
    assert machine(**facts) == offered


@pytest.mark.parametrize("name", devices.NAMES[1:])
def test_a_device_that_the_library_does_not_find_is_refused(monkeypatch, name):
    for backend in GPUS:
        monkeypatch.setattr(getattr(torch, backend), "is_available", lambda: False)
    monkeypatch.setattr(devices, "_openvino_devices", lambda: ("CPU",))
    with pytest.raises(DeviceError, match=r"This machine has no .* GPU that .* can use: choose device cpu\."):
        resolve_device(name)
    assert resolve_device("auto") == "cpu"


class Clock:
    """A backend of torch whose calls are noted, with events two milliseconds apart."""

    def __init__(self):
        self.happened = []

    def synchronize(self):
        self.happened.append("wait")

    def event(self, enable_timing):
        assert enable_timing
        record = SimpleNamespace(record=lambda: self.happened.append("record"), synchronize=self.synchronize)
        record.elapsed_time = lambda _: 2.0
        return record


@pytest.mark.parametrize("name", GPUS)
def test_a_gpu_is_idle_before_and_after_what_is_timed_and_measures_by_its_own_clock(monkeypatch, name):
    backend = Clock()
    monkeypatch.setattr(getattr(torch, name), "synchronize", backend.synchronize)
    monkeypatch.setattr(getattr(torch, name), "Event", backend.event)
    clock(lambda: backend.happened.append("call"), name)()
    assert backend.happened == ["wait", "call", "wait"]
    backend.happened.clear()
    assert device_clock(lambda: backend.happened.append("call"), name)() == 2.0
    assert backend.happened == ["record", "call", "record", "wait"]


@pytest.mark.parametrize(("name", "counts"), [("cuda", True), ("xpu", True), ("mps", False), ("openvino-gpu", False)])
def test_peak_memory_is_that_which_torch_counts(monkeypatch, name, counts):
    for backend in (torch.cuda, torch.xpu):
        monkeypatch.setattr(backend, "max_memory_allocated", lambda: 300)
        monkeypatch.setattr(backend, "max_memory_reserved", lambda: 500)
    assert devices.peak_memory(name) == ((300, 500) if counts else (None, None))


@pytest.mark.usefixtures("models_directory", "one_thread", "home")
def test_openvino_computes_on_its_gpu_what_torch_keeps_on_the_cpu(monkeypatch, minilm):
    usual, compiled_for = openvino.Core.compile_model, []

    def compile_model(core, network, device, hints):
        compiled_for.append((device, hints))
        return usual(core, network, "CPU", hints)

    monkeypatch.setattr(devices, "_openvino_devices", lambda: ("CPU", "GPU"))
    monkeypatch.setattr(openvino.Core, "compile_model", compile_model)
    encoder = encoders.load(models.get("all-MiniLM-L6-v2"), device="openvino-gpu", precision="float32")
    np.testing.assert_allclose(encoder.encode(TEXTS), minilm.encode(TEXTS), rtol=0, atol=1e-4)
    assert (encoder.device, encoder.engine, encoder.precision) == ("openvino-gpu", "openvino", "float32")
    assert compiled_for == [("GPU", {"INFERENCE_PRECISION_HINT": "f32", "PERFORMANCE_HINT": "LATENCY"})]


@pytest.mark.parametrize("name", ["mps", "xpu"])
@pytest.mark.parametrize(("precision", "least"), [("float32", 0.999999), ("float16", 0.999)])
def test_torch_on_another_gpu_computes_without_recordings(monkeypatch, name, precision, least):
    monkeypatch.setattr("core.encoders.cuda.record", pytest.fail)
    assert ("torch", precision) in DEVICE[name].pairs
    spec = models.get("all-MiniLM-L6-v2")
    model = load_model(spec, locate(spec), "cpu", "float32")
    expected = model.encode(TEXTS, normalize_embeddings=True)
    model[0].model = network_builder(model, name)("torch", precision)
    assert np.sum(model.encode(TEXTS, normalize_embeddings=True) * expected, axis=1).min() > least


def test_only_cuda_is_taken_by_itself(monkeypatch):
    for backend in GPUS:
        monkeypatch.setattr(getattr(torch, backend), "is_available", lambda: True)
    assert resolve_device("auto") == "cuda"
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert resolve_device("auto") == "cpu"
