"""What all figures share: a colour for each model, the scales, the layout, and escaped texts.

The diverging scale is transparent in the middle, so that zero is the background, light or dark.

Colours are from Okabe and Ito's and Paul Tol's palettes for the colour-blind, in mid-tones that stand out on white
and on near-black.
"""

import html
import math
import textwrap
import zlib
from collections.abc import Iterable, Sequence
from functools import partial

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go

from core import wording
from core.devices import DEVICE
from core.models import ids

SEQUENTIAL = "viridis"
DIVERGING = [
    [0, "rgba(33,102,172,1)"],
    [0.5, "rgba(33,102,172,0)"],
    [0.5, "rgba(206,44,49,0)"],
    [1, "rgba(206,44,49,1)"],
]
DIVERGING_BELOW_TEXT = [[0, "rgba(33,102,172,0.8)"], *DIVERGING[1:3], [1, "rgba(206,44,49,0.8)"]]  # see `similarity`
NEUTRAL = "#8A929C"
FONT_SIZE = 16
INKS = ("#000000", "#FFFFFF")
PRESENTED_FONT_SIZE = 20
MOST_PRESENTED_CELLS = 8  # in a row or column, for a number of that size in each
LOW_PLOT = 310  # pixels that a chart's rows usually have in a window of 720
LABEL_SHARE, SMALLEST_LABEL = 0.85, 12  # of a row's height, and pixels
LEGEND_ABOVE = {  # samples only: no trace can be switched off
    "orientation": "h",
    "yref": "container",  # plotly loses its place above the plot when the chart grows to fill the window
    "y": 1,
    "yanchor": "top",
    "x": 0,
    "itemclick": False,
    "itemdoubleclick": False,
}
CPU_OPACITY = 0.4
RECORDED = "\\"  # the hatching of what was measured on another machine

MODEL_COLOURS = {  # one for each model of the catalogue; all others share these
    "intfloat/e5-mistral-7b-instruct": "#CC6677",
    "BAAI/bge-large-en-v1.5": "#9C4F96",
    "BAAI/bge-small-en-v1.5": "#AA8FD8",
    "sentence-transformers/all-mpnet-base-v2": "#117733",
    "sentence-transformers/all-MiniLM-L12-v2": "#44AA99",
    "sentence-transformers/all-MiniLM-L6-v2": "#0F7FBF",
    "dleemiller/word-llama-l2-supercat": "#E69F00",
    "text-embedding-3-large": "#999933",
    "text-embedding-3-small": "#C9B458",
    "text-embedding-ada-002": "#B07AA1",
    "Qwen/Qwen3-Embedding-0.6B": "#D55E00",
    "ibm-granite/granite-embedding-small-english-r2": "#56B4E9",
    "minishlab/potion-base-8M": "#009E73",
    "sentence-transformers/static-retrieval-mrl-en-v1": "#A6761D",
}
CATEGORY_COLOURS = (
    "#0F7FBF", "#E69F00", "#009E73", "#CC6677", "#9C4F96", "#56B4E9", "#D55E00", "#999933",
    "#44AA99", "#AA8FD8", "#A6761D", "#117733", "#E377C2", "#C9B458", "#6699CC", "#B15928",
    "#66A61E", "#E7298A", "#5DA899", "#7570B3", "#C4622D", "#80A0A0", "#D98880", "#8FBC5A",
)  # fmt: skip


def model_colour(model_id: str) -> str:
    """The colour of a model on every page, fixed by its id: no two of the catalogue share one."""
    palette = tuple(MODEL_COLOURS.values())
    return MODEL_COLOURS.get(model_id) or palette[zlib.crc32(model_id.encode()) % len(palette)]


def model_colours(names: Iterable[str]) -> dict[str, str]:
    """The colour of each named model or system, for charts; NEUTRAL for anything that is not a model."""
    names = tuple(names)
    known = ids(names)
    return {name: model_colour(known[name]) if name in known else NEUTRAL for name in names}


def fade(colour: str, opacity: float) -> str:
    """A "#RRGGBB" colour with an opacity."""
    red, green, blue = (int(colour[place : place + 2], 16) for place in (1, 3, 5))
    return f"rgba({red},{green},{blue},{opacity})"


def device_name(device: str) -> str:
    """A device's name in figures; an imported run may name any device."""
    return DEVICE[device].label if device in DEVICE else plain(device, 16)


def device_opacity(device: str) -> float:
    """The opacity of a device: the CPU light, others full."""
    return CPU_OPACITY if device == "cpu" else 1.0


def fills(colours: Sequence[str], opacities: Sequence[float]) -> dict[str, object]:
    """A trace's marker: "#RRGGBB" colours with opacities, and a full outline."""
    full = [fade(colour, opacity) for colour, opacity in zip(colours, opacities, strict=True)]
    return {"color": full, "line": {"color": list(colours), "width": 2}}


