"""How sentence-transformers lays a model out in a folder, on the Hub as on disk.

`modules.json` lists the modules in order, each with its class and its folder ("" for the model's own). Those with
parameters store them as `model.safetensors`, or as shards listed in `model.safetensors.index.json`. Only safetensors
are ever loaded, and no class from outside sentence-transformers.
"""

import json
import math
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import Any

from core.errors import DamagedModelError, ModelUnavailableError
from core.similarity.functions import Similarity
from core.storage import files

MODULES = "modules.json"
FUNCTIONS: dict[str, Similarity] = {
    "dot": "dot",
    "dot_product": "dot",
    "euclidean": "euclidean",
    "manhattan": "manhattan",
}
SETTINGS = "config_sentence_transformers.json"
DOCUMENT_PROMPTS = ("document", "passage", "corpus")
WHOLE = "model.safetensors"
INDEX = "model.safetensors.index.json"
SHARD = re.compile(r"model-\d{5}-of-\d{5}\.safetensors")
SUFFIXES = (".json", ".txt", ".model", ".jinja")
SAFE_NAME = re.compile(r"\w[\w .-]*(/\w[\w .-]*)*", re.ASCII)

WITH_PARAMETERS = ("Transformer", "StaticEmbedding", "Dense", "LayerNorm")
WITHOUT = ("Pooling", "Normalize", "Dropout")


@dataclass(frozen=True)
class Module:
    """A module: its class's name, and its folder inside the model's."""

    kind: str
    folder: PurePosixPath

    @property
    def has_parameters(self) -> bool:
        """Whether it cannot be loaded without weights."""
        return self.kind in WITH_PARAMETERS


def modules(name: str, content: bytes) -> tuple[Module, ...]:
    """The modules that a modules.json names; `name` is the model's, for the sentence.

    Raises
    ------
    ModelUnavailableError
        It cannot be read, or a class is not of sentence-transformers or not one that Embedscope runs.
    """
    try:
        rows = [(str(row["type"]), str(row["path"])) for row in json.loads(content)]
    except (ValueError, TypeError, KeyError):
        raise ModelUnavailableError(f"{name} cannot be used: its modules.json is not a list of modules.") from None
    if not rows:
        raise ModelUnavailableError(f"{name} cannot be used: its modules.json lists no modules.")
    return tuple(_module(name, kind, folder) for kind, folder in rows)


def select_files(names: Collection[str], of: Iterable[Module]) -> tuple[str, ...]:
    """The files of a repository needed to load the modules, configuration and tokenizer first, weights last."""
    folders = {PurePosixPath(), *(module.folder for module in of)}
    small = [name for name in names if PurePosixPath(name).parent in folders and _is_small(name)]
    weights = [name for folder in folders for name in weights_in(names, folder)]
    return (*sorted(small), *sorted(weights))


def weights_in(names: Collection[str], folder: PurePosixPath) -> tuple[str, ...]:
    """A module's weights, as transformers chooses them: the single file, or else the index and its shards."""
    if str(folder / WHOLE) in names:
        return (str(folder / WHOLE),)
    if str(folder / INDEX) not in names:
        return ()
    parts = (PurePosixPath(name) for name in names)
    shards = sorted(str(part) for part in parts if part.parent == folder and SHARD.fullmatch(part.name))
    return (str(folder / INDEX), *shards)


def missing(name: str, folder: Path) -> tuple[str, ...]:
    """The files still missing from the model in a folder on disk, empty if it is complete.

    Raises
    ------
    ModelUnavailableError
        As for `modules`.
    """
    if not (folder / MODULES).is_file():
        return (MODULES,)
    return tuple(file for file in weights(name, folder) if not (folder / file).is_file())


def weights(name: str, folder: Path) -> tuple[str, ...]:
    """The weight files that the model in a folder on disk needs; errors are those of `modules`."""
    present = modules(name, (folder / MODULES).read_bytes())
    return tuple(
        str(file) for module in present if module.has_parameters for file in _weight_files(folder, module.folder)
    )


def description(name: str, folder: Path) -> dict[str, Any]:
    """What can be read for certain from a complete model's files, under the names of ModelSpec; loads no library."""
    present = modules(name, (folder / MODULES).read_bytes())
    tensors = [shape for file in weights(name, folder) for shape in _float_shapes(folder / file)]
    max_tokens = read_object(folder / present[0].folder / "sentence_bert_config.json").get("max_seq_length")
    is_static = present[0].kind == "StaticEmbedding"
    query_prompt, document_prompt = prompts(folder)
    return {
        "parameters": sum(math.prod(shape) for shape in tensors),
        "dimensions": tensors[0][-1] if is_static and len(tensors) == 1 else _dimensions(folder, present),
        "max_tokens": max_tokens if isinstance(max_tokens, int) else None,
        "pooling": "mean of static token vectors" if is_static else None,
        "similarity": similarity(folder),
        "query_prompt": query_prompt,
        "document_prompt": document_prompt,
        "matryoshka": matryoshka(folder),
    }


