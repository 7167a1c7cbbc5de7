"""The comparison table: one row per model, with its facts and what it needs on this machine."""

from collections.abc import Mapping, Sequence
from typing import Any

from core.benchmark import Timing
from core.models import ModelSpec
from core.models.files import availability

NAMED = ("All", "Original six", "Ready here")


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
            "hello_world_ms": _own_cpu_ms(spec, timings),
            "max_tokens": spec.max_tokens,
            "usd_per_million_tokens": spec.usd_per_million_tokens,
        }
        for spec in specs
    ]


def matching(specs: Sequence[ModelSpec], wanted: str, which: str = "All") -> list[ModelSpec]:
    """The models whose name, maker or licence contains the text, among those of a group of NAMED."""
    return [
        spec
        for spec in specs
        if wanted.lower() in f"{spec.name} {spec.organisation} {spec.license}".lower()
        and (which != "Original six" or spec.original)
        and (which != "Ready here" or availability(spec).is_ready)
    ]


def _own_cpu_ms(spec: ModelSpec, timings: Mapping[tuple[str, str], Timing]) -> float | None:
    """The model's own time on the CPU; timings with random weights don't count."""
    timing = timings.get((spec.name, "cpu"))
    return timing.median_ms if timing and timing.weights == "own" else None
