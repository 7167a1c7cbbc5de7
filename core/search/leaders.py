"""Which document each system puts first, whether they agree, and which of these documents are relevant."""

from collections.abc import Collection, Mapping, Sequence

from core.wording import join, shorten

LONGEST_TITLE = 60
NUMBERS = ("no", "one", "two", "three", "four", "five", "six")


def leaders(firsts: Mapping[str, int | None], titles: Sequence[str], relevant: Collection[int] | None = None) -> str:
    """A sentence to say aloud: what the systems put first and, of a labelled query, what of it is relevant.

    Parameters
    ----------
    firsts : mapping of system to row
        Of its first document; None if it found nothing.
    titles : sequence of str
        Of all documents, by row.
    relevant : collection of int or None
        The rows of the relevant documents among those put first; None if the query is not labelled.
    """
    systems: dict[str, list[str]] = {}
    for system, row in firsts.items():
        if row is not None:
            systems.setdefault(f"“{shorten(titles[row], LONGEST_TITLE)}”", []).append(system)
    if not systems:
        return "Nothing is found."
    nothing = [system for system, row in firsts.items() if row is None]
    silent = f" {join(nothing)} find{'s' if len(nothing) == 1 else ''} nothing." if nothing else ""
    labelled = "" if relevant is None else f" {_relevant(firsts, relevant)}"
    return _lead(systems, len(firsts)) + labelled + silent


def _relevant(firsts: Mapping[str, int | None], relevant: Collection[int]) -> str:
    """Which of the documents put first are labelled as relevant."""
    found = {system: row for system, row in firsts.items() if row is not None}
    right = [system for system, row in found.items() if row in relevant]
    if len(set(found.values())) == 1:
        return f"It is {'' if right else 'not '}relevant."
    if not right:
        return "None of these is relevant."
    if len(right) == len(found):
        return "Each of these is relevant."
    return (
        f"Only {'that' if len(right) == 1 else 'those'} of {join(right)} {'is' if len(right) == 1 else 'are'} relevant."
    )


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
