"""What all figures share: a colour for each model, the scales, the layout, and texts made safe to draw.

The diverging scale is clear in the middle, so that zero is the ground, light or dark.

Colours are from Okabe and Ito's and Paul Tol's palettes for the colour-blind, in middle tones that stand out on white
and on near-black.
"""

import html
import math
import textwrap
from collections.abc import Sequence

import plotly.graph_objects as go

from core.models import names

SEQUENTIAL = "viridis"
DIVERGING = [
    [0, "rgba(33,102,172,1)"],
    [0.5, "rgba(33,102,172,0)"],
    [0.5, "rgba(206,44,49,0)"],
    [1, "rgba(206,44,49,1)"],
]
NEUTRAL = "#8A929C"
FONT_SIZE = 15
LEGEND_ABOVE = {  # and of samples only: nothing can be switched off
    "orientation": "h",
    "y": 1,
    "yanchor": "bottom",
    "x": 0,
    "itemclick": False,
    "itemdoubleclick": False,
}
DEVICE_NAMES = {"cpu": "CPU", "cuda": "GPU"}
DEVICE_OPACITIES = {"cpu": 0.4, "cuda": 1.0}

MODEL_COLOURS = (
    "#CC6677", "#9C4F96", "#AA8FD8", "#117733", "#44AA99", "#0F7FBF", "#E69F00",
    "#999933", "#C9B458", "#B07AA1", "#D55E00", "#56B4E9", "#009E73", "#A6761D",
)  # fmt: skip
CATEGORY_COLOURS = (
    "#0F7FBF", "#E69F00", "#009E73", "#CC6677", "#9C4F96", "#56B4E9", "#D55E00", "#999933",
    "#44AA99", "#AA8FD8", "#A6761D", "#117733", "#E377C2", "#C9B458", "#6699CC", "#B15928",
    "#66A61E", "#E7298A", "#5DA899", "#7570B3", "#C4622D", "#80A0A0", "#D98880", "#8FBC5A",
)  # fmt: skip


def model_colour(name: str) -> str:
    """The colour of a model on every page, by its place in the catalogue; grey for what is not a model."""
    order = names()
    return MODEL_COLOURS[order.index(name) % len(MODEL_COLOURS)] if name in order else NEUTRAL


def faded(colour: str, opacity: float) -> str:
    """A "#RRGGBB" colour made translucent."""
    red, green, blue = (int(colour[place : place + 2], 16) for place in (1, 3, 5))
    return f"rgba({red},{green},{blue},{opacity})"


def device_name(device: str) -> str:
    """A device as it is written in figures; a run from elsewhere may name any."""
    return DEVICE_NAMES.get(device, plain(device, 16))


def device_opacity(device: str) -> float:
    """How full a device is drawn: the CPU light, others full."""
    return DEVICE_OPACITIES.get(device, 1.0)


def fills(colours: Sequence[str], opacities: Sequence[float]) -> dict[str, object]:
    """A trace's marker: "#RRGGBB" colours, more or less full, with a full outline."""
    full = [faded(colour, opacity) for colour, opacity in zip(colours, opacities, strict=True)]
    return {"color": full, "line": {"color": list(colours), "width": 2}}


def three_figures(value: float) -> str:
    """A number with three figures: 0.21, 7.00, 67.7, 323, 12,300."""
    if value >= 100:
        return f"{float(f'{value:.3g}'):,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def log_ticks(low: float, high: float) -> list[float]:
    """Round numbers between two values of a logarithmic axis: powers of ten, or 1, 2 and 5 where those were too few."""
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    steps = (1,) if high >= 100 * low else (1, 2, 5)
    return [tick for power in powers for step in steps if low <= (tick := float(f"{step}e{power}")) <= high]


def plain(text: str, length: int = 60) -> str:
    """A text as plotly may draw it: shortened, on one line, and with nothing in it taken for markup."""
    line = " ".join(text.split())
    return html.escape(line if len(line) <= length else line[: length - 1].rstrip() + "…", quote=False)


def wrapped(text: str, width: int = 60, lines: int = 6) -> str:
    """A text for a hover label: broken into lines, nothing in it taken for markup."""
    return html.escape(textwrap.fill(text, width, max_lines=lines, placeholder=" …"), quote=False).replace("\n", "<br>")


def styled(figure: go.Figure, *, height: int, margin: tuple[int, int, int, int] = (10, 10, 10, 10)) -> go.Figure:
    """Give a figure the shared layout; margin is left, right, top, bottom in pixels.

    The constant `uirevision` keeps zoom and pan when the page draws it again.
    """
    left, right, top, bottom = margin
    figure.update_layout(
        height=height,
        margin={"l": left, "r": right, "t": top, "b": bottom},
        font={"size": FONT_SIZE},
        legend_font_size=FONT_SIZE,
        hoverlabel={"font": {"size": FONT_SIZE}, "align": "left"},
        uirevision="kept",
    )
    figure.update_xaxes(title_font_size=FONT_SIZE, tickfont_size=FONT_SIZE - 1)
    figure.update_yaxes(title_font_size=FONT_SIZE, tickfont_size=FONT_SIZE - 1)
    return figure
