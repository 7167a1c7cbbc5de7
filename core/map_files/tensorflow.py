"""The files of TensorFlow's Embedding Projector: tensors and metadata as TSV, and a configuration that names both.

Tensors have no header; a cell beside the numbers, the first or the last of each line, is the point's label. Metadata
has a header if it has several columns; a single column has none. The Projector itself quotes no cells.
The rules are those of its own reader (tensorboard/plugins/projector, data-provider.ts).
"""

import io
import json
import re
import zipfile
from collections.abc import Iterator, Sequence

import numpy as np

from core.corpus import ID_COLUMNS, TEXT_COLUMNS
from core.errors import InputError
from core.map_files.space import Floats, Space, vectors_of
from core.map_files.writer import describe
from core.tables import Table, bound, decode, split_by_tabs, unique_names
from core.tables.csv_files import is_quoted
from core.tables.decoding import lines_with_ends

BETWEEN_CELLS = re.compile(r"[\t\r\n]")
HEAD = 2**20  # most bytes of a first line
HEADER_NAMES = frozenset({*TEXT_COLUMNS, *ID_COLUMNS, "label", "word", "name", "title", "token", "key", "index"})


def tensors_width(content: bytes) -> int:
    """How many tab-separated numbers the first line holds, beside any label; 0 if it holds anything else."""
    first = decode(content[:HEAD]).lstrip("\r\n").replace("\r", "\n").partition("\n")[0]
    cells = first.strip().split("\t")
    return len(cells) - (_label_place(cells) is not None) if _is_tensor(cells) else 0


def read_tensors(name: str, content: bytes) -> tuple[Floats, list[str] | None]:
    """The vectors of a TSV without a header, (n, d), and the points' labels if there are any.

    Raises
    ------
    InputError
        A line holds something other than numbers and a label, or more or fewer numbers than the first.
    """
    lines = enumerate(lines_with_ends(decode(content)), start=1)
    places, rows = zip(*((number, line.strip()) for number, line in lines if line.strip()), strict=True)
    place, labels = _label_place(rows[0].split("\t")), None
    if place is not None:
        labels, rows = zip(*_split_labels(rows, place), strict=True)
    try:
        if not all(rows):  # numpy would skip it
            raise ValueError("a line holds a label alone")
        vectors = np.loadtxt(list(rows), np.float32, comments=None, delimiter="\t", ndmin=2)
    except ValueError as error:
        raise _ragged_line(name, places, rows) or InputError(f"Cannot read {name} as numbers: {error}.") from None
    return vectors, None if labels is None else list(labels)


def read_metadata(name: str, content: bytes, rows: int) -> Table:
    """The metadata for a number of rows: blank lines at the end count as labels while rows lack one.

    Raises
    ------
    InputError
        A line has more cells than there are columns.
    """
    lines = [(number, cells or [""]) for number, cells in split_by_tabs(name, decode(content))]
    if lines and len(lines[0][1]) > 1:
        header = unique_names(cell.strip() or f"column {number}" for number, cell in enumerate(lines.pop(0)[1], 1))
    else:
        header = ["text"]
    while len(lines) > rows and not "".join(lines[-1][1]).strip():
        lines.pop()
    cells = [_fill(name, number, found, len(header)) for number, found in lines]
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
    """The texts, which the Projector uses as labels, and the fields as TSV; tabs and newlines become spaces.

    No cell is quoted, unless a reader would take it for quoted because all quotation marks enclose whole cells.
    """
    columns = describe(space)
    if columns["id"] == [str(number) for number in range(1, len(space) + 1)]:
        del columns["id"]  # numbered as in every reader
    ordered = {"text": columns.pop("text"), **columns}
    rows = [*([tuple(ordered)] if len(ordered) > 1 else []), *zip(*ordered.values(), strict=True)]
    cells = [[BETWEEN_CELLS.sub(" ", cell) for cell in row] for row in rows]
    text = _as_tsv(cells)
    return (_as_tsv([[_quote(cell) for cell in row] for row in cells]) if is_quoted(text) else text).encode()


def _as_tsv(rows: Sequence[Sequence[str]]) -> str:
    return "".join("\t".join(row) + "\n" for row in rows)


def _quote(cell: str) -> str:
    """A cell that has quotation marks, quoted."""
    return '"' + cell.replace('"', '""') + '"' if '"' in cell else cell


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


def _is_tensor(cells: Sequence[str]) -> bool:
    """Whether the cells are numbers, with a label or without.

    Whole numbers after a usual name of a column are names of columns too. TensorFlow's reader knows labels in front;
    at the end a text may follow an id and a score, so three numbers are needed.
    """
    place = _label_place(cells)
    if place is None:
        return all(map(_is_number, cells))
    others, label = (cells[1:], cells[0]) if place == 0 else (cells[:-1], cells[-1])
    if len(others) < (2 if place == 0 else 3) or not all(map(_is_number, others)):
        return False
    return label.strip().lower() not in HEADER_NAMES or not all(cell.strip().isdecimal() for cell in others)


def _label_place(cells: Sequence[str]) -> int | None:
    """Where the label is, 0 or -1: the first cell, as in TensorFlow's reader, or the last, if it is no number."""
    return next((place for place in (0, -1) if not _is_number(cells[place])), None)


def _split_labels(lines: Sequence[str], place: int) -> Iterator[tuple[str, str]]:
    """Each line's label and the rest; the label is blank where there are only as many numbers as on the first line."""
    width = lines[0].count("\t")
    for line in lines:
        if line.count("\t") == width - 1 and all(map(_is_number, line.split("\t"))):
            yield "", line
        elif place == 0:
            label, _, rest = line.partition("\t")
            yield label, rest
        else:
            rest, _, label = line.rpartition("\t")
            yield label, rest


def _ragged_line(name: str, places: Sequence[int], rows: Sequence[str]) -> InputError | None:
    """What is wrong with the first malformed line."""
    first, width = places[0], len(rows[0].split("\t"))
    for number, row in zip(places, rows, strict=True):
        cells = row.split("\t") if row else []
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
