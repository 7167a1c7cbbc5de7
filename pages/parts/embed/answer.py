"""The page's answer: into how many numbers each model turns the texts."""

from collections.abc import Mapping

from core.corpus import Corpus
from core.wording import join, opening

SHOWN_OF_TEXT = 60


def sentence(texts: Corpus, dimensions: Mapping[str, int]) -> str:
    """What the texts have become, by the names of the models that have embedded them so far."""
    alone = f"“{opening(texts.titles[0], SHOWN_OF_TEXT)}” is now"
    subject = alone if len(texts) == 1 else f"Each of the {len(texts):,} texts is now"
    numbers = [
        f"{count:,}{'' if place else ' numbers'} with {name}" for place, (name, count) in enumerate(dimensions.items())
    ]
    return f"{subject} {join(numbers)}."
