"""The corpus that all pages work on, chosen once; on the Projector with any vectors in its file."""

from pages.shared.corpora.collected import choose_points, note_sample
from pages.shared.corpora.jobs import offer_missing
from pages.shared.corpora.picker import begin, choose, choose_space, collection, hide_name, offer, open_file, own
from pages.shared.corpora.source import Source, source

__all__ = [
    "Source",
    "begin",
    "choose",
    "choose_points",
    "choose_space",
    "collection",
    "hide_name",
    "note_sample",
    "offer",
    "offer_missing",
    "open_file",
    "own",
    "source",
]
