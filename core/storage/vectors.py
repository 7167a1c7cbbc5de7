"""Vectors on disk, by content: a text that a model has embedded once is not embedded again.

A key covers everything that a vector depends on. SQLite in WAL mode lets several processes write and survives being
killed. Each vector carries a digest, so that a damaged one is never returned. A failed read or write counts as a miss
and is logged. A file that SQLite finds damaged is abandoned in all processes, and a new one is started.
"""

import hashlib
import logging
import sqlite3
import time
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import cache
from itertools import count
from pathlib import Path

import numpy as np
import numpy.typing as npt

from core.settings import STORE_BYTES, cache_folder, store_bytes

VERSION = 2  # of the tables; each version has its own file, since an older Embedscope may run at the same time
KEYS_PER_QUERY = 500
WAIT_SECONDS = 10
USE_SECONDS = 3600  # a use is recorded no more often than this, so that reading rarely costs a write
WAL_BYTES = 16 * 2**20
DAMAGE = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR)  # the last: tables of another program
SETUP = (
    "pragma synchronous=normal",
    f"pragma journal_size_limit={WAL_BYTES}",
    "create table if not exists vectors (key blob primary key, used int, digest blob, vector blob)",
    "create index if not exists vectors_by_use on vectors (used)",
)

log = logging.getLogger(__name__)

Vector = npt.NDArray[np.float32]
Inode = tuple[int, int]


def key(namespace: str, text: str) -> bytes:
    """Digest of a text in a namespace (model, revision, prompt, precision ...), 20 bytes."""
    content = f"{namespace}\0{text}".encode("utf-8", "surrogatepass")
    return hashlib.blake2b(content, digest_size=20).digest()


class Store:
    """A table of vectors, bounded in size; the least recently used go first, to the hour.

    Threads and processes may share it. `most_bytes` bounds the file, apart from a single `put`. Freed space is reused,
    but the file never shrinks: to free disk space, delete the store's files, which is safe at any time.
    """

    def __init__(self, path: Path, most_bytes: int = STORE_BYTES) -> None:
        self.path = path
        self.most_bytes = most_bytes
        self._idle: deque[tuple[sqlite3.Connection, Inode | None]] = deque()

    def get(self, keys: Iterable[bytes], dimensions: int) -> dict[bytes, Vector]:
        """The known vectors among the keys, each of shape (dimensions,)."""
        wanted = list(dict.fromkeys(keys))
        vectors: dict[bytes, Vector] = {}
        long_unused: list[bytes] = []
        try:
            with self._connection() as database:
                for start in range(0, len(wanted), KEYS_PER_QUERY):
                    rows = _select(database, wanted[start : start + KEYS_PER_QUERY])
                    sound = [row for row in rows if _is_sound(row, dimensions)]
                    if len(sound) < len(rows):
                        log.warning(
                            "%d damaged vectors in %s: computing them again.", len(rows) - len(sound), self.path
                        )
                    vectors |= _vectors(sound, dimensions)
                    long_unused += [name for name, is_long_unused, _, _ in sound if is_long_unused]
                _note_use(database, long_unused)
        except (sqlite3.Error, OSError) as error:
            log.warning("Cannot read the cache %s (%s): computing the vectors.", self.path, error)
        return vectors

    def put(self, vectors: Mapping[bytes, Vector]) -> None:
        """Store the vectors; a failed write is logged and ignored."""
        now = int(time.time())
        contents = {name: np.asarray(vector, "<f4").tobytes() for name, vector in vectors.items()}
        rows = [(name, now, _digest(name, content), content) for name, content in contents.items()]
        try:
            with self._connection() as database, database:
                database.executemany(
                    "insert or replace into vectors (key, used, digest, vector) values (?, ?, ?, ?)", rows
                )
                self._shrink(database)
        except (sqlite3.Error, OSError) as error:
            log.warning("Cannot write to the cache %s (%s): these vectors are not saved.", self.path, error)

    def _shrink(self, database: sqlite3.Connection) -> None:
        """Delete the least recently used hundredth until the rest fits."""
        dropped = 1
        while dropped and _bytes_in_use(database) > self.most_bytes:
            dropped = database.execute(
                "delete from vectors where rowid in "
                "(select rowid from vectors order by used limit (select 1 + count(*) / 100 from vectors))"
            ).rowcount

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        """A connection for one user at a time; after an error it is closed, and a damaged file is abandoned."""
        file = self._file()
        try:
            database, inode = self._idle_connection(file) or _open(file)
            try:
                yield database
            except BaseException:
                database.close()
                raise
        except sqlite3.Error as error:
            if getattr(error, "sqlite_errorcode", 0) & 0xFF in DAMAGE:
                _give_up(file)
            raise
        self._idle.append((database, inode))

    def _idle_connection(self, file: Path) -> tuple[sqlite3.Connection, Inode | None] | None:
        """An idle connection to the file that currently has this name; None if there is none."""
        with suppress(IndexError):
            while True:
                database, inode = self._idle.pop()
                if inode is not None and inode == _inode(file):
                    return database, inode
                database.close()
        return None

    def _file(self) -> Path:
        """The file in use: the first that no process has abandoned.

        A name is never reused: a process with a damaged file still open could mix it with the log of its successor,
        which SQLite finds by name.
        """
        later = (self.path.with_stem(f"{self.path.stem}.{number}") for number in count(1))
        file = self.path
        while _mark(file).exists():
            file = next(later)
        return file


