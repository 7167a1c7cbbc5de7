"""Digests: a name for each content, the same on every machine."""

import hashlib
from pathlib import Path

import numpy as np


def of(*parts: bytes | memoryview, size: int = 16) -> str:
    """BLAKE2b of the parts, one after the other, in 2 * `size` hexadecimal digits."""
    content = hashlib.blake2b(digest_size=size)
    for part in parts:
        content.update(part)
    return content.hexdigest()


def of_array(array: np.ndarray) -> str:
    """Digest of an array's shape, type and full content."""
    return of(repr((array.shape, array.dtype.str)).encode(), np.ascontiguousarray(array).data)


def of_file(path: Path) -> str:
    """SHA-256 of a file, as publishers of models name theirs."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
