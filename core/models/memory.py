"""The share of this machine's memory for loaded models, and whether a model fits."""

from collections.abc import Mapping

from core import wording
from core.machine import devices, this_machine
from core.models import ModelSpec
from core.settings import gpu_share, ram_share

SHARES = {"cpu": "EMBEDSCOPE_RAM_SHARE", "cuda": "EMBEDSCOPE_GPU_SHARE"}


def budgets() -> dict[str, int]:
    """Bytes allowed for models in the RAM and, if there is a GPU, in its memory."""
    machine = this_machine()
    allowed = {"cpu": machine.memory_bytes * ram_share(), "cuda": machine.gpu_memory_bytes * gpu_share()}
    return {device: int(allowed[device]) for device in devices()}


def needed_bytes(spec: ModelSpec, device: str) -> int:
    """The least memory of a model's weights: float32 on the CPU, half of that on a GPU; 0 if unknown."""
    return (spec.float32_bytes or 0) // (2 if device == "cuda" else 1)


def shortage(spec: ModelSpec, device: str, limits: Mapping[str, int]) -> str:
    """Why the model does not fit into a device's budget, in a sentence or two; empty if it does."""
    needed = needed_bytes(spec, device)
    limit = limits.get(device, needed)
    if needed <= limit:
        return ""
    where = "the GPU's memory" if device == "cuda" else "this machine's memory"
    return (
        f"{spec.name} needs {wording.size(needed)}, and models may use {wording.size(limit)} of {where}. Pick a "
        f"smaller model, or ask your administrator to raise {SHARES[device]}."
    )
