"""The limits of the container around this process: Linux's control groups, version 1 and 2."""

from collections.abc import Iterator
from pathlib import Path

UNLIMITED = 2**60  # bytes: version 1 writes a number beyond any machine


def memory_limit(root: Path = Path("/")) -> int | None:
    """The most bytes of memory that the container may use; None without a limit.

    Parameters
    ----------
    root : Path
        Where `proc` and `sys` are.
    """
    limits = [
        int(text)
        for name in ("memory.max", "memory.limit_in_bytes")
        for text in _contents(root, "memory", name)
        if text.isdigit()
    ]
    return min((limit for limit in limits if limit < UNLIMITED), default=None)


def core_limit(root: Path = Path("/")) -> float | None:
    """How many cores' time the container may use; None without a limit.

    A quota of 150 ms in each period of 100 ms is one and a half cores.
    """
    version1 = zip(
        _contents(root, "cpu", "cpu.cfs_quota_us"), _contents(root, "cpu", "cpu.cfs_period_us"), strict=False
    )
    quotas = [*(text.split() for text in _contents(root, "cpu", "cpu.max")), *version1]
    return min((int(quota) / int(period) for quota, period in quotas if quota.isdigit() and int(period)), default=None)


def _contents(root: Path, controller: str, name: str) -> Iterator[str]:
    """What a control file says for the groups of this process, from the outermost to its own."""
    for folder in _groups(root, controller):
        try:
            yield (folder / name).read_text(encoding="utf-8").strip()
        except OSError:
            continue


def _groups(root: Path, controller: str) -> Iterator[Path]:
    """The folders of this process's groups: of the controller's own tree (version 1) and of the common one."""
    try:
        lines = (root / "proc/self/cgroup").read_text(encoding="utf-8").splitlines()
    except OSError:
        return
    for line in lines:
        _, controllers, path = line.split(":", 2)
        if controllers and controller not in controllers.split(","):
            continue
        folder = root / "sys/fs/cgroup" / controllers
        yield folder
        for part in path.strip("/").split("/"):  # a container may see its own group as the root: then none is there
            folder /= part
            yield folder
