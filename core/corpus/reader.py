"""Reads pasted texts, TXT, CSV, TSV, JSONL and Parquet into a Corpus; what was skipped is counted and listed.

Everything behind it gets one shape: clean texts, none blank, ids unique. Rows with one id and one text are merged; of
those with one id and different texts, the first keeps the id and the others are numbered. Both are counted.
"""

from collections.abc import Sequence
from pathlib import Path

from core import wording
from core.corpus.cleaning import file_name
from core.corpus.columns import Columns, columns_beside, columns_of, text_column, usual_columns
from core.corpus.corpus import Corpus
from core.corpus.documents import BLANK, Documents
from core.corpus.passages import Splitter
from core.errors import InputError
from core.progress import Progress, silent
from core.tables import Table, lines, read_table, unique_names


def from_paste(pasted: str, name: str = "pasted texts") -> Corpus:
    """One text per line.

    Raises
    ------
    InputError
        No line holds a text.
    """
    return from_table(name, lines(pasted))


def one_text(typed: str, what: str) -> str:
    """A single typed text: cleaned, on one line.

    Raises
    ------
    InputError
        It is blank; `what` names it.
    """
    return _one(typed, what).texts[0]


def one_query(typed: str) -> Corpus:
    """A typed query, as a corpus of one; errors as in `one_text`."""
    return _one(typed, "the query")


def _one(typed: str, what: str) -> Corpus:
    return from_paste(" ".join(typed.split()), what)


def from_file(name: str, content: bytes, column: str | None = None) -> Corpus:
    """The texts of a file, by its extension: TXT (one per line), CSV, TSV, JSONL (BEIR's too) or Parquet.

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


def from_path(path: Path, column: str | None = None, splitter: Splitter | None = None) -> Corpus:
    """The texts of a file on disk, split into passages if there is a splitter; errors as in `from_file`."""
    return from_table(path.name, read_table(path.name, read_bytes(path)), column, splitter)


def from_table(name: str, table: Table, column: str | None = None, splitter: Splitter | None = None) -> Corpus:
    """The texts of a table, blank ones skipped; `column` and errors as in `from_file`."""
    roles = usual_columns(table.columns, text_column(name, table.columns, column))
    return from_tables([(name, table)], roles, splitter)


def from_tables(
    tables: Sequence[tuple[str, Table]],
    columns: Columns,
    splitter: Splitter | None = None,
    on_progress: Progress = silent,
) -> Corpus:
    """The texts of several files as one corpus; the field `file` names each text's file.

    Parameters
    ----------
    tables : sequence of (name, table)
    columns : Columns
        The columns' roles; each file has texts in at least one of them.
    splitter : Splitter, optional
        Splits the texts into passages; without it they are truncated to the maximum length of a text.

    Raises
    ------
    InputError
        A file has none of the columns of texts, or no file has a text.
    """
    documents = Documents()
    names = unique_names(file_name(name) for name, _ in tables)
    for name, (_, table) in zip(names, tables, strict=True):
        documents.add(name, table, columns_of(name, table.columns, columns))
    documents.merge_copies()
    if not len(documents):
        others = {reason: count for reason, count in documents.left_out.counts.items() if reason != BLANK}
        skipped = f" Skipped: {wording.skips(others)}." if others else ""
        raise InputError(f"No text found in {together(names)}: add at least one line with a word in it.{skipped}")
    return documents.corpus(together(names), splitter, on_progress)


def one_a_row(name: str, table: Table, column: str | None, rows: Sequence[int]) -> Corpus:
    """One text for each of these rows of a table, in order, so that the rows' other data stay aligned.

    Parameters
    ----------
    column : str, optional
        The column that holds the texts. A missing or blank text becomes "row 17", counted from 1.
    """
    roles = columns_beside(() if column is None else (column,), table.columns)
    documents = Documents()
    documents.add_rows(name, table, roles, rows)
    return documents.corpus(name)


def read_bytes(path: Path) -> bytes:
    """The content of a file that the user named.

    Raises
    ------
    InputError
        There is no such file, or it cannot be read.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError(f"Cannot read {path}: {error.strerror}.") from None


def together(names: Sequence[str]) -> str:
    """One name for several files."""
    return wording.join(names) if len(names) < 3 else f"{names[0]} and {len(names) - 1} more files"
