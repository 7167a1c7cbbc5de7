"""Files that are written whole or not at all, whoever keeps something in them."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest

from core.benchmark import history
from core.corpus import judgements
from core.encoders import choice
from core.errors import EmbedscopeError
from core.models import pins
from core.storage import arrays, files
from tests.core.benchmark.runs import finished, timing

ONES = np.tile(np.array([1, 0], np.float32), (choice.PROBE_SENTENCES + choice.PROBE_PASSAGES, 1))


def test_a_file_is_written_with_the_folders_above_it(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b" / "file.json"
    files.write(path, b"one")
    files.write(path, b"two")
    assert path.read_bytes() == b"two"
    assert list(path.parent.iterdir()) == [path]


def test_a_write_that_fails_leaves_what_was_there_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "file.json"
    files.write(path, b"old")
    monkeypatch.setattr(Path, "replace", refuse)
    with pytest.raises(OSError, match="full"):
        files.write(path, b"new")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_whoever_reads_while_many_write_finds_one_of_the_contents_whole(tmp_path: Path) -> None:
    path = tmp_path / "file.json"
    contents = [bytes([number]) * 200_000 for number in range(20)]
    files.write(path, contents[0])
    with ThreadPoolExecutor(4) as pool:
        writes = [pool.submit(files.write, path, content) for content in contents]
        read = {path.read_bytes() for _ in range(50)}
    assert all(write.exception() is None for write in writes)
    assert read <= set(contents)
    assert list(tmp_path.iterdir()) == [path]


def refuse(*_arguments: object) -> None:
    raise OSError(28, "The disk is full")


KEEP: dict[str, Callable[[], object]] = {
    "a pin": lambda: pins.write(pins.Pin("acme/model", "0" * 40, "2026-01-01", 1, {"model.safetensors": "0" * 64})),
    "a run": lambda: history.save(finished(timing())),
    "a choice of engine": lambda: choice.choose(
        ["model"], choice.CANDIDATES["cpu"][:2], lambda *pair: pair, lambda *_: ONES
    ),
    "arrays": lambda: arrays.recall_or_compute(("a",), dict),
    "a judgement": lambda: judgements.mark(judgements.new_token(), "fingerprint", "a query", "1", 1),
}


@pytest.mark.parametrize("keep", KEEP.values(), ids=KEEP)
def test_a_disk_that_fills_up_leaves_no_draft_behind(
    home: Path, monkeypatch: pytest.MonkeyPatch, keep: Callable[[], object]
) -> None:
    monkeypatch.setattr(Path, "replace", refuse)
    with suppress(EmbedscopeError, OSError):
        keep()
    assert [path.name for path in home.rglob("*") if path.is_file() and path.suffix != ".lock"] == []
