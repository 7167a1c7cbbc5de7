import logging
import resource
import shutil
import sqlite3
import subprocess
import sys
import threading
from contextlib import contextmanager

import numpy as np
import pytest

from core.errors import InputError
from core.settings import PROJECT, store_bytes
from core.storage.vectors import Store, key

DIMENSIONS = 4


@pytest.fixture
def path(tmp_path):
    return tmp_path / "vectors.sqlite"


@pytest.fixture
def clock(monkeypatch):
    """What the store takes for the time, in seconds; set it with clock[0] = ..."""
    now = [0.0]
    monkeypatch.setattr("core.storage.vectors.time.time", lambda: now[0])
    return now


def vector(number):
    return np.full(DIMENSIONS, number, np.float32)


def vectors(*numbers):
    return {key("model", str(number)): vector(number) for number in numbers}


def known(store, *numbers):
    """The numbers whose vectors the store holds, each of them checked."""
    found = store.get([key("model", str(number)) for number in numbers], DIMENSIONS)
    for number in numbers:
        if key("model", str(number)) in found:
            np.testing.assert_array_equal(found[key("model", str(number))], vector(number))
    return [number for number in numbers if key("model", str(number)) in found]


def works_again(store):
    """What damage costs is one answer at most: what is put after it is kept."""
    store.put(vectors(1))
    store.put(vectors(2))
    return known(store, 2) == [2] and known(Store(store.path), 2) == [2]


def change_on_disk(path, statement):
    connection = sqlite3.connect(path)
    with connection:
        assert connection.execute(statement).rowcount == 1
    connection.close()


def test_vectors_come_back_bit_by_bit_in_another_store_on_the_same_file(path):
    rows = np.random.default_rng(0).normal(size=(1200, 384)).astype(np.float32)  # more than one query takes
    rows[0, :3] = np.array([np.nan, -0.0, 1e-45], np.float32)
    keys = [key("model", str(number)) for number in range(1200)]
    Store(path).put(dict(zip(keys, rows, strict=True)))
    found = Store(path).get(keys, 384)
    assert np.array([found[name] for name in keys]).tobytes() == rows.tobytes()
    assert {vector.dtype for vector in found.values()} == {np.dtype(np.float32)}


def test_an_unknown_key_is_left_out(path):
    kept = Store(path)
    kept.put(vectors(1))
    assert known(kept, 1, 2) == [1]


def test_no_keys_find_nothing(path):
    assert Store(path).get([], DIMENSIONS) == {}


def test_a_found_vector_may_be_changed_without_changing_the_store(path):
    kept = Store(path)
    kept.put(vectors(1))
    kept.get([key("model", "1")], DIMENSIONS)[key("model", "1")][:] = 9
    assert known(kept, 1) == [1]


def test_a_vector_put_again_replaces_the_old_one(path):
    kept = Store(path)
    kept.put({key("model", "1"): vector(7)})
    kept.put({key("model", "1"): vector(1)})
    assert known(kept, 1) == [1]


def test_a_key_tells_namespaces_and_texts_apart():
    pairs = [
        ("a", "bc"),
        ("ab", "c"),
        ("abc", ""),
        ("", "abc"),
        ("a", "é"),
        ("a", "e\u0301"),
        ("a", "\ud800"),
        ("a", "\0"),
    ]
    keys = {key(namespace, text) for namespace, text in pairs}
    assert len(keys) == len(pairs)
    assert {len(name) for name in keys} == {20}