def prompts(folder: Path) -> tuple[str, str]:
    """The texts that a model's files put before queries and before documents, empty where they have none.

    By the names that sentence-transformers' `encode_query` and `encode_document` look for. A model that names neither,
    but a default prompt, has that one before every text, as its `encode` does.
    """
    settings = read_object(folder / SETTINGS)
    given = settings.get("prompts")
    named = {name: text for name, text in given.items() if isinstance(text, str)} if isinstance(given, dict) else {}
    query = named.get("query") or ""
    document = next((text for name in DOCUMENT_PROMPTS if (text := named.get(name))), "")
    if query or document:
        return query, document
    default = named.get(str(settings.get("default_prompt_name"))) or ""
    return default, default


def matryoshka(folder: Path) -> tuple[int, ...]:
    """The lengths to which config.json says that vectors can be shortened; empty if it does not."""
    stated = read_object(folder / "config.json").get("matryoshka_dimensions")
    return tuple(sorted(each for each in stated if type(each) is int and each > 0)) if isinstance(stated, list) else ()


def similarity(folder: Path) -> Similarity:
    """The function by which a model's files ask to compare its vectors; the cosine if they name none.

    That is what sentence-transformers does. It has older names for some.
    """
    return FUNCTIONS.get(str(read_object(folder / SETTINGS).get("similarity_fn_name")), "cosine")


def read_object(path: Path) -> Mapping[str, Any]:
    """A JSON object of a file, parsed once for each state of it; empty if it is missing or holds something else."""
    try:
        state = files.stamp(path)
    except OSError:
        return {}
    return _parse(path, state)


@lru_cache(maxsize=512)
def _parse(path: Path, _stamp: files.Stamp) -> Mapping[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def _module(name: str, kind: str, folder: str) -> Module:
    package, _, short = kind.rpartition(".")
    if package.partition(".")[0] != "sentence_transformers":
        raise ModelUnavailableError(f"{name} needs custom code ({kind}), which Embedscope never runs.")
    if short not in WITH_PARAMETERS + WITHOUT:
        raise ModelUnavailableError(f"{name} uses {short}, which Embedscope does not support.")
    if folder not in ("", ".") and not SAFE_NAME.fullmatch(folder):
        raise ModelUnavailableError(
            f"{name} cannot be used: its modules.json points to {folder!r}, outside its folder."
        )
    return Module(short, PurePosixPath(folder))


def _is_small(name: str) -> bool:
    return name.endswith(SUFFIXES) and not name.endswith(".index.json") and bool(SAFE_NAME.fullmatch(name))


def _weight_files(folder: Path, module: PurePosixPath) -> Iterable[PurePosixPath]:
    """A module's weight files on disk: the single file or, if there is an index, all files in it."""
    index = folder / module / INDEX
    if (folder / module / WHOLE).is_file() or not index.is_file():
        return (module / WHOLE,)
    return (module / str(shard) for shard in sorted(set(read_object(index).get("weight_map", {INDEX: WHOLE}).values())))


def _dimensions(folder: Path, of: Iterable[Module]) -> int | None:
    """Length of the vectors after the last Dense, or else after a Pooling of one mode; None if neither gives it."""
    length = None
    for module in of:
        config = read_object(folder / module.folder / "config.json")
        if module.kind == "Dense":
            length = config.get("out_features")
        elif module.kind == "Pooling" and _has_one_mode(config):
            length = config.get("embedding_dimension") or config.get("word_embedding_dimension")
    return length


def _has_one_mode(pooling: Mapping[str, Any]) -> bool:
    flags = [value for key, value in pooling.items() if key.startswith("pooling_mode_")]
    return isinstance(pooling["pooling_mode"], str) if "pooling_mode" in pooling else sum(flags) == 1


def _float_shapes(path: Path) -> list[list[int]]:
    """Shapes of the floating-point tensors of a safetensors file."""
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, "numpy") as file:
            slices = [file.get_slice(key) for key in file.keys()]  # noqa: SIM118  safe_open is no mapping
            return [part.get_shape() for part in slices if "F" in part.get_dtype()]
    except SafetensorError:
        raise DamagedModelError(f"{path.name} is not a safetensors file: pick another model.") from None
