"""The devices that compute: one table of their names, what computes on them, and how they are waited for.

`devices` offers what seems to be there, without loading a library; `require` asks the library itself. mps, xpu and
openvino-gpu have been tested with stand-ins only, and not yet on hardware: "auto" never takes them.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from core.errors import DeviceError
from core.machine import APPLE_GPU, this_machine

INTEL = "0x8086"  # the vendor's number on the PCI bus
GRAPHICS = Path("/sys/class/drm")
RECORDING = threading.Lock()  # a process can only record one kernel at a time, and freeing memory would break it


@dataclass(frozen=True)
class Device:
    """A device, as commands, addresses and runs name it.

    Attributes
    ----------
    label : str
        What figures call it.
    seems_there : callable
        Whether to offer it; loads no library.
    torch : str
        Where torch keeps tensors for it: its own name, or "cpu" if OpenVINO takes them from there.
    openvino : str
        OpenVINO's name of it; empty if OpenVINO does not compute on it.
    pairs : tuple of (engine, precision)
        What computes on it.
    token_budget : int
        Tokens of a batch, padding included.
    missing : str
        What a machine without it lacks.
    has_own_memory : bool
        Whether models there take no RAM.
    records : bool
        Whether its kernels are recorded for short inputs.
    """

    name: str
    label: str
    seems_there: Callable[[], bool]
    torch: str
    openvino: str
    pairs: tuple[tuple[str, str], ...]
    token_budget: int
    missing: str = ""
    has_own_memory: bool = False
    records: bool = False

    def is_there(self) -> bool:
        """Whether the library that computes on it finds it; loads that library."""
        if self.torch != "cpu":
            return bool(_backend(self.torch).is_available())
        return self.openvino == "CPU" or self.openvino in _openvino_devices()


def _torch(*precisions: str) -> tuple[tuple[str, str], ...]:
    return tuple(("torch", precision) for precision in precisions)


def _openvino(*precisions: str) -> tuple[tuple[str, str], ...]:
    return tuple(("openvino", precision) for precision in precisions)


def _has_intel_graphics() -> bool:
    """Whether Linux lists a graphics device by Intel."""
    vendors = (path.read_text(encoding="utf-8").strip() for path in GRAPHICS.glob("card*/device/vendor"))
    return INTEL in vendors


def _has_nvidia_driver() -> bool:
    return bool(this_machine().gpus) and not _is_apple_silicon()


def _is_apple_silicon() -> bool:
    return APPLE_GPU in this_machine().gpus


def _has_torch_for_intel() -> bool:
    return "xpu" in version("torch") and _has_intel_graphics()


DEVICES = (
    Device(
        "cpu",
        "CPU",
        lambda: True,
        "cpu",
        "CPU",
        (*_torch("float32"), *_openvino("float32", "bfloat16", "int8")),
        2048,
    ),
    Device(
        "cuda",
        "GPU",
        _has_nvidia_driver,
        "cuda",
        "",
        _torch("float32", "float16", "bfloat16"),
        32768,
        "CUDA GPU that torch can use",
        has_own_memory=True,
        records=True,
    ),
    Device(
        "mps", "Apple GPU", _is_apple_silicon, "mps", "", _torch("float32", "float16"), 8192,
        "Apple GPU that torch can use",
    ),
    Device(
        "xpu", "Intel GPU", _has_torch_for_intel, "xpu", "", _torch("float32", "float16", "bfloat16"), 8192,
        "Intel GPU that torch can use",
    ),
    Device(
        "openvino-gpu", "Intel GPU, OpenVINO", lambda: _has_intel_graphics() and DEVICE["openvino-gpu"].is_there(),
        "cpu", "GPU", _openvino("float32", "float16"), 8192, "Intel GPU that OpenVINO can use",
    ),
)  # fmt: skip
DEVICE: dict[str, Device] = {device.name: device for device in DEVICES}
NAMES = tuple(DEVICE)


@cache
def devices() -> tuple[str, ...]:
    """The devices to offer on this machine, "cpu" first."""
    return tuple(device.name for device in DEVICES if device.seems_there())


def require(name: str) -> None:
    """Refuse a device that this machine does not have.

    Raises
    ------
    DeviceError
    """
    if not DEVICE[name].is_there():
        raise DeviceError(f"This machine has no {DEVICE[name].missing}: choose device cpu.")


@cache
def limit_threads() -> None:
    """Once per process, let torch, and with it OpenVINO, compute on no more threads than a container's quota has cores.

    They count the machine's cores, and threads beyond the quota only wait for each other.
    """
    import torch

    if this_machine().core_limit is not None:
        torch.set_num_threads(min(torch.get_num_threads(), this_machine().usable_cores))


def synchronise(name: str) -> Callable[[], None]:
    """A function that waits until the device has finished its work."""
    device = DEVICE[name].torch
    return (lambda: None) if device == "cpu" else _backend(device).synchronize


def event(name: str) -> Callable[[], Any] | None:
    """Makes events of the device's own clock; None where a call is over when it returns."""
    device = DEVICE[name].torch
    if device == "cpu":
        return None
    backend: Any = _backend(device)
    return lambda: backend.Event(enable_timing=True)


def free_cache(name: str) -> None:
    """Free the device's unused memory, but not during a recording, which it would break."""
    if DEVICE[name].torch != "cpu":
        with RECORDING:
            _backend(DEVICE[name].torch).empty_cache()


def forget_peak_memory(name: str) -> None:
    """Begin to count the largest memory anew, where torch counts it."""
    backend = _backend(DEVICE[name].torch)
    if hasattr(backend, "reset_peak_memory_stats") and DEVICE[name].torch != "cpu":
        backend.empty_cache()
        backend.reset_peak_memory_stats()


def peak_memory(name: str) -> tuple[int | None, int | None]:
    """The largest memory in bytes, held by tensors and held by torch; None where torch does not count it."""
    backend = _backend(DEVICE[name].torch)
    if DEVICE[name].torch == "cpu" or not hasattr(backend, "max_memory_allocated"):
        return None, None
    return backend.max_memory_allocated(), backend.max_memory_reserved()


def _backend(torch_device: str) -> Any:
    """The module of torch for a device: `torch.cuda`, `torch.mps` ..."""
    import torch

    return getattr(torch, torch_device)


def _openvino_devices() -> tuple[str, ...]:
    """The devices that OpenVINO finds, without their numbers: "GPU" for "GPU.0"."""
    import sys

    sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]  # see core/encoders/runtime.py
    import openvino

    return tuple(name.partition(".")[0] for name in openvino.Core().available_devices)
