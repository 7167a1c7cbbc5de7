"""Files of any size, cut into parts that are read one after the other, each as a file of its own.

A file is cut where a row ends. What the first part says of the columns holds for all: whether a line names them, and
how they are called.
"""

import csv
import io
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from core import settings
from core.errors import InputError
from core.tables.csv_files import HEAD, LONGEST_CELL, SEPARATOR_LINE, SEPARATORS, first_line, refusal
from core.tables.decoding import HEAD as HEAD_BYTES
from core.tables.decoding import decode, is_guessed, is_wide, lines_with_ends
from core.tables.jsonl import LONGEST_LINE
from core.tables.reader import read_table
from core.tables.table import Table, unique_names

if TYPE_CHECKING:
    import pyarrow.parquet

MOST_ROWS = 2**15
MOST_BYTES = 2**25  # of a part, apart from its last row; a file of fewer may be in any encoding
OBJECT = "{}\n"

Cut = Callable[[str, Iterator[str]], Iterator[str]]


def read_parts(path: Path, skip: int = 0) -> Iterator[Table]:
    """The rows of a file, part by part: Parquet, JSONL and CSV of any size, other formats if they are one part.

    Parameters
    ----------
    skip : int
        Number of parts that are left out at the beginning.

    Raises
    ------
    InputError
        As `read_table`; or the file can't be cut: it has another format, or is large and not in UTF-8.
    """
    first: Table | None = None
    for number, content in enumerate(_parts(path)):
        if first is None:
            first = replace(read_table(path.name, content), is_guessed=_is_guessed(path))
        if number >= skip:
            yield _like(first, read_table(path.name, content)) if number else first
        first = _head(first)


def _is_guessed(path: Path) -> bool:
    """Whether the file's encoding is a guess; a large file is in UTF-8, or refused."""
    return path.suffix.lower() != ".parquet" and path.stat().st_size <= MOST_BYTES and is_guessed(path.read_bytes())


def _head(table: Table) -> Table:
    """What later parts need to know of the first: its columns, without the cells."""
    return replace(table, length=0, cells={name: [] for name in table.cells}, lists={}, places=())


def _like(first: Table, table: Table) -> Table:
    """A later part of a file; only the first part has the facts about the whole file."""
    if first.header or first.is_bare:  # a CSV, whose names stand at the beginning of each part
        names = first.cells if len(first.cells) == len(table.cells) else table.cells
        table = replace(table, cells=dict(zip(names, table.cells.values(), strict=True)))
        table = _without_first_row(table) if table.is_bare else table
    elif table.places:
        table = _without_first_row(table)
    return replace(table, header=(), is_bare=False, is_guessed=False, unread_lists=())


def _without_first_row(table: Table) -> Table:
    """A later part without what stands before its own rows: the names of a CSV's columns, an object of a JSONL's."""
    cells = {name: column[1:] for name, column in table.cells.items()}
    return replace(table, length=len(table) - 1, cells=cells, places=table.places[1:])


def _most_rows() -> int:
    return min(MOST_ROWS, settings.most_rows())


def _parts(path: Path) -> Iterator[bytes]:
    """The content of each part, a file of the same format."""
    try:
        if path.suffix.lower() == ".parquet":
            yield from _cut_parquet(path)
        else:
            yield from _cut_text(path)
    except OSError as error:
        raise InputError(f"Cannot read {path}: {error.strerror or error}.") from None


def _cut_text(path: Path) -> Iterator[bytes]:
    if path.stat().st_size > MOST_BYTES:
        _refuse_wide(path)
        for part in _cut_of(path)(path.name, _lines_of(path)):
            content = part.encode("utf-8", "surrogateescape")
            if is_guessed(content):
                raise InputError(f"{path.name} is not in UTF-8: save it as UTF-8, or cut it into smaller files.")
            yield content
        return
    content = path.read_bytes()
    if content.count(b"\n") + content.count(b"\r") < _most_rows():
        yield content
        return
    for part in _cut_of(path)(path.name, lines_with_ends(decode(content))):
        yield part.encode("utf-8", "surrogateescape")


def _refuse_wide(path: Path) -> None:
    with path.open("rb") as file:
        if is_wide(file.read(HEAD_BYTES)):
            raise InputError(f"{path.name} is in UTF-16: save it as UTF-8, or cut it into smaller files.")


def _cut_of(path: Path) -> Cut:
    """How files of this format are cut.

    Raises
    ------
    InputError
        They aren't: whether tabs are quoted shows in the whole file alone.
    """
    cuts: dict[str, Cut] = {".csv": _cut_csv, ".jsonl": _cut_lines, ".ndjson": _cut_lines}
    if path.suffix.lower() not in cuts:
        raise InputError(f"{path.name} is too large for its format: save it as Parquet, JSONL or CSV.")
    return cuts[path.suffix.lower()]


