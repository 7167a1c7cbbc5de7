"""CSV and TSV.

A CSV is quoted as RFC 4180 says, and one that is not is refused. Cells separated by tabs are not quoted, unless every
quotation mark of the file opens or closes a whole cell, or stands doubled within one.
"""

import csv
import re
from collections.abc import Iterable, Iterator

from core import settings
from core.errors import InputError
from core.tables.decoding import decode, lines_with_ends
from core.tables.headers import is_first_line_a_row
from core.tables.skips import Tally
from core.tables.table import Table, check_cells, note_beyond, unique_names, without_header

QUOTED = re.compile(r'"[^"]*"')
SEPARATOR_LINE = re.compile(r'"?sep=([^"\r\n])"?(?:\r\n|[\r\n])')  # of Excel
WHOLE_CELL = re.compile(r'"[^"]*+(?:""[^"]*+)*+"(?=[\t\r\n]|\Z)')
SEPARATORS = ",;\t|"
BEFORE_A_CELL = "\t\r\n"
HEAD = 100_000  # most characters of a header
LONGEST_CELL = 2**30  # characters
MOST_SEPARATORS = 2_000_000  # in one row
TOO_MANY_CELLS = "rows with more cells than columns"


def read_csv(name: str, content: bytes, _with_lists: bool, separators: str = SEPARATORS) -> Table:
    """A CSV, whose separator is named on its first line, as Excel does, or detected from its header."""
    csv.field_size_limit(LONGEST_CELL)
    decoded = decode(content)
    text = decoded.lstrip("\r\n")
    first = 1 + sum(1 for _ in lines_with_ends(decoded[: len(decoded) - len(text)]))
    if named := SEPARATOR_LINE.match(text):
        return _read(name, text[named.end() :], named[1], first + 1)
    separator = max(separators, key=first_line(name, text).count)
    return _read(name, text, separator, first)


def read_tsv(name: str, content: bytes, with_lists: bool) -> Table:
    """A table separated by tabs only."""
    return read_csv(name, content, with_lists, separators="\t")


def split_by_tabs(name: str, text: str) -> Iterator[tuple[int, list[str]]]:
    """The cells of each row with the line where it starts; those of a blank line are none.

    Raises
    ------
    InputError
        A row has too many cells.
    """
    return _rows_with_lines(name, text, "\t", 1)


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


def first_line(name: str, text: str) -> str:
    """The first line without its quoted parts."""
    head = QUOTED.sub("", text[:HEAD])
    line = next(lines_with_ends(head), "")
    if len(text) > HEAD and line == head:
        raise InputError(
            f"The first line of {name} has more than {HEAD:,} characters: a table must begin with a line of column "
            "names, such as id,text."
        )
    return line


def is_quoted(text: str) -> bool:
    """Whether cells separated by tabs are quoted: every quotation mark belongs to a whole cell in quotation marks.

    If quoted cells hold line breaks, but each line has as many tabs as the others, the lines are the rows and two of
    them begin and end with a quotation mark by chance; a header in quotation marks rules that out.
    """
    mark, has_breaks = text.find('"'), False
    while mark >= 0:
        cell = WHOLE_CELL.match(text, mark)
        if cell is None or (mark and text[mark - 1] not in BEFORE_A_CELL):
            return False
        has_breaks = has_breaks or "\n" in cell[0] or "\r" in cell[0]
        mark = text.find('"', cell.end())
    return not has_breaks or text.startswith('"') or not _are_rows(text)


def _are_rows(text: str) -> bool:
    """Whether all lines have the same number of tabs, one or more."""
    tabs = {line.count("\t") for line in lines_with_ends(text) if line.strip("\r\n")}
    return len(tabs) == 1 and tabs != {0}


def _read(name: str, text: str, separator: str, first: int) -> Table:
    """The first rows, up to the host's limit; the others are counted, as are rows with too many cells."""
    most, tally, beyond, first_beyond = settings.most_rows(), Tally(), 0, (0, "")
    rows: list[list[str]] = []
    places: list[int] = []
    header: list[str] | None = None
    named: tuple[tuple[str, ...], int] = ((), 0)
    for place, row in _without_blank_lines(_rows_with_lines(name, text, separator, first)):
        if header is None:
            header = unique_names(cell.strip() or f"column {number}" for number, cell in enumerate(row, 1))
            named = tuple(row), place
        elif any(row[len(header) :]):  # split by an unquoted separator
            tally.note(TOO_MANY_CELLS, place, separator.join(row))
        elif len(rows) < most:
            check_cells(name, len(header), len(rows) + 1)
            rows.append(row[: len(header)])
            places.append(place)
        else:
            first_beyond = first_beyond if beyond else (place, separator.join(row))
            beyond += 1
    note_beyond(tally, beyond, *first_beyond)
    columns = _columns(header or [], rows)
    table = Table(len(rows), columns, {}, tally.counts, tuple(tally.listed), places, (), *named)
    return without_header(table, _places(len(named[0]))) if is_first_line_a_row(table) else table


def _places(columns: int) -> tuple[str, ...]:
    """The names of columns that have none: ids come first, and of two columns texts second."""
    return ("id", "text") if columns == 2 else ("id", *(f"column {number}" for number in range(2, columns + 1)))


def _without_blank_lines(rows: Iterable[tuple[int, list[str]]]) -> Iterator[tuple[int, list[str]]]:
    """The rows that are not blank; in a table of one column, a blank line before the last row is an empty cell."""
    width, blank = 0, list[int]()
    for place, row in rows:
        if not row:
            blank.append(place)
            continue
        if width == 1:
            yield from ((line, [""]) for line in blank)
        blank.clear()
        width = width or len(row)
        yield place, row


def _rows_with_lines(name: str, text: str, separator: str, first: int) -> Iterator[tuple[int, list[str]]]:
    """The rows, each with the line where it starts."""
    lines = _Lines(name, text, separator)
    if separator == "\t" and not is_quoted(text):
        reader = csv.reader(lines, delimiter=separator, quoting=csv.QUOTE_NONE)
    else:
        reader = csv.reader(lines, delimiter=separator, strict=True)
    place = first
    try:
        for row in reader:
            yield place, row
            place = reader.line_num + first
            lines.separators = 0
    except csv.Error as error:
        raise refusal(name, place, reader.line_num + first - 1, str(error)) from None


def refusal(name: str, start: int, end: int, error: str) -> InputError:
    """What is wrong with the row between two lines."""
    if "unexpected end" in error:
        return InputError(f"In {name}, the quotation mark opened on line {start} is never closed: close it.")
    where = f"line {start}" if start == end else f"lines {start} to {end}"
    if "expected after" in error:
        return InputError(
            f"In {name}, a cell on {where} goes on after its closing quotation mark: write quotation marks within a "
            "quoted cell twice."
        )
    return InputError(f"Cannot read {where} of {name}: {error}.")


def _columns(header: list[str], rows: list[list[str]]) -> dict[str, list[str | None]]:
    filled = (row + [None] * (len(header) - len(row)) for row in rows)
    columns = list(zip(*filled, strict=True)) or [()] * len(header)
    return dict(zip(header, map(list, columns), strict=True))
