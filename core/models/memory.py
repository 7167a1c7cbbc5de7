"""The share of this machine's memory for loaded models, and whether a model fits."""

from collections.abc import Mapping

from core import wording
from core.devices import DEVICE, devices
from core.machine import this_machine
from core.models import ModelSpec
from core.settings import gpu_share, ram_share

RAM, GPU = "EMBEDSCOPE_RAM_SHARE", "EMBEDSCOPE_GPU_SHARE"


def budgets() -> dict[str, int]:
    """Bytes allowed for models on each device: of its own memory, or of the RAM."""
    machine = this_machine()
    ram, own = machine.memory_bytes * ram_share(), machine.gpu_memory_bytes * gpu_share()
    return {device: int(own if DEVICE[device].has_own_memory else ram) for device in devices()}


def needed_bytes(spec: ModelSpec, device: str) -> int:
    """The least memory of a model's weights: float32 on the CPU, half of that on a GPU; 0 if unknown."""
    return (spec.float32_bytes or 0) // (2 if _has_own_memory(device) else 1)


def shortage(spec: ModelSpec, device: str, limits: Mapping[str, int]) -> str:
    """Why the model does not fit into a device's budget, in a sentence or two; empty if it does."""
    needed = needed_bytes(spec, device)
    limit = limits.get(device, needed)
    if needed <= limit:
        return ""
    where, share = ("the GPU's memory", GPU) if _has_own_memory(device) else ("this machine's memory", RAM)
    return (
        f"{spec.name} needs {wording.size(needed)}, and models may use {wording.size(limit)} of {where}. Pick a "
        f"smaller model, or ask your administrator to raise {share}."
    )


def _has_own_memory(device: str) -> bool:
    return device in DEVICE and DEVICE[device].has_own_memory
