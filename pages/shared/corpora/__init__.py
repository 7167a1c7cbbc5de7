"""The corpus that all pages work on, chosen once; on the Projector with the vectors that its file may hold."""

from pages.shared.corpora.picker import choose, choose_files, choose_space, open_file

__all__ = ["choose", "choose_files", "choose_space", "open_file"]
