"""The files of TensorFlow's Embedding Projector: tensors and metadata as TSV, and a configuration that names both.

Tensors have no header. Metadata has one if it has several columns; a single column has none. No cell is ever quoted.
The rules are those of the Projector's own reader (tensorboard/plugins/projector, data-provider.ts).
"""

import io
import json
import re
import zipfile
from collections.abc import Sequence

import numpy as np

from core.errors import InputError
from core.map_files.space import Floats, Space, vectors_of
from core.map_files.writer import describe
from core.tables import Table, bound, decode

BETWEEN_CELLS = re.compile(r"[\t\r\n]")
HEAD = 2**20  # most bytes of a first line


def tensors_width(content: bytes) -> int:
    """The number of tab-separated numbers on the first line; 0 if it holds anything else."""
    first = decode(content[:HEAD]).lstrip("\r\n").partition("\n")[0]
    cells = first.strip().split("\t")
    return len(cells) if all(map(_is_number, cells)) else 0


def read_tensors(name: str, content: bytes) -> Floats:
    """The vectors of a TSV without a header, (n, d).

    Raises
    ------
    InputError
        A line holds something other than numbers, or more or fewer of them than the first.
    """
    numbered = [(number, line.strip()) for number, line in enumerate(decode(content).split("\n"), 1) if line.strip()]
    try:
        return np.loadtxt([line for _, line in numbered], np.float32, comments=None, delimiter="\t", ndmin=2)
    except ValueError as error:
        raise _ragged_line(name, numbered) or InputError(f"Cannot read {name} as numbers: {error}.") from None


def read_metadata(name: str, content: bytes, rows: int) -> Table:
    """The metadata for a number of rows: blank lines at the end count as labels while rows lack one.

    Raises
    ------
    InputError
        A line has more cells than there are columns.
    """
    lines = [line.removesuffix("\r") for line in decode(content).removesuffix("\n").split("\n")]
    header = lines.pop(0).split("\t") if "\t" in lines[0] else ["text"]
    while len(lines) > rows and not lines[-1].strip():
        lines.pop()
    first = 2 if len(header) > 1 else 1
    cells = [_fill(name, number, line.split("\t"), len(header)) for number, line in enumerate(lines, first)]
    columns = list(zip(*cells, strict=True)) or [()] * len(header)
    return bound(dict(zip(header, map(list, columns), strict=True)))


def projector_tensors(space: Space) -> bytes:
    """The vectors as TSV, each number with enough digits to restore it exactly.

    Raises
    ------
    InputError
        The space has no vectors.
    """
    import pyarrow
    import pyarrow.csv

    vectors = vectors_of(space)
    columns = {str(number): np.ascontiguousarray(column) for number, column in enumerate(vectors.T)}
    buffer = io.BytesIO()
    options = pyarrow.csv.WriteOptions(include_header=False, delimiter="\t", quoting_style="none")
    pyarrow.csv.write_csv(pyarrow.table(columns), buffer, options)
    return buffer.getvalue()


def projector_metadata(space: Space) -> bytes:
    """The texts, which the Projector uses as labels, and the fields as TSV; tabs and newlines become spaces."""
    columns = describe(space)
    if columns["id"] == [str(number) for number in range(1, len(space) + 1)]:
        del columns["id"]  # numbered as in every reader
    ordered = {"text": columns.pop("text"), **columns}
    rows = [*([tuple(ordered)] if len(ordered) > 1 else []), *zip(*ordered.values(), strict=True)]
    return "".join("\t".join(BETWEEN_CELLS.sub(" ", cell) for cell in row) + "\n" for row in rows).encode()


def projector_config(name: str, n: int, d: int, tensor_url: str, metadata_url: str | None = None) -> bytes:
    """The file for the standalone Projector's `?config=`: the shape of the vectors and where they are."""
    embedding: dict[str, object] = {"tensorName": name, "tensorShape": [n, d], "tensorPath": tensor_url}
    if metadata_url is not None:
        embedding["metadataPath"] = metadata_url
    return json.dumps({"embeddings": [embedding]}, ensure_ascii=False, indent=2).encode()


def projector_archive(space: Space) -> bytes:
    """A ZIP of tensors.tsv, metadata.tsv and the projector_config.json that names them.

    Raises
    ------
    InputError
        The space has no vectors.
    """
    n, d = vectors_of(space).shape
    files = {
        "tensors.tsv": projector_tensors(space),
        "metadata.tsv": projector_metadata(space),
        "projector_config.json": projector_config(space.name, n, d, "tensors.tsv", "metadata.tsv"),
    }
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _ragged_line(name: str, numbered: Sequence[tuple[int, str]]) -> InputError | None:
    """What is wrong with the first malformed line."""
    first, width = numbered[0][0], len(numbered[0][1].split("\t"))
    for number, line in numbered:
        cells = line.split("\t")
        strange = next((cell for cell in cells if not _is_number(cell)), None)
        if strange is not None:
            return InputError(f"Line {number} of {name} contains {strange[:40]!r}, which is not a number.")
        if len(cells) != width:
            return InputError(
                f"Line {number} of {name} has {len(cells):,} numbers, but line {first} has {width:,}: the numbers "
                "must match."
            )
    return None


def _fill(name: str, number: int, cells: list[str], width: int) -> list[str | None]:
    """A line's cells, padded with missing ones."""
    if len(cells) > width:
        raise InputError(
            f"Line {number} of {name} has {len(cells):,} cells, but the header has {width:,}: the numbers must match."
        )
    return [*cells, *[None] * (width - len(cells))]
