"""Columns of a file: TXT, CSV, TSV, JSONL and Parquet, in whatever encoding, become one Table.

Unreadable rows are skipped, counted and listed; no cell becomes a missing value because of its text.
"""

from core.tables.csv_files import split_by_tabs
from core.tables.decoding import decode
from core.tables.formulas import FORMULA_STARTS, harmless
from core.tables.parquet import MOST_BYTES
from core.tables.reader import ENDINGS, FORMATS, lines, read_table
from core.tables.skips import MOST_LISTED, LeftOut, Tally, complete
from core.tables.table import Lists, Table, beyond, bound, unique_names, without_header

__all__ = [
    "ENDINGS",
    "FORMATS",
    "FORMULA_STARTS",
    "MOST_BYTES",
    "MOST_LISTED",
    "LeftOut",
    "Lists",
    "Table",
    "Tally",
    "beyond",
    "bound",
    "complete",
    "decode",
    "harmless",
    "lines",
    "read_table",
    "split_by_tabs",
    "unique_names",
    "without_header",
]
