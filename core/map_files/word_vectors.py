"""Vectors as text with blanks between the numbers, as GloVe, word2vec and numpy's savetxt write them.

Each line holds numbers, after a word or without; a first line of two whole numbers, as word2vec and fastText write it,
gives the number of lines and of dimensions. Lines of numbers alone may have commas or semicolons in between, and
decimal commas where semicolons or blanks separate them.
"""

import re
from collections import Counter
from collections.abc import Sequence

import numpy as np

from core.errors import InputError
from core.map_files.space import Floats
from core.map_files.vectors import with_points
from core.tables import decode
from core.tables.decoding import lines_with_ends

HEAD = 2**20  # most bytes by which a file is recognised
FEWEST_NUMBERS = 3
DECIMAL_COMMA = re.compile(r"(?<= )([-+]?\d+),(\d+)(?=[\seE])")  # after a word
MISSING = "vectors that the first line announces, but that the file lacks"
SHAPE = re.compile(r"\s*\d+ \d+\s*")
NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?|nan|[-+]?inf", re.IGNORECASE)
SEPARATED = re.compile(r"[-+.\deEnainfNAIF]+(?:[,;]\s*[-+.\deEnainfNAIF]+)+\s*")

Line = tuple[int, str]  # its number in the file, its text


def word_vectors_width(content: bytes) -> int:
    """How many numbers separated by blanks each of the first lines ends in; 0 if it is another file."""
    text = decode(content[:HEAD])
    first, second = ([line for _, line in _rows(text)] + ["", ""])[:2]
    if (announced := _announced(text)[1]) and min(map(_count_at_end, (first, second or first))) >= FEWEST_NUMBERS:
        return announced
    width = _count(first)
    return width if _count_at_end(second) >= width else 0


def read_word_vectors(name: str, content: bytes) -> tuple[Floats, list[str] | None]:
    """The vectors, (n, d), and the words if there are any.

    Raises
    ------
    InputError
        A line does not end in as many numbers as the first, or as the first announces.
    """
    text = decode(content)
    rows = _rows(text)
    width = _announced(text)[1] or _count(rows[0][1])
    parts = [line.rsplit(maxsplit=width) for _, line in rows]
    words = [" ".join(part[:-width]) for part in parts]
    try:
        vectors = np.array([part[-width:] for part in parts], np.float32)
    except ValueError:
        raise _ragged_line(name, rows, width) from None
    if any(map(_ends_in_number, words)):
        raise _ragged_line(name, rows, width)
    return vectors, words if any(words) else None


def count_missing_vectors(content: bytes, there: int) -> Counter[str]:
    """How many vectors the first line announces beyond those that are there, with the reason."""
    return Counter({MISSING: max(0, _announced(decode(content[:HEAD]))[0] - there)}) + Counter()


def _announced(text: str) -> tuple[int, int]:
    """The numbers of lines and of dimensions in the first line of a word2vec; 0 if it is another file."""
    first = next((line for line in lines_with_ends(text) if line.strip()), "")
    lines, dimensions = map(int, first.split()) if SHAPE.fullmatch(first) else (0, 0)
    return lines, dimensions


def _rows(text: str) -> list[Line]:
    """The lines of vectors."""
    lines = [(number, line) for number, line in enumerate(lines_with_ends(text), 1) if line.strip()]
    if lines and with_points(lines[0][1]) != lines[0][1]:
        return [(number, line.replace(",", ".").replace(";", " ")) for number, line in lines]
    if lines and SHAPE.fullmatch(lines[0][1]):
        lines = lines[1:]
    if lines and with_points(lines[0][1].partition(" ")[2]) != lines[0][1].partition(" ")[2]:
        return [(number, DECIMAL_COMMA.sub(r"\1.\2", line)) for number, line in lines]
    if lines and SEPARATED.fullmatch(lines[0][1]):
        return [(number, line.replace(",", " ").replace(";", " ")) for number, line in lines]
    return lines


def _count(line: str) -> int:
    """How many numbers stand on a line, all or all but the first cell; 0 if it is no line of vectors."""
    first, _, rest = line.strip().partition(" ")
    others = rest.split()
    if "\t" in line or not others or not all(map(NUMBER.fullmatch, others)):
        return 0
    count = len(others) + (NUMBER.fullmatch(first) is not None)
    return count if count >= FEWEST_NUMBERS and any(mark in " ".join(others) for mark in ".eE") else 0


def _ends_in_number(word: str) -> bool:
    return " " in word and NUMBER.fullmatch(word.rsplit(" ", 1)[1]) is not None


def _ragged_line(name: str, rows: Sequence[Line], width: int) -> InputError:
    """What is wrong with the first line that has another number of numbers."""
    number = next((number for number, line in rows if _count_at_end(line) != width), rows[0][0])
    first, is_announced = rows[0][0], _count_at_end(rows[0][1]) != width
    like = "as the line above it says" if is_announced and number == first else f"like line {first:,}"
    return InputError(
        f"Line {number:,} of {name} should hold a word and {width:,} numbers, {like}: the numbers must match."
    )


def _count_at_end(line: str) -> int:
    """How many numbers a line ends in."""
    cells = line.split()[::-1]
    return next((place for place, cell in enumerate(cells) if not NUMBER.fullmatch(cell)), len(cells))
