"""CSV and TSV."""

import csv
import re
from collections.abc import Iterator

from core import settings
from core.errors import InputError
from core.tables.decoding import decode, lines_with_ends
from core.tables.skips import Tally
from core.tables.table import Table, check_cells, note_beyond, unique_names

QUOTED = re.compile(r'"[^"]*"')
HEAD = 100_000  # most characters of a header
LONGEST_CELL = 2**30  # characters
MOST_SEPARATORS = 2_000_000  # in one row
TOO_MANY_CELLS = "rows with more cells than columns"


def read_csv(name: str, content: bytes, _with_lists: bool, separators: str = ",;\t|") -> Table:
    """A CSV, whose separator is detected from its header."""
    csv.field_size_limit(LONGEST_CELL)
    decoded = decode(content)
    text = decoded.lstrip("\r\n")
    first = 1 + sum(1 for _ in lines_with_ends(decoded[: len(decoded) - len(text)]))
    separator = max(separators, key=_header(name, text).count)
    _check_quotes(name, text, separator, first)
    return _read(name, text, separator, first)


def read_tsv(name: str, content: bytes, with_lists: bool) -> Table:
    """A table separated by tabs only."""
    return read_csv(name, content, with_lists, separators="\t")


class _Lines:
    """The lines of a text for Python's reader, which loads a whole row into memory whatever its length."""

    def __init__(self, name: str, text: str, separator: str) -> None:
        self._name = name
        self._lines = lines_with_ends(text)
        self._separator = separator
        self.separators = 0  # since the row began

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = next(self._lines)
        self.separators += line.count(self._separator)
        if self.separators > MOST_SEPARATORS:
            raise InputError(f"A row of {self._name} has more than {MOST_SEPARATORS:,} cells: check its separators.")
        return line


def _header(name: str, text: str) -> str:
    """The first line without its quoted parts."""
    head = QUOTED.sub("", text[:HEAD])
    line = next(lines_with_ends(head), "")
    if len(text) > HEAD and line == head:
        raise InputError(
            f"The first line of {name} has more than {HEAD:,} characters: a table must begin with a line of column "
            "names, such as id,text."
        )
    return line


def _check_quotes(name: str, text: str, separator: str, first: int) -> None:
    """Refuse a file in which an unclosed quote would swallow the rest."""
    if '"' not in text:
        return
    lines = _Lines(name, text, separator)
    reader = csv.reader(lines, delimiter=separator, strict=True)
    line = first
    try:
        for _ in reader:
            line = reader.line_num + first
            lines.separators = 0
    except csv.Error as error:
        if "unexpected end" in str(error):
            raise InputError(
                f"In {name}, the quotation mark opened on line {line} is never closed: close it."
            ) from None


def _read(name: str, text: str, separator: str, first: int) -> Table:
    """The first rows, up to the host's limit; the others are counted, as are rows with too many cells."""
    most, tally, beyond, first_beyond = settings.most_rows(), Tally(), 0, (0, "")
    rows: list[list[str]] = []
    places: list[int] = []
    header: list[str] | None = None
    for place, row in _rows_with_lines(name, text, separator, first):
        if header is None:
            header = unique_names(cell if cell.strip() else f"column {number}" for number, cell in enumerate(row, 1))
        elif len(row) > len(header):  # split by an unquoted separator
            tally.note(TOO_MANY_CELLS, place, separator.join(row))
        elif len(rows) < most:
            check_cells(name, len(header), len(rows) + 1)
            rows.append(row)
            places.append(place)
        else:
            first_beyond = first_beyond if beyond else (place, separator.join(row))
            beyond += 1
    note_beyond(tally, beyond, *first_beyond)
    columns = _columns(header or [], rows)
    return Table(len(rows), columns, {}, tally.counts, tuple(tally.listed), places)


def _rows_with_lines(name: str, text: str, separator: str, first: int) -> Iterator[tuple[int, list[str]]]:
    """The non-blank rows, each with the line where it starts."""
    lines = _Lines(name, text, separator)
    reader = csv.reader(lines, delimiter=separator)
    place = first
    for row in reader:
        if row:
            yield place, row
        place = reader.line_num + first
        lines.separators = 0


def _columns(header: list[str], rows: list[list[str]]) -> dict[str, list[str | None]]:
    filled = (row + [None] * (len(header) - len(row)) for row in rows)
    columns = list(zip(*filled, strict=True)) or [()] * len(header)
    return dict(zip(header, map(list, columns), strict=True))