def hatching(shapes: Sequence[str]) -> dict[str, object]:
    """A marker's pattern: the shape of each bar's hatching, empty for none."""
    return {"shape": list(shapes), "fillmode": "replace", "solidity": 0.45, "size": 9}


def log_ticks(low: float, high: float) -> list[float]:
    """Round numbers between two values of a logarithmic axis: powers of ten, or 1, 2 and 5 if those are too few."""
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    steps = (1,) if high >= 100 * low else (1, 2, 5)
    return [tick for power in powers for step in steps if low <= (tick := float(f"{step}e{power}")) <= high]


def linear_ticks(end: float, most: int = 10) -> list[float]:
    """Round numbers from 0 to an axis's end, a step of 1, 2 or 5 times a power of ten apart."""
    power = math.floor(math.log10(end / most))
    steps = (float(f"{step}e{power + more}") for more in (0, 1) for step in (1, 2, 5))
    step = next(step for step in steps if step * most >= end)
    return [step * number for number in range(math.floor(end / step) + 1)]


def plain(text: str, length: int = 60) -> str:
    """A text that plotly can draw: shortened, on one line, escaped."""
    return html.escape(wording.shorten(wording.one_line(text), length), quote=False)


def wrap(text: str, width: int = 60, lines: int = 6) -> str:
    """A text for a tooltip: wrapped and escaped."""
    return html.escape(textwrap.fill(text, width, max_lines=lines, placeholder=" …"), quote=False).replace("\n", "<br>")


def apply_style(figure: go.Figure, *, height: int, margin: tuple[int, int, int, int] = (10, 10, 10, 10)) -> go.Figure:
    """Give a figure the shared layout; margin is left, right, top, bottom in pixels.

    The constant `uirevision` preserves zoom and pan when the page redraws it.
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
    figure.update_xaxes(title_font_size=FONT_SIZE, tickfont_size=FONT_SIZE)
    figure.update_yaxes(title_font_size=FONT_SIZE, tickfont_size=FONT_SIZE)
    return figure


def enlarge(figure: go.Figure, low_plot: int = LOW_PLOT) -> go.Figure:
    """A copy of a figure with all its text as much larger as a room needs, and at least of that size.

    Numbers in many cells keep the size that fits these, if they have one, or go. Labels of many rows are as large as
    their rows are high where these have `low_plot` pixels in all.
    """
    larger = go.Figure(_enlarged(figure.to_dict()))
    for trace, cells in zip(figure.data, larger.data, strict=True):
        if trace.type == "heatmap" and trace.texttemplate and max(np.shape(trace.z)) > MOST_PRESENTED_CELLS:
            cells.textfont.size = trace.textfont.size
            cells.texttemplate = trace.texttemplate if trace.textfont.size else None
    larger.for_each_yaxis(partial(_fit_labels, low_plot))
    return larger


def _fit_labels(low_plot: int, axis: go.layout.YAxis) -> None:
    """Labels of an axis no larger than their lines are high in a small window."""
    first, last = axis.domain or (0, 1)
    if lines := sum(1 + text.count("<br>") for text in axis.ticktext or ()):
        fitting = LABEL_SHARE * low_plot * (last - first) / lines
        axis.tickfont.size = max(SMALLEST_LABEL, min(axis.tickfont.size, fitting))


def _enlarged(value: object, name: str = "") -> object:
    """A part of a figure with the sizes of its fonts enlarged; `name` is that of the part."""
    if isinstance(value, dict):
        is_font = name.lower().endswith("font")
        return {
            key: _larger(part) if is_font and key == "size" else _enlarged(part, key) for key, part in value.items()
        }
    if isinstance(value, list | tuple) and value and isinstance(value[0], dict):
        return [_enlarged(part) for part in value]
    return value


def _larger(size: object) -> object:
    """A font size, or one for each point."""
    if isinstance(size, int | float):
        return max(PRESENTED_FONT_SIZE, size * PRESENTED_FONT_SIZE / FONT_SIZE)
    return [_larger(each) for each in size] if isinstance(size, list | tuple) else size


def inks(shades: Sequence[float] | npt.NDArray[np.float64], scale: object) -> list[str]:
    """For each share of a colour scale, black or white, whichever has more contrast there; grey if it is NaN."""
    from plotly.colors import sample_colorscale, unlabel_rgb

    known = np.clip(np.nan_to_num(np.asarray(shades, np.float64)), 0, 1)
    colours = np.array([unlabel_rgb(colour) for colour in sample_colorscale(scale, list(known))]).reshape(-1, 3)
    ground = _luminances(colours)
    chosen = np.where((ground + 0.05) / 0.05 > 1.05 / (ground + 0.05), *INKS)
    return [NEUTRAL if np.isnan(shade) else str(ink) for shade, ink in zip(shades, chosen, strict=True)]


def _luminances(colours: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Relative luminance, 0 to 1, of (n, 3) red, green and blue from 0 to 255 (WCAG 2.2)."""
    parts = colours / 255
    linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
    return np.asarray(linear @ [0.2126, 0.7152, 0.0722])
