"""Files that start with a digest of the rest: a torn or damaged one is never returned.

A file that cannot be read is a miss; a failed write is logged and ignored. A folder of them is bounded: the least
recently used go first.
"""

import logging
import os
from contextlib import suppress
from pathlib import Path

from core.storage import digests, files

DIGEST_BYTES = 16

log = logging.getLogger(__name__)


def read(path: Path) -> memoryview | None:
    """The content of a file, and note its use; None if it is missing or damaged."""
    try:
        sealed = memoryview(path.read_bytes())
    except FileNotFoundError:
        return None
    except OSError as error:
        log.warning("Cannot read %s (%s): computing it again.", path, error)
        return None
    digest, content = sealed[:DIGEST_BYTES], sealed[DIGEST_BYTES:]
    if digest != _digest(content):
        log.warning("%s is damaged: computing it again.", path)
        return None
    with suppress(OSError):  # in a read-only folder the time of the last use cannot be updated
        os.utime(path)
    return content


def write(path: Path, *content: bytes | memoryview, most_bytes: int) -> None:
    """Write a file whose content is the parts one after the other, and keep the folder's files of its kind in bounds.

    Parameters
    ----------
    most_bytes : int
        Of all files with the same suffix together.
    """
    try:
        files.write(path, _digest(*content), *content)
        _prune(path.parent, path.suffix, most_bytes)
    except OSError as error:
        log.warning("Cannot write %s (%s): it is not cached.", path, error)


def _digest(*content: bytes | memoryview) -> bytes:
    return bytes.fromhex(digests.of(*content, size=DIGEST_BYTES))


def _prune(folder: Path, suffix: str, most_bytes: int) -> None:
    """Delete the least recently used files until the rest is within bounds."""
    entries: list[tuple[float, int, Path]] = []
    for path in folder.glob(f"*{suffix}"):
        with suppress(FileNotFoundError):  # another process has pruned it
            status = path.stat()
            entries.append((status.st_mtime, status.st_size, path))
    total = sum(size for _, size, _ in entries)
    for _, size, path in sorted(entries):
        if total <= most_bytes:
            return
        path.unlink(missing_ok=True)
        total -= size
