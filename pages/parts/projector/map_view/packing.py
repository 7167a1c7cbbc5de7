"""Points, colours and sets of rows packed for the browser: compact, in one piece, addressed by content."""

import base64
import binascii
import gzip
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.errors import InputError
from core.map_files import frame_of
from core.wording import shorten
from pages.parts.projector.map_view.content import Categories, Gradient, Map, Rows

MOST_MAPS = 4
MOST_EXACT_ROWS = 200_000  # above, 16 bits per axis: still finer than any screen until zoomed 60 times
MOST_HOVER_ROWS = 300_000
MOST_HOVER_CHARACTERS = 400
MOST_HOVER_BYTES = 9_000_000  # with 100,000 rows on four maps of three dimensions, 15 MB in all
NOT_FINITE = 65_535
MOST_COUNTED = 65_535  # points in a cell
GREY = 255
LEVELS = 254
ALIGNMENT = 4


@dataclass(frozen=True)
class Points:
    """Maps of the same rows, packed for the browser.

    `id` is the digest of the content; `rows` identifies the rows (a corpus's fingerprint): points of the same rows
    glide to their new places when the layout changes. `count` is the number of rows.
    """

    id: str
    rows: str
    count: int
    maps: tuple[Map, ...]
    packet: bytes


def note_on_count(count: int) -> str:
    """How a map of this many rows is drawn differently, in sentences; empty if it is not."""
    if count <= MOST_HOVER_ROWS:
        return ""
    return (
        f"All {count:,} points are drawn; in 2D, a cloud behind them shows their density. With this many, positions "
        "are rounded to 1/65,534 of the map's width, and the tooltip shows only a row's number: click a point for "
        "its text."
    )


def pack(maps: Sequence[Map], hover: Sequence[str] = (), *, rows: str = "") -> Points:
    """Pack one to four maps of the same n rows, and the tooltip texts (none, or one for each row).

    Texts are shortened to stay within a few megabytes; above 300,000 rows none are sent, and the browser shows the
    row's number. Raises InputError if maps and texts do not fit together.
    """
    count = _common_count(maps, hover)
    exact = count <= MOST_EXACT_ROWS
    frames = [frame_of(chart.coordinates) for chart in maps]
    places = [_places(chart, *frame, exact) for chart, frame in zip(maps, frames, strict=True)]
    lengths, texts = _hover(hover if count <= MOST_HOVER_ROWS else ())
    header = {
        "kind": "points",
        "rows": rows,
        "count": count,
        "maps": [
            {
                "title": chart.title,
                "axes": list(chart.axes),
                "dimensions": chart.coordinates.shape[1],
                "centre": centre.tolist(),
                "reach": reach,
                "counted": chart.counts is not None,
            }
            for chart, (centre, reach) in zip(maps, frames, strict=True)
        ],
    }
    counts = [_counts(chart.counts) for chart in maps if chart.counts is not None]
    packet, digest = _packet(header, [*places, lengths, texts, *counts])
    return Points(digest, rows, count, tuple(maps), packet)


def pack_colour(colour: Categories | Gradient, count: int) -> tuple[str, bytes]:
    """One byte per row, and its digest: a category's code, or a level of the gradient's 254 (255: grey).

    Raises InputError unless there is one colour for each of `count` rows.
    """
    codes = colour.codes if isinstance(colour, Categories) else _levels(colour)
    if len(codes) != count:
        raise InputError(f"There are {len(codes):,} colours for {count:,} points: give one for each.")
    packet, digest = _packet({"kind": "colour", "count": count}, [np.asarray(codes, np.uint8).tobytes()])
    return digest, packet


def pack_rows(rows: Rows, count: int) -> dict[str, Any]:
    """Rows of `count` as a list, or as base64 of one bit per row (the lowest bit first) if that is shorter."""
    places = np.unique(np.asarray(rows, dtype=np.int64))
    if len(places) * 48 <= count:
        return {"rows": places.tolist()}
    bits = np.zeros(count, dtype=bool)
    bits[places] = True
    return {"bits": base64.b64encode(np.packbits(bits, bitorder="little").tobytes()).decode()}


