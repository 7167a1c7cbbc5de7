"""Which document each system puts first, and whether they agree."""

from collections.abc import Mapping, Sequence

from core.wording import join, shorten

LONGEST_TITLE = 60
NUMBERS = ("no", "one", "two", "three", "four", "five", "six")


def leaders(firsts: Mapping[str, int | None], titles: Sequence[str]) -> str:
    """A sentence to say aloud: what the systems put first.

    Parameters
    ----------
    firsts : mapping of system to row
        Of its first document; None if it found nothing.
    titles : sequence of str
        Of all documents, by row.
    """
    systems: dict[str, list[str]] = {}
    for system, row in firsts.items():
        if row is not None:
            systems.setdefault(f"“{shorten(titles[row], LONGEST_TITLE)}”", []).append(system)
    if not systems:
        return "Nothing is found."
    nothing = [system for system, row in firsts.items() if row is None]
    silent = f" {join(nothing)} find{'s' if len(nothing) == 1 else ''} nothing." if nothing else ""
    return _lead(systems, len(firsts)) + silent


def _lead(systems: Mapping[str, Sequence[str]], count: int) -> str:
    """The documents put first, each with its systems, of `count` systems in all."""
    title, names = max(systems.items(), key=lambda item: len(item[1]))
    rest = "; ".join(_puts(others, other) for other, others in systems.items() if other != title)
    if count > 1 and len(names) == count:
        return f"{'Both' if count == 2 else f'All {_number(count)}'} systems put {title} first."
    if rest and 2 * len(names) > count:
        return f"{_number(len(names)).capitalize()} of {_number(count)} systems put {title} first; {rest}."
    first, *others = systems.items()
    listed = "; ".join([_puts(first[1], f"{first[0]} first"), *(_puts(names, title) for title, names in others)])
    return f"The systems disagree: {listed}." if others else f"{listed}."


def _puts(systems: Sequence[str], title: str) -> str:
    return f"{join(systems)} {'puts' if len(systems) == 1 else 'put'} {title}"


def _number(count: int) -> str:
    return NUMBERS[count] if count < len(NUMBERS) else f"{count}"
