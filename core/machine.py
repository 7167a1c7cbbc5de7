"""The machine under the dashboard: its fingerprint is shown with every timing."""

import os
import platform
import shutil
import subprocess
from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import psutil

from core import wording

LIBRARIES = ("torch", "sentence-transformers", "transformers", "openvino", "numpy")


@dataclass(frozen=True)
class Machine:
    """What a timing depends on.

    `memory_bytes` is the installed RAM, or the container's limit if that is smaller.
    """

    cpu: str
    cores: int
    memory_bytes: int
    gpus: tuple[str, ...]
    system: str
    python: str
    versions: dict[str, str]

    @property
    def gpu_memory_bytes(self) -> int:
        """Memory of the first GPU, as reported by its driver ("NAME, 1234 MiB, DRIVER"); 0 if not reported."""
        return _gpu_memory_bytes(self.gpus[0]) if self.gpus else 0

    @property
    def sentence(self) -> str:
        """The machine in one line, for captions."""
        gpus = ", ".join(map(_gpu_in_words, self.gpus)) or "no GPU"
        return f"{self.cpu}, {self.cores} cores, {wording.size(self.memory_bytes)}, {gpus}"


@cache
def this_machine() -> Machine:
    """Read this machine's fingerprint; takes milliseconds and loads no library."""
    return Machine(
        cpu=_cpu_name(),
        cores=len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1,
        memory_bytes=min(psutil.virtual_memory().total, _container_limit()),
        gpus=_gpu_answers("name,memory.total,driver_version"),
        system=f"{platform.system()} {platform.release()}",
        python=platform.python_version(),
        versions={name: _version(name) for name in LIBRARIES},
    )


def devices() -> tuple[str, ...]:
    """The devices a model can run on here: always "cpu", and "cuda" if a GPU driver answers."""
    return ("cpu", "cuda") if this_machine().gpus else ("cpu",)


def power() -> str:
    """The machine's current power settings, if known: mains or battery, the governor, the GPUs' limit."""
    known = [_battery(), _governor(), *(f"GPU limited to {limit}" for limit in _gpu_answers("power.limit"))]
    return ", ".join(filter(None, known))


def _gpu_memory_bytes(gpu: str) -> int:
    """The memory in a driver's line on a GPU, 0 if there is none."""
    facts = [*gpu.split(", "), ""]
    mebibytes = facts[1].removesuffix(" MiB")
    return int(mebibytes) * 2**20 if mebibytes.isdigit() else 0


def _gpu_in_words(gpu: str) -> str:
    """A GPU's name, memory and driver; unchanged if the driver's line has another form."""
    memory = _gpu_memory_bytes(gpu)
    return gpu.replace(gpu.split(", ")[1], wording.size(memory)) if memory else gpu


def _battery() -> str:
    battery = psutil.sensors_battery() if hasattr(psutil, "sensors_battery") else None
    if battery is None:
        return ""
    return "plugged in" if battery.power_plugged else f"on battery, {battery.percent:.0f}% left"


def _governor() -> str:
    governor = Path("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor")
    return f"governor {governor.read_text().strip()}" if governor.exists() else ""


def _cpu_name() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _container_limit() -> int:
    """Memory limit of the surrounding container (cgroup v2) in bytes, or a number beyond any machine."""
    limit = Path("/sys/fs/cgroup/memory.max")
    text = limit.read_text().strip() if limit.exists() else "max"
    return int(text) if text.isdigit() else 2**62


def _gpu_answers(facts: str) -> tuple[str, ...]:
    """The driver's line on each GPU: `facts` are nvidia-smi's names, separated by commas."""
    command = shutil.which("nvidia-smi")
    if not command:
        return ()
    query = [command, f"--query-gpu={facts}", "--format=csv,noheader"]
    try:
        answer = subprocess.run(query, capture_output=True, text=True, timeout=5, check=True)
    except (OSError, subprocess.SubprocessError):
        return ()
    return tuple(line.strip() for line in answer.stdout.splitlines() if line.strip())


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"
