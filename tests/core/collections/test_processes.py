"""Collections under kill -9 and two writers at once, in processes of their own."""

import random
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core import collections
from core.collections import Collection
from core.corpus import from_path
from core.embedding import embed_with
from tests.conftest import ROOT
from tests.core.collections.conftest import ROWS

PARTS = 12
WRITER = f"""
import sys
from pathlib import Path
from core import collections, models
from core.tables import parts
from tests.conftest import FakeEncoder

def acknowledge(*_):
    made = collections.open_collection("texts")
    missing = [model.missing for model in collections.models_of(made)]
    print(len(made), len(made) - missing[0] if missing else 0, flush=True)
    sys.stdin.readline()

parts.MOST_ROWS = {ROWS}
made = collections.create("texts", [Path(sys.argv[1])], on_progress=acknowledge)
collections.embed_with(made, FakeEncoder(models.get("wordllama-256")), on_progress=acknowledge)
"""


@pytest.fixture
def many_texts(tmp_path: Path) -> Path:
    path = tmp_path / "texts.csv"
    path.write_text("id,text\n" + "".join(f"d{row},text {row}\n" for row in range(PARTS * (ROWS - 1))))
    return path


def start(texts: Path, stdin: int = subprocess.DEVNULL) -> "subprocess.Popen[str]":
    command = [sys.executable, "-c", WRITER, str(texts)]
    return subprocess.Popen(command, cwd=ROOT, stdin=stdin, stdout=subprocess.PIPE, text=True)


def acknowledged_before_kill(texts: Path, reports: int) -> list[int]:
    """The rows and vectors that a writer has acknowledged when it is killed, somewhere after so many reports."""
    writer = start(texts, subprocess.PIPE)
    assert writer.stdin
    assert writer.stdout
    with writer.stdin, writer.stdout:
        for _ in range(reports):
            told = writer.stdout.readline()
            writer.stdin.write("\n")
            writer.stdin.flush()
        time.sleep(random.random() / 50)  # it is at its next part, or waits for an answer behind it
        writer.kill()
        writer.wait()
    return [int(number) for number in told.split()]


def counts(made: Collection) -> list[int]:
    models = collections.models_of(made)
    return [len(made), len(made) - models[0].missing if models else 0]


def assert_whole(texts: Path, encoder: Any) -> None:
    """All texts are there once, in their order, each with its vector."""
    made, expected = collections.open_collection("texts"), from_path(texts)
    (model,) = collections.models_of(made)
    rows = made.data.to_table(columns=["id", "text", model.column]).to_pydict()
    assert (tuple(rows["id"]), tuple(rows["text"])) == (expected.ids, expected.texts)
    np.testing.assert_array_equal(rows[model.column], embed_with(encoder, expected.texts).vectors)
    assert (made.facts.is_complete, model.provenance.texts, model.missing) == (True, len(expected), 0)


def test_a_killed_writer_loses_nothing_that_it_acknowledged(many_texts: Path, fake_encoder: Any) -> None:
    first = random.randrange(2, PARTS + 2)  # while it creates, and then while it embeds
    for reports in (first, PARTS + 2 - first + random.randrange(2, PARTS - 2)):
        acknowledged = acknowledged_before_kill(many_texts, reports)
        there = counts(collections.open_collection("texts"))
        assert all(found >= told for found, told in zip(there, acknowledged, strict=True))
        assert 0 < sum(there) < 2 * len(from_path(many_texts))
    writer = start(many_texts)
    writer.communicate()
    assert writer.returncode == 0
    assert_whole(many_texts, fake_encoder)


def test_two_writers_at_once_share_the_work(many_texts: Path, fake_encoder: Any) -> None:
    writers = [start(many_texts), start(many_texts)]
    for writer in writers:
        writer.communicate()
    assert [writer.returncode for writer in writers] == [0, 0]
    assert_whole(many_texts, fake_encoder)
