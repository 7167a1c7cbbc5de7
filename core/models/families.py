"""Families of models whose cards ask for prompts that their files lack; from `data/prompts.json`, with the sources."""

import json
import re
from dataclasses import dataclass
from functools import cache

from core.models.spec import ModelSpec
from core.settings import DATA


@dataclass(frozen=True)
class Family:
    """Models that were trained with the same prompts; `models` is a pattern of their names without the owner's."""

    name: str
    models: str
    query: str
    document: str
    source: str


def family_of(spec: ModelSpec) -> Family | None:
    """The family whose prompts a model lacks, recognised by its name; None if it has prompts, or is of none known."""
    if spec.query_prompt or spec.document_prompt:
        return None
    name = (spec.server.model if spec.server else spec.id).removeprefix("folder:").rpartition("/")[2].lower()
    return next((family for family in _families() if re.fullmatch(family.models, name)), None)


@cache
def _families() -> tuple[Family, ...]:
    facts = json.loads((DATA / "prompts.json").read_text(encoding="utf-8"))
    return tuple(Family(**row) for row in facts["families"])
