"""The corpus that all pages work on, chosen once; on the Projector with the vectors that its file may hold."""

from pages.shared.corpora.picker import choose_space, chosen, open_file, uploaded

__all__ = ["choose_space", "chosen", "open_file", "uploaded"]
