"""The line on the machine: its CPU's instruction sets and its container's limits, from stand-ins of Linux's files."""

from pathlib import Path

import psutil
import pytest

from core import container, machine
from core.machine import Machine, this_machine

XEON = "processor : 0\nmodel name\t: A Xeon\nflags\t\t: fpu sse avx2 avx512f avx512_vnni amx_tile amx_bf16 amx_int8\n"
PLAIN = "model name\t: An old CPU\nflags\t\t: fpu sse avx2\n"
ARM = "processor\t: 0\nFeatures\t: fp asimd sve i8mm bf16\n"


def write(root, files):
    for name, content in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(content)
    return root


@pytest.mark.parametrize(
    ("cpuinfo", "names"),
    [
        (XEON, ("AVX2", "AVX-512", "VNNI", "bf16", "AMX")),
        (PLAIN, ("AVX2",)),
        (ARM, ("bf16", "NEON", "SVE", "i8mm")),
        ("", ()),
    ],
    ids=["Xeon", "old", "ARM", "unknown"],
)
def test_the_instruction_sets_are_named(cpuinfo, names):
    assert machine._instructions(cpuinfo) == names


GROUPS = {
    "version 2": (
        {
            "proc/self/cgroup": "0::/outer/inner\n",
            "sys/fs/cgroup/outer/memory.max": "4000000000\n",
            "sys/fs/cgroup/outer/inner/memory.max": "max\n",
            "sys/fs/cgroup/outer/cpu.max": "400000 100000\n",
            "sys/fs/cgroup/outer/inner/cpu.max": "150000 100000\n",
        },
        (4_000_000_000, 1.5),
    ),
    "version 2, its own group as the root": (
        {
            "proc/self/cgroup": "0::/\n",
            "sys/fs/cgroup/memory.max": "2000000000\n",
            "sys/fs/cgroup/cpu.max": "max 100000\n",
        },
        (2_000_000_000, None),
    ),
    "version 1": (
        {
            "proc/self/cgroup": "4:memory:/docker/abc\n3:cpu,cpuacct:/docker/abc\n2:cpuset:/\n",
            "sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n",
            "sys/fs/cgroup/memory/docker/abc/memory.limit_in_bytes": "3000000000\n",
            "sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us": "-1\n",
            "sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us": "100000\n",
            "sys/fs/cgroup/cpu,cpuacct/docker/abc/cpu.cfs_quota_us": "50000\n",
            "sys/fs/cgroup/cpu,cpuacct/docker/abc/cpu.cfs_period_us": "100000\n",
        },
        (3_000_000_000, 0.5),
    ),
    "version 1, in a container that sees its own group alone": (
        {
            "proc/self/cgroup": "4:memory:/docker/abc\n",
            "sys/fs/cgroup/memory/memory.limit_in_bytes": "1000000000\n",
        },
        (1_000_000_000, None),
    ),
    "no limits": ({"proc/self/cgroup": "0::/\n"}, (None, None)),
    "no control groups": ({}, (None, None)),
}


@pytest.mark.parametrize(("files", "limits"), GROUPS.values(), ids=GROUPS)
def test_a_containers_limits_are_read(
    tmp_path: Path, files: dict[str, str], limits: tuple[int | None, float | None]
) -> None:
    root = write(tmp_path, files)
    assert (container.memory_limit(root), container.core_limit(root)) == limits


def test_what_can_be_used_is_what_the_container_leaves(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(container, "memory_limit", lambda: 10**9)
    monkeypatch.setattr(container, "core_limit", lambda: 0.5)
    found = this_machine.__wrapped__()
    assert (found.memory_bytes, found.memory_limit, found.core_limit) == (10**9, 10**9, 0.5)
    assert f", 0.5 of {found.cores} core" in found.sentence
    assert found.usable_cores == 1
    assert ", 1.0 GB of memory allowed to the container, " in found.sentence


def test_limits_beyond_the_machine_are_none(monkeypatch):
    monkeypatch.setattr(container, "memory_limit", lambda: 2**59)
    monkeypatch.setattr(container, "core_limit", lambda: 4096.0)
    found = this_machine.__wrapped__()
    assert found.memory_bytes == psutil.virtual_memory().total
    assert (found.memory_limit, found.core_limit) == (None, None)
    assert found.usable_cores == found.cores


def test_the_line_names_what_a_timing_depends_on():
    found = Machine("A Xeon", 1, 8 * 10**9, (), "", "", {}, ("AVX2", "AMX"))
    assert found.sentence == "A Xeon (AVX2, AMX), 1 core, 8.0 GB, no GPU"
