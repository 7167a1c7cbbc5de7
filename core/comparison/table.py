"""The comparison table: models with their facts, what they need on this machine, and where they stand."""

from collections.abc import Mapping, Sequence
from typing import Any

from core import leaderboard, wording
from core.benchmark import Timing
from core.comparison.costs import own_cpu_ms
from core.comparison.standing import Standing
from core.models import ModelSpec, listing
from core.models.files import availability


def compare(specs: Sequence[ModelSpec], timings: Mapping[tuple[str, str], Timing]) -> list[dict[str, Any]]:
    """Rows of the table: sizes in bytes, times in milliseconds on this machine's CPU, prices in US dollars.

    `timings` are the latest by (model, device). None means unknown.
    """
    return [
        {
            "model": spec.name,
            "here": availability(spec).label,
            "mteb_v1": spec.mteb_v1.get("average"),
            "mteb_v2": spec.mteb_v2,
            "download_bytes": spec.download_bytes,
            "parameters": spec.parameters,
            "dimensions": spec.dimensions,
            "license": spec.license,
            "url": spec.url,
            "hello_world_ms": own_cpu_ms(spec, timings),
            "max_tokens": spec.max_tokens,
            "usd_per_million_tokens": spec.usd_per_million_tokens,
        }
        for spec in specs
    ]


def add_standing(
    rows: Sequence[Mapping[str, Any]], specs: Sequence[ModelSpec], standing: Standing
) -> list[dict[str, Any]]:
    """The rows of `compare` with each model's score for the use, its rank, zero-shot share, and what to know of it."""
    tasks, entries = leaderboard.current().tasks, listing.entries_of(specs)
    return [
        {
            **row,
            "score": standing.scores.get(spec.id),
            "rank": ranks[0] if (ranks := standing.ranks(spec)) else None,
            "rank_interval": wording.span(*ranks[1:]) if ranks else None,
            "zero_shot": entry.zero_shot if (entry := entries.get(spec.id)) else None,
            "released": spec.released[:7],
            "notes": " ".join(leaderboard.caveats(entry, tasks)) if entry else "",
        }
        for row, spec in zip(rows, specs, strict=True)
    ]
