"""Collections: texts that are too many for memory, with their fields and a column of vectors for each model, on disk.

They need the libraries of requirements-scale.txt, which nothing here imports before a collection is used.
"""

from core.collections.building import build
from core.collections.cluster import Cluster
from core.collections.completion import Kind, Step, missing
from core.collections.conditions import matching, sql
from core.collections.creation import create
from core.collections.dataset import (
    Collection,
    are_any,
    check_name,
    delete,
    is_installed,
    names,
    open_collection,
    size,
)
from core.collections.embedding import Model, embed, embed_with, model_of, models_of, vectors_by
from core.collections.index import KIND, ByIndex, Index, index_of, unindexed
from core.collections.job import Job, Jobs, Reading, Request, check_new, reading_of
from core.collections.maps import FITTED, Map, coordinates_of, lay_out, maps_of, measure_map, not_placed
from core.collections.quality import Compared, Matched, compare, documents_named, match_labels, measure, rank
from core.collections.samples import sample, space_of, texts_at
from core.collections.searching import OnDisk, results
from core.collections.words import ByWords, index_words, rows_without_words, words_in

__all__ = [
    "FITTED",
    "KIND",
    "ByIndex",
    "ByWords",
    "Cluster",
    "Collection",
    "Compared",
    "Index",
    "Job",
    "Jobs",
    "Kind",
    "Map",
    "Matched",
    "Model",
    "OnDisk",
    "Reading",
    "Request",
    "Step",
    "are_any",
    "build",
    "check_name",
    "check_new",
    "compare",
    "coordinates_of",
    "create",
    "delete",
    "documents_named",
    "embed",
    "embed_with",
    "index_of",
    "index_words",
    "is_installed",
    "lay_out",
    "maps_of",
    "match_labels",
    "matching",
    "measure",
    "measure_map",
    "missing",
    "model_of",
    "models_of",
    "names",
    "not_placed",
    "open_collection",
    "rank",
    "reading_of",
    "results",
    "rows_without_words",
    "sample",
    "size",
    "space_of",
    "sql",
    "texts_at",
    "unindexed",
    "vectors_by",
    "words_in",
]
