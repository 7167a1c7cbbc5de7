"""The verdict as a report to share: one self-contained HTML file, and Markdown."""

import html
from collections.abc import Sequence

from core.markdown import markdown_free
from core.verdict.lanes import is_recorded
from core.verdict.sentences import firmness, sentences
from core.verdict.table import in_words, provenance
from core.verdict.verdict import Verdict
from core.verdict.weights import SCALES
from core.wording import one_line

READING = "Every bar runs from 0 to 1; longer is better. The whisker is the 95% interval over the queries."
RECORDED = "Hatched bars were recorded on another machine."
POLICY = "default-src 'none'; style-src 'unsafe-inline'"
STYLE = """
:root { color-scheme: light dark; --ink: #1B1F24; --ground: #FFFFFF; --quiet: #5B6470; --line: #D9DEE4; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #E8ECF1; --ground: #0E1116; --quiet: #9AA4B0; --line: #2B333E; }
}
body { font: 17px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--ground);
  max-width: 1100px; margin: 2.5rem auto; padding: 0 1.2rem; overflow-wrap: anywhere; }
h1 { font-size: 1.9rem; line-height: 1.25; margin: 0 0 .8rem; }
h2 { font-size: 1.2rem; margin: 2.2rem 0 .6rem; }
.why { font-size: 1.2rem; margin: .5rem 0; }
figure { margin: 2rem 0 .5rem; }
figcaption, .small { color: var(--quiet); font-size: .95rem; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-size: .95rem; overflow-wrap: normal; }
th, td { text-align: left; vertical-align: top; padding: .45rem .7rem .45rem 0; border-bottom: 1px solid var(--line); }
"""


def as_html(verdict: Verdict, chart: str) -> str:
    """The verdict as an HTML page, in the reader's light or dark theme; every text in it is escaped.

    Parameters
    ----------
    chart : str
        The lanes drawn as HTML.
    """
    first, *rest = map(html.escape, sentences(verdict))
    rows = in_words(verdict)
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{first}</title>
<style>{STYLE}</style>
</head>
<body>
<h1>{first}</h1>
{"".join(f'<p class="why">{sentence}</p>' for sentence in rest)}
<figure>
{chart}
<figcaption>{" ".join([READING, RECORDED] if is_recorded(verdict) else [READING])}</figcaption>
</figure>
<h2>Figures</h2>
<div class="wide">{_html_table(rows)}</div>
<h2>How robust it is</h2>
{_html_list(firmness(verdict))}
<h2>How it is scored</h2>
{_html_list(scales())}
<h2>Provenance</h2>
{_html_list(provenance(verdict))}
</body>
</html>
"""


def as_markdown(verdict: Verdict) -> str:
    """The verdict as Markdown; markup in all given texts is escaped."""
    first, *rest = map(_literal, sentences(verdict))
    parts = [
        f"# {first}",
        *rest,
        _markdown_table(in_words(verdict)),
        "## How robust it is",
        _markdown_list(firmness(verdict)),
        "## How it is scored",
        _markdown_list(scales()),
        "## Provenance",
        _markdown_list(provenance(verdict)),
    ]
    return "\n\n".join(parts) + "\n"


def scales() -> list[str]:
    """How each criterion is scaled from 0 to 1, and how unknown figures are scored."""
    return [
        *(f"{criterion.capitalize()}: {scale}." for criterion, scale in SCALES.items()),
        "A criterion that is unknown for a ranked model is left out of every score; a model without a measured "
        "quality is not ranked while quality has a weight. "
        "Memory is the peak of the timed process, libraries included; a model behind an external API uses none on "
        "this machine.",
    ]


def _html_table(rows: Sequence[dict[str, str]]) -> str:
    if not rows:
        return ""
    head = "".join(f"<th>{html.escape(name)}</th>" for name in rows[0])
    body = "".join(f"<tr>{''.join(f'<td>{html.escape(cell)}</td>' for cell in row.values())}</tr>\n" for row in rows)
    return f"<table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{body}</tbody>\n</table>"


def _html_list(lines: Sequence[str]) -> str:
    items = "".join(f"<li>{html.escape(line)}</li>\n" for line in lines)
    return f'<ul class="small">\n{items}</ul>' if items else '<p class="small">Nothing to compare.</p>'


def _markdown_table(rows: Sequence[dict[str, str]]) -> str:
    if not rows:
        return ""
    lines = [list(rows[0]), ["---"] * len(rows[0]), *(list(map(_literal, row.values())) for row in rows)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _markdown_list(lines: Sequence[str]) -> str:
    return "\n".join(f"- {_literal(line)}" for line in lines) or "Nothing to compare."


def _literal(text: str) -> str:
    """A text on one line, with Markdown escaped."""
    return markdown_free(one_line(text))