@pytest.mark.parametrize(
    "damage",
    [
        "vector = zeroblob(16)",
        "vector = substr(vector, 1, 12)",
        "vector = cast(vector || x'00000000' as blob)",
        "vector = x''",
        "vector = null",
        "vector = cast(x'ffffffffffffffffffffffffffffffff' as text)",  # and no text either
        "vector = (select vector from vectors order by rowid desc limit 1)",  # another's
        "(digest, vector) = (select digest, vector from vectors order by rowid desc limit 1)",
        "digest = null",
        "digest = 1",
    ],
)
def test_a_damaged_entry_is_a_miss_that_is_logged_and_can_be_put_again(path, caplog, damage):
    kept = Store(path)
    kept.put(vectors(1, 2))
    change_on_disk(path, f"update vectors set {damage} where key = x'{key('model', '1').hex()}'")
    with caplog.at_level(logging.WARNING):
        assert known(kept, 1, 2) == [2]
    assert "damaged" in caplog.text
    kept.put(vectors(1))
    assert known(kept, 1, 2) == [1, 2]


def test_a_vector_of_another_length_is_a_miss(path):
    kept = Store(path)
    kept.put(vectors(1))
    assert kept.get([key("model", "1")], DIMENSIONS + 1) == {}


def test_a_damaged_use_is_no_obstacle(path):
    kept = Store(path)
    kept.put(vectors(1))
    change_on_disk(path, "update vectors set used = 'lately'")
    assert known(kept, 1) == [1]


def test_a_file_that_is_no_database_is_given_up_for_a_new_one(path, caplog):
    path.write_bytes(b"not a database " * 500)
    damaged = Store(path)
    with caplog.at_level(logging.WARNING):
        assert known(damaged, 1) == []
    assert "replacing it with a new one" in caplog.text
    assert "Cannot read" in caplog.text
    assert works_again(damaged)
    assert not path.exists()


def test_a_database_with_other_tables_is_given_up_for_a_new_one(path):
    other = sqlite3.connect(path)
    other.execute("create table vectors (key blob, used int, crc int, vector blob)")
    other.close()
    assert works_again(Store(path))


def test_damage_after_damage_is_overcome(path):
    for _ in range(3):
        for file in path.parent.glob("*.sqlite"):
            file.write_bytes(b"not a database " * 500)
        assert works_again(Store(path))


@pytest.mark.parametrize("seed", range(10))
def test_a_file_overwritten_in_places_gives_no_wrong_vector_and_works_again(path, seed):
    Store(path).put(vectors(*range(500)))
    random = np.random.default_rng(seed)
    content = bytearray(path.read_bytes())
    for start in random.integers(0, len(content), 3):
        content[start : start + 500] = random.bytes(len(content[start : start + 500]))
    copy = path.with_name("damaged.sqlite")
    copy.write_bytes(content)
    damaged = Store(copy)
    assert len(known(damaged, *range(500))) < 500  # those that are there are checked
    damaged.put(vectors(*range(500)))
    damaged.put(vectors(*range(500)))
    assert known(damaged, *range(500)) == list(range(500))


def test_a_file_cut_short_gives_no_wrong_vector_and_works_again(path):
    Store(path).put(vectors(*range(500)))
    copy = path.with_name("cut.sqlite")
    copy.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    damaged = Store(copy)
    assert len(known(damaged, *range(500))) < 500
    assert works_again(damaged)


@pytest.mark.parametrize("suffix", ["-wal", "-shm"])
@pytest.mark.parametrize("length", [0, 100, 100_000])
def test_garbage_in_the_log_of_a_killed_writer_gives_no_wrong_vector_and_works_again(path, suffix, length):
    killed_after_putting(path, 1, 2)
    path.with_name(path.name + suffix).write_bytes(np.random.default_rng(0).bytes(length))
    kept = Store(path)
    known(kept, 1, 2)  # those that are there are checked
    assert works_again(kept)


def test_a_store_whose_files_are_deleted_begins_anew(path):
    kept = Store(path)
    kept.put(vectors(1))
    shutil.rmtree(path.parent)
    assert known(kept, 1) == []
    kept.put(vectors(2))
    assert known(kept, 1, 2) == [2]
    assert known(Store(path), 2) == [2]


def test_a_file_that_takes_the_place_of_the_open_one_gives_no_wrong_vector_and_works(path):
    kept = Store(path)
    kept.put(vectors(1))
    other = path.with_name("other.sqlite")
    Store(other).put(vectors(*range(500)))
    other.rename(path)
    known(kept, *range(500))  # those that are there are checked
    assert works_again(kept)


