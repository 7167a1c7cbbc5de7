"""Texts in: paste, TXT, CSV, TSV, JSONL and Parquet become a Corpus; what was left out is counted.

Every way in leads through `_build`, so that all that follows meets one shape: clean texts, none blank, ids unique.
"""

import hashlib
import json
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path

from core.errors import InputError
from core.settings import DATA
from core.tables import Row, Table, lines, read_table

TEXT_COLUMNS = ("text", "passage", "sentence", "document", "content", "body")
ID_COLUMNS = ("_id", "id")
MOST_CHARACTERS = 20_000

CONTROL_CHARACTERS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufeff]")
LONE_SURROGATES = re.compile(r"[\ud800-\udfff]")


@dataclass(frozen=True)
class Corpus:
    """Texts with their ids and what else is known of them.

    Attributes
    ----------
    name : str
        Where they come from, for captions.
    ids, texts : tuple of str, length n
    fields : dict of str to tuple of str, each of length n
        Further columns: title, subject, kind, ...
    left_out : dict of str to int
        What was not taken, or was changed, and how often: {"blank lines": 3}.
    fingerprint : str
        Digest of ids, texts and fields: equal content, equal fingerprint.
    """

    name: str
    ids: tuple[str, ...]
    texts: tuple[str, ...]
    fields: dict[str, tuple[str, ...]] = field(default_factory=dict)
    left_out: dict[str, int] = field(default_factory=dict)
    fingerprint: str = ""

    def __len__(self) -> int:
        return len(self.texts)

    @property
    def left_out_sentence(self) -> str:
        """What was left out, for a caption; empty if nothing was."""
        return ", ".join(f"{count:,} {reason}" for reason, count in self.left_out.items())

    @property
    def titles(self) -> tuple[str, ...]:
        """A short name for each text: its title, or its first words."""
        return self.fields.get("title") or tuple(shortened(text, 60) for text in self.texts)

    @property
    def documents(self) -> tuple[str, ...]:
        """What is embedded and indexed: the title, where there is one, and the text, as BEIR does it."""
        if "title" not in self.fields:
            return self.texts
        return tuple(f"{title} {text}".strip() for title, text in zip(self.fields["title"], self.texts, strict=True))


def shortened(text: str, length: int) -> str:
    """The text's beginning, with an ellipsis where something is cut off."""
    return text if len(text) <= length else text[: length - 1].rstrip() + "…"


def from_paste(pasted: str, name: str = "pasted texts") -> Corpus:
    """One text a line.

    Raises
    ------
    InputError
        No line holds a text.
    """
    return _build(name, lines(pasted), "text")


def from_file(name: str, content: bytes, column: str | None = None) -> Corpus:
    """The texts of a file, by its ending: TXT (one a line), CSV, TSV, JSONL (BEIR's too) or Parquet.

    Parameters
    ----------
    column : str, optional
        The column that holds the texts; by default the first of TEXT_COLUMNS that is there.

    Raises
    ------
    InputError
        The format is not known, the file cannot be read, or it holds no texts.
    """
    table = read_table(name, content)
    return _build(name, table, _text_column(name, table.columns, column))


def from_path(path: Path, column: str | None = None) -> Corpus:
    """The texts of a file on disk; errors as in `from_file`."""
    return from_file(path.name, read_bytes(path), column)


