"""Neighbours and maps on disk: found again whole, or computed again."""

import io
import logging
import os
import random
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.maps.umap import Umap
from core.settings import PROJECT
from core.storage import arrays, digests

pytestmark = pytest.mark.usefixtures("home")


@dataclass
class Count:
    """Arrays that count how often they were computed."""

    times: int = 0
    size: int = 6

    def __call__(self) -> arrays.Arrays:
        self.times += 1
        return {
            "coordinates": np.arange(self.size, dtype=np.float32).reshape(-1, 2),
            "seconds": np.array([1.5, 2.5]),
            "rows": np.array([[3, 1]], np.int32),
        }


def only_file(home: Path) -> Path:
    (path,) = (home / "maps").iterdir()
    return path


def is_right(found: arrays.Arrays) -> bool:
    expected = Count()()
    return list(found) == list(expected) and all(
        np.array_equal(found[name], value) and found[name].dtype == value.dtype for name, value in expected.items()
    )


def test_what_was_computed_once_is_found_again_bit_by_bit() -> None:
    compute = Count()
    assert all(is_right(arrays.recall_or_compute(("a", 1), compute)) for _ in range(3))
    assert compute.times == 1


@pytest.mark.parametrize("parts", [("b", 1), ("a", 2), ("a", "1"), ("a",), ("a", 1, 1), (("a", 1),)])
def test_another_name_is_another_thing(parts: tuple[object, ...]) -> None:
    compute = Count()
    arrays.recall_or_compute(("a", 1), compute)
    assert not arrays.holds(parts)
    arrays.recall_or_compute(parts, compute)
    assert compute.times == 2


def test_settings_are_told_apart_by_each_of_their_values() -> None:
    every = [Umap(), Umap(seed=1), Umap(neighbours=5), Umap(min_dist=0.2), Umap(metric="euclidean")]
    for settings in every:
        assert not arrays.holds((settings,))
        arrays.recall_or_compute((settings,), Count())
    assert all(arrays.holds((settings,)) for settings in every)


def test_files_that_somebody_deletes_are_computed_anew(home: Path) -> None:
    compute = Count()
    arrays.recall_or_compute(("a",), compute)
    shutil.rmtree(home / "maps")
    assert not arrays.holds(("a",))
    arrays.recall_or_compute(("a",), compute)
    assert compute.times == 2


@pytest.mark.parametrize("library", arrays.LIBRARIES)
def test_what_another_version_of_a_library_computed_is_not_used(library: str, monkeypatch: pytest.MonkeyPatch) -> None:
    compute = Count()
    arrays.recall_or_compute(("a",), compute)
    monkeypatch.setattr(arrays, "version", lambda name: "0.0.1" if name == library else version(name))
    assert not arrays.holds(("a",))
    arrays.recall_or_compute(("a",), compute)
    assert compute.times == 2


def test_what_an_older_embedscope_computed_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    arrays.recall_or_compute(("a",), Count())
    monkeypatch.setattr(arrays, "VERSION", arrays.VERSION + 1)
    assert not arrays.holds(("a",))


def test_a_file_cut_short_anywhere_is_a_miss_that_is_logged_and_made_good(
    home: Path, caplog: pytest.LogCaptureFixture
) -> None:
    arrays.recall_or_compute(("a",), Count())
    path = only_file(home)
    whole = path.read_bytes()
    for size in [*range(0, len(whole), 37), len(whole) - 1]:
        path.write_bytes(whole[:size])
        caplog.clear()
        compute = Count()
        assert is_right(arrays.recall_or_compute(("a",), compute))
        assert compute.times == 1
        assert "is damaged" in caplog.text
        assert path.read_bytes() == whole


def test_any_flipped_bit_is_a_miss_and_never_a_wrong_array(home: Path, caplog: pytest.LogCaptureFixture) -> None:
    arrays.recall_or_compute(("a",), Count())
    path = only_file(home)
    whole = path.read_bytes()
    chance = random.Random(0)
    places = range(0, len(whole), 3)
    for place in places:
        damaged = bytearray(whole)
        damaged[place] ^= 1 << chance.randrange(8)
        path.write_bytes(bytes(damaged))
        compute = Count()
        assert is_right(arrays.recall_or_compute(("a",), compute))
        assert compute.times == 1, place
    assert len(caplog.records) == len(places)


@pytest.mark.parametrize("content", [b"", b"PK\x05\x06" + bytes(18), b"\x93NUMPY", b"\x80\x04N.", bytes(5000)])
def test_a_file_of_something_else_is_a_miss(home: Path, content: bytes) -> None:
    arrays.recall_or_compute(("a",), Count())
    only_file(home).write_bytes(content)
    compute = Count()
    assert is_right(arrays.recall_or_compute(("a",), compute))
    assert compute.times == 1


def test_a_folder_in_the_place_of_a_file_is_logged_and_no_error(home: Path, caplog: pytest.LogCaptureFixture) -> None:
    arrays.recall_or_compute(("a",), Count())
    path = only_file(home)
    path.unlink()
    path.mkdir()
    assert is_right(arrays.recall_or_compute(("a",), Count()))
    assert "Cannot read" in caplog.text
    assert "Cannot write" in caplog.text