def test_a_folder_that_cannot_be_made_is_a_miss_that_is_logged(tmp_path, caplog):
    (tmp_path / "file").touch()
    nowhere = Store(tmp_path / "file" / "vectors.sqlite")
    with caplog.at_level(logging.WARNING):
        nowhere.put(vectors(1))
        assert known(nowhere, 1) == []
    assert "Cannot write" in caplog.text
    assert "Cannot read" in caplog.text


def test_a_store_that_failed_works_again_once_there_is_a_place_for_it(tmp_path):
    mended = Store(tmp_path / "later" / "vectors.sqlite")
    (tmp_path / "later").touch()
    mended.put(vectors(1))
    (tmp_path / "later").unlink()
    mended.put(vectors(1))
    assert known(mended, 1) == [1]


def test_a_full_disk_is_logged_and_what_was_kept_stays(path, caplog):
    kept = Store(path)
    kept.put(vectors(1))
    with files_of_at_most(200_000), caplog.at_level(logging.WARNING):
        kept.put(vectors(*range(2, 20_000)))
    assert "Cannot write" in caplog.text
    assert known(kept, 1, 2) == [1]
    kept.put(vectors(2))
    assert known(kept, 1, 2) == [1, 2]


@contextmanager
def files_of_at_most(size):
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_store_that_another_keeps_locked_is_a_miss_that_is_logged(path, caplog, monkeypatch):
    monkeypatch.setattr("core.storage.vectors.WAIT_SECONDS", 0.1)
    kept = Store(path)
    kept.put(vectors(1))
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("begin immediate")
    with caplog.at_level(logging.WARNING):
        kept.put(vectors(2))
    assert "locked" in caplog.text
    assert known(kept, 1, 2) == [1]
    other.close()
    kept.put(vectors(2))
    assert known(kept, 1, 2) == [1, 2]


def put_by_three_processes_at_once(path):
    script = (
        "import sys; from pathlib import Path; from core.storage.vectors import Store\n"
        "from tests.core.storage.test_vectors import vectors\n"
        "path, start = Path(sys.argv[1]), int(sys.argv[2])\n"
        "print('ready', flush=True); sys.stdin.readline()\n"
        "for number in range(start, start + 50): Store(path).put(vectors(number))\n"
    )
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", script, str(path), str(start)],
            cwd=PROJECT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for start in (0, 50, 100)
    ]
    for writer in writers:
        assert writer.stdout
        assert writer.stdout.readline() == "ready\n"
    for writer in writers:
        assert writer.stdin
        writer.stdin.write("go\n")
        writer.stdin.flush()
    for writer in writers:
        writer.communicate()
        assert writer.returncode == 0


def test_several_processes_that_begin_a_store_at_once_lose_nothing(path):
    put_by_three_processes_at_once(path)
    assert known(Store(path), *range(150)) == list(range(150))


def test_several_processes_that_find_a_damaged_file_at_once_agree_on_the_new_one(path):
    path.write_bytes(b"not a database " * 500)
    put_by_three_processes_at_once(path)
    lost = set(range(150)) - set(known(Store(path), *range(150)))
    assert lost <= {0, 50, 100}  # what each process put first, when it met the damage


