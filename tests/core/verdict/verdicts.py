"""Candidates and verdicts for tests, with figures that can be reckoned by hand."""

from typing import Any

import numpy as np

from core.evaluation import interval
from core.machine import Machine
from core.verdict import Candidate, Setting, Speed, Verdict, Weights, decide

MACHINE = Machine("Test CPU", 4, 8 * 2**30, (), "Linux", "3.11", {"torch": "2.13.0"})
SETTING = Setting("my texts", "abc123", 30, "my labels", 20, 1.0, MACHINE, "2026-01-02T03:04+00:00")


def candidate(name: str, ndcg: float | None = 0.5, ms: float | None = 10.0, **more: Any) -> Candidate:
    """A candidate whose every query has the same nDCG@10, or those given as `values`."""
    values = more.pop("values", [ndcg] * 20 if ndcg is not None else [])
    per_query = {f"q{place}": float(value) for place, value in enumerate(values)}
    facts = {"memory_bytes": 64_000_000, "dollars": 0.0001, "licence": "MIT", **more}
    return Candidate(
        name,
        quality=interval(list(per_query.values())) if per_query else None,
        per_query=per_query,
        speed=Speed(ms, None, "cpu", "torch", "float32", "2026-01-01") if ms is not None else None,
        **facts,
    )


def verdict_on(*candidates: Candidate, **weights: float) -> Verdict:
    """The verdict on candidates under weights."""
    return decide(candidates, Weights(**weights), SETTING)


def noisy(mean: float, seed: int, queries: int = 40) -> list[float]:
    """Values of queries, between 0 and 1, about a mean."""
    return list(np.clip(np.random.default_rng(seed).normal(mean, 0.2, queries), 0, 1))
