import re
from collections import defaultdict
from collections.abc import Callable
from html.parser import HTMLParser

import pytest
from markdown_it import MarkdownIt

from core.charts.style import NEUTRAL
from core.charts.verdict import verdict_html, verdict_lanes
from core.verdict import Verdict, Weights, as_html, as_markdown, lanes, sentences
from tests.core.verdict.verdicts import candidate, verdict_on

HOSTILE = "<script>alert(1)</script>](http://evil.example)|![x](y)`\n# %{x}"
COLOURS: defaultdict[str, str] = defaultdict(lambda: NEUTRAL)
FETCHING = re.compile(r"https?:|//|\bsrc=|\bhref=|url\(|@import|<link|<script|<img|<iframe", re.IGNORECASE)


@pytest.fixture
def decided() -> Verdict:
    return verdict_on(
        candidate("good", 0.8, 20.0, revision="0123456789abcdef", device="cpu", engine="torch", precision="float32"),
        candidate("fast", 0.5, 0.2),
    )


def sent(decided: Verdict) -> str:
    """The page as it is sent."""
    return as_html(decided, verdict_html(lanes(decided), decided.ranking.weights, colours=COLOURS))


class Texts(HTMLParser):
    """The tags of a page, what is set in bold, and its cells."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.bold: list[str] = []
        self.cells: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, _attributes: object) -> None:
        self.tags.append(tag)
        if tag in ("td", "th"):
            self.cells.append("")

    def handle_data(self, data: str) -> None:
        if self.tags[-1:] == ["b"]:
            self.bold.append(data)
        if self.cells and self.tags[-1] in ("td", "th"):
            self.cells[-1] += data


def test_the_page_holds_the_sentences_the_chart_and_the_table_and_fetches_nothing(decided: Verdict) -> None:
    page = sent(decided)
    assert not FETCHING.search(page.replace("http-equiv", ""))
    assert "default-src 'none'" in page
    assert all(sentence in page for sentence in sentences(decided))
    drawn = page[page.index("<figure>") : page.index("<figcaption>")]
    assert drawn.count("background:") == 2 * 6 * 2  # a track and a bar for the score and five criteria of two models
    assert "0.800 (0.80 to 0.80)" in Texts(page).cells
    assert "prefers-color-scheme: dark" in page


@pytest.mark.parametrize("write", [sent, as_markdown])
def test_both_carry_where_it_comes_from(decided: Verdict, write: Callable[[Verdict], str]) -> None:
    text = write(decided).replace("\\", "")
    for fact in (
        "my texts, 30 texts, fingerprint abc123",
        "my labels, 20 labelled queries",
        "quality 8, speed 2, memory 1, price 1, licence 1",
        "good · revision 0123456789abcd · cpu · torch · float32 · timed 2026-01-01 on cpu with torch in float32",
        "Test CPU, 4 cores",
        "torch 2.13.0",
        "2026-01-02T03:04+00:00",
    ):
        assert fact in text


def test_hostile_names_stay_texts_in_the_page() -> None:
    decided = verdict_on(candidate(HOSTILE, licence="<b>MIT"), candidate("other", 0.2))
    page = sent(decided)
    assert "script" not in Texts(page).tags
    assert Texts(page).bold.count("MIT") == 1  # the other's licence
    assert HOSTILE in Texts(page).cells


def test_hostile_names_stay_texts_in_markdown() -> None:
    text = as_markdown(verdict_on(candidate(HOSTILE, licence="[a](b)"), candidate("other", 0.2)))
    tokens = MarkdownIt("gfm-like", {"linkify": False, "html": True}).parse(text)
    inline = [child for token in tokens for child in token.children or []]
    assert {child.type for child in inline} <= {"text", "softbreak", "text_special"}
    assert [token.tag for token in tokens if token.type == "heading_open"] == ["h1", "h2", "h2", "h2"]
    rows = sum(token.type == "tr_open" for token in tokens)
    cells = sum(token.type in ("td_open", "th_open") for token in tokens)
    assert (rows, cells % rows) == (3, 0)


def test_a_bar_is_as_long_as_its_score(decided: Verdict) -> None:
    drawn = verdict_lanes(lanes(decided), Weights(), colours=COLOURS)
    bars = [trace for trace in drawn.data if trace.type == "bar"]
    tracks, scores, qualities = bars[0], bars[1], bars[3]
    assert list(tracks.x) == [1, 1]
    assert list(scores.x) == pytest.approx([row.total for row in decided.ranking.ranked])
    assert list(qualities.x) == pytest.approx([0.8, 0.5])
    assert list(qualities.error_x.array) == pytest.approx([0, 0], abs=1e-9)


def test_the_chart_takes_no_name_for_markup() -> None:
    decided = verdict_on(candidate(HOSTILE, licence="<b>%{x}"))
    drawn = str(verdict_lanes(lanes(decided), decided.ranking.weights, colours=COLOURS).to_json())
    assert "<script>" not in drawn
    assert "\\u003cscript" not in drawn


def test_a_verdict_on_nothing_can_be_sent_too() -> None:
    decided = verdict_on()
    assert "No recommendation" in sent(decided)
    assert "No recommendation" in as_markdown(decided)
    assert verdict_lanes(lanes(decided), Weights(), colours=COLOURS).data is not None
