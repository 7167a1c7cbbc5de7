"""The chart as SVG to stand within an HTML page: nothing is fetched, and it follows the page's colours."""

import html
from collections.abc import Mapping, Sequence

from core import wording
from core.verdict.lanes import Bar, Lane, headings
from core.verdict.weights import Weights

WIDTH, GAP = 1000, 14
WIDTHS = (1.0, 1.35, 1.0, 1.0, 1.0, 1.15)  # of the columns: the score, then the criteria
HEADING, LANE, NAME, BAR = 48, 66, 22, 30
LONGEST_NAME, LONGEST_FIGURE = 70, 15


def svg(lanes: Sequence[Lane], weights: Weights, colours: Mapping[str, str]) -> str:
    """The lanes drawn; `colours` are those of each lane's name, as "#RRGGBB"."""
    height = HEADING + LANE * len(lanes)
    parts = [_heading(column, title) for column, title in enumerate(["Score, of 1", *headings(weights).values()])]
    for row, lane in enumerate(lanes):
        top = HEADING + LANE * row
        parts.append(_name(lane, top))
        for column, bar in enumerate([lane.score, *lane.bars.values()]):
            counts = column == 0 or list(weights.by_criterion.values())[column - 1] > 0
            parts.append(_bar(bar, column, top + NAME + 4, colours[lane.name], is_faint=not counts))
    drawn = "\n".join(parts)
    return f'<svg viewBox="0 0 {WIDTH} {height}" role="img" aria-label="The verdict">\n{drawn}\n</svg>'


def _column(number: int) -> tuple[float, float]:
    """A column's left end and width."""
    unit = (WIDTH - GAP * (len(WIDTHS) - 1)) / sum(WIDTHS)
    return unit * sum(WIDTHS[:number]) + GAP * number, unit * WIDTHS[number]


def _heading(column: int, title: str) -> str:
    left, _ = _column(column)
    first, _, second = title.rpartition(", ")
    return (
        f'<text class="heading" x="{left:.0f}" y="16">{html.escape(first)}</text>'
        f'<text class="share" x="{left:.0f}" y="36">{html.escape(second)}</text>'
    )


def _name(lane: Lane, top: int) -> str:
    place = f"{lane.place}. " if lane.place else ""
    kind = "first" if lane.place == 1 else "name"
    return f'<text class="{kind}" x="0" y="{top + NAME - 5}">{place}{_short(lane.name, LONGEST_NAME)}</text>'


def _bar(bar: Bar, column: int, top: int, colour: str, *, is_faint: bool) -> str:
    left, width = _column(column)
    drawn = [_rectangle("track", left, top, width)]
    if bar.length is not None:
        kind = "faint" if is_faint else "score" if column == 0 else "bar"
        drawn.append(_rectangle(kind, left, top, width * bar.length, f' fill="{html.escape(colour)}"'))
    if bar.ends:
        low, high = (left + width * end for end in bar.ends)
        middle = top + BAR / 2
        line = f"M{low:.1f} {middle - 5}v10M{low:.1f} {middle}H{high:.1f}M{high:.1f} {middle - 5}v10"
        drawn.append(f'<path class="whisker" d="{line}"/>')
    kind = "figure" if bar.length is not None else "unknown"
    drawn.append(
        f'<text class="{kind}" x="{left + 6:.0f}" y="{top + BAR / 2 + 5:.0f}">{_short(bar.text, LONGEST_FIGURE)}</text>'
    )
    return f"<g><title>{html.escape(bar.told)}</title>{''.join(drawn)}</g>"


def _rectangle(kind: str, left: float, top: int, width: float, more: str = "") -> str:
    return f'<rect class="{kind}" x="{left:.1f}" y="{top}" width="{width:.1f}" height="{BAR}" rx="3"{more}/>'


def _short(text: str, length: int) -> str:
    return html.escape(wording.shorten(wording.one_line(text), length))
