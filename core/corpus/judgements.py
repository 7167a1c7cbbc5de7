"""Judgements made by clicking: one file per token, which can only be read or changed with the token."""

import json
import logging
import re
import secrets
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from core.corpus.labels import Labels
from core.corpus.reader import from_paste, one_text
from core.errors import InputError
from core.jobs.queue import hold_lock
from core.progress import silent
from core.settings import cache_folder
from core.storage import files, records

MOST_MARKS = 10_000
MOST_BYTES = 10**6  # of a token
MOST_FILES = 2_000
TOKEN = re.compile(r"[0-9a-f]{32}")
Marks = dict[str, dict[str, int]]  # query to document id to grade

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class _File:
    """The content of a file: the marks of each corpus, by its fingerprint."""

    marks: dict[str, Marks]
    version: Literal[1] = 1


def new_token() -> str:
    """An unguessable name for a visitor's marks."""
    return secrets.token_hex(16)


def is_token(text: str) -> bool:
    """Whether a text has the form of a token; only such texts become part of a path."""
    return TOKEN.fullmatch(text) is not None


def marks(token: str, fingerprint: str) -> Marks:
    """The marks under the token in the corpus with that fingerprint; empty if the file cannot be read."""
    return _read(_path(token)).get(fingerprint, {})


def of_query(marked: Marks, query: str) -> dict[str, int]:
    """The grades of a query, whatever its spacing."""
    return marked.get(" ".join(query.split()), {})


def mark(token: str, fingerprint: str, query: str, document: str, grade: int | None) -> None:
    """Save a grade for a document and a query; None removes it.

    Raises
    ------
    InputError
        The token is malformed, there are too many marks, or the folder cannot be written.
    """
    path, query = _path(token), one_text(query, "the query")
    with hold_lock(path.with_suffix(".lock"), silent, "Waiting for another window to save"):
        everything = _read(path)
        own = everything.setdefault(fingerprint, {})
        own.setdefault(query, {}).pop(document, None)
        if grade is not None:
            own[query][document] = grade
        if sum(len(grades) for queries in everything.values() for grades in queries.values()) > MOST_MARKS:
            raise InputError(f"{MOST_MARKS:,} documents are judged already, the maximum: download your judgements.")
        _write(path, _without_empty(everything))


def labels(token: str, fingerprint: str) -> Labels | None:
    """The marks as labels, with each query's text as its id, not yet matched with documents.

    None if nothing is marked as relevant yet.
    """
    graded = marks(token, fingerprint)
    qrels = {query: grades for query, grades in graded.items() if max(grades.values()) > 0}
    if not qrels:
        return None
    unsure = len(graded) - len(qrels)
    left_out = {"judged queries without a relevant document": unsure} if unsure else {}
    queries = from_paste("\n".join(qrels), "judged queries")
    named = {name: qrels[text] for name, text in zip(queries.ids, queries.texts, strict=True)}
    return Labels("judgements made by clicking", queries, named, left_out)


def _path(token: str) -> Path:
    if not is_token(token):
        raise InputError("This is not a valid token for judgements: it must be 32 digits and letters from a to f.")
    return cache_folder() / "marks" / f"{token}.json"


def _read(path: Path) -> dict[str, Marks]:
    """All marks of a file by corpus; empty if it is missing, unreadable or damaged."""
    try:
        return records.parse(_File, path.read_bytes()).marks
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        log.warning("Cannot read the judgements in %s: %s", path, error)
        return {}


def _without_empty(everything: Mapping[str, Marks]) -> dict[str, Marks]:
    full = {
        fingerprint: {query: grades for query, grades in queries.items() if grades}
        for fingerprint, queries in everything.items()
    }
    return {fingerprint: queries for fingerprint, queries in full.items() if queries}


def _write(path: Path, everything: Mapping[str, Marks]) -> None:
    content = json.dumps(asdict(_File(dict(everything)))).encode()
    if len(content) > MOST_BYTES:
        raise InputError(f"Your judgements take more than {MOST_BYTES:,} bytes, the maximum: download them.")
    try:
        files.write(path, content)
    except OSError as error:
        raise InputError(
            f"Cannot save the judgement in {path.parent} ({error.strerror}). Set EMBEDSCOPE_HOME to a writable folder."
        ) from None
    _prune(path.parent)


def _prune(folder: Path) -> None:
    """Delete the oldest files beyond the limit of a folder."""
    paths = list(folder.glob("*.json"))
    if len(paths) <= MOST_FILES:
        return
    with suppress(OSError):  # another process has pruned it
        for path in sorted(paths, key=lambda file: file.stat().st_mtime)[: len(paths) - MOST_FILES]:
            path.unlink(missing_ok=True)
            path.with_suffix(".lock").unlink(missing_ok=True)
