"""The corpus that Search, Similarity, Evaluate and Verdict work on: chosen once, for all of them."""

from pages.shared.corpora.picker import chosen, uploaded

__all__ = ["chosen", "uploaded"]
