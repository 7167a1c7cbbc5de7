"""The ids and documents of a collection so far, in a temporary database: they need not fit into memory."""

import sqlite3
from collections.abc import Sequence

from core.corpus.documents import Content
from core.storage import digests

KEY_BYTES = 16


def key_of(content: Content) -> bytes:
    """A name for what makes a document."""
    return bytes.fromhex(digests.of("\0".join(content).encode(), size=KEY_BYTES))


class Register:
    """The ids taken so far, and the documents known so far, by what makes them."""

    def __init__(self) -> None:
        self._database = sqlite3.connect("", isolation_level=None)  # a file of its own, without a name
        self._database.execute("PRAGMA journal_mode = OFF")
        self._database.execute("CREATE TABLE ids (id TEXT PRIMARY KEY, number INTEGER DEFAULT 1) WITHOUT ROWID")
        self._database.execute("CREATE TABLE keys (key BLOB PRIMARY KEY) WITHOUT ROWID")
        self._database.execute("BEGIN")  # and never end, as nobody else reads it: a third of the time

    def __contains__(self, content: Content) -> bool:
        return self._database.execute("SELECT 1 FROM keys WHERE key = ?", (key_of(content),)).fetchone() is not None

    def add(self, content: Content) -> None:
        """Note a document."""
        self._database.execute("INSERT OR IGNORE INTO keys VALUES (?)", (key_of(content),))

    def note(self, ids: Sequence[str], keys: Sequence[bytes | None]) -> None:
        """Note ids and keys that a collection has."""
        self._database.executemany("INSERT OR IGNORE INTO ids (id) VALUES (?)", ((name,) for name in ids))
        self._database.executemany("INSERT OR IGNORE INTO keys VALUES (?)", ((key,) for key in keys if key))

    def take(self, names: Sequence[str], own: Sequence[bool]) -> list[str]:
        """An id for each document, as by `unique_names`, that none before it has; it is taken from now on."""
        unique, known = list(names), set(names)
        for place in sorted(range(len(names)), key=lambda place: not own[place]):
            name = names[place]
            if not self._is_free(name):
                unique[place] = self._number(name, known)
        return unique

    def _is_free(self, name: str) -> bool:
        """Whether an id was free; now it is taken."""
        return self._database.execute("INSERT OR IGNORE INTO ids (id) VALUES (?)", (name,)).rowcount == 1

    def _number(self, name: str, known: set[str]) -> str:
        """The id with the first number that is free."""
        ((number,),) = self._database.execute("SELECT number FROM ids WHERE id = ?", (name,))
        number += 1
        while f"{name}-{number}" in known or not self._is_free(f"{name}-{number}"):
            number += 1
        self._database.execute("UPDATE ids SET number = ? WHERE id = ?", (number, name))
        known.add(f"{name}-{number}")
        return f"{name}-{number}"