def unpack_rows(packed_rows: object, count: int) -> NDArray[np.int64]:
    """Rows below `count`, in order, from the output of `pack_rows`; anything else from the browser gives no rows."""
    fields = packed_rows if isinstance(packed_rows, dict) else {}
    if isinstance(bits := fields.get("bits"), str):
        try:
            marked = np.unpackbits(np.frombuffer(base64.b64decode(bits), np.uint8), bitorder="little")
        except (binascii.Error, ValueError):
            return np.empty(0, np.int64)
        return np.flatnonzero(marked[:count]).astype(np.int64)
    rows = fields.get("rows")
    listed = rows if isinstance(rows, list) else []
    return np.unique(np.array([row for row in listed if type(row) is int and 0 <= row < count], dtype=np.int64))


def _common_count(maps: Sequence[Map], hover: Sequence[str]) -> int:
    if not 1 <= len(maps) <= MOST_MAPS:
        raise InputError(f"There are {len(maps)} maps: give one to {MOST_MAPS}.")
    for chart in maps:
        if chart.coordinates.ndim != 2 or chart.coordinates.shape[1] not in {2, 3}:
            raise InputError(f"The coordinates have the shape {chart.coordinates.shape}: give two or three for a row.")
    counts = {len(chart.coordinates) for chart in maps} | ({len(hover)} if len(hover) else set())
    if len(counts) > 1:
        raise InputError(f"The maps and texts have {sorted(counts)} rows: all must have the same.")
    return counts.pop()


def _counts(counts: NDArray[np.integer]) -> bytes:
    """The points in each cell as uint16; more than these can tell are as many."""
    return np.minimum(counts, MOST_COUNTED).astype("<u2").tobytes()


def _places(chart: Map, centre: NDArray[np.float64], reach: float, exact: bool) -> bytes:
    """Places in -1 to 1: as float32, or as 0 to 65,534 where 65,535 is a row that is not finite."""
    places = (chart.coordinates - centre) / reach
    lost = ~np.isfinite(places).all(axis=1)
    if exact:
        places[lost] = np.nan
        return places.astype("<f4").tobytes()
    steps = np.round((np.nan_to_num(places) + 1) / 2 * (NOT_FINITE - 1)).clip(0, NOT_FINITE - 1)
    steps[lost] = NOT_FINITE
    return steps.astype("<u2").tobytes()


def _levels(colour: Gradient) -> NDArray[np.uint8]:
    span = (colour.high - colour.low) or 1.0
    values = np.asarray(colour.values, dtype=np.float64)
    levels = np.round(np.clip((np.nan_to_num(values) - colour.low) / span, 0, 1) * LEVELS)
    levels[~np.isfinite(values)] = GREY
    return levels.astype(np.uint8)


def _hover(texts: Sequence[str]) -> tuple[bytes, bytes]:
    """Each text's length in bytes (uint16), and all texts in a row, compressed; shortened to fit."""
    characters = MOST_HOVER_CHARACTERS
    while len(texts):
        encoded = [shorten(text, characters).encode("utf-8", "replace") for text in texts]
        compressed = gzip.compress(b"".join(encoded), compresslevel=1, mtime=0)
        if len(compressed) <= MOST_HOVER_BYTES:
            return np.array([len(text) for text in encoded], "<u2").tobytes(), compressed
        characters = int(characters * min(0.8, MOST_HOVER_BYTES / len(compressed)))
    return b"", b""


def _packet(header: dict[str, Any], parts: Sequence[bytes]) -> tuple[bytes, str]:
    """The header's length (uint32), the header as JSON, and the parts, each aligned to four bytes."""
    body = b"".join(_pad(part) for part in parts)
    digest = hashlib.blake2b(digest_size=12)
    digest.update(json.dumps(header).encode())
    digest.update(body)
    described = {**header, "id": digest.hexdigest(), "sizes": [len(part) for part in parts]}
    head = _pad(json.dumps(described).encode(), b" ")
    return len(head).to_bytes(ALIGNMENT, "little") + head + body, digest.hexdigest()


def _pad(part: bytes, filler: bytes = b"\0") -> bytes:
    return part + filler * (-len(part) % ALIGNMENT)
