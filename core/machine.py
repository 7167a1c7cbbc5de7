"""The machine under the dashboard: its fingerprint is shown with every timing."""

import math
import os
import platform
import shutil
import subprocess
from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import psutil

from core import container, wording

INSTRUCTIONS = {  # what they are called, and Linux's flags, any of which says that a CPU has them
    "AVX2": {"avx2"},
    "AVX-512": {"avx512f"},
    "VNNI": {"avx512_vnni", "avx_vnni"},
    "bf16": {"avx512_bf16", "amx_bf16", "bf16"},
    "AMX": {"amx_tile"},
    "NEON": {"asimd"},
    "SVE": {"sve"},
    "i8mm": {"i8mm"},
}
APPLE_GPU = "Apple GPU"
LIBRARIES = ("torch", "sentence-transformers", "transformers", "openvino", "numpy")


@dataclass(frozen=True)
class Machine:
    """What a timing depends on.

    Attributes
    ----------
    cores : int
        Processors that this process may use.
    memory_bytes : int
        The installed RAM, or the container's limit if that is smaller.
    instructions : tuple of str
        The instruction sets that decide how fast a CPU multiplies matrices.
    core_limit : float or None
        How many cores' time the container may use, if that is less than `cores`.
    memory_limit : int or None
        The container's limit in bytes, if it is less than the installed RAM.
    """

    cpu: str
    cores: int
    memory_bytes: int
    gpus: tuple[str, ...]
    system: str
    python: str
    versions: dict[str, str]
    instructions: tuple[str, ...] = ()
    core_limit: float | None = None
    memory_limit: int | None = None

    @property
    def usable_cores(self) -> int:
        """On how many threads to compute: the cores, or what a container's quota leaves of them, rounded up."""
        return self.cores if self.core_limit is None else math.ceil(self.core_limit)

    @property
    def gpu_memory_bytes(self) -> int:
        """Memory of the first GPU, as reported by its driver ("NAME, 1234 MiB, DRIVER"); 0 if not reported."""
        return _gpu_memory_bytes(self.gpus[0]) if self.gpus else 0

    @property
    def sentence(self) -> str:
        """The machine in one line, for captions."""
        cpu = f"{self.cpu} ({', '.join(self.instructions)})" if self.instructions else self.cpu
        limited = " of memory allowed to the container" if self.memory_limit else ""
        gpus = ", ".join(map(_gpu_in_words, self.gpus)) or "no GPU"
        return f"{cpu}, {self._cores_in_words}, {wording.size(self.memory_bytes)}{limited}, {gpus}"

    @property
    def _cores_in_words(self) -> str:
        """The cores that can be used: "2 cores", or "1.5 of 8 cores" in a container with a quota."""
        of = f"{self.core_limit:.3g} of " if self.core_limit else ""
        return f"{of}{self.cores} core{'' if self.cores == 1 else 's'}"


@cache
def this_machine() -> Machine:
    """Read this machine's fingerprint; takes milliseconds and loads no library."""
    installed, limit = psutil.virtual_memory().total, container.memory_limit()
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    quota = container.core_limit()
    cpuinfo = _read(Path("/proc/cpuinfo"))
    return Machine(
        cpu=_cpu_name(cpuinfo),
        cores=cores,
        memory_bytes=min(installed, limit or installed),
        gpus=_gpus(),
        system=f"{platform.system()} {platform.release()}",
        python=platform.python_version(),
        versions={name: _version(name) for name in LIBRARIES},
        instructions=_instructions(cpuinfo),
        core_limit=quota if quota and quota < cores else None,
        memory_limit=limit if limit and limit < installed else None,
    )


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


def _cpu_name(cpuinfo: str) -> str:
    """The CPU's name, from Linux's description of it or from Python's."""
    return _entry(cpuinfo, "model name") or platform.processor() or platform.machine()


def _instructions(cpuinfo: str) -> tuple[str, ...]:
    """The instruction sets that matter, from Linux's description of the CPU; none where there is no such."""
    flags = {*_entry(cpuinfo, "flags").split(), *_entry(cpuinfo, "Features").split()}
    return tuple(name for name, signs in INSTRUCTIONS.items() if signs & flags)


def _entry(cpuinfo: str, name: str) -> str:
    """What the first line of a name says; empty if there is none."""
    lines = (line.partition(":") for line in cpuinfo.splitlines())
    return next((value.strip() for key, _, value in lines if key.strip() == name), "")


def _read(path: Path) -> str:
    """A file's text; empty if it cannot be read."""
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def _gpus() -> tuple[str, ...]:
    """The GPUs: as NVIDIA's driver describes them, or the one in Apple's chips."""
    if (platform.system(), platform.machine()) == ("Darwin", "arm64"):
        return (APPLE_GPU,)
    return _gpu_answers("name,memory.total,driver_version")


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
