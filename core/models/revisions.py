"""The current revision behind a model's name: a commit, or a digest of the files in a folder.

Reading all files of a folder takes seconds per gigabyte, so the digest is cached on disk under the files' sizes and
times.
"""

import hashlib
import logging
from pathlib import Path

from core.models import layout
from core.models.spec import ModelSpec
from core.settings import cache_folder, models_folder, openai_address
from core.storage import digests, files

SHOWN = 12  # digits of a digest

log = logging.getLogger(__name__)


def of(spec: ModelSpec, folder: Path) -> str:
    """The commit of the files in a folder; if there is none, a digest of the weights and settings."""
    if known_revision := look_up(spec):
        return known_revision
    touched, content = stamp(spec), hashlib.sha256()
    for path in _files(folder):
        content.update(str(path.relative_to(folder)).encode())
        content.update(bytes.fromhex(digests.of_file(path)))
    read = f"sha256:{content.hexdigest()[:SHOWN]}"
    if touched and touched == stamp(spec):  # else the files are changing right now
        _remember(touched, read)
    return read


def look_up(spec: ModelSpec) -> str | None:
    """Look up the revision without reading weights; None if a host's folder has not been read in its current state."""
    if spec.revision:
        return spec.revision
    if spec.bundled:
        return f"sha256:{next(iter(spec.bundled.sha256.values()))[:SHOWN]}"
    touched = stamp(spec)
    try:
        return _note(touched).read_text(encoding="utf-8") if touched else None
    except OSError:
        return None


def stamp(spec: ModelSpec) -> str:
    """A value that changes when another model may be behind the same description; empty if none can.

    For a folder, a digest of its files' sizes and times; for OpenAI's models, the address in use.
    """
    if spec.provider == "openai":
        return "" if spec.server else openai_address() or ""
    root = models_folder()
    if spec.provider != "folder" or root is None:
        return ""
    folder = root / spec.id.removeprefix("folder:")
    states = [(str(path), path.stat().st_size, path.stat().st_mtime_ns) for path in _files(folder)]
    return digests.of(repr(states).encode())


def _files(folder: Path) -> list[Path]:
    """The weights and settings of a model."""
    return sorted(
        path for path in folder.rglob("*") if path.suffix in (".safetensors", *layout.SUFFIXES) and path.is_file()
    )


def _note(touched: str) -> Path:
    return cache_folder() / "revisions" / touched


def _remember(touched: str, read: str) -> None:
    try:
        files.write(_note(touched), read.encode())
    except OSError as error:
        log.warning("The digest of a model's files cannot be kept (%s): they are read again next time.", error)