@cache
def shared_store() -> Store:
    """The store of this machine's user.

    Raises
    ------
    InputError
        The host's limit is not a positive number.
    """
    return Store(cache_folder() / f"vectors-{VERSION}.sqlite", store_bytes())


def _open(file: Path) -> tuple[sqlite3.Connection, Inode | None]:
    file.parent.mkdir(parents=True, exist_ok=True)
    database = sqlite3.connect(file, timeout=WAIT_SECONDS, check_same_thread=False)
    try:
        with suppress(sqlite3.OperationalError):  # another connection is busy: a later one makes the change
            database.execute("pragma journal_mode=wal")
        for statement in SETUP:
            database.execute(statement)
    except BaseException:
        database.close()
        raise
    database.text_factory = bytes  # a damaged row may claim to be text, and need not decode
    return database, _inode(file)


def _inode(file: Path) -> Inode | None:
    """Distinguishes a file from another of the same name; None if it is gone."""
    with suppress(FileNotFoundError):
        state = file.stat()
        return state.st_dev, state.st_ino
    return None


def _mark(file: Path) -> Path:
    """The empty file that marks a file as abandoned for all processes."""
    return file.with_name(f"{file.name}.damaged")


def _give_up(file: Path) -> None:
    log.warning("The cache file %s is damaged: replacing it with a new one.", file)
    _mark(file).touch()
    for suffix in ("", "-wal", "-shm"):
        with suppress(OSError):  # another process has deleted it, or the system holds it while it is open
            file.with_name(file.name + suffix).unlink()


def _select(database: sqlite3.Connection, keys: list[bytes]) -> list[tuple[bytes, int, bytes, bytes]]:
    """Rows of the keys: key, whether to record a use, digest, vector; of any type in a damaged row."""
    marks = ",".join("?" * len(keys))
    before = int(time.time()) - USE_SECONDS
    return database.execute(
        f"select key, used <= ?, digest, vector from vectors where key in ({marks})", (before, *keys)
    ).fetchall()


def _is_sound(row: tuple[bytes, int, bytes, bytes], dimensions: int) -> bool:
    name, _, digest, content = row
    return isinstance(content, bytes) and len(content) == dimensions * 4 and _digest(name, content) == digest


def _digest(name: bytes, content: bytes) -> bytes:
    """Distinguishes a stored vector from a damaged one, and from one under the wrong key."""
    return hashlib.blake2b(content, key=name, digest_size=16).digest()


def _vectors(rows: list[tuple[bytes, int, bytes, bytes]], dimensions: int) -> dict[bytes, Vector]:
    content = bytearray().join(content for _, _, _, content in rows)
    vectors = np.frombuffer(content, "<f4").astype(np.float32, copy=False).reshape(len(rows), dimensions)
    return dict(zip((name for name, _, _, _ in rows), vectors, strict=True))


def _note_use(database: sqlite3.Connection, keys: list[bytes]) -> None:
    if keys:
        now = int(time.time())
        with database:
            database.executemany("update vectors set used = ? where key = ?", [(now, name) for name in keys])


def _bytes_in_use(database: sqlite3.Connection) -> int:
    """Size of the file without the free pages."""
    pages = ("page_count", "freelist_count", "page_size")
    total, free, size = (database.execute(f"pragma {name}").fetchone()[0] for name in pages)
    return int((total - free) * size)
