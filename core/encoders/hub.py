"""Downloads from the Hugging Face Hub: resumable, safetensors only, no code, pinned to a commit, checked by digest.

The files go where huggingface_hub itself keeps them, so that it finds them too. Its own downloads drop what is
unfinished and start again from nothing, so the transfer is ours, through its session: unfinished files wait as
`blobs/DIGEST.incomplete` and are continued by a Range request.
"""

import hashlib
import re
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from errno import ENOSPC
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.encoders import layout
from core.encoders.files import beyond_memory, hub_folder, is_bundled_here, snapshot_folder
from core.encoders.memory import gigabytes
from core.errors import DamagedModelError, InputError, ModelUnavailableError
from core.jobs import HEARTBEAT_SECONDS, Progress, silent
from core.models import ModelSpec, hub

if TYPE_CHECKING:
    from huggingface_hub.hf_api import RepoSibling

TIMEOUT_SECONDS = 10
TRENDING_TIMEOUT_SECONDS = 4
READ_BYTES = 2**20
SPARE_BYTES = 100_000_000
DIGEST = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")


@dataclass(frozen=True)
class TrendingModel:
    """A model that many look at now: downloads in the last 30 days, likes, and the day of its last change."""

    id: str
    downloads: int
    likes: int
    updated: str


@dataclass(frozen=True)
class _File:
    """A file of a repository: `digest` is the sha256 of a large file, and git's sha1 of a small one."""

    name: str
    size: int
    digest: str

    @property
    def is_large(self) -> bool:
        return len(self.digest) == 64


@dataclass(frozen=True)
class _Listing:
    """A repository at one commit, as the Hub lists it."""

    revision: str
    files: dict[str, _File]
    license: str
    parameters: int | None


def download(spec: ModelSpec, *, on_progress: Progress = silent) -> hub.Pin:
    """Fetch what is not here yet of a model's files, check all of them, and pin its revision and weights.

    `on_progress` hears bytes, several times a second. By raising it cancels; what has come by then is kept, and the
    next download continues from there. Two downloads of one model wait for each other.

    Raises
    ------
    InputError
        The model is not one of the Hub's, or comes with Embedscope.
    ModelUnavailableError
        The Hub, the network, the model, the disk or the memory does not allow it; the message says which.
    DamagedModelError
        A file is not the published one.
    """
    if spec.provider != "huggingface" or is_bundled_here(spec):
        raise InputError(f"{spec.name} is not downloaded from the Hub: there is nothing to fetch.")
    with _in_sentences(spec.id), _turn(spec, on_progress):
        before = hub.pinned(spec.id)
        listing = _listing(spec, spec.revision or (before.revision if before else None))
        transfer = _Transfer(spec, listing, on_progress)
        modules = _modules(spec, listing, transfer)
        chosen = [listing.files[name] for name in layout.needed(listing.files, modules)]
        _check_weights(spec, listing, modules)
        _check_memory(spec, listing, chosen)
        transfer.check_disk(chosen)
        transfer.fetch_all(chosen)
        pin = _pin(spec, listing, transfer.folder, chosen)
        hub.write(pin)
        return pin


def trending(limit: int = 20) -> list[TrendingModel]:
    """The sentence-transformers models with safetensors that are trending on the Hub now, most trending first.

    Raises
    ------
    ModelUnavailableError
        The Hub cannot be asked, which is known after a few seconds.
    """
    from huggingface_hub import constants, get_session, hf_raise_for_status

    query: dict[str, Any] = {
        "filter": ["sentence-transformers", "safetensors"],
        "sort": "trendingScore",
        "limit": limit,
        "expand": ["downloads", "likes", "lastModified"],
    }
    with _in_sentences("The list of trending models"):
        # not HfApi.list_models, which has no timeout and tries again for half a minute
        address = f"{constants.ENDPOINT}/api/models"
        answer = get_session().get(address, params=query, headers=_headers(), timeout=TRENDING_TIMEOUT_SECONDS)
        hf_raise_for_status(answer)
        with _as_the_hub_answers():
            rows = [_trending_model(row) for row in answer.json()]
    return [row for row in rows if hub.is_id(row.id)]


