"""The verdict's table: as figures for a file, and in words for reading."""

from typing import Any

from core.load import how
from core.similarity import NAMES
from core.verdict.candidate import Candidate, Speed
from core.verdict.lanes import Lane, lanes
from core.verdict.verdict import Verdict
from core.verdict.weights import CRITERIA
from core.verdict.words import UNKNOWN, commercial_use, requests_per_second, whose
from core.wording import dimensions, join, one_line, price, prompts

LOAD = "Requests a second at the limit"


def figures(verdict: Verdict) -> list[dict[str, Any]]:
    """One row per candidate, the best first: milliseconds, bytes, US dollars per million tokens; None is unknown."""
    return [_figures(lane) for lane in lanes(verdict)]


def in_words(verdict: Verdict) -> list[dict[str, str]]:
    """The same, shorter, in words; the requests a second only if a load test found them for some candidate."""
    shown = lanes(verdict)
    rows = [_words(lane) for lane in shown]
    if any(lane.candidate.load for lane in shown):
        return rows
    return [{name: cell for name, cell in row.items() if name != LOAD} for row in rows]


def provenance(verdict: Verdict) -> list[str]:
    """What the verdict is based on, line by line; only the name of a visitor's file."""
    setting = verdict.setting
    versions = ", ".join(f"{name} {version}" for name, version in setting.machine.versions.items())
    return [
        f"Corpus: {setting.corpus}, {setting.documents:,} texts, fingerprint {setting.fingerprint}",
        f"Labels: {setting.labels}, {setting.queries:,} labelled queries",
        *([f"Quality: measured on {setting.scope}"] if setting.scope else []),
        *setting.remarks,
        f"Weights: {verdict.ranking.weights.sentence}" + _left_out(verdict),
        *(_provenance(lane.candidate) for lane in lanes(verdict) if lane.candidate.is_model),
        *(f"Load test: {one_line(how(test))}" for lane in lanes(verdict) if (test := lane.candidate.load)),
        f"Machine: {setting.machine.sentence}, at {price(setting.dollars_per_hour)} an hour",
        f"Versions: Python {setting.machine.python}, {versions}",
        f"Created: {setting.made}",
    ]


def _left_out(verdict: Verdict) -> str:
    """The criteria whose weight is not counted."""
    ranking = verdict.ranking
    parts = [f"{join(those)} left out: unknown for {whose(names, ranking)}" for names, those in ranking.lacking.items()]
    return f" ({'; '.join(parts)})" if parts else ""


def _provenance(one: Candidate) -> str:
    """What computed a model's vectors and timings."""
    how = (
        [
            f"revision {one.revision[:14]}",
            one.device,
            one.engine,
            one.precision,
            *([f"compared by {NAMES[one.similarity]}"] if one.similarity else []),
            *prompts(one.query_prompt, one.document_prompt),
            *dimensions(one.truncate_dim),
        ]
        if one.revision
        else ["not on this machine"]
    )
    return " · ".join([one.name, *how, one_line(_timed(one.speed))])


def _timed(speed: Speed | None) -> str:
    """When, where and with what a model was timed."""
    if speed is None:
        return "not timed on this machine"
    how = f"{speed.day} on {speed.device} with {speed.engine} in {speed.precision}"
    if speed.recorded_on:
        return f"not timed on this machine: speed and memory recorded {how} of {speed.recorded_on}"
    return f"timed {how}"


def _figures(lane: Lane) -> dict[str, Any]:
    one = lane.candidate
    return {
        "place": lane.place,
        "model": one.name,
        "score": lane.score.length,
        "ndcg@10": one.quality.mean if one.quality else None,
        "low": one.quality.low if one.quality else None,
        "high": one.quality.high if one.quality else None,
        "hello_world_ms": one.speed.milliseconds if one.speed else None,
        "texts_per_second": one.speed.texts_per_second if one.speed else None,
        "requests_per_second": one.load.limit.offered if one.load and one.load.limit else None,
        "memory_bytes": one.memory_bytes,
        "usd_per_million_tokens": one.dollars,
        "license": one.licence or None,
        "commercial_use": commercial_use(one),
        "timed_on": one.speed.device if one.speed else None,
        "recorded_on": (one.speed.recorded_on or None) if one.speed else None,
        "dimensions": one.dimensions,
        "bytes_per_vector": one.vector_bytes,
        "engine": one.engine or None,
        "precision": one.precision or None,
        "similarity": one.similarity,
        "revision": one.revision or None,
        "query_prompt": one.query_prompt or None,
        "document_prompt": one.document_prompt or None,
        "truncated_texts": one.truncated_texts,
        "unknown_texts": one.unknown_texts,
        "truncated_queries": one.truncated_queries,
        "unknown_queries": one.unknown_queries,
        "truncate_dim": one.truncate_dim,
        "notes": one.remarks or None,
    }


def _words(lane: Lane) -> dict[str, str]:
    one, dash = lane.candidate, "–"
    throughput = one.speed.texts_per_second if one.speed else None
    words_of = {name: lane.bars[name].with_interval for name in CRITERIA}
    if one.speed and not one.speed.recorded_on:
        words_of["speed"] += f" on {one.speed.device}"
    if words_of["licence"] not in (UNKNOWN["licence"], dash):
        words_of["licence"] += f": {commercial_use(one)}"
    return {
        "#": str(lane.place or dash),
        "Model": one.name,
        "Score": lane.score.text,
        "nDCG@10 (95% interval)": words_of["quality"],
        "“Hello World”": words_of["speed"],
        "Texts/s": f"{throughput:,.0f}" if throughput else dash,
        LOAD: requests_per_second(one),
        "Memory": words_of["memory"],
        "US dollars per million tokens": words_of["price"],
        "Licence": words_of["licence"],
        "Vector": f"{one.dimensions:,} × float32" if one.dimensions else dash,
        "Notes": one.remarks or dash,
    }
