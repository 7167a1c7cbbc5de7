"""Search in vectors and in words: exact, by indexes, by BM25, fused; how rankings agree; duplicates; sentences."""

from core.search.exact import AnyFloats, nearest, nearest_in
from core.search.finding import Finder, InMemory
from core.search.fusion import fuse
from core.search.hits import Hits
from core.search.keywords import KeywordIndex
from core.search.overlap import rank_biased_overlap

__all__ = [
    "AnyFloats",
    "Finder",
    "Hits",
    "InMemory",
    "KeywordIndex",
    "fuse",
    "nearest",
    "nearest_in",
    "rank_biased_overlap",
]
