"""Maps of points on the screen: one to four side by side, of the same rows, linked without a round trip.

Drawn with WebGL2 in plain JavaScript served with the page: no build step, and nothing loaded from elsewhere.
`pack` makes the large, unchanging part once; `show` draws it with everything that changes; `new_marks`, `camera` and
`new_point_size` return what the user has done. The browser code is in js/, modules that bundle.py turns into one
script.
"""

from pages.parts.projector.map_view.component import MOST_PIXELS, camera, new_marks, new_point_size, show
from pages.parts.projector.map_view.content import Categories, Gradient, Label, Look, Map, Marks
from pages.parts.projector.map_view.packing import Points, note_on_count, pack

__all__ = [
    "MOST_PIXELS",
    "Categories",
    "Gradient",
    "Label",
    "Look",
    "Map",
    "Marks",
    "Points",
    "camera",
    "new_marks",
    "new_point_size",
    "note_on_count",
    "pack",
    "show",
]
