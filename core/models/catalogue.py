"""The catalogue: the models that every installation knows, read from `data/models.json`, with the facts' sources."""

import json
from functools import cache
from typing import Any

from core.models.spec import TASKS, BundledFiles, ModelSpec, OriginalRow
from core.settings import DATA

LEAST_POWER = 5  # of two, the shortest length offered where any is allowed


@cache
def catalogue() -> tuple[ModelSpec, ...]:
    """All models, the original table's six rows first."""
    facts = json.loads((DATA / "models.json").read_text(encoding="utf-8"))
    return tuple(_spec(row) for row in facts["models"])


def original_machine() -> str:
    """The machine on which the original table's milliseconds were recorded."""
    facts = json.loads((DATA / "models.json").read_text(encoding="utf-8"))
    return str(facts["original_benchmark"]["machine"])


def _spec(row: dict[str, Any]) -> ModelSpec:
    v1 = row.get("mteb_eng_v1") or {}
    return ModelSpec(
        name=row["name"],
        id=row["id"],
        provider=row["provider"],
        organisation=row["organisation"],
        license=row["license"],
        released=row["released"],
        url=row["url"],
        dimensions=row["dimensions"],
        revision=row.get("revision"),
        parameters=row.get("parameters"),
        download_bytes=row.get("download_bytes"),
        max_tokens=row.get("max_tokens"),
        pooling=row.get("pooling"),
        checkpoint_dtype=row.get("checkpoint_dtype"),
        query_prompt=row.get("query_prompt", ""),
        document_prompt=row.get("document_prompt", ""),
        mteb_v1={key: v1[key] for key in ("average", *TASKS) if key in v1},
        mteb_v2=(row.get("mteb_eng_v2") or {}).get("mean"),
        usd_per_million_tokens=row.get("price_usd_per_million_tokens"),
        sha256_of_weights=row.get("sha256_of_model_safetensors"),
        bundled=_bundled_files(row.get("bundled_in")),
        original=_original(row.get("original_table")),
        architecture=row.get("architecture", {}),
        matryoshka=_lengths(row),
        notes=row.get("notes", ""),
    )


def _lengths(row: dict[str, Any]) -> tuple[int, ...]:
    """The lengths its authors list, or powers of two where they allow any; without the whole length."""
    stated = row.get("matryoshka_dimensions", ())
    listed = [2**power for power in range(LEAST_POWER, 16)] if isinstance(stated, str) else stated
    return tuple(length for length in listed if length < row["dimensions"])


def _bundled_files(row: dict[str, Any] | None) -> BundledFiles | None:
    return BundledFiles(package=row["package"], folder=row["folder"], sha256=row["sha256"]) if row else None


def _original(row: dict[str, Any] | None) -> OriginalRow | None:
    if row is None:
        return None
    return OriginalRow(
        overall_score=row["overall_score"],
        model_size=row["model_size"],
        model_params=row.get("model_params"),
        cpu_ms=row.get("hello_world_ms_cpu"),
        gpu_ms=row.get("hello_world_ms_gpu"),
    )
