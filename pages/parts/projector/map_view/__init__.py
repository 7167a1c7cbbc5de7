"""Maps of points on the screen: one to four side by side, of the same rows, linked without a round trip.

Drawn by WebGL2 in plain JavaScript that travels with the page: nothing is built, and nothing comes from elsewhere.
`pack` makes the large, unchanging part once; `show` draws it with all that changes; `marks` and `camera` tell what the
person did by now. What runs in the browser is in js/, modules that bundle.py makes one script of.
"""

from pages.parts.projector.map_view.component import camera, marks, show
from pages.parts.projector.map_view.content import Categories, Gradient, Label, Look, Map, Marks
from pages.parts.projector.map_view.packing import Points, note_on_count, pack

__all__ = [
    "Categories",
    "Gradient",
    "Label",
    "Look",
    "Map",
    "Marks",
    "Points",
    "camera",
    "marks",
    "note_on_count",
    "pack",
    "show",
]
