"""How documents move between the lists of several systems."""

from collections.abc import Collection, Mapping, Sequence

import plotly.graph_objects as go
from plotly.colors import sample_colorscale

from core.charts.style import FONT_SIZE, NEUTRAL, SEQUENTIAL, apply_style, plain, wrap

ROW_PIXELS = 38
HEAD_PIXELS = 44
FLAT = 0.7  # of the way to the next list, where a line stays level to leave room for the document's name
NARROW_PIXELS = 700
CHARACTER_PIXELS = 8
FIRST_SHADE, LAST_SHADE = 0.1, 0.75  # of the scale: its ends have too little contrast on a light or dark background


def moves(
    lists: Mapping[str, Sequence[int]],
    k: int,
    titles: Sequence[str],
    relevant: Collection[int] = (),
    *,
    colours: Mapping[str, str],
) -> go.Figure:
    """A line for each document over the lists' first k ranks, from system to system.

    The first list's documents are coloured by their rank there, others are grey; relevant ones are drawn thick, with a
    tick. A line dips below the ranks of a list whose first k lack the document.

    Parameters
    ----------
    lists : mapping of system to document rows, best first
        As deep as known: the tooltip shows ranks beyond k.
    titles : sequence of str
        Of all documents, by row.
    relevant : collection of rows
    colours : mapping
        Of each system, as "#RRGGBB".
    """
    figure = go.Figure()
    systems = list(lists)
    shown = list(dict.fromkeys(row for rows in lists.values() for row in rows[:k]))
    leaders = list(lists[systems[0]][:k]) if systems else []
    shades = sample_colorscale(
        SEQUENTIAL, [FIRST_SHADE + (LAST_SHADE - FIRST_SHADE) * place / max(1, k - 1) for place in range(k)]
    )
    length = max(8, int(FLAT * NARROW_PIXELS / max(1, len(systems)) / CHARACTER_PIXELS))
    for row in reversed(shown):
        colour = shades[leaders.index(row)] if row in leaders else NEUTRAL
        ranks = [rows.index(row) + 1 if row in rows else None for rows in map(list, lists.values())]
        _line(figure, ranks, k, colour, 4 if row in relevant else 2)
        _names(figure, systems, ranks, k, colour, titles[row], length, "✓ " if row in relevant else "")
    figure.update_xaxes(
        tickvals=list(range(len(systems))),
        ticktext=[f"<b>{plain(system, length + 8)}</b>" for system in systems],
        side="top",
        range=[-0.12, len(systems) - 0.05],
        showgrid=False,
        zeroline=False,
        ticklabelposition="outside right",
        fixedrange=True,
    )
    figure.update_yaxes(range=[k + 1.3, 0.3], visible=False, fixedrange=True)
    for place, system in enumerate(systems):
        figure.add_vline(x=place, line={"color": colours[system], "width": 3}, opacity=0.5, layer="below")
    figure = apply_style(figure, height=HEAD_PIXELS + ROW_PIXELS * (k + 1), margin=(5, 5, HEAD_PIXELS, 5))
    return figure.update_layout(showlegend=False)


def _line(figure: go.Figure, ranks: Sequence[int | None], k: int, colour: str, width: int) -> None:
    """The document's line through the lists: level at each, then across to the next."""
    heights = [rank if rank and rank <= k else k + 1 for rank in ranks]
    held = [place for place, height in enumerate(heights) if height <= k]
    between = range(held[0], held[-1] + 1)
    x = [end for place in between for end in (place, place + FLAT)]
    y = [heights[place] for place in between for _ in range(2)]
    figure.add_scatter(
        x=x, y=y, mode="lines", line={"color": colour, "width": width}, opacity=0.75, hoverinfo="skip",
        cliponaxis=False,
    )  # fmt: skip


def _names(
    figure: go.Figure,
    systems: Sequence[str],
    ranks: Sequence[int | None],
    k: int,
    colour: str,
    title: str,
    length: int,
    mark: str,
) -> None:
    """The document's marker and name in each list whose first k it is among."""
    places = [place for place, rank in enumerate(ranks) if rank and rank <= k]
    everywhere = "<br>".join(
        f"{plain(system)}: {f'rank {rank}' if rank else 'not found'}"
        for system, rank in zip(systems, ranks, strict=True)
    )
    figure.add_scatter(
        x=places,
        y=[ranks[place] for place in places],
        mode="markers+text",
        marker={"size": 12, "color": colour},
        text=[f"{mark}{plain(title, length)}"] * len(places),
        textposition="top right",
        textfont={"size": FONT_SIZE},
        hovertext=[f"<b>{wrap(title)}</b><br>{everywhere}"] * len(places),
        hovertemplate="%{hovertext}<extra></extra>",
        cliponaxis=False,
    )
