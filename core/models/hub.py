"""Downloads from the Hugging Face Hub: safetensors only, no code, pinned to a commit; and the models trending there.

The files go into huggingface_hub's own cache, so that each finds what the other has downloaded.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from errno import ENOSPC
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.errors import DamagedModelError, InputError, ModelUnavailableError
from core.jobs.queue import hold_lock
from core.models import ModelSpec, layout, pins
from core.models.files import beyond_memory, hub_folder, is_bundled_here
from core.models.transfer import TIMEOUT_SECONDS, PublishedFile, Transfer, headers
from core.progress import Progress, silent

if TYPE_CHECKING:
    from huggingface_hub.hf_api import RepoSibling

TRENDING_TIMEOUT_SECONDS = 4
DIGEST = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")


@dataclass(frozen=True)
class TrendingModel:
    """A trending model: downloads in the last 30 days, likes, and the day of its last change."""

    id: str
    downloads: int
    likes: int
    updated: str


@dataclass(frozen=True)
class _Listing:
    """A repository at one commit, as the Hub lists it."""

    revision: str
    files: dict[str, PublishedFile]
    license: str
    parameters: int | None


def download(spec: ModelSpec, *, on_progress: Progress = silent) -> pins.Pin:
    """Download a model's missing files, check all of them, and pin its revision and weights.

    `on_progress` is called with bytes, several times a second. If it raises, the download is cancelled; the next one
    resumes from what is already here. Downloads of the same model wait for each other.

    Raises
    ------
    InputError
        The model is not on the Hub, or comes with Embedscope.
    ModelUnavailableError
        The Hub, the network, the model, the disk or the memory prevents it; the message says which.
    DamagedModelError
        A file is not the published one.
    """
    if spec.provider != "huggingface" or is_bundled_here(spec):
        raise InputError(f"{spec.name} does not come from the Hub: there is nothing to download.")
    with _in_sentences(spec.id), _turn(spec, on_progress):
        before = pins.read_pin(spec.id)
        listing = _listing(spec, spec.revision or (before.revision if before else None))
        transfer = Transfer(spec, listing.revision, on_progress)
        modules = _modules(spec, listing, transfer)
        chosen = [listing.files[name] for name in layout.select_files(listing.files, modules)]
        _check_weights(spec, listing, modules)
        _check_memory(spec, listing, chosen)
        transfer.check_disk(chosen)
        transfer.fetch_all(chosen)
        pin = _pin(spec, listing, transfer.folder, chosen)
        pins.write(pin)
        return pin


def trending(limit: int = 20) -> list[TrendingModel]:
    """The sentence-transformers models with safetensors currently trending on the Hub, most trending first.

    Raises
    ------
    ModelUnavailableError
        The Hub cannot be reached, which takes a few seconds to find out.
    """
    from huggingface_hub import constants, get_session, hf_raise_for_status

    query: dict[str, Any] = {
        "filter": ["sentence-transformers", "safetensors"],
        "sort": "trendingScore",
        "limit": limit,
        "expand": ["downloads", "likes", "lastModified"],
    }
    with _in_sentences("The list of trending models"):
        # not HfApi.list_models, which has no timeout and retries for half a minute
        address = f"{constants.ENDPOINT}/api/models"
        answer = get_session().get(address, params=query, headers=headers(), timeout=TRENDING_TIMEOUT_SECONDS)
        hf_raise_for_status(answer)
        with _as_the_hub_answers():
            rows = [_trending_model(row) for row in answer.json()]
    return [row for row in rows if pins.is_id(row.id)]


@contextmanager
def _turn(spec: ModelSpec, on_progress: Progress) -> Iterator[None]:
    """Hold the only turn to download this model, across all sessions and processes that share the cache."""
    folder = hub_folder(spec.id)
    path = folder.parent / ".locks" / folder.name / "download.lock"
    # created here, so that errors come with the advice for the Hub's cache, not for our folder
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    with hold_lock(path, on_progress, f"Waiting for another download of {spec.name}"):
        yield


@contextmanager
def _in_sentences(name: str) -> Iterator[None]:
    """Turn the errors of the Hub, the network and the disk into a sentence or two each."""
    from httpx2 import TransportError
    from huggingface_hub import constants, errors

    try:
        yield
    except errors.GatedRepoError:
        page = f"{constants.ENDPOINT}/{name}"
        raise ModelUnavailableError(
            f"{name} is gated: accept its terms at {page}, log in with `hf auth login`, then try again."
        ) from None
    except errors.RepositoryNotFoundError:
        raise ModelUnavailableError(
            f"The Hub has no model {name} that you can access. Check its name (owner/name), or log in."
        ) from None
    except (errors.RevisionNotFoundError, errors.RemoteEntryNotFoundError):
        raise ModelUnavailableError(
            f"The Hub no longer has the pinned revision of {name}. Pick another model."
        ) from None
    except errors.OfflineModeIsEnabled:
        raise ModelUnavailableError(
            f"{name} needs the Hub, but offline mode is on (HF_HUB_OFFLINE). Unset it, then try again."
        ) from None
    except errors.HfHubHTTPError as error:
        status = error.response.status_code
        raise ModelUnavailableError(f"The Hub refused {name} (HTTP status {status}). Try again later.") from None
    except TransportError:
        raise ModelUnavailableError(
            f"{name} needs the Hub, but {constants.ENDPOINT} cannot be reached. Check the network, then try again."
        ) from None
    except OSError as error:
        if error.errno == ENOSPC:
            reason = "the disk is full. Free some space, then start again: the download resumes."
        else:
            reason = f"{error.strerror or error}. Check the folder set in HF_HUB_CACHE."
        raise ModelUnavailableError(f"Cannot save {name}: {reason}") from None


@contextmanager
def _as_the_hub_answers() -> Iterator[None]:
    """Refuse an answer that is not the Hub's, such as a network's login page."""
    from huggingface_hub.constants import ENDPOINT

    try:
        yield
    except (ValueError, KeyError, TypeError, AttributeError):
        raise ModelUnavailableError(
            f"{ENDPOINT} does not answer like the Hub. Check the network, and HF_ENDPOINT if it is set."
        ) from None


def _listing(spec: ModelSpec, revision: str | None) -> _Listing:
    from huggingface_hub import HfApi

    with _as_the_hub_answers():
        info = HfApi().model_info(spec.id, revision=revision, files_metadata=True, timeout=TIMEOUT_SECONDS)
        commit = str(info.sha)
        files = [_file(sibling) for sibling in info.siblings or ()]
        if not pins.COMMIT.fullmatch(commit) or not all(DIGEST.fullmatch(file.digest) for file in files):
            raise ValueError
    stated = info.card_data.get("license") if info.card_data else None
    return _Listing(
        revision=commit,
        files={file.name: file for file in files},
        license=stated if isinstance(stated, str) else "",
        parameters=info.safetensors.total if info.safetensors else None,
    )


def _file(sibling: "RepoSibling") -> PublishedFile:
    digest = sibling.lfs.sha256 if sibling.lfs else sibling.blob_id
    return PublishedFile(sibling.rfilename, int(sibling.size or 0), str(digest))


def _modules(spec: ModelSpec, listing: _Listing, transfer: Transfer) -> tuple[layout.Module, ...]:
    """Fetch the files that describe the model's structure, and refuse models that need code of their own."""
    if layout.MODULES not in listing.files:
        raise ModelUnavailableError(f"{spec.name} is not a sentence-transformers model: it has no modules.json.")
    transfer.fetch(listing.files[layout.MODULES])
    modules = layout.modules(spec.name, (transfer.folder / layout.MODULES).read_bytes())
    for module in modules:
        if config := listing.files.get(str(module.folder / "config.json")):
            transfer.fetch(config)
            _refuse_own_code(spec.name, transfer.folder / config.name)
    return modules


