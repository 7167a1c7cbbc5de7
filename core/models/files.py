"""Where a model's files come from, whether they are here, and whether they are the right ones."""

import importlib.util
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from core import wording
from core.errors import DamagedModelError, ModelUnavailableError
from core.models import ModelSpec, layout, listing, memory, pins, servers
from core.settings import has_openai_key, models_folder, openai_address, secrets_problems
from core.storage import digests
from core.storage.files import Stamp, stamp


@dataclass(frozen=True)
class Availability:
    """What a model needs to run here.

    Attributes
    ----------
    is_ready : bool
    label : str
        A few words for a table cell: "ready", "download 1.3 GB", "needs an API key", ...
    sentence : str
        The same for the user who has just picked it: what is missing and what to do.
    """

    is_ready: bool
    label: str
    sentence: str


def availability(spec: ModelSpec) -> Availability:
    """What the model needs to run here, without loading a library or using the network."""
    if spec.provider == "openai":
        return _behind_api(spec)
    if spec.provider == "folder":
        return _in_models_folder(spec)
    if spec.provider == listing.ELSEWHERE:
        return Availability(
            False,
            "API only",
            f"{spec.name} runs only at its maker: if you have a key, add it as a server in .streamlit/secrets.toml.",
        )
    return beyond_memory(spec) or _in_package_or_hub_cache(spec)


def locate(spec: ModelSpec) -> Path:
    """The folder of the model's files, each checked against its published or pinned sha256 if known.

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
    if spec.provider == "folder":
        return _models_folder_path(spec)
    if spec.bundled and (package := _package_folder(spec.bundled.package)):
        folder = package / spec.bundled.folder
        digests, remedy = spec.bundled.sha256, "Reinstall the requirements."
    else:
        folder = snapshot_folder(spec.id, str(spec.revision))
        digests, remedy = _weight_digests(spec), f"Run `python -m core download {spec.name}` to download it again."
    for name, digest in digests.items():
        _check(folder / name, digest, remedy)
    return folder


def is_bundled_here(spec: ModelSpec) -> bool:
    """Whether the model comes in a package that is installed."""
    return spec.bundled is not None and _package_folder(spec.bundled.package) is not None


def beyond_memory(spec: ModelSpec) -> Availability | None:
    """Why the model is too large for this machine's memory; None if it fits or its size is unknown."""
    limits = memory.budgets()
    shortages = [memory.shortage(spec, device, limits) for device in limits]
    if not all(shortages):
        return None
    return Availability(False, f"{wording.size(spec.float32_bytes or 0)}, too large", shortages[-1])


def hub_folder(model_id: str) -> Path:
    """The folder of a model in the hub's own cache."""
    from huggingface_hub.constants import HF_HUB_CACHE

    return Path(HF_HUB_CACHE) / f"models--{model_id.replace('/', '--')}"


def snapshot_folder(model_id: str, revision: str) -> Path:
    """The folder of a model's files at a revision in the hub's own cache."""
    return hub_folder(model_id) / "snapshots" / revision


def _behind_api(spec: ModelSpec) -> Availability:
    if spec.server:
        return Availability(True, "on a server", f"{spec.name} runs on {spec.server.url}.")
    if (address := openai_address()) and not servers.is_address(address):
        sentence = (
            "OPENAI_BASE_URL must be an http or https address without user name, password or query. Until then, "
            f"{spec.name} can't be used."
        )
        return Availability(False, "wrong address", sentence)
    if has_openai_key():
        return Availability(True, "API key set", f"{spec.name} runs through OpenAI's API.")
    sentence = (
        f"{spec.name} runs at OpenAI and needs an API key. On the machine that runs Embedscope, set OPENAI_API_KEY "
        "in the environment or in .streamlit/secrets.toml."
    )
    return Availability(False, "needs an API key", " ".join((sentence, *secrets_problems())))


def _package_folder(package: str) -> Path | None:
    """The folder of an installed package, found without running its code."""
    spec = importlib.util.find_spec(package)
    return Path(spec.origin).parent if spec and spec.origin else None


def _in_package_or_hub_cache(spec: ModelSpec) -> Availability:
    if is_bundled_here(spec):
        return Availability(True, "ready", f"{spec.name} comes with Embedscope and is ready.")
    if spec.revision and _is_complete(spec, snapshot_folder(spec.id, spec.revision)):
        return Availability(True, "ready", f"{spec.name} is in this machine's Hugging Face cache and is ready.")
    if spec.provider == "bundled":
        return Availability(
            False,
            "package missing",
            f"{spec.name} needs a Python package that is missing: run pip install -r requirements.txt.",
        )
    size = wording.size(spec.download_bytes) if spec.download_bytes else ""
    sentence = (
        f"{spec.name} is not on this machine yet: download it{size and ' ('}{size}{size and ')'} on the Models "
        f"page, or run `python -m core download {spec.name}`, then try again."
    )
    return Availability(False, f"download {size}".strip(), sentence)


def _is_complete(spec: ModelSpec, folder: Path) -> bool:
    try:
        return not layout.missing(spec.name, folder)
    except ModelUnavailableError:
        return False


def _in_models_folder(spec: ModelSpec) -> Availability:
    """Whether a model of the host's models directory is ready, or what is wrong with it."""
    try:
        folder = _models_folder_path(spec)
        missing = layout.missing(spec.name, folder)
    except ModelUnavailableError as error:
        return Availability(False, "cannot be used", str(error))
    if missing:
        sentence = f"{spec.name} is incomplete: {missing[0]} is missing. Weights must be saved as safetensors."
        return Availability(False, "incomplete", sentence)
    return Availability(True, "ready", f"{spec.name} is in this machine's models folder and is ready.")


def _models_folder_path(spec: ModelSpec) -> Path:
    """The folder of a model in the host's models directory, with no link that leads out of the directory."""
    root = (models_folder() or Path()).resolve()
    folder = (root / spec.id.removeprefix("folder:")).resolve()
    if models_folder() is None or root not in folder.parents or not folder.is_dir():
        raise ModelUnavailableError(f"{spec.name} is not in the models folder. Copy its folder there, then try again.")
    for path in folder.rglob("*"):
        if not path.resolve().is_relative_to(root):
            raise ModelUnavailableError(
                f"{spec.name} cannot be used: {path.name} points outside the models folder. Copy the file itself there."
            )
    return folder


def _weight_digests(spec: ModelSpec) -> dict[str, str]:
    """The expected sha256 of a model's weights in the hub's cache: as published, and as pinned at download."""
    published = {layout.WHOLE: spec.sha256_of_weights} if spec.sha256_of_weights else {}
    pin = pins.read_pin(spec.id)
    return (pin.sha256 if pin and pin.revision == spec.revision else {}) | published


def _check(path: Path, digest: str, remedy: str) -> None:
    if not path.exists():
        raise DamagedModelError(f"{path.name} is missing from the model's files. {remedy}")
    if _sha256(path, stamp(path)) != digest:
        raise DamagedModelError(f"{path.name} is not the published file: its sha256 differs. {remedy}")


@cache
def _sha256(path: Path, _stamp: Stamp) -> str:
    """Hexadecimal sha256 of a file; read once for each state of it."""
    return digests.of_file(path)