def killed_after_putting(path, *numbers):
    script = (
        "import os, signal, sys; from pathlib import Path; from core.storage.vectors import Store\n"
        "from tests.core.storage.test_vectors import vectors\n"
        "Store(Path(sys.argv[1])).put(vectors(*sys.argv[2:])); os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    arguments = [sys.executable, "-c", script, str(path), *map(str, numbers)]
    assert subprocess.run(arguments, cwd=PROJECT, check=False).returncode == -9


def test_a_killed_writer_leaves_a_store_that_works_with_all_it_had_put(path):
    killed_after_putting(path, 1, 2)
    kept = Store(path)
    assert known(kept, 1, 2) == [1, 2]
    kept.put(vectors(3))
    assert known(kept, 3) == [3]


def test_a_new_file_that_another_process_has_locked_for_a_moment_is_waited_for(path):
    other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    other.execute("begin immediate")
    release = threading.Timer(0.3, other.execute, ["commit"])
    release.start()
    kept = Store(path)
    kept.put(vectors(1))
    release.join()
    other.close()
    assert known(kept, 1) == [1]


def test_several_threads_share_one_store(path):
    shared = Store(path)
    shared.put(vectors(0))
    threads = [threading.Thread(target=lambda n=n: shared.put(vectors(n))) for n in range(1, 9)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert known(shared, *range(9)) == list(range(9))


BOUND = 200_000
MANY = 60


def large(number):
    """A vector that fills a page of the file, so that few of them reach the bound."""
    return {key("model", str(number)): np.full(1000, number, np.float32)}


def held(store):
    return set(store.get([key("model", str(number)) for number in range(MANY)], 1000))


def test_the_store_stays_within_its_bound_and_drops_the_least_recently_put(path, clock):
    full = Store(path, most_bytes=BOUND)
    for number in range(MANY):
        clock[0] = number
        full.put(large(number))
    kept = [number for number in range(MANY) if key("model", str(number)) in held(full)]
    assert len(kept) >= 20
    assert kept == list(range(kept[0], MANY))
    assert sum(array.nbytes for number in kept for array in large(number).values()) <= BOUND


def test_a_vector_that_was_asked_for_lately_outlives_newer_ones(path, clock):
    full = Store(path, most_bytes=BOUND)
    for hour in range(MANY):
        clock[0] = hour * 3600
        full.put(large(hour))
        full.get([key("model", "0")], 1000)
    assert key("model", "0") in held(full)
    assert key("model", "1") not in held(full)


def test_asking_again_within_the_hour_writes_nothing(path):
    kept = Store(path)
    kept.put(vectors(1, 2))
    log = path.with_name(f"{path.name}-wal")
    before = log.read_bytes()
    assert known(kept, 1, 2) == [1, 2]
    assert log.read_bytes() == before


def test_space_that_is_freed_is_used_again(path):
    full = Store(path, most_bytes=BOUND)
    for number in range(5 * MANY):
        full.put(large(number))
    checkpoint(path)
    assert path.stat().st_size <= BOUND * 1.1


def checkpoint(path):
    database = sqlite3.connect(path)
    database.execute("pragma wal_checkpoint(truncate)")
    database.close()


def test_more_than_fits_at_once_leaves_no_more_than_fits(path):
    full = Store(path, most_bytes=BOUND)
    full.put({name: array for number in range(MANY) for name, array in large(number).items()})
    assert 1 <= len(held(full)) <= BOUND // 4000


def test_a_bound_too_small_for_anything_is_not_an_endless_search(path):
    Store(path, most_bytes=1).put(vectors(0))
    assert known(Store(path), 0) == []


def test_a_smaller_bound_than_before_drops_what_is_too_much(path):
    Store(path).put({name: array for number in range(MANY) for name, array in large(number).items()})
    assert len(held(Store(path))) == MANY
    smaller = Store(path, most_bytes=BOUND)
    smaller.put(large(0))
    assert 1 <= len(held(smaller)) <= BOUND // 4000


def test_the_host_sets_the_bound_in_gigabytes(monkeypatch):
    monkeypatch.delenv("EMBEDSCOPE_STORE_GB", raising=False)
    assert store_bytes() == 2_000_000_000
    monkeypatch.setenv("EMBEDSCOPE_STORE_GB", "0.5")
    assert store_bytes() == 500_000_000


@pytest.mark.parametrize("setting", ["two", "0", "-1", "nan", "inf"])
def test_a_bound_that_is_not_one_is_refused_with_its_value(monkeypatch, setting):
    monkeypatch.setenv("EMBEDSCOPE_STORE_GB", setting)
    with pytest.raises(InputError, match=setting):
        store_bytes()
