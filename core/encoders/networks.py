"""Converted networks on disk: tracing one takes seconds, reading it a fraction of one.

A name is a digest of everything that a network was made from. What is damaged or missing is converted again.
"""

import struct
import tempfile
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import numpy as np

from core.encoders.runtime import openvino
from core.settings import cache_folder
from core.storage import digests, sealed

VERSION = 1  # of the conversion: raised when the same module would be converted to another network
MOST_BYTES = 2 * 2**30
LARGEST_BYTES = 2**30  # a network with larger weights is converted at each start
LIBRARIES = ("torch", "transformers", "sentence-transformers", "openvino")
LENGTH = struct.Struct("<Q")  # of the description, which stands between itself and the weights


def recall_or_convert(parts: tuple[object, ...], convert: Callable[[], openvino.Model]) -> openvino.Model:
    """The network stored under the name made from the parts, converted and stored if missing.

    `parts` must include everything that the network depends on besides the libraries, such as the revision of the
    model's files.
    """
    path = _path(parts)
    content = sealed.read(path)
    if content is not None:
        return _load(content)
    network = convert()
    if _weights_bytes(network) <= LARGEST_BYTES:
        sealed.write(path, *_dump(network), most_bytes=MOST_BYTES)
    return network


def _path(parts: tuple[object, ...]) -> Path:
    versions = tuple(version(name) for name in LIBRARIES)
    name = digests.of(repr((VERSION, versions, parts)).encode(), size=20)
    return cache_folder() / "networks" / f"{name}.network"


def _load(content: memoryview) -> openvino.Model:
    (length,) = LENGTH.unpack_from(content)
    weights = LENGTH.size + length
    # the tensor is a copy that the network's constants hold on to
    tensor = openvino.Tensor(np.frombuffer(content[weights:], np.uint8))
    return openvino.Core().read_model(bytes(content[LENGTH.size : weights]), tensor)


def _dump(network: openvino.Model) -> tuple[bytes, bytes, bytes]:
    """The length of the description, the description, and the weights."""
    with tempfile.TemporaryDirectory() as folder:
        description, weights = Path(folder) / "network.xml", Path(folder) / "network.bin"
        openvino.serialize(network, description, weights)
        described = description.read_bytes()
        return LENGTH.pack(len(described)), described, weights.read_bytes()


def _weights_bytes(network: openvino.Model) -> int:
    return sum(each.get_byte_size() for each in network.get_ops() if each.get_type_name() == "Constant")
