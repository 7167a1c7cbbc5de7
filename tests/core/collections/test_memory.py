"""Memory of collections: it grows with the parts, not with the whole."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT

ROWS, DIMENSIONS = 18_000, 1024
BYTES = ROWS * DIMENSIONS * 4  # of the vectors
WORK = f"""
import sys
from pathlib import Path
from resource import RUSAGE_SELF, getrusage
import numpy as np
from core import collections, models
from core.collections import OnDisk, searching
from core.tables import parts
from tests.conftest import FakeEncoder

class Drawn(FakeEncoder):
    dimensions = {DIMENSIONS}

    def __init__(self):
        self.spec = models.get("wordllama-256")

    def encode(self, texts, kind="document", on_progress=None):
        rows = np.random.default_rng(int(texts[0].split()[0])).normal(size=(len(texts), self.dimensions))
        return (rows / np.linalg.norm(rows, axis=1)[:, None]).astype(np.float32)

parts.MOST_BYTES = searching.BYTES_AT_ONCE = 2**21
for name in ("warm", "large"):
    made, model = collections.embed_with(collections.create(name, [Path(sys.argv[1]) / f"{{name}}.jsonl"]), Drawn())
    for _ in range(2):
        hits = OnDisk(made, model).find(Drawn().encode(["7"] * 50), 10)
    print(len(made), getrusage(RUSAGE_SELF).ru_maxrss * 1024, flush=True)
"""


def write(path: Path, rows: int) -> None:
    path.write_text("\n".join(json.dumps({"id": f"d{row}", "text": f"{row} {'word ' * 5}"}) for row in range(rows)))


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="peak memory is in other units elsewhere")
def test_creating_embedding_and_searching_take_less_memory_than_the_vectors(tmp_path: Path) -> None:
    for name, rows in (("warm", 6000), ("large", ROWS)):
        write(tmp_path / f"{name}.jsonl", rows)
    command = [sys.executable, "-c", WORK, str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    (_, before), (made, after) = (map(int, line.split()) for line in done.stdout.splitlines())
    assert made == ROWS
    assert after - before < BYTES * 0.7