def test_where_nothing_can_be_written_all_is_computed_and_the_reason_is_logged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("EMBEDSCOPE_HOME", str(tmp_path / "file" / "home"))
    compute = Count()
    assert all(is_right(arrays.recall_or_compute(("a",), compute)) for _ in range(2))
    assert compute.times == 2
    assert "Cannot write" in caplog.text


def test_a_full_disk_is_logged_and_leaves_nothing_half_written(
    home: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    class Full(io.FileIO):
        def writelines(self, parts: Any) -> None:
            self.write(next(iter(parts))[:10])
            raise OSError(28, "No space left on device")

    usual: Any = Path.open
    monkeypatch.setattr(
        Path, "open", lambda path, mode="r", **how: Full(path, "w") if mode == "wb" else usual(path, mode, **how)
    )
    assert is_right(arrays.recall_or_compute(("a",), Count()))
    assert "No space left on device" in caplog.text
    assert not list((home / "maps").iterdir())


def test_what_can_be_read_is_used_where_the_time_of_its_use_cannot_be_noted(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(path: Path) -> None:
        raise PermissionError(1, "Operation not permitted")

    compute = Count()
    arrays.recall_or_compute(("a",), compute)
    monkeypatch.setattr("core.storage.sealed.os.utime", refused)
    assert is_right(arrays.recall_or_compute(("a",), compute))
    assert compute.times == 1


def test_an_error_in_computing_passes_and_nothing_is_kept(home: Path) -> None:
    def fail() -> arrays.Arrays:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        arrays.recall_or_compute(("a",), fail)
    assert not arrays.holds(("a",))


def test_beyond_the_bound_the_least_recently_used_go_first(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ages: dict[str, float] = {}
    for age, name in enumerate("abcd"):
        before = set((home / "maps").glob("*"))
        arrays.recall_or_compute((name,), Count())
        (path,) = set((home / "maps").glob("*")) - before
        os.utime(path, (age, age))
        ages[name] = path.stat().st_size
    arrays.recall_or_compute(("b",), Count())  # used again: now the youngest
    monkeypatch.setattr(arrays, "MOST_BYTES", int(3.5 * ages["a"]))
    arrays.recall_or_compute(("e",), Count())
    assert [name for name in "abcde" if arrays.holds((name,))] == ["b", "d", "e"]


def test_bytes_count_and_not_files(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    arrays.recall_or_compute(("small",), Count())
    os.utime(only_file(home), (1, 1))
    monkeypatch.setattr(arrays, "MOST_BYTES", 50_000)
    arrays.recall_or_compute(("large",), Count(size=11_000))
    assert (arrays.holds(("small",)), arrays.holds(("large",))) == (True, True)
    arrays.recall_or_compute(("larger",), Count(size=12_000))
    assert [arrays.holds((name,)) for name in ("small", "large", "larger")] == [False, False, True]


def test_processes_and_threads_that_write_at_once_never_see_a_torn_or_wrong_file(home: Path) -> None:
    processes = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.core.storage.test_arrays", str(seed)],
            cwd=PROJECT,
            stdout=subprocess.PIPE,
            text=True,
        )
        for seed in range(2)
    ]
    with ThreadPoolExecutor(2) as threads:
        assert list(threads.map(write_and_read, (2, 3))) == [0, 0]
    assert [process.communicate(timeout=120)[0] for process in processes] == ["0 wrong\n"] * 2
    assert not list((home / "maps").glob("*.part"))


def write_and_read(seed: int) -> int:
    """How many of many arrays were not the ones of their names; each is now and then deleted under the others' eyes."""
    chance, wrong = random.Random(seed), 0
    for _ in range(150):
        name = chance.randrange(8)
        content = {"own": np.array(name), "much": np.full(4000, name)}
        found = arrays.recall_or_compute((name,), lambda content=content: content)  # type: ignore[misc]
        wrong += not (found["own"] == name and (found["much"] == name).all() and len(found["much"]) == 4000)
        if chance.random() < 0.3:
            arrays._path((name,)).unlink(missing_ok=True)
    return wrong


def test_a_digest_tells_vectors_apart_by_all_their_bits_their_shape_and_their_type() -> None:
    vectors = np.random.default_rng(0).normal(size=(1000, 600)).astype(np.float32)
    other = vectors.copy()
    other[777, 333] = np.nextafter(other[777, 333], np.float32(9))
    every = [vectors, other, vectors.reshape(600, 1000), vectors.view(np.int32), vectors[:999], vectors[:0]]
    assert len({digests.of_array(each) for each in every}) == len(every)


def test_a_digest_is_of_the_values_and_not_of_how_they_lie_in_memory() -> None:
    vectors = np.random.default_rng(0).normal(size=(50, 6)).astype(np.float32)
    wide = np.zeros((50, 12), np.float32)
    wide[:, ::2] = vectors
    for same in (vectors.copy(), np.asfortranarray(vectors), wide[:, ::2]):
        assert digests.of_array(same) == digests.of_array(vectors)


if __name__ == "__main__":
    logging.basicConfig(level=logging.ERROR)
    print(write_and_read(int(sys.argv[1])), "wrong")
