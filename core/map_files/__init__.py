"""Spaces: what the Projector draws, read from files and written to files.

A space is texts with their fields and, optionally, vectors of its own (else models embed the texts) and coordinates.
`from_files` reads one, every other function writes one or inspects its columns.
"""

from core.map_files.columns import Column, Kind, column, column_kind
from core.map_files.density import Density, count_cells, frame_of
from core.map_files.npy import write_npy
from core.map_files.reader import FORMATS, from_files, from_table, holds_vectors_alone
from core.map_files.space import Space, Unread, vectors_of, with_fields
from core.map_files.tensorflow import projector_archive, projector_config, projector_metadata, projector_tensors
from core.map_files.writer import coordinates_csv, neighbours_csv, space_parquet

__all__ = [
    "FORMATS",
    "Column",
    "Density",
    "Kind",
    "Space",
    "Unread",
    "column",
    "column_kind",
    "coordinates_csv",
    "count_cells",
    "frame_of",
    "from_files",
    "from_table",
    "holds_vectors_alone",
    "neighbours_csv",
    "projector_archive",
    "projector_config",
    "projector_metadata",
    "projector_tensors",
    "space_parquet",
    "vectors_of",
    "with_fields",
    "write_npy",
]
