"""The models of MTEB's leaderboard as they can be picked: by their Hub id, with what MTEB's metadata says of them."""

import json
from collections.abc import Iterable
from functools import cache, lru_cache
from typing import Any

from core import leaderboard
from core.leaderboard import Entry, Snapshot
from core.models.spec import ModelSpec
from core.settings import DATA
from core.similarity.functions import NAMES, Similarity

ELSEWHERE = "elsewhere"  # a model whose weights are not published
OWNERS = ("", "openai/")  # the leaderboard's ids of models that are known here by another


@lru_cache(maxsize=2)
def specs(board: Snapshot) -> dict[str, ModelSpec]:
    """A leaderboard's models by their id in lower case, as the Hub ignores case."""
    return {name: _spec(entry) for name, entry in _entries(board).items()}


def entry_of(spec: ModelSpec) -> Entry | None:
    """The row of a model on the leaderboard; None if it is not there."""
    return entries_of([spec]).get(spec.id)


def entries_of(specs: Iterable[ModelSpec]) -> dict[str, Entry]:
    """The rows of models on the leaderboard by their specs' ids, without those that are not there."""
    listed = _entries(leaderboard.current())
    found = {spec.id: [listed.get(f"{owner}{spec.id}".lower()) for owner in OWNERS] for spec in specs}
    return {name: entry for name, entries in found.items() if (entry := next(filter(None, entries), None))}


@lru_cache(maxsize=2)
def _entries(board: Snapshot) -> dict[str, Entry]:
    return {entry.id.lower(): entry for entry in board.entries}


def _spec(entry: Entry) -> ModelSpec:
    similarity: Similarity = next((name for name in NAMES if name == entry.similarity), "cosine")
    return ModelSpec(
        name=entry.id,
        id=entry.id,
        provider="huggingface" if entry.open_weights else ELSEWHERE,
        dimensions=entry.dimensions,
        organisation=entry.organisation,
        license=entry.license or "",
        released=entry.released or "",
        url=entry.url or "",
        parameters=entry.parameters,
        max_tokens=entry.max_tokens,
        similarity=similarity,
        matryoshka=entry.matryoshka,
        architecture=_architectures().get(entry.id, {}),
        mteb_v2=None if entry.mean is None else round(entry.mean, 2),
    )


@cache
def _architectures() -> dict[str, dict[str, Any]]:
    """The network of each model of which it is known, as sizes of its configuration."""
    facts = json.loads((DATA / "architectures.json").read_text(encoding="utf-8"))
    families = {name: family["architecture"] for name, family in facts["families"].items()}
    return {model: families[family] for model, family in facts["models"].items()}
