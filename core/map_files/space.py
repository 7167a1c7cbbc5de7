"""A space: texts, optionally with vectors and coordinates."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt

from core.corpus import Corpus
from core.errors import InputError
from core.map_files.density import Density
from core.storage import digests

Floats = npt.NDArray[np.float32]

STAND_IN = re.compile(r"row [1-9]\d*")  # as `corpus.one_a_row` writes it


@dataclass(frozen=True, eq=False)
class Unread:
    """Vectors that are read once they are needed; the key tells them from others."""

    key: str
    read: Callable[[], Floats]


@dataclass(frozen=True, eq=False)
class Space:
    """What the Projector draws.

    Attributes
    ----------
    corpus : Corpus
        n texts with their ids and fields.
    vectors : (n, d) float32 array or Unread, optional
        All finite, not scaled to unit length. None: models embed the texts.
    coordinates : (n, 2) or (n, 3) float32 array, optional
        All finite; drawn unchanged.
    density : Density, optional
        Of the whole map, if the coordinates are only some of its points.
    """

    corpus: Corpus
    vectors: Floats | Unread | None = None
    coordinates: Floats | None = None
    density: Density | None = None

    def __len__(self) -> int:
        return len(self.corpus)

    @property
    def name(self) -> str:
        """Where it comes from, for captions."""
        return self.corpus.name

    @property
    def left_out(self) -> dict[str, int]:
        """What was skipped, changed or unusual, and how often."""
        return self.corpus.left_out

    @property
    def has_texts(self) -> bool:
        """Whether there are texts to embed, rather than only placeholders such as "row 17"."""
        return not all(STAND_IN.fullmatch(text) for text in self.corpus.texts)

    @cached_property
    def fingerprint(self) -> str:
        """Digest of the whole content: texts, ids, fields, vectors and coordinates, but not the name."""
        parts: list[bytes | memoryview] = [self.corpus.fingerprint.encode()]
        for numbers in (self.vectors, self.coordinates):
            if isinstance(numbers, Unread):
                parts.append(numbers.key.encode())
                continue
            parts.append(repr(None if numbers is None else numbers.shape).encode())
            if numbers is not None:
                parts.append(np.ascontiguousarray(numbers).data)
        return digests.of(*parts)


def with_fields(space: Space, values: Mapping[str, object]) -> Space:
    """The space with further fields, each of which has one value for all texts."""
    fields = {name: (str(value),) * len(space) for name, value in values.items()}
    return replace(space, corpus=replace(space.corpus, fields=space.corpus.fields | fields)) if fields else space


def vectors_of(space: Space) -> Floats:
    """The vectors of a space.

    Raises
    ------
    InputError
        The space has none.
    """
    if space.vectors is None:
        raise InputError(f"{space.name} has no vectors: embed its texts first.")
    return space.vectors.read() if isinstance(space.vectors, Unread) else space.vectors


def coordinates_of(space: Space) -> Floats:
    """The coordinates of a space.

    Raises
    ------
    InputError
        The space has none.
    """
    if space.coordinates is None:
        raise InputError(f"{space.name} has no coordinates: compute a map first.")
    return space.coordinates
