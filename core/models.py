"""The catalogue: what is known of each model, with its source, read from `data/models.json`.

MTEB v1 and v2 are different scales and never share a field. None means not known.
"""

import json
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from core.errors import UnknownModelError
from core.settings import DATA

TASKS = ("classification", "clustering", "pair_classification", "reranking", "retrieval", "sts", "summarization")
DEFAULT_PICKS = ("all-MiniLM-L6-v2", "wordllama-256")


@dataclass(frozen=True)
class BundledFiles:
    """A model's files inside an installed package: its folder and the sha256 of each file used."""

    package: str
    folder: str
    sha256: dict[str, str] = field(hash=False)


@dataclass(frozen=True)
class OriginalRow:
    """A row of the original comparison table, as it was printed there; milliseconds for "Hello World"."""

    overall_score: str
    model_size: str
    model_params: str | None
    cpu_ms: float | None
    gpu_ms: float | None


@dataclass(frozen=True)
class ModelSpec:
    """One model of the catalogue.

    Attributes
    ----------
    provider : "bundled", "huggingface" or "openai"
        Where its vectors come from.
    download_bytes : int or None
        Size of its files; None where nothing is downloaded or the size is not known.
    max_tokens : int or None
        Longest input; None for static models, which have no limit.
    mteb_v1 : dict of str to float
        "average" and the seven task types of MTEB(eng, v1); empty where not known.
    mteb_v2 : float or None
        Mean over the tasks of MTEB(eng, v2).
    """

    name: str
    id: str
    provider: str
    organisation: str
    license: str
    released: str
    url: str
    dimensions: int
    revision: str | None
    parameters: int | None
    download_bytes: int | None
    max_tokens: int | None
    pooling: str | None
    checkpoint_dtype: str | None
    query_prompt: str
    document_prompt: str
    mteb_v1: dict[str, float] = field(hash=False)
    mteb_v2: float | None
    usd_per_million_tokens: float | None
    sha256_of_weights: str | None
    bundled: BundledFiles | None
    original: OriginalRow | None
    notes: str

    @property
    def is_static(self) -> bool:
        """Whether the model is a table of token vectors without a network."""
        return "static" in (self.pooling or "")

    @property
    def float32_bytes(self) -> int | None:
        """Memory its weights take as float32, in bytes."""
        return self.parameters * 4 if self.parameters else None

    def prompt(self, kind: str) -> str:
        """The text put before a "query" or a "document"."""
        return self.query_prompt if kind == "query" else self.document_prompt


@cache
def catalogue() -> tuple[ModelSpec, ...]:
    """All models, the original table's six rows first."""
    facts = json.loads((DATA / "models.json").read_text(encoding="utf-8"))
    return tuple(_spec(row) for row in facts["models"])


def names() -> tuple[str, ...]:
    """The catalogue's names, in its order."""
    return tuple(spec.name for spec in catalogue())


def get(name: str) -> ModelSpec:
    """The model of that name.

    Raises
    ------
    UnknownModelError
        Naming the valid names.
    """
    for spec in catalogue():
        if spec.name == name:
            return spec
    raise UnknownModelError(f"There is no model called {name!r}. The catalogue has: {', '.join(names())}.")


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
        bundled=_bundled(row.get("bundled_in")),
        original=_original(row.get("original_table")),
        notes=row.get("notes", ""),
    )


def _bundled(row: dict[str, Any] | None) -> BundledFiles | None:
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