def _lines_of(path: Path) -> Iterator[str]:
    """The lines of a file in UTF-8; of one that is too long the beginning, which is still too long."""
    with path.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as file:
        while line := file.readline(LONGEST_LINE + 1):
            yield line
            while len(line) > LONGEST_LINE and not line.endswith(("\n", "\r")):
                line = file.readline(LONGEST_LINE + 1)


def _cut_lines(_name: str, lines: Iterable[str]) -> Iterator[str]:
    """Parts of a JSONL; each but the first begins with an object, as all its own lines may be none."""
    part, size, most = list[str](), 0, _most_rows()
    for line in lines:
        part.append(line)
        size += len(line)
        if size >= MOST_BYTES or len(part) >= most:
            yield "".join(part)
            part, size = [OBJECT], 0
    if part not in ([], [OBJECT]):
        yield "".join(part)


def _cut_csv(name: str, lines: Iterator[str]) -> Iterator[str]:
    """Parts of a CSV, each beginning with the line of names, and with the one before that names the separator."""
    beginning = _beginning(lines)
    text = "".join(beginning).lstrip("\r\n")
    named = SEPARATOR_LINE.match(text)
    separator = named[1] if named else max(SEPARATORS, key=first_line(name, text).count)
    if separator == "\t":
        raise InputError(f"{name} is too large to be separated by tabs: save it with commas, as JSONL or as Parquet.")
    rows = _rows(name, beginning, lines, separator)
    head = "".join(next(rows, "") for _ in range(2 if named else 1))
    part, size, most, is_cut = list[str](), 0, _most_rows() - 1, False
    for row in rows:
        part.append(row)
        size += len(row)
        if (size >= MOST_BYTES or len(part) >= most) and row.strip("\r\n"):
            yield head + "".join(part)
            part, size, is_cut = [], 0, True
    if part or not is_cut:
        yield head + "".join(part)


def _beginning(lines: Iterator[str]) -> list[str]:
    """The first lines, as many as name the columns and the separator."""
    taken, size = list[str](), 0
    for line in lines:
        taken.append(line)
        size += len(line) if line.strip("\r\n") else 0
        if size > HEAD:
            break
    return taken


def _rows(name: str, beginning: list[str], lines: Iterator[str], separator: str) -> Iterator[str]:
    """The text of each row, with the blank lines before the first one."""
    taken = list[str]()

    def take() -> Iterator[str]:
        size = 0
        for line in chain(beginning, lines):
            size = len(line) + (size if taken else 0)
            if size > LONGEST_LINE:
                raise InputError(
                    f"A row of {name} has more than {LONGEST_LINE:,} characters: check its quotation marks."
                )
            taken.append(line)
            yield line

    csv.field_size_limit(LONGEST_CELL)
    reader = csv.reader(take(), delimiter=separator, strict=True)
    place, has_begun = 1, False
    try:
        for row in reader:
            has_begun = has_begun or bool(row)
            if has_begun:
                yield "".join(taken)
                taken.clear()
            place = reader.line_num + 1
    except csv.Error as error:
        raise refusal(name, place, reader.line_num, str(error)) from None


def _cut_parquet(path: Path) -> Iterator[bytes]:
    import pyarrow
    import pyarrow.parquet

    try:
        file = pyarrow.parquet.ParquetFile(path, pre_buffer=False, buffer_size=2**20)
        batches = file.iter_batches(batch_size=_rows_of_parquet(file.metadata))
        names = unique_names(file.schema_arrow.names)
        if not file.metadata.num_rows:
            yield path.read_bytes()
        for batch in batches:
            part = io.BytesIO()
            pyarrow.parquet.write_table(pyarrow.table(batch.columns, names=names), part, compression="none")
            yield part.getvalue()
    except (pyarrow.ArrowException, ValueError) as error:
        raise InputError(f"Cannot read {path.name} as Parquet: {str(error).splitlines()[0]}") from None


def _rows_of_parquet(metadata: "pyarrow.parquet.FileMetaData") -> int:
    """How many rows of a file make a part."""
    groups = [metadata.row_group(place) for place in range(metadata.num_row_groups)]
    bytes_of_row = sum(group.total_byte_size for group in groups) / max(1, metadata.num_rows)
    return max(1, min(_most_rows(), int(MOST_BYTES / max(1.0, bytes_of_row))))
