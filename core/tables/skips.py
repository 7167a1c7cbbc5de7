"""What is not taken of a file, or is changed: counted in full, and listed as far as memory allows."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from itertools import islice

MOST_LISTED = 10_000
BEGINNING = 200  # characters


@dataclass(frozen=True)
class LeftOut:
    """Rows that were not taken, or were changed.

    Attributes
    ----------
    place : int
        The first one's line in the file, or its row in a Parquet, counted from 1.
    reason : str
    beginning : str
        How its text begins.
    rows : int
        How many rows it stands for: it and those after it.
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
    """What was left out so far: how many rows for which reason, and the first MOST_LISTED of them."""

    counts: Counter[str] = field(default_factory=Counter)
    listed: list[LeftOut] = field(default_factory=list)

    def note(self, reason: str, place: int, beginning: str = "", rows: int = 1, file: str = "") -> None:
        """Count rows that are left out, the first of them at that place."""
        self.counts[reason] += rows
        if len(self.listed) < MOST_LISTED:
            self.listed.append(LeftOut(place, reason, beginning[:BEGINNING], rows, file))

    def take_over(self, counts: Counter[str], listed: Iterable[LeftOut], file: str) -> None:
        """Add what was left out of a file."""
        self.counts.update(counts)
        free = max(0, MOST_LISTED - len(self.listed))
        self.listed += [replace(entry, file=file) for entry in islice(listed, free)]


def complete(counts: Counter[str] | dict[str, int], listed: Iterable[LeftOut]) -> list[LeftOut]:
    """The list with a closing entry for each reason of which not all rows are listed, at place 0."""
    entries = list(listed)
    seen: Counter[str] = Counter()
    for entry in entries:
        seen[entry.reason] += entry.rows
    missing = ((reason, count - seen[reason]) for reason, count in counts.items())
    return entries + [LeftOut(0, reason, "others, not listed", count) for reason, count in missing if count > 0]
