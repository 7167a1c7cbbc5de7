"""Ray nodes on this machine, at addresses of their own, which only whoever has the token can use."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from warnings import catch_warnings

import pytest

from core.collections import Cluster

ACCESS = {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": "token-of-the-tests-" * 2, "RAY_USAGE_STATS_ENABLED": "0"}
BYTES = 80 * 2**20  # of a node's memory for objects


@dataclass
class Nodes:
    """The nodes; their processes end with the context."""

    all: Any
    others: list[Any]

    @property
    def cluster(self) -> Cluster:
        return Cluster(self.all.address)

    def kill_the_last(self) -> None:
        self.all.remove_node(self.others.pop(), allow_graceful=False)


@contextmanager
def ray_nodes(count: int, cpus: int = 1) -> Iterator[Nodes]:
    """Start so many nodes with so many CPUs each; whoever runs in the context has the token too."""
    folder = tempfile.mkdtemp(prefix="ray-")  # short, for the names of sockets
    with pytest.MonkeyPatch.context() as patch, catch_warnings(action="ignore"):  # Lance warns of forks
        for name, value in (ACCESS | {"RAY_TMPDIR": folder}).items():
            patch.setenv(name, value)
        from ray.cluster_utils import Cluster as Local

        how = {"num_cpus": cpus, "object_store_memory": BYTES, "include_dashboard": False}
        local = Local()
        try:
            first, *others = [local.add_node(node_ip_address=f"127.0.0.{2 + each}", **how) for each in range(count)]
            assert local.head_node is first
            yield Nodes(local, others)
        finally:
            local.shutdown()
            shutil.rmtree(folder, ignore_errors=True)
