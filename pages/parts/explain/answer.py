"""The page's answer: which of the other sentences is nearer, and at which angle."""

from collections.abc import Sequence

from core.charts.vectors import degrees
from core.wording import shorten
from pages.shared.ui import output

SHOWN_OF_TEXT = 60


def show(others: Sequence[str], cosines: Sequence[float]) -> None:
    """The answer above the steps; without another sentence there is none."""
    if others:
        output.answer(sentence(others, cosines))


def sentence(others: Sequence[str], cosines: Sequence[float]) -> str:
    """How far one or two other sentences are from the user's, by their cosines."""
    nearest_first = sorted(zip(others, cosines, strict=True), key=lambda other: -other[1])
    named = [(f"“{shorten(text, SHOWN_OF_TEXT)}”", f"{degrees(cosine):.0f}°") for text, cosine in nearest_first]
    (near, angle), *rest = named
    if not rest:
        return f"Your sentence is {angle} from {near}."
    ((far, farther),) = rest
    if near == far:
        return f"Your sentence is {angle} from {near}, which is in both fields."
    if angle == farther:
        return f"Your sentence is as near to {near} as to {far}: {angle} from each."
    return f"Your sentence is nearer to {near} ({angle}) than to {far} ({farther})."
