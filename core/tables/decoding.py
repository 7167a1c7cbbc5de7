"""Decodes a file's bytes to text and lines, in any encoding and with any line endings."""

import re
from collections.abc import Iterator

SURROGATES = re.compile(r"[\udc80-\udcff]")
NOT_ASCII = re.compile(r"[^\x00-\x7f]")
BOM = "\ufeff"  # some files have two
CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1f]")
EAST_ASIAN = re.compile("[\t\n\r -~\u2010-\u2027\u3000-\u30ff\u4e00-\u9fff\uac00-\ud7a3\uff00-\uffef]")
HEAD = 4000  # bytes by which an encoding is recognised
LEAST_SHARE = 0.9
LINE = re.compile(r"[^\r\n]*(?:\r\n|[\r\n])|[^\r\n]+")
BREAK = re.compile(r"\r\n|[\n\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")  # those of str.splitlines
BREAKS = "\n\r\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029"


def decode(content: bytes) -> str:
    """The text of a file: UTF-8, UTF-16 (with its BOM, or recognised by its bytes), else Windows-1252 or Latin-1.

    UTF-32 is recognised by its BOM. A UTF-8 file with a few damaged bytes is still decoded as UTF-8; those bytes become
    lone surrogates.
    """
    return (_unicode(content) or _western(content)).lstrip(BOM)


def is_guessed(content: bytes) -> bool:
    """Whether a file is decoded as Windows-1252 or Latin-1 because it is no Unicode: it may be in another encoding."""
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return not _unicode(content)
    return False


def is_wide(head: bytes) -> bool:
    """Whether a file begins like UTF-16 or UTF-32, whose characters have two or four bytes."""
    return head.startswith((b"\xff\xfe", b"\xfe\xff", b"\0\0\xfe\xff")) or bool(_byte_order(head))


def _unicode(content: bytes) -> str:
    """The text of a file in UTF-8, UTF-16 or UTF-32; empty if it is in none of them."""
    if content.startswith((b"\xff\xfe\0\0", b"\0\0\xfe\xff")):
        return content.decode("utf-32", "replace")
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", "replace")
    if order := _byte_order(content[:HEAD]):
        return content.decode(order, "replace")
    text = content.decode("utf-8-sig", "surrogateescape")
    damaged = sum(1 for _ in SURROGATES.finditer(text))
    if damaged == 0 or damaged < 1 + sum(1 for _ in NOT_ASCII.finditer(text)) - damaged:
        return text
    return _east_asian(content)


def _byte_order(head: bytes) -> str:
    """The byte order of UTF-16 without a BOM, by the first bytes: every second one names the alphabet; empty if none.

    It is 0 in Latin, 3 in Greek, 4 in Cyrillic, 6 in Arabic; no other text is half control characters.
    """
    if head.count(0) > len(head) / 4:
        return "utf-16-be" if head[0] == 0 else "utf-16-le"
    for order, seconds in (("utf-16-le", head[1::2]), ("utf-16-be", head[::2])):
        if len(CONTROL.findall(seconds)) > LEAST_SHARE * len(seconds):
            return order
    return ""


def _east_asian(content: bytes) -> str:
    """The text of UTF-16 without a BOM in Chinese, Japanese or Korean; empty if it is anything else.

    Half of its bytes are of any value, so some are control characters, which no other text has.
    """
    head = content[:HEAD]
    if len(content) % 2 or len(CONTROL.findall(head)) < len(head) / 100:
        return ""
    texts = [head.decode(order, "replace") for order in ("utf-16-le", "utf-16-be")]
    shares = [len(EAST_ASIAN.findall(text)) / len(text) for text in texts]
    if max(shares) < LEAST_SHARE:
        return ""
    return content.decode("utf-16-le" if shares[0] >= shares[1] else "utf-16-be", "replace")


def _western(content: bytes) -> str:
    try:
        return content.decode("cp1252")
    except UnicodeDecodeError:
        return content.decode("latin-1")


def lines_with_ends(text: str) -> Iterator[str]:
    r"""The lines, one after the other, each with its \n, \r\n or \r."""
    return (match[0] for match in LINE.finditer(text))


def first_lines(text: str, most: int) -> tuple[list[str], int, str]:
    """The first lines, split as by str.splitlines; how many more there are, and the beginning of the next."""
    is_plain = not any(mark in text for mark in BREAKS[1:])
    pieces = text.split("\n", most) if is_plain else BREAK.split(text, maxsplit=most)
    if pieces[-1] == "":
        return pieces[:-1], 0, ""
    if len(pieces) <= most:
        return pieces, 0, ""
    rest = pieces.pop()
    breaks = sum(map(rest.count, BREAKS)) - rest.count("\r\n")
    return pieces, breaks + (rest[-1] not in BREAKS), BREAK.split(rest, maxsplit=1)[0]
