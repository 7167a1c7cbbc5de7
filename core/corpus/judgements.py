"""Labels made by clicking: one file a token, which only who knows the token can read or change."""

import json
import logging
import os
import re
import secrets
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from core.corpus.corpus import Corpus
from core.corpus.labels import Labels
from core.corpus.reader import from_paste, one_text
from core.errors import InputError
from core.jobs.queue import alone
from core.progress import silent
from core.settings import cache_folder

MOST_MARKS = 10_000
MOST_BYTES = 10**6  # of a token
MOST_FILES = 2_000
VERSION = 1

TOKEN = re.compile(r"[0-9a-f]{32}")
Marks = dict[str, dict[str, int]]  # query to document id to grade

log = logging.getLogger(__name__)


def new_token() -> str:
    """A name for a visitor's marks that nobody can guess."""
    return secrets.token_hex(16)


def is_token(text: str) -> bool:
    """Whether a text has the form of a token; nothing else ever becomes a part of a path."""
    return TOKEN.fullmatch(text) is not None


def marks(token: str, fingerprint: str) -> Marks:
    """What is marked under the token in the corpus of that fingerprint; nothing where the file cannot be read."""
    return _read(_path(token)).get(fingerprint, {})


def of_query(marked: Marks, query: str) -> dict[str, int]:
    """The grades of a query, however its words are spaced."""
    return marked.get(" ".join(query.split()), {})


def mark(token: str, fingerprint: str, query: str, document: str, grade: int | None) -> None:
    """Keep a grade for a document and a query; None takes it back.

    Raises
    ------
    InputError
        The token has not the form of one, there are too many marks, or the folder cannot be written.
    """
    path, query = _path(token), one_text(query, "the query")
    with alone(path.with_suffix(".lock"), silent, "Waiting for another window to mark"):
        everything = _read(path)
        own = everything.setdefault(fingerprint, {})
        own.setdefault(query, {}).pop(document, None)
        if grade is not None:
            own[query][document] = grade
        if sum(len(grades) for queries in everything.values() for grades in queries.values()) > MOST_MARKS:
            raise InputError(f"{MOST_MARKS:,} documents are marked here, the most there may be: download them.")
        _write(path, _without_empty(everything))


def labels(token: str, documents: Corpus) -> Labels | None:
    """The marks of a corpus as labels, each query under its own text as id; None where nothing is relevant yet."""
    graded = marks(token, documents.fingerprint)
    qrels = {query: grades for query, grades in graded.items() if max(grades.values()) > 0}
    if not qrels:
        return None
    unsure = len(graded) - len(qrels)
    left_out = {"marked queries without a relevant document": unsure} if unsure else {}
    queries = from_paste("\n".join(qrels), "marked queries")
    named = {name: qrels[text] for name, text in zip(queries.ids, queries.texts, strict=True)}
    return Labels("labels marked by clicking", queries, named, left_out)


def _path(token: str) -> Path:
    if not is_token(token):
        raise InputError("That is no token of marks: it has 32 digits and letters from a to f.")
    return cache_folder() / "marks" / f"{token}.json"


def _read(path: Path) -> dict[str, Marks]:
    """All marks of a file by corpus; none where it is not there, cannot be read or is not as it was written."""
    try:
        return _checked(json.loads(path.read_bytes()))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, RecursionError) as error:
        log.warning("The marks in %s cannot be read: %s", path, error)
        return {}


def _checked(content: object) -> dict[str, Marks]:
    if not isinstance(content, dict) or content.get("version") != VERSION:
        raise ValueError("they are of another version")
    corpora = content.get("marks")
    grades = [
        grade
        for queries in _values(corpora)
        for documents in _values(queries)
        for grade in _values(documents)
        if type(grade) is not int
    ]
    if grades:
        raise ValueError("a grade is no whole number")
    return corpora  # type: ignore[return-value]  # checked just now


def _values(content: object) -> list[object]:
    if not isinstance(content, dict):
        raise ValueError("they are not nested as they should be")
    return list(content.values())


def _without_empty(everything: Mapping[str, Marks]) -> dict[str, Marks]:
    full = {
        fingerprint: {query: grades for query, grades in queries.items() if grades}
        for fingerprint, queries in everything.items()
    }
    return {fingerprint: queries for fingerprint, queries in full.items() if queries}


def _write(path: Path, everything: Mapping[str, Marks]) -> None:
    """Write beside the place and move there: whoever reads finds a whole file or none."""
    content = json.dumps({"version": VERSION, "marks": everything}).encode()
    if len(content) > MOST_BYTES:
        raise InputError(f"The marks take more than {MOST_BYTES:,} bytes, the most there may be: download them.")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent, suffix=".part")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
            Path(temporary).replace(path)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise InputError(
            f"The mark cannot be kept in {path.parent} ({error.strerror}). Let EMBEDSCOPE_HOME name a folder that can "
            "be written."
        ) from None
    _prune(path.parent)


def _prune(folder: Path) -> None:
    """Delete the files that were longest not written, beyond the number that a folder may hold."""
    files = list(folder.glob("*.json"))
    if len(files) <= MOST_FILES:
        return
    with suppress(OSError):  # another process has pruned it
        for path in sorted(files, key=lambda file: file.stat().st_mtime)[: len(files) - MOST_FILES]:
            path.unlink(missing_ok=True)
            path.with_suffix(".lock").unlink(missing_ok=True)
