"""NPY: one array of numbers, checked before memory is allocated; objects in it are never unpickled."""

import io
import math
from tokenize import TokenError

import numpy as np
import numpy.typing as npt

from core.errors import InputError
from core.map_files.space import Floats

MAGIC = b"\x93NUMPY"
DAMAGE = (KeyError, ValueError, TypeError, SyntaxError, RecursionError, MemoryError, TokenError)  # numpy parses Python

_HEADERS = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}


def read_npy(name: str, content: bytes) -> npt.NDArray[np.generic]:
    """The array of an NPY file, (n, d), of any real type.

    Raises
    ------
    InputError
        It holds something else, or fewer or more numbers than its header says.
    """
    file = io.BytesIO(content)
    try:
        shape, by_columns, kind = _HEADERS[np.lib.format.read_magic(file)](file)
    except DAMAGE:
        raise InputError(f"{name} has no readable NPY header: save it again with numpy.save.") from None
    if kind.kind not in "fiu":
        raise InputError(f"{name} contains {_name(kind)}, but vectors are numbers: save them as float32.")
    if len(shape) != 2:
        raise InputError(f"{name} has {len(shape)} dimensions, but vectors need 2: rows and columns.")
    claimed, there = math.prod(shape) * kind.itemsize, len(content) - file.tell()
    if claimed != there or min(shape) < 0:
        size = " x ".join(f"{length:,}" for length in shape)
        raise InputError(
            f"{name} is damaged: its header says {size} numbers ({claimed:,} bytes), but {there:,} bytes follow."
        )
    flat = np.frombuffer(content, kind, offset=file.tell())
    return flat.reshape(shape, order="F" if by_columns else "C")


def write_npy(vectors: Floats) -> bytes:
    """The vectors as an NPY file."""
    buffer = io.BytesIO()
    np.save(buffer, vectors, allow_pickle=False)
    return buffer.getvalue()


def _name(kind: np.dtype[np.generic]) -> str:
    return "Python objects" if kind.hasobject else f"values of the kind {kind.name}"