class _Transfer:
    """The files of one download on their way into the hub's cache; tells its progress in bytes over all of them."""

    def __init__(self, spec: ModelSpec, listing: _Listing, on_progress: Progress) -> None:
        self.spec = spec
        self.revision = listing.revision
        self.folder = snapshot_folder(spec.id, listing.revision)
        self._unfinished = hub_folder(spec.id) / "blobs"
        self._on_progress = on_progress
        self._told = 0.0
        self._done = 0
        self._total = 0

    def check_disk(self, files: list[_File]) -> None:
        """Refuse before the first byte what the disk could not hold."""
        needed = sum(file.size - self._bytes_here(file) for file in files)
        self._unfinished.mkdir(parents=True, exist_ok=True)
        free = shutil.disk_usage(self._unfinished).free
        if needed and free < needed + SPARE_BYTES:
            raise ModelUnavailableError(
                f"{self.spec.name} needs {gigabytes(needed)} of disk and {gigabytes(free)} are free under "
                f"{hub_folder(self.spec.id).parent}. Free some, or set HF_HUB_CACHE to a larger disk."
            )

    def fetch_all(self, files: list[_File]) -> None:
        """Fetch the files one after the other."""
        self._total = sum(file.size for file in files)
        for file in files:
            self.fetch(file)
            self._done += file.size
        self._on_progress(f"Downloading {self.spec.name}", self._total, self._total)

    def fetch(self, file: _File) -> None:
        """Bring one file into its place, unless the right one is there."""
        target = self.folder / file.name
        if target.is_file() and self._is_published(target, file):
            return
        unfinished = self._unfinished / f"{file.digest}.incomplete"
        unfinished.parent.mkdir(parents=True, exist_ok=True)
        self._receive(file, unfinished)
        if not self._is_published(unfinished, file):
            unfinished.unlink()
            raise DamagedModelError(
                f"{file.name} of {self.spec.name} was damaged on its way: its digest differs from the Hub's. "
                "Download it again."
            )
        target.parent.mkdir(parents=True, exist_ok=True)
        unfinished.replace(target)

    def _receive(self, file: _File, unfinished: Path) -> None:
        """Receive the rest of a file, over as many connections as it takes while each brings something."""
        from httpx2 import TransportError

        unfinished.touch()
        before = -1
        while (size := unfinished.stat().st_size) < file.size:
            if size <= before:
                raise ModelUnavailableError(
                    f"The download of {self.spec.name} was interrupted at {gigabytes(self._done + size)}. "
                    "Start it again: it continues from there."
                )
            before = size
            with suppress(TransportError):
                self._receive_once(file, unfinished, size)

    def _receive_once(self, file: _File, unfinished: Path, start: int) -> None:
        from huggingface_hub import get_session, hf_hub_url, hf_raise_for_status

        url = hf_hub_url(self.spec.id, file.name, revision=self.revision)
        headers = _headers() | {"Accept-Encoding": "identity", "Range": f"bytes={start}-"}
        with get_session().stream("GET", url, headers=headers, timeout=TIMEOUT_SECONDS) as response:
            hf_raise_for_status(response)
            continues = response.status_code == 206
            with unfinished.open("ab" if continues else "wb") as content:
                for chunk in response.iter_bytes():
                    content.write(chunk)
                    self._tell("Downloading", self._done + content.tell(), self._total)

    def _is_published(self, path: Path, file: _File) -> bool:
        """Whether a file on disk has the digest that the Hub lists."""
        if path.stat().st_size != file.size:
            return False
        header = b"" if file.is_large else b"blob %d\0" % file.size  # as git names the content of a file
        digest = hashlib.new("sha256" if file.is_large else "sha1", header, usedforsecurity=file.is_large)
        with path.open("rb") as content:
            while chunk := content.read(READ_BYTES):
                digest.update(chunk)
                if file.is_large:
                    self._tell("Checking", content.tell(), file.size)
        return digest.hexdigest() == file.digest

    def _bytes_here(self, file: _File) -> int:
        for path in (self.folder / file.name, self._unfinished / f"{file.digest}.incomplete"):
            if path.is_file():
                return min(path.stat().st_size, file.size)
        return 0

    def _tell(self, what: str, done: int, total: int) -> None:
        if self._total and (done == total or time.monotonic() - self._told >= HEARTBEAT_SECONDS):
            self._told = time.monotonic()
            self._on_progress(f"{what} {self.spec.name}", done, total)


def _headers() -> dict[str, str]:
    """What huggingface_hub sends with each request: its name, and the token of `hf auth login` where there is one."""
    from huggingface_hub.utils import build_hf_headers  # type: ignore[attr-defined]  # public, but not marked so

    return dict(build_hf_headers())


@contextmanager
def _turn(spec: ModelSpec, on_progress: Progress) -> Iterator[None]:
    """Hold the one place for downloads of this model, over all sessions and processes that share the cache."""
    from filelock import FileLock, Timeout

    folder = hub_folder(spec.id)
    path = folder.parent / ".locks" / folder.name / "download.lock"
    path.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(path, timeout=HEARTBEAT_SECONDS)
    while not lock.is_locked:
        try:
            lock.acquire()
        except Timeout:
            on_progress(f"Waiting for another download of {spec.name}", 0, 1)
    try:
        yield
    finally:
        lock.release()


