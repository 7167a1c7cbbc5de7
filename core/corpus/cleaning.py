"""Texts without characters that no tokenizer can take."""

import math
import re

from core.tables import decode

CONTROL_CHARACTERS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufeff]")
LONE_SURROGATES = re.compile(r"[\ud800-\udfff]")
INVISIBLE = "\u200b\u200c\u200d\u200e\u200f\u2060"  # at the ends of a text: joiners, marks of direction
LONGEST_NAME = 80  # characters


def plain(text: str) -> str:
    """The text without control characters, broken Unicode and the blanks around it, invisible ones too."""
    if text.isprintable():  # most are, and the check is fast for a million cells
        return text.strip()
    return CONTROL_CHARACTERS.sub("", LONE_SURROGATES.sub("\ufffd", text)).strip().strip(INVISIBLE).strip()


def cell_text(value: object) -> str:
    """A cell as text: missing is empty, a number is its digits, "NA" stays "NA", bytes are read as a file's."""
    if isinstance(value, bytes):
        return decode(value)
    is_missing = value is None or (isinstance(value, float) and math.isnan(value))
    return "" if is_missing else str(value)


def file_name(name: str) -> str:
    """A file's name to show: without folders and control characters, its middle shortened if it is long."""
    last = " ".join(plain(re.split(r"[/\\]", name)[-1]).split())
    half = LONGEST_NAME // 2
    return last if len(last) <= LONGEST_NAME else f"{last[: half - 1]}…{last[-half:]}"
