"""The corpus that all pages work on, chosen once; on the Projector with any vectors in its file."""

from pages.shared.corpora.picker import choose, choose_files, choose_space, open_file

__all__ = ["choose", "choose_files", "choose_space", "open_file"]
