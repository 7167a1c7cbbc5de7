"""Ids of documents, queries and labels, the same in every file and format."""

import re
import unicodedata
from collections.abc import Sequence

from core.corpus.cleaning import cell_text, plain
from core.tables import harmless

WHOLE = re.compile(r"-?\d+\.0")


def read_ids(cells: Sequence[object]) -> list[str]:
    """The cells as ids: clean text without the blanks around it; a missing one is empty.

    Whole numbers are written as such where a file holds them as 1.0, as pandas does for a column with a gap: each such
    number, and a column in which all texts look like that. An é is the same written as one character or as two. An
    apostrophe in front of what a spreadsheet would run as a formula is removed, since downloads add it.
    """
    ids = [unicodedata.normalize("NFC", _without_apostrophe(plain(_text(cell)))) for cell in cells]
    texts = [name for name, cell in zip(ids, cells, strict=True) if name and isinstance(cell, str)]
    if texts and all(map(WHOLE.fullmatch, texts)):
        return [name.removesuffix(".0") for name in ids]
    return ids


def _text(cell: object) -> str:
    """A cell as text; a whole number without its decimal point, and NaN as missing."""
    if isinstance(cell, float):
        return f"{cell:.0f}" if cell.is_integer() else cell_text(cell)
    return cell_text(cell)


def _without_apostrophe(name: str) -> str:
    return name[1:] if name.startswith("'") and harmless(name[1:]) == name else name
