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


def rank(specs: Sequence[ModelSpec], board: str) -> list[ModelSpec]:
    """The models by their score on one of BOARDS, the highest first; those without one last, in their order."""
    return sorted(specs, key=lambda spec: -(spec.score(board) or 0))


def headline(specs: Sequence[ModelSpec], board: str) -> str:
    """Which of these models scores highest on a board, and which of those that are ready on this machine."""
    scored = [spec for spec in rank(specs, board) if spec.score(board)]
    if not scored:
        return f"None of these models has a known {board} score."
    ready = next((spec for spec in scored if availability(spec).is_ready), None)
    best = f"{scored[0].name} has the highest {board} score: {scored[0].score(board):.2f}"
    if ready is None:
        return f"{best}. None of the models that are ready on this machine has a known score."
    if ready is scored[0]:
        return f"{best}, and it is ready on this machine."
    return f"{best}. Of the models ready on this machine, {ready.name} scores highest: {ready.score(board):.2f}."


def _own_cpu_ms(spec: ModelSpec, timings: Mapping[tuple[str, str], Timing]) -> float | None:
    """The model's own time on the CPU; timings with random weights don't count."""
    timing = timings.get((spec.name, "cpu"))
    return timing.median_ms if timing and timing.weights == "own" else None
