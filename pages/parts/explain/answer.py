"""The page's answer: which of the other sentences is nearer, and at which angle."""

from collections.abc import Sequence

from core.charts.vectors import degrees
from core.wording import shorten
from pages.shared.ui import output

SHOWN_OF_TEXT = 60


def show(model: str, others: Sequence[str], cosines: Sequence[float]) -> None:
    """The answer above the steps; without another sentence there is none."""
    if others:
        output.answer(sentence(model, others, cosines))


def sentence(model: str, others: Sequence[str], cosines: Sequence[float]) -> str:
    """How far one or two other sentences are from the user's, by a model's cosines."""
    yours = f"With {model}, your sentence is"
    nearest_first = sorted(zip(others, cosines, strict=True), key=lambda other: -other[1])
    named = [(f"“{shorten(text, SHOWN_OF_TEXT)}”", f"{degrees(cosine):.0f}°") for text, cosine in nearest_first]
    (near, angle), *rest = named
    if not rest:
        return f"{yours} {angle} from {near}."
    ((far, farther),) = rest
    if near == far:
        return f"{yours} {angle} from {near}, which is in both fields."
    if angle == farther:
        return f"{yours} as near to {near} as to {far}: {angle} from each."
    return f"{yours} nearer to {near} ({angle}) than to {far} ({farther})."
