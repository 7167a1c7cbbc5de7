"""Texts in: paste, TXT, CSV, TSV, JSONL and Parquet become a Corpus; what was left out is counted.

Every way in leads through `_build`, so that all that follows meets one shape: clean texts, none blank, ids unique.
"""

import hashlib
import json
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cache, cached_property
from pathlib import Path

from core.errors import InputError
from core.settings import DATA
from core.tables import Table, decode, lines, read_table

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
    parents : tuple of str, length n or 0
        Where the texts are passages of longer documents: the id of each one's document.
    """

    name: str
    ids: tuple[str, ...]
    texts: tuple[str, ...]
    fields: dict[str, tuple[str, ...]] = field(default_factory=dict)
    left_out: dict[str, int] = field(default_factory=dict)
    fingerprint: str = ""
    parents: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.texts)

    @property
    def left_out_sentence(self) -> str:
        """What was left out or changed and how often, for a caption; empty if nothing was."""
        return ", ".join(f"{reason} ({count:,})" for reason, count in self.left_out.items())

    @property
    def document_ids(self) -> tuple[str, ...]:
        """The ids that labels speak of: each text's own, or its document's where it is a passage."""
        return self.parents or self.ids

    @cached_property
    def titles(self) -> tuple[str, ...]:
        """A short name for each text: its title, or its first words."""
        titles = self.fields.get("title", ("",) * len(self))
        return tuple(title or shortened(text, 60) for title, text in zip(titles, self.texts, strict=True))

    @cached_property
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


def one_text(typed: str, what: str) -> str:
    """A single text that was typed: cleaned, on one line.

    Raises
    ------
    InputError
        It is blank; `what` names it.
    """
    return from_paste(" ".join(typed.split()), what).texts[0]


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
    return from_table(name, read_table(name, content), column)


def from_table(name: str, table: Table, column: str | None = None) -> Corpus:
    """The texts of a table, blank ones left out; `column` and errors as in `from_file`."""
    return _build(name, table, _text_column(name, table.columns, column))


def one_a_row(name: str, table: Table, column: str | None, rows: Sequence[int]) -> Corpus:
    """A text for each of those rows of a table, in their order: what else is known of them must stay in line.

    Parameters
    ----------
    column : str, optional
        The column that holds the texts. Where there is none, or it is blank, the text is "row 17", counted from 1.
    """
    left_out = Counter(table.skipped)
    cells = table.cells[column] if column is not None else [None] * len(table)
    texts = [_clean(_cell(cells[row]), left_out) or f"row {row + 1}" for row in rows]
    return _corpus(name, table, column, rows, texts, left_out)


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


def usual_text_column(columns: Sequence[str]) -> str | None:
    """The first of TEXT_COLUMNS that is among the columns, in whatever case."""
    lowered = {known.lower(): known for known in reversed(columns)}
    return next((lowered[known] for known in TEXT_COLUMNS if known in lowered), None)


def named_column(name: str, columns: Sequence[str], column: str) -> str:
    """The column that somebody named.

    Raises
    ------
    InputError
        There is none of that name.
    """
    if column not in columns:
        raise InputError(f"{name} has no column {column!r}. Its columns are: {', '.join(columns) or 'none'}.")
    return column


def _build(name: str, table: Table, column: str) -> Corpus:
    """Clean the rows' texts, drop what is blank, and count whatever was changed."""
    left_out = Counter(table.skipped)
    cleaned = [_clean(_cell(cell), left_out) for cell in table.cells[column]]
    kept = [place for place, text in enumerate(cleaned) if text]
    if not kept:
        raise InputError(f"There is no text in {name}: give at least one line with a word in it.")
    if len(kept) < len(cleaned):
        left_out["blank texts"] += len(cleaned) - len(kept)
    return _corpus(name, table, column, kept, [cleaned[place] for place in kept], left_out)


def _corpus(
    name: str, table: Table, column: str | None, rows: Sequence[int], texts: Sequence[str], left_out: Counter[str]
) -> Corpus:
    """The texts of these rows with unique ids and what else the table has of them."""
    own = [table.cells[known] for known in ID_COLUMNS if known in table.cells]
    ids = _unique([_plain(_first([cells[row] for cells in own])) or str(row + 1) for row in rows])
    fields = {
        _plain(key): tuple(_plain(_cell(cells[row])) for row in rows)
        for key, cells in table.cells.items()
        if key not in (column, *ID_COLUMNS)
    }
    return Corpus(name, ids, tuple(texts), fields, dict(left_out), _fingerprint(ids, texts, fields))


def _plain(text: str) -> str:
    """The text without control characters and broken Unicode."""
    if text.isprintable():  # most are; a million cells are told so in a moment
        return text.strip()
    return CONTROL_CHARACTERS.sub("", LONE_SURROGATES.sub("\ufffd", text)).strip()


def _clean(text: str, left_out: Counter[str]) -> str:
    """The text without what no tokenizer can take, cut to a length that one text may have."""
    cleaned = _plain(text)
    if cleaned != text.strip():
        left_out["texts with control characters or broken Unicode mended"] += 1
    if len(cleaned) > MOST_CHARACTERS:
        left_out[f"texts cut to {MOST_CHARACTERS:,} characters"] += 1
    return cleaned[:MOST_CHARACTERS].rstrip()


def _cell(value: object) -> str:
    """A cell as text: missing is empty, a number is its digits, "NA" stays "NA", bytes are read as a file's."""
    if isinstance(value, bytes):
        return decode(value)
    return "" if value is None else str(value)


def _first(cells: Sequence[object]) -> str:
    return next((_cell(cell) for cell in cells if cell not in (None, "")), "")


def _unique(ids: Sequence[str]) -> tuple[str, ...]:
    """The ids, with -2, -3 ... behind those that are already taken."""
    if len(set(ids)) == len(ids):
        return tuple(ids)
    taken: dict[str, None] = {}
    for name in ids:
        number, unique = 1, name
        while unique in taken:
            number += 1
            unique = f"{name}-{number}"
        taken[unique] = None
    return tuple(taken)


def _fingerprint(ids: Sequence[str], texts: Sequence[str], fields: dict[str, tuple[str, ...]]) -> str:
    content = json.dumps([ids, texts, fields], ensure_ascii=True, sort_keys=True)
    return hashlib.blake2b(content.encode(), digest_size=16).hexdigest()


def _text_column(name: str, columns: Sequence[str], column: str | None) -> str:
    if column is not None:
        return named_column(name, columns, column)
    found = usual_text_column(columns)
    if found is None and len(columns) == 1:
        found = columns[0]
    if found is None:
        listed = ", ".join(columns) or "none"
        raise InputError(f"{name} has no column called text. Its columns are: {listed}. Name the one with the texts.")
    return found
