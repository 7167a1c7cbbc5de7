"""How figures and names are written on the screen, in files and in errors: one format for each kind."""

import math
from collections.abc import Mapping, Sequence


def three_figures(value: float) -> str:
    """A number with three significant figures: 0.208, 7.00, 67.7, 323, 12,300."""
    if not value:
        return "0"
    rounded = float(f"{value:.3g}")
    return minus(f"{rounded:,.{max(0, 2 - math.floor(math.log10(abs(rounded))))}f}")


def decimal(value: float, digits: int = 2, sign: str = "") -> str:
    """A number with so many decimals, never "−0.00": "0.45", "−0.03"; with the sign "+" also "+0.45"."""
    return minus(f"{value:{sign}z.{digits}f}")


def minus(number: str) -> str:
    """A written number with the minus sign of print, as wide as a digit, for the hyphen: "−0.03"."""
    return number.replace("-", "−")


def ratio(value: float) -> str:
    """How many times as much or as fast: "0.50×", "5.4×", "12×"."""
    return f"{value:.{0 if value >= 9.95 else 1 if value >= 0.995 else 2}f}×"


def times(value: float) -> str:
    """How many times as much or as fast, within a sentence: "0.50 times", "5.4 times", "12 times"."""
    return f"{ratio(value).removesuffix('×')} times"


def milliseconds(value: float) -> str:
    """A time in milliseconds: "0.208 ms", "1,230 ms"."""
    return f"{three_figures(value)} ms"


def duration(seconds: float) -> str:
    """A measured time: "3.12 ms", "412 ms", "3.42 s", "134 s"."""
    return milliseconds(1000 * seconds) if seconds < 0.9995 else f"{three_figures(seconds)} s"


def wait(seconds: float) -> str:
    """An expected or running time, no more precise than it is known: "4 s", "119 s", "3 min", "2.5 h"."""
    if seconds < 119.5:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7170 else f"{seconds / 3600:.1f} h"


def skips(left_out: Mapping[str, int]) -> str:
    """What was skipped or changed, and how often: "blank texts (3), rows beyond the first 1,000 (1,200)"."""
    return ", ".join(f"{reason} ({count:,})" for reason, count in left_out.items())


def size(count: float) -> str:
    """A number of bytes, in powers of ten: "91 MB", "1.3 GB", "28 GB"."""
    if count < 999.5e6:
        return f"{count / 1e6:.0f} MB"
    return f"{count / 1e9:.1f} GB" if count < 9.95e9 else f"{count / 1e9:,.0f} GB"


def abbreviate(number: float) -> str:
    """A large number: "7.1B", "23M", "512"."""
    for unit, name in ((1e9, "B"), (1e6, "M"), (1e3, "k")):
        if number >= unit:
            return f"{number / unit:.2g}{name}" if number < 100 * unit else f"{number / unit:.0f}{name}"
    return f"{number:.0f}"


def price(dollars: float) -> str:
    """US dollars with two figures: "$0", "$0.00012", "$0.13", "$2.50", "$1,200.00"."""
    if not dollars:
        return "$0"
    whole, _, cents = f"{float(f'{dollars:.2g}'):,.12f}".rstrip("0").partition(".")
    return f"${whole}.{cents:0<2}"


def in_ten(share: float) -> str:
    """A share from 0 to 1 in words before what it is of: "almost none of the", "about four in ten", "almost all"."""
    words = ("almost none of the", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "almost all")
    tenths = math.floor(10 * share + 0.5)
    return words[tenths] if tenths in (0, 10) else f"about {words[tenths]} in ten"


def span(low: int, high: int) -> str:
    """From a whole number to another: "3 to 7", or "3" if they are the same."""
    return f"{low:,} to {high:,}" if low < high else f"{low:,}"


def join(names: Sequence[str], last: str = "and", *, most: int | None = None) -> str:
    """Names in a sentence: "none", "a", "a and b", "a, b or c"; beyond `most` their number: "a, b and 7 more"."""
    if not names:
        return "none"
    if most is not None and len(names) > most:
        return f"{', '.join(names[:most])} and {len(names) - most:,} more"
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} {last} {names[-1]}"


def count(number: int, one: str, many: str = "") -> str:
    """A number with its noun: "1 mark", "1,200 marks", "2 queries" where the plural is given."""
    return f"{number:,} {one if number == 1 else many or f'{one}s'}"


def ordinal(number: int) -> str:
    """A rank: "1st", "2nd", "11th"."""
    endings = {1: "st", 2: "nd", 3: "rd"}
    return f"{number:,}{'th' if number // 10 % 10 == 1 else endings.get(number % 10, 'th')}"


def shorten(text: str, length: int) -> str:
    """A text limited to a number of characters, with an ellipsis if shortened."""
    return text if len(text) <= length else text[: length - 1].rstrip() + "…"


def opening(text: str, length: int) -> str:
    """The first words of a text, of a number of characters at most, with an ellipsis if words are missing."""
    short = shorten(text, length)
    if short == text or text[len(short) - 1].isspace() or " " not in short:
        return short
    return short.rpartition(" ")[0].rstrip() + "…"


def one_line(text: str) -> str:
    """A text with each run of white space, line breaks included, as one space."""
    return " ".join(text.split())


def dimensions(truncate_dim: int | None) -> list[str]:
    """That vectors are shortened, for a caption; empty if they are whole."""
    return [f"first {truncate_dim:,} dimensions"] if truncate_dim else []


def prompts(query: str, document: str) -> list[str]:
    """The texts put before queries and before documents, for a caption; empty where there are none."""
    given = {"query": query, "document": document}
    return [f"{kind} prompt “{text.replace(chr(10), ' ↵ ')}”" for kind, text in given.items() if text]
