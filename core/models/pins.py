"""Models of the Hugging Face Hub beyond the catalogue: their ids, and what was pinned at download."""

import json
import logging
import re
from dataclasses import asdict, dataclass, field
from functools import cache
from pathlib import Path
from typing import ClassVar

from core.models.spec import ModelSpec
from core.settings import cache_folder
from core.similarity.functions import Similarity
from core.storage import files, records

ID = re.compile(r"[A-Za-z0-9][\w.-]{0,95}/[A-Za-z0-9][\w.-]{0,95}", re.ASCII)
MADE_FOR: dict[str, Similarity] = {
    "the dot product": "dot",
    "Euclidean distance": "euclidean",
    "Manhattan distance": "manhattan",
}
COMMIT = re.compile(r"[0-9a-f]{40}")

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Pin:
    """What a download pins: later loads use this revision and these weights, whatever the Hub has by then.

    Attributes
    ----------
    revision : the commit, 40 hexadecimal digits
    created : when it was downloaded, in ISO 8601, UTC
    bytes : size of the files
    sha256 : the digest of each weight file, by its name in the model's folder
    license : as stated on the Hub, empty if not stated
    parameters, dimensions, max_tokens, pooling, query_prompt, document_prompt, similarity, matryoshka : see ModelSpec;
        from the files
    made_for : the similarity in words, as pins of earlier versions have it
    """

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    id: str
    revision: str
    created: str
    bytes: int
    sha256: dict[str, str] = field(hash=False)
    license: str = ""
    parameters: int | None = None
    dimensions: int | None = None
    max_tokens: int | None = None
    pooling: str | None = None
    query_prompt: str = ""
    document_prompt: str = ""
    similarity: Similarity = "cosine"
    made_for: str = ""
    matryoshka: tuple[int, ...] = ()


def is_id(name: str) -> bool:
    """Whether a name is a hub id: owner/name, each of letters, digits, dots, hyphens and underscores."""
    return bool(ID.fullmatch(name)) and not re.search(r"\.\.|--|\.git$|[.-](/|$)", name)


def spec_of_id(name: str) -> ModelSpec:
    """A description of a model on the Hub by its id alone."""
    return ModelSpec(
        name=name,
        id=name,
        provider="huggingface",
        dimensions=None,
        organisation=name.partition("/")[0],
        url=f"https://huggingface.co/{name}",
    )


def list_models() -> tuple[ModelSpec, ...]:
    """The models that have been downloaded to this machine, at their pinned revisions."""
    pins = (_read(path, files.stamp(path)) for path in sorted(_folder().glob("*.json")))
    return tuple(_spec(pin) for pin in pins if pin)


def read_pin(model_id: str) -> Pin | None:
    """The pin made when the model was downloaded here; None if it never was."""
    path = _path(model_id)
    return _read(path, files.stamp(path)) if path.exists() else None


def write(pin: Pin) -> None:
    """Write a pin."""
    files.write(_path(pin.id), json.dumps(asdict(pin), indent=1).encode())


def _folder() -> Path:
    return cache_folder() / "pins"


def _path(model_id: str) -> Path:
    """A pin's file; `--` stands for the slash, since no id contains it."""
    return _folder() / f"{model_id.replace('/', '--')}.json"


@cache
def _read(path: Path, _stamp: files.Stamp) -> Pin | None:
    """Read once for each state of the file: a page asks for the known models many times."""
    try:
        pin = records.parse(Pin, path.read_bytes())
        is_whole = is_id(pin.id) and _path(pin.id) == path and COMMIT.fullmatch(pin.revision) and pin.sha256
    except (OSError, ValueError):
        is_whole = False
    if is_whole:
        return pin
    log.warning("Cannot read the pin %s: its model counts as not downloaded", path.name)
    return None


def _spec(pin: Pin) -> ModelSpec:
    return ModelSpec(
        name=pin.id,
        id=pin.id,
        provider="huggingface",
        organisation=pin.id.partition("/")[0],
        url=f"https://huggingface.co/{pin.id}",
        license=pin.license,
        revision=pin.revision,
        download_bytes=pin.bytes,
        parameters=pin.parameters,
        dimensions=pin.dimensions,
        max_tokens=pin.max_tokens,
        pooling=pin.pooling,
        query_prompt=pin.query_prompt,
        document_prompt=pin.document_prompt,
        similarity=MADE_FOR.get(pin.made_for, pin.similarity),
        matryoshka=pin.matryoshka,
    )