def _check_weights(spec: ModelSpec, listing: _Listing, modules: tuple[layout.Module, ...]) -> None:
    """Refuse a model with weights that are not safetensors, or not those of the catalogue."""
    for module in (each for each in modules if each.has_parameters):
        names = layout.weights_in(listing.files, module.folder)
        if not any(listing.files[name].is_large for name in names):
            raise ModelUnavailableError(
                f"{spec.name} has no safetensors weights for its {module.kind}. Other formats can carry code and are "
                "never loaded: pick another model."
            )
    weights = listing.files.get(layout.WHOLE)
    if spec.sha256_of_weights and (weights is None or weights.digest != spec.sha256_of_weights):
        raise DamagedModelError(
            f"{spec.name} on the Hub is not the published model: the sha256 of its weights differs."
        )


def _refuse_own_code(name: str, config: Path) -> None:
    """Refuse a model that transformers cannot build without running code from its repository."""
    settings = layout.read_object(config)
    if settings.get("auto_map") and not _is_built_in(str(settings.get("model_type"))):
        raise ModelUnavailableError(f"{name} needs custom code, which Embedscope never runs. Pick another model.")


def _is_built_in(model_type: str) -> bool:
    """Whether transformers has the architecture, judged by its folders: asking transformers would import torch."""
    from importlib.util import find_spec

    spec = find_spec("transformers")
    folder = model_type.replace("-", "_")
    if not spec or not spec.origin or not folder.isidentifier():
        return False
    return (Path(spec.origin).parent / "models" / folder).is_dir()


def _check_memory(spec: ModelSpec, listing: _Listing, files: list[PublishedFile]) -> None:
    """Refuse a model too large to load here before fetching its weights; by default a weight has four bytes."""
    stored = sum(file.size for file in files if file.name.endswith(".safetensors"))
    known = replace(spec, parameters=spec.parameters or listing.parameters or stored // 4)
    if too_large := beyond_memory(known):
        raise ModelUnavailableError(too_large.sentence)


def _pin(spec: ModelSpec, listing: _Listing, folder: Path, files: list[PublishedFile]) -> pins.Pin:
    if lacking := layout.missing(spec.name, folder):
        raise ModelUnavailableError(f"{spec.name} is incomplete on the Hub: {lacking[0]} is missing.")
    weights = [file for file in files if file.name in layout.weights(spec.name, folder)]
    return pins.Pin(
        id=spec.id,
        revision=listing.revision,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        bytes=sum(file.size for file in files),
        sha256={file.name: file.digest for file in weights},
        license=listing.license,
        **layout.description(spec.name, folder),
    )


def _trending_model(row: dict[str, Any]) -> TrendingModel:
    return TrendingModel(str(row["id"]), int(row["downloads"]), int(row["likes"]), str(row["lastModified"])[:10])
