"""A cache of neighbours and maps on disk, by content: computed once, read in milliseconds.

The sample's come with Embedscope, for the library versions that it requires.

A name is a digest of everything a result depends on.
"""

import io
from collections.abc import Callable, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from core.settings import DATA, cache_folder
from core.storage import digests, sealed

VERSION = 2  # of the stored results; raised when a layout would come out different
MOST_BYTES = 2**30
SHIPPED = DATA / "maps"
LIBRARIES = ("umap-learn", "openTSNE", "scikit-learn", "numpy")

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
    content = sealed.read(path)
    if content is None:
        return None
    with np.load(io.BytesIO(content), allow_pickle=False) as archive:
        return dict(archive)


def _write(path: Path, arrays: Mapping[str, Any]) -> None:
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    sealed.write(path, buffer.getbuffer(), most_bytes=MOST_BYTES)