@contextmanager
def _in_sentences(name: str) -> Iterator[None]:
    """What the Hub, the network and the disk can answer, each said in a sentence or two."""
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
            f"The Hub has no model {name} that is open to you. Check its name (owner/name), or log in."
        ) from None
    except (errors.RevisionNotFoundError, errors.RemoteEntryNotFoundError):
        raise ModelUnavailableError(
            f"The Hub no longer has the pinned revision of {name}. Pick another model."
        ) from None
    except errors.OfflineModeIsEnabled:
        raise ModelUnavailableError(
            f"{name} needs the Hub, which is switched off here (HF_HUB_OFFLINE). Unset it, then try again."
        ) from None
    except errors.HfHubHTTPError as error:
        status = error.response.status_code
        raise ModelUnavailableError(f"The Hub refused {name} (HTTP status {status}). Try again later.") from None
    except TransportError:
        raise ModelUnavailableError(
            f"{name} needs the Hub, and {constants.ENDPOINT} cannot be reached from here. "
            "Check the network, then try again."
        ) from None
    except OSError as error:
        if error.errno == ENOSPC:
            reason = "the disk is full. Free some space, then start again: it continues from there."
        else:
            reason = f"{error.strerror or error}. Check the folder that HF_HUB_CACHE names."
        raise ModelUnavailableError(f"{name} cannot be written: {reason}") from None


@contextmanager
def _as_the_hub_answers() -> Iterator[None]:
    """Refuse an answer that is not the Hub's, such as a network's login page."""
    from huggingface_hub.constants import ENDPOINT

    try:
        yield
    except (ValueError, KeyError, TypeError, AttributeError):
        raise ModelUnavailableError(
            f"{ENDPOINT} does not answer as the Hub does. Check the network, and HF_ENDPOINT where it is set."
        ) from None


def _listing(spec: ModelSpec, revision: str | None) -> _Listing:
    from huggingface_hub import HfApi

    with _as_the_hub_answers():
        info = HfApi().model_info(spec.id, revision=revision, files_metadata=True, timeout=TIMEOUT_SECONDS)
        commit = str(info.sha)
        files = [_file(sibling) for sibling in info.siblings or ()]
        if not hub.COMMIT.fullmatch(commit) or not all(DIGEST.fullmatch(file.digest) for file in files):
            raise ValueError
    stated = info.card_data.get("license") if info.card_data else None
    return _Listing(
        revision=commit,
        files={file.name: file for file in files},
        license=stated if isinstance(stated, str) else "",
        parameters=info.safetensors.total if info.safetensors else None,
    )


def _file(sibling: "RepoSibling") -> _File:
    digest = sibling.lfs.sha256 if sibling.lfs else sibling.blob_id
    return _File(sibling.rfilename, int(sibling.size or 0), str(digest))


def _modules(spec: ModelSpec, listing: _Listing, transfer: _Transfer) -> tuple[layout.Module, ...]:
    """Fetch what tells how the model is built, and refuse what could not be built without code of its own."""
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
    """Refuse a model with weights in another format than safetensors, or with others than the catalogue knows."""
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
        raise ModelUnavailableError(f"{name} needs code of its own, which Embedscope never runs. Pick another model.")


def _is_built_in(model_type: str) -> bool:
    """Whether transformers has the architecture, as a folder tells: asking transformers would import torch."""
    from importlib.util import find_spec

    found = find_spec("transformers")
    folder = model_type.replace("-", "_")
    if not found or not found.origin or not folder.isidentifier():
        return False
    return (Path(found.origin).parent / "models" / folder).is_dir()


def _check_memory(spec: ModelSpec, listing: _Listing, files: list[_File]) -> None:
    """Refuse before the first byte a model that could not be loaded here; without a count, a weight has four bytes."""
    stored = sum(file.size for file in files if file.name.endswith(".safetensors"))
    known = replace(spec, parameters=spec.parameters or listing.parameters or stored // 4)
    if too_large := beyond_memory(known):
        raise ModelUnavailableError(too_large.sentence)


def _pin(spec: ModelSpec, listing: _Listing, folder: Path, files: list[_File]) -> hub.Pin:
    if lacking := layout.missing(spec.name, folder):
        raise ModelUnavailableError(f"{spec.name} is not complete on the Hub: {lacking[0]} is missing there.")
    weights = [file for file in files if file.name in layout.weights(spec.name, folder)]
    return hub.Pin(
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
