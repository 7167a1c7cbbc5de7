"""Rows of a file that are skipped or changed: all are counted, and listed up to a limit."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from itertools import islice

MOST_LISTED = 10_000
BEGINNING = 200  # characters


@dataclass(frozen=True)
class LeftOut:
    """Rows that were skipped or changed.

    Attributes
    ----------
    place : int
        The line of the first one in the file, or its row in a Parquet, counted from 1.
    reason : str
    beginning : str
        The beginning of its text.
    rows : int
        The number of rows it stands for, including itself.
    file : str
        The file's name.
    """

    place: int
    reason: str
    beginning: str = ""
    rows: int = 1
    file: str = ""


@dataclass
class Tally:
    """The rows skipped so far: how many for which reason, and the first MOST_LISTED of them."""

    counts: Counter[str] = field(default_factory=Counter)
    listed: list[LeftOut] = field(default_factory=list)

    def note(self, reason: str, place: int, beginning: str = "", rows: int = 1, file: str = "") -> None:
        """Count skipped rows, the first of them at this place."""
        self.counts[reason] += rows
        if len(self.listed) < MOST_LISTED:
            self.listed.append(LeftOut(place, reason, beginning[:BEGINNING], rows, file))

    def take_over(self, counts: Counter[str], listed: Iterable[LeftOut], file: str) -> None:
        """Add what was skipped in a file."""
        self.counts.update(counts)
        free = max(0, MOST_LISTED - len(self.listed))
        self.listed += [replace(entry, file=file) for entry in islice(listed, free)]


def complete(counts: Counter[str] | dict[str, int], listed: Iterable[LeftOut]) -> list[LeftOut]:
    """The list with a final entry at place 0 for each reason with more rows than are listed."""
    entries = list(listed)
    seen: Counter[str] = Counter()
    for entry in entries:
        seen[entry.reason] += entry.rows
    missing = ((reason, count - seen[reason]) for reason, count in counts.items())
    return entries + [LeftOut(0, reason, "others, not listed", count) for reason, count in missing if count > 0]
