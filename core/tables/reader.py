"""Reads a file by its extension."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from core import settings
from core.errors import InputError
from core.tables.csv_files import read_csv, read_tsv
from core.tables.decoding import decode, first_lines, is_guessed
from core.tables.jsonl import read_json_lines
from core.tables.parquet import read_parquet
from core.tables.skips import Tally
from core.tables.table import Table, note_beyond

KINDS = {
    b"\x1f\x8b\x08": "gzip",
    b"PK\x03\x04": "zip",
    b"\x28\xb5\x2f\xfd": "Zstandard",
    b"BZh": "bzip2",
    b"\xfd7zXZ\0": "xz",
    b"\xd0\xcf\x11\xe0": "office",
    b"%PDF-": "PDF",
    b"PAR1": "parquet",
}
ADVICE = {
    **{kind: f"packed with {kind}: unpack it first" for kind in ("gzip", "Zstandard", "bzip2", "xz")},
    "zip": "a ZIP archive or an Excel workbook: unpack it, or save the sheet as CSV",
    "office": "an old Office document: save it as CSV or TXT",
    "PDF": "a PDF: save its text as TXT",
}
FORMATS = ("txt", "csv", "tsv", "jsonl", "parquet")
OTHER_NAMES = {"tab": "tsv", "ndjson": "jsonl"}
ENDINGS = (*FORMATS, *OTHER_NAMES)


def read_table(name: str, content: bytes, *, with_lists: bool = False) -> Table:
    """The columns of a file, by its extension; a TXT has one row per line, in the column "text".

    Parameters
    ----------
    with_lists : bool
        Whether to read columns of lists of numbers too, as found in JSONL and Parquet.

    Raises
    ------
    InputError
        The format is not known, or the file is empty, cannot be read or would take too much memory.
    """
    ending = Path(name).suffix.lower().lstrip(".")
    ending = OTHER_NAMES.get(ending, ending)
    if ending not in _READERS:
        raise InputError(f"{name} has an unknown format: use a file ending in {', '.join(FORMATS)}.")
    if not content:
        raise InputError(f"{name} is empty.")
    _refuse_other_kinds(name, content, ending)
    table = _READERS[ending](name, content, with_lists)
    return replace(table, is_guessed=True) if ending != "parquet" and is_guessed(content) else table


def _refuse_other_kinds(name: str, content: bytes, ending: str) -> None:
    """Refuse a file that is no text whatever its name says, since it would be read as gibberish."""
    for magic, kind in KINDS.items():
        if content.startswith(magic) and ending != kind:
            raise InputError(f"{name} is {ADVICE.get(kind, f'no {ending.upper()} file but {kind}: rename it')}.")


def lines(text: str) -> Table:
    """One row per line."""
    first, beyond, beginning = first_lines(text, settings.most_rows())
    tally = Tally()
    note_beyond(tally, beyond, len(first) + 1, beginning)
    return Table(len(first), {"text": first}, {}, tally.counts, tuple(tally.listed))


def _read_txt(_name: str, content: bytes, _with_lists: bool) -> Table:
    return lines(decode(content))


_READERS: dict[str, Callable[[str, bytes, bool], Table]] = {
    "txt": _read_txt,
    "csv": read_csv,
    "tsv": read_tsv,
    "jsonl": read_json_lines,
    "parquet": read_parquet,
}