def read_bytes(path: Path) -> bytes:
    """Content of a file a person named.

    Raises
    ------
    InputError
        There is no such file, or it cannot be read.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}.") from None


@cache
def sample() -> Corpus:
    """The sample corpus: passages in many subjects, with title, subject and kind."""
    return replace(from_path(DATA / "sample_corpus.jsonl"), name="sample corpus")


@cache
def sample_sentences() -> str:
    """Short sentences, one a line, in pairs that share a meaning or only a word."""
    return (DATA / "sample_sentences.txt").read_text(encoding="utf-8").strip()


@cache
def sample_queries() -> Corpus:
    """The sample queries; their field `style` tells whether they share words with their answers."""
    return replace(from_path(DATA / "sample_queries.jsonl"), name="sample queries")


@cache
def sample_qrels() -> dict[str, dict[str, int]]:
    """Which passages answer which sample query."""
    return read_qrels(DATA / "sample_qrels.tsv")


def read_qrels(path: Path) -> dict[str, dict[str, int]]:
    """Relevance labels from BEIR's TSV: query id to passage id to grade.

    Raises
    ------
    InputError
        The file lacks one of its three columns, or a score is not a whole number.
    """
    qrels: dict[str, dict[str, int]] = {}
    for row in read_table(path.name, read_bytes(path)).rows:
        try:
            qrels.setdefault(str(row["query-id"]), {})[str(row["corpus-id"])] = int(row["score"])
        except (KeyError, ValueError, TypeError):
            raise InputError(f"{path.name} needs the columns query-id, corpus-id and score (a whole number).") from None
    return qrels


def _build(name: str, table: Table, column: str) -> Corpus:
    """Clean the rows' texts, drop what is blank, make ids unique, and count whatever was changed."""
    left_out = Counter(table.skipped)
    kept: list[Row] = []
    for number, row in enumerate(table.rows, start=1):
        text = _clean(_cell(row.get(column)), left_out)
        if text:
            kept.append({**row, column: text, "_number": str(number)})
        else:
            left_out["blank texts"] += 1
    if not kept:
        raise InputError(f"There is no text in {name}: give at least one line with a word in it.")
    names = [key for key in table.columns if key not in (column, *ID_COLUMNS)]
    fields = {key: tuple(_clean(_cell(row.get(key)), Counter()) for row in kept) for key in names}
    ids = _unique([_first(row, ID_COLUMNS) or row["_number"] for row in kept])
    texts = tuple(row[column] for row in kept)
    return Corpus(name, ids, texts, fields, dict(left_out), _fingerprint(ids, texts, fields))


def _clean(text: str, left_out: Counter[str]) -> str:
    """The text without what no tokenizer can take, cut to a length that one text may have."""
    cleaned = CONTROL_CHARACTERS.sub("", LONE_SURROGATES.sub("\ufffd", text)).strip()
    if cleaned != text.strip():
        left_out["texts with control characters or broken Unicode mended"] += 1
    if len(cleaned) > MOST_CHARACTERS:
        left_out[f"texts cut to {MOST_CHARACTERS:,} characters"] += 1
    return cleaned[:MOST_CHARACTERS]


def _cell(value: object) -> str:
    """A cell as text: missing is empty, a number is its digits, "NA" stays "NA"."""
    return "" if value is None else value if isinstance(value, str) else str(value)


def _first(row: Row, columns: Sequence[str]) -> str:
    return next((_cell(row[column]) for column in columns if row.get(column) not in (None, "")), "")


def _unique(ids: Sequence[str]) -> tuple[str, ...]:
    """The ids, with -2, -3 ... behind those that stand more than once."""
    seen: Counter[str] = Counter()
    unique = []
    for name in ids:
        seen[name] += 1
        unique.append(name if seen[name] == 1 else f"{name}-{seen[name]}")
    return tuple(unique)


def _fingerprint(ids: Sequence[str], texts: Sequence[str], fields: dict[str, tuple[str, ...]]) -> str:
    content = json.dumps([ids, texts, fields], ensure_ascii=True, sort_keys=True)
    return hashlib.blake2b(content.encode(), digest_size=16).hexdigest()


def _text_column(name: str, columns: Sequence[str], column: str | None) -> str:
    if column is not None and column not in columns:
        raise InputError(f"{name} has no column {column!r}. Its columns are: {', '.join(columns)}.")
    lowered = {known.lower(): known for known in reversed(columns)}
    found = column or next((lowered[known] for known in TEXT_COLUMNS if known in lowered), None)
    if found is None and len(columns) == 1:
        found = columns[0]
    if found is None:
        listed = ", ".join(columns) or "none"
        raise InputError(f"{name} has no column called text. Its columns are: {listed}. Name the one with the texts.")
    return found
