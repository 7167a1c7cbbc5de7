"""The corpus that all pages work on, chosen once; on the Projector with any vectors in its file."""

from pages.shared.corpora.picker import begin, choose, choose_space, collection, offer, open_file

__all__ = ["begin", "choose", "choose_space", "collection", "offer", "open_file"]
