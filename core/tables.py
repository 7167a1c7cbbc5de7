"""Rows of a file: TXT, CSV, TSV, JSONL and Parquet, in whatever encoding, become one list of dicts.

What cannot be read is skipped and counted; a cell is never turned into a missing value because of what it says.
"""

import csv
import io
import json
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from core.errors import InputError

MOST_ROWS = 100_000
FORMATS = ("txt", "csv", "tsv", "jsonl", "parquet")

SURROGATES = re.compile(r"[\udc80-\udcff]")
NOT_ASCII = re.compile(r"[^\x00-\x7f]")

Row = dict[str, Any]


@dataclass(frozen=True)
class Table:
    """A file's columns and rows, and how many rows were skipped for which reason."""

    columns: tuple[str, ...]
    rows: list[Row]
    skipped: Counter[str] = field(default_factory=Counter)


def read_table(name: str, content: bytes) -> Table:
    """The rows of a file, by its ending; a TXT has one row a line, in the column "text".

    Raises
    ------
    InputError
        The format is not known, or the file is empty or cannot be read.
    """
    ending = Path(name).suffix.lower().lstrip(".")
    if ending not in _READERS:
        raise InputError(f"{name} is not of a known format: give a file that ends in {', '.join(FORMATS)}.")
    if not content:
        raise InputError(f"{name} is empty.")
    return _READERS[ending](name, content)


def lines(text: str) -> Table:
    """One row a line."""
    rows = [{"text": line} for line in text.splitlines()]
    return _bounded(("text",), rows, len(rows), Counter())


def decode(content: bytes) -> str:
    """Text of a file: UTF-8, UTF-16 (with its mark, or recognised by its zeros), else Windows-1252 or Latin-1.

    A file that is UTF-8 but for a few damaged bytes stays UTF-8; those bytes come out as lone surrogates.
    """
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", "replace")
    head = content[:4000]
    if head.count(0) > len(head) / 4:
        return content.decode("utf-16-be" if head[0] == 0 else "utf-16-le", "replace")
    text = content.decode("utf-8-sig", "surrogateescape")
    damaged = len(SURROGATES.findall(text))
    if damaged < 1 + len(NOT_ASCII.findall(text)) - damaged:
        return text
    try:
        return content.decode("cp1252")
    except UnicodeDecodeError:
        return content.decode("latin-1")


def _bounded(columns: tuple[str, ...], rows: list[Row], total: int, skipped: Counter[str]) -> Table:
    """A table of at most MOST_ROWS rows; `total` is how many there were."""
    if total > MOST_ROWS:
        skipped[f"rows beyond the first {MOST_ROWS:,}"] += total - MOST_ROWS
    return Table(columns, rows[:MOST_ROWS], skipped)


def _read_txt(_name: str, content: bytes) -> Table:
    return lines(decode(content))


def _read_csv(name: str, content: bytes, separators: str = ",;\t|") -> Table:
    csv.field_size_limit(2**30)
    text = decode(content).lstrip("\r\n")
    separator = max(separators, key=text.partition("\n")[0].count)
    _check_quotes(name, text, separator)
    reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=separator, restkey=_TOO_MANY)
    rows = list(reader)
    whole = [row for row in rows if _TOO_MANY not in row]  # more cells than columns: torn by an unquoted separator
    skipped = (
        Counter({"rows with more cells than columns": len(rows) - len(whole)}) if len(whole) < len(rows) else Counter()
    )
    return _bounded(tuple(reader.fieldnames or ()), whole, len(whole), skipped)


def _check_quotes(name: str, text: str, separator: str) -> None:
    """Refuse a file in which a quote that is never closed would swallow all that follows."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    line = 1
    try:
        for _ in reader:
            line = reader.line_num + 1
    except csv.Error as error:
        if "unexpected end" in str(error):
            raise InputError(f"In {name}, a quote is opened at line {line} and never closed: close it.") from None


def _read_tsv(name: str, content: bytes) -> Table:
    return _read_csv(name, content, separators="\t")


def _read_jsonl(name: str, content: bytes) -> Table:
    parsed = [_json_object(line) for line in decode(content).split("\n") if line.strip()]
    rows = [row for row in parsed if row is not None]
    if not rows:
        raise InputError(f'{name} holds no JSON objects: each line should read like {{"text": "…"}}.')
    skipped = (
        Counter({"lines that are not JSON objects": len(parsed) - len(rows)}) if len(rows) < len(parsed) else Counter()
    )
    return _bounded(tuple(dict.fromkeys(column for row in rows for column in row)), rows, len(rows), skipped)


def _json_object(line: str) -> Row | None:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _read_parquet(name: str, content: bytes) -> Table:
    import pyarrow
    import pyarrow.parquet

    try:
        file = pyarrow.parquet.ParquetFile(io.BytesIO(content))
        columns = tuple(column.name for column in file.schema_arrow if not pyarrow.types.is_nested(column.type))
        rows: list[Row] = []
        for batch in file.iter_batches(batch_size=4096, columns=list(columns)):
            rows += batch.to_pylist()
            if len(rows) >= MOST_ROWS:
                break
    except (pyarrow.ArrowException, OSError, ValueError, OverflowError) as error:
        raise InputError(f"{name} cannot be read as Parquet: {str(error).splitlines()[0]}") from None
    return _bounded(columns, rows, file.metadata.num_rows, Counter())


_TOO_MANY = "\0too many cells"
_READERS: dict[str, Callable[[str, bytes], Table]] = {
    "txt": _read_txt,
    "csv": _read_csv,
    "tsv": _read_tsv,
    "jsonl": _read_jsonl,
    "parquet": _read_parquet,
}
