"""A cache of neighbours and maps on disk, by content: computed once, read in milliseconds.

The sample's come with Embedscope, for the library versions that it requires.

A name is a digest of everything a result depends on. Each file starts with a digest of the rest, so that a damaged one
is never returned. A file that cannot be read is a miss; a failed write is logged and ignored.
"""

import io
import logging
import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from core.settings import DATA, cache_folder
from core.storage import digests, files

VERSION = 2  # of the stored results; raised when a layout would come out different
MOST_BYTES = 2**30
DIGEST_BYTES = 16
SHIPPED = DATA / "maps"
LIBRARIES = ("umap-learn", "openTSNE", "scikit-learn", "numpy")

log = logging.getLogger(__name__)

Arrays = dict[str, np.ndarray]


def recall_or_compute(parts: tuple[object, ...], compute: Callable[[], Arrays]) -> Arrays:
    """The arrays stored under the name made from the parts, computed and stored if missing.

    `parts` must include everything the arrays depend on, as strings, numbers and frozen dataclasses of them.
    """
    path = _path(parts)
    known = _read(path) or _read(SHIPPED / path.name)
    if known is not None:
        return known
    computed = compute()
    _write(path, computed)
    return computed


def holds(parts: tuple[object, ...]) -> bool:
    """Whether something is stored under the name made from the parts."""
    path = _path(parts)
    return path.exists() or (SHIPPED / path.name).exists()


def _path(parts: tuple[object, ...]) -> Path:
    versions = tuple(version(name) for name in LIBRARIES)
    name = digests.of(repr((VERSION, versions, parts)).encode(), size=20)
    return cache_folder() / "maps" / f"{name}.map"


def _read(path: Path) -> Arrays | None:
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        log.warning("Cannot read %s (%s): computing it again.", path, error)
        return None
    digest, arrays = content[:DIGEST_BYTES], content[DIGEST_BYTES:]
    if digest != _digest(arrays):
        log.warning("%s is damaged: computing it again.", path)
        return None
    with suppress(OSError):  # in a read-only folder the time of the last use cannot be updated
        os.utime(path)
    with np.load(io.BytesIO(arrays), allow_pickle=False) as archive:
        return dict(archive)


def _write(path: Path, arrays: Mapping[str, Any]) -> None:
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    content = buffer.getvalue()
    try:
        files.write(path, _digest(content) + content)
        _prune(path.parent)
    except OSError as error:
        log.warning("Cannot write %s (%s): it is not cached.", path, error)


def _digest(content: bytes) -> bytes:
    return bytes.fromhex(digests.of(content, size=DIGEST_BYTES))


def _prune(folder: Path) -> None:
    """Delete the least recently used files until the rest is within bounds."""
    entries: list[tuple[float, int, Path]] = []
    for path in folder.glob("*.map"):
        with suppress(FileNotFoundError):  # another process has pruned it
            status = path.stat()
            entries.append((status.st_mtime, status.st_size, path))
    total = sum(size for _, size, _ in entries)
    for _, size, path in sorted(entries):
        if total <= MOST_BYTES:
            return
        path.unlink(missing_ok=True)
        total -= size
