"""Transfers the files of one model from the Hub into its cache: resumable, and checked by digest.

huggingface_hub's own downloads start again from nothing when their process dies (since version 1.0 it drops what is
unfinished), so the transfer is our own, through its session: unfinished files stay as `blobs/DIGEST.incomplete` and are
resumed by a Range request.
"""

import hashlib
import shutil
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from core import wording
from core.errors import DamagedModelError, ModelUnavailableError
from core.models import ModelSpec
from core.models.files import hub_folder, snapshot_folder
from core.progress import HEARTBEAT_SECONDS, Progress

TIMEOUT_SECONDS = 10
READ_BYTES = 2**20
SPARE_BYTES = 100_000_000


@dataclass(frozen=True)
class PublishedFile:
    """A file of a repository: `digest` is the sha256 of a large file, and git's sha1 of a small one."""

    name: str
    size: int
    digest: str

    @property
    def is_large(self) -> bool:
        """Whether the Hub keeps the file outside git."""
        return len(self.digest) == 64


class Transfer:
    """Downloads files into the hub's cache and reports progress in bytes over all of them."""

    def __init__(self, spec: ModelSpec, revision: str, on_progress: Progress) -> None:
        self.spec = spec
        self.revision = revision
        self.folder = snapshot_folder(spec.id, revision)
        self._unfinished = hub_folder(spec.id) / "blobs"
        self._on_progress = on_progress
        self._reported = 0.0
        self._done = 0
        self._total = 0

    def check_disk(self, files: list[PublishedFile]) -> None:
        """Refuse a download that does not fit on the disk, before it starts."""
        needed = sum(file.size - self._bytes_here(file) for file in files)
        self._unfinished.mkdir(parents=True, exist_ok=True)
        free = shutil.disk_usage(self._unfinished).free
        if needed and free < needed + SPARE_BYTES:
            raise ModelUnavailableError(
                f"{self.spec.name} needs {wording.size(needed)} of disk space, but only {wording.size(free)} is "
                f"free in {hub_folder(self.spec.id).parent}. Free some space, or set HF_HUB_CACHE to a larger disk."
            )

    def fetch_all(self, files: list[PublishedFile]) -> None:
        """Fetch the files one after the other."""
        self._total = sum(file.size for file in files)
        for file in files:
            self.fetch(file)
            self._done += file.size
        self._on_progress(f"Downloading {self.spec.name}", self._total, self._total)

    def fetch(self, file: PublishedFile) -> None:
        """Put one file in place, unless the right one is there."""
        target = self.folder / file.name
        if target.is_file() and self._is_published(target, file):
            return
        unfinished = self._unfinished / f"{file.digest}.incomplete"
        unfinished.parent.mkdir(parents=True, exist_ok=True)
        self._receive(file, unfinished)
        if not self._is_published(unfinished, file):
            unfinished.unlink()
            raise DamagedModelError(
                f"{file.name} of {self.spec.name} was damaged in transfer: its digest differs from the Hub's. "
                "Download it again."
            )
        target.parent.mkdir(parents=True, exist_ok=True)
        unfinished.replace(target)

    def _receive(self, file: PublishedFile, unfinished: Path) -> None:
        """Receive the rest of a file, reconnecting as long as each connection delivers something."""
        from httpx2 import TransportError

        unfinished.touch()
        before = -1
        while (size := unfinished.stat().st_size) < file.size:
            if size <= before:
                raise ModelUnavailableError(
                    f"The download of {self.spec.name} was interrupted at {wording.size(self._done + size)}. Start "
                    "it again, and it resumes from there."
                )
            before = size
            with suppress(TransportError):
                self._receive_once(file, unfinished, size)

    def _receive_once(self, file: PublishedFile, unfinished: Path, start: int) -> None:
        from huggingface_hub import get_session, hf_hub_url, hf_raise_for_status

        url = hf_hub_url(self.spec.id, file.name, revision=self.revision)
        asked = headers() | {"Accept-Encoding": "identity", "Range": f"bytes={start}-"}
        with get_session().stream("GET", url, headers=asked, timeout=TIMEOUT_SECONDS) as response:
            hf_raise_for_status(response)
            continues = response.status_code == 206
            with unfinished.open("ab" if continues else "wb") as content:
                for chunk in response.iter_bytes():
                    content.write(chunk)
                    self._report("Downloading", self._done + content.tell(), self._total)

    def _is_published(self, path: Path, file: PublishedFile) -> bool:
        """Whether a file on disk has the digest that the Hub lists."""
        if path.stat().st_size != file.size:
            return False
        header = b"" if file.is_large else b"blob %d\0" % file.size  # as git names the content of a file
        digest = hashlib.new("sha256" if file.is_large else "sha1", header, usedforsecurity=file.is_large)
        with path.open("rb") as content:
            while chunk := content.read(READ_BYTES):
                digest.update(chunk)
                if file.is_large:
                    self._report("Checking", content.tell(), file.size)
        return digest.hexdigest() == file.digest

    def _bytes_here(self, file: PublishedFile) -> int:
        for path in (self.folder / file.name, self._unfinished / f"{file.digest}.incomplete"):
            if path.is_file():
                return min(path.stat().st_size, file.size)
        return 0

    def _report(self, what: str, done: int, total: int) -> None:
        if self._total and (done == total or time.monotonic() - self._reported >= HEARTBEAT_SECONDS):
            self._reported = time.monotonic()
            self._on_progress(f"{what} {self.spec.name}", done, total)


def headers() -> dict[str, str]:
    """huggingface_hub's request headers: its name, and the token of `hf auth login` if there is one."""
    from huggingface_hub.utils import build_hf_headers  # type: ignore[attr-defined]  # public, but not marked so

    return dict(build_hf_headers())
