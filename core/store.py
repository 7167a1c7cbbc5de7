"""Vectors on disk, by content: a text that a model has embedded once is not embedded again.

A key names everything that a vector depends on. SQLite in WAL mode lets several processes write and survives being
killed; an entry whose checksum or length is wrong, and a file that cannot be read, count as a miss and are logged.
"""

import hashlib
import logging
import sqlite3
import threading
import time
import zlib
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from core.settings import cache_folder

VERSION = 1
MOST_BYTES = 2 * 2**30
KEYS_PER_QUERY = 500
TABLE = """
    create table if not exists vectors (key blob primary key, crc int, vector blob, used int)
"""

log = logging.getLogger(__name__)

Vector = npt.NDArray[np.float32]


def key(namespace: str, text: str) -> bytes:
    """Digest of a text in a namespace (model, revision, prompt, precision ...), 20 bytes."""
    content = f"{VERSION}\0{namespace}\0{text}".encode("utf-8", "surrogatepass")
    return hashlib.blake2b(content, digest_size=20).digest()


class Store:
    """A table of vectors, bounded in size; the least recently used go first."""

    def __init__(self, path: Path, most_bytes: int = MOST_BYTES) -> None:
        self.path = path
        self.most_bytes = most_bytes
        self._local = threading.local()

    def get(self, keys: Iterable[bytes], dimensions: int) -> dict[bytes, Vector]:
        """The known vectors among the keys, each of shape (dimensions,)."""
        wanted = list(dict.fromkeys(keys))
        found: dict[bytes, Vector] = {}
        try:
            for start in range(0, len(wanted), KEYS_PER_QUERY):
                part = wanted[start : start + KEYS_PER_QUERY]
                marks = ",".join("?" * len(part))
                rows = self._database().execute(f"select key, crc, vector from vectors where key in ({marks})", part)
                for name, crc, content in rows:
                    if isinstance(content, bytes) and zlib.crc32(content) == crc and len(content) == dimensions * 4:
                        found[name] = np.frombuffer(content, "<f4").astype(np.float32)
                    else:
                        log.warning("A damaged vector in %s is computed again.", self.path)
            self._mark_used(found)
        except sqlite3.Error as error:
            log.warning("The store %s cannot be read (%s): vectors are computed.", self.path, error)
            self._forget_connection()
        return found

    def put(self, vectors: Mapping[bytes, Vector]) -> None:
        """Keep the vectors; what cannot be written is logged and forgotten."""
        now = int(time.time())
        contents = {name: np.asarray(vector, "<f4").tobytes() for name, vector in vectors.items()}
        rows = [(name, zlib.crc32(content), content, now) for name, content in contents.items()]
        try:
            with self._database() as database:
                database.executemany("insert or replace into vectors values (?, ?, ?, ?)", rows)
            self._shrink()
        except sqlite3.Error as error:
            log.warning("The store %s cannot be written (%s): these vectors are not kept.", self.path, error)
            self._forget_connection()

    def _database(self) -> sqlite3.Connection:
        """This thread's connection."""
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = sqlite3.connect(self.path, timeout=10)
            connection.execute("begin immediate")  # waits for its turn, which the change to WAL itself does not
            connection.commit()
            connection.execute("pragma journal_mode=wal")
            connection.execute("pragma synchronous=normal")
            connection.execute(TABLE)
            self._local.connection = connection
        return connection

    def _forget_connection(self) -> None:
        connection = getattr(self._local, "connection", None)
        if connection is not None:
            connection.close()
            self._local.connection = None

    def _mark_used(self, found: Mapping[bytes, Vector]) -> None:
        now = int(time.time())
        with self._database() as database:
            database.executemany("update vectors set used = ? where key = ?", [(now, name) for name in found])

    def _shrink(self) -> None:
        """Drop the least recently used tenth until the rest fits."""
        database = self._database()
        while self._bytes_in_use() > self.most_bytes and database.execute("select 1 from vectors").fetchone():
            with database:
                database.execute(
                    "delete from vectors where key in (select key from vectors order by used "
                    "limit (select max(1, count(*) / 10) from vectors))"
                )

    def _bytes_in_use(self) -> int:
        """Size of the file less the pages that wait to be used again."""
        pages = ("page_count", "freelist_count", "page_size")
        count, free, size = (self._database().execute(f"pragma {name}").fetchone()[0] for name in pages)
        return int((count - free) * size)


@cache
def shared_store() -> Store:
    """The store of this machine's user."""
    return Store(cache_folder() / "vectors.sqlite")
