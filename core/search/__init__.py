"""Search in vectors and in words: exact, by BM25, fused."""

from core.search.exact import AnyFloats, nearest
from core.search.fusion import fused
from core.search.hits import Hits
from core.search.keywords import KeywordIndex

__all__ = ["AnyFloats", "Hits", "KeywordIndex", "fused", "nearest"]
