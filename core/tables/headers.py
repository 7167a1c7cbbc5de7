"""Whether the first line of a CSV names its columns: MS MARCO's files, for one, begin with a row."""

import re

from core.tables.table import Table

NUMBER = re.compile(r"\d+")
FEWEST_WORDS = 3  # of a text in a first line of many cells, which could be names


def is_first_line_a_row(table: Table) -> bool:
    """Whether what was read as names is an id, of the same form as those below, and a text.

    The form of an id is its letters and marks, with any number in it: d1 and d20 have the same. An id without a number
    may be a name.
    """
    if len(table.header) < 2:
        return False
    first, *others = (cell.strip() for cell in table.header)
    below = {_form(cell or "") for cell in next(iter(table.cells.values()))} or {_form(first)}
    return NUMBER.search(first) is not None and _form(first) in below and _holds_text(others)


def _form(cell: str) -> str:
    return NUMBER.sub("0", cell.strip())


def _holds_text(cells: list[str]) -> bool:
    """Whether one of the cells is a text: with a letter beside an id alone, else with a few words."""
    if len(cells) == 1:
        return any(map(str.isalpha, cells[0]))
    return any(len(cell.split()) >= FEWEST_WORDS for cell in cells)
