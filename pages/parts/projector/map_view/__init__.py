"""Maps of points on the screen: one to four side by side, of the same rows, linked without a round trip.

Drawn by WebGL2 in plain JavaScript that travels with the page: nothing is built, and nothing comes from elsewhere.
`packed` makes the large, unchanging part once; `show` draws it with all that changes; `marks` and `camera` tell what
the person did by now.
"""

from pages.parts.projector.map_view.component import camera, marks, show
from pages.parts.projector.map_view.content import Categories, Gradient, Label, Look, Map, Marks
from pages.parts.projector.map_view.packing import Points, packed, told_of

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
    "packed",
    "show",
    "told_of",
]
