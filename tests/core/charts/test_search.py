"""The lines of moving documents, as plotly is given them."""

from core.charts.search import moves
from core.charts.style import NEUTRAL

COLOURS = dict.fromkeys(("one", "two", "three"), NEUTRAL)
TITLES = ("first %{x}", "<b>second</b>", "third", "fourth", "fifth")


def lines(figure):
    return [trace for trace in figure.data if trace.mode == "lines"]


def names(figure):
    return [trace for trace in figure.data if trace.mode == "markers+text"]


def test_a_line_stands_at_the_documents_rank_in_each_list() -> None:
    figure = moves({"one": [0, 1, 2], "two": [2, 0, 1]}, 3, TITLES, colours=COLOURS)
    ways = {tuple(trace.y[::2]) for trace in lines(figure)}
    assert ways == {(1, 2), (2, 3), (3, 1)}
    assert all(tuple(trace.x[::2]) == (0, 1) for trace in lines(figure))


def test_a_line_dips_below_the_lists_that_lack_its_document_and_ends_where_it_is_last_listed() -> None:
    figure = moves({"one": [0, 1], "two": [1, 2, 0], "three": [0, 3]}, 2, TITLES, colours=COLOURS)
    by_title = {trace.text[0]: trace for trace in names(figure)}
    ways = {tuple(trace.y[::2]) for trace in lines(figure)}
    assert (1, 3, 1) in ways
    assert (2, 1) in ways
    assert tuple(by_title["first %{x}"].x) == (0, 2)
    assert "two: rank 3" in by_title["first %{x}"].hovertext[0]
    assert "three: not found" in by_title["third"].hovertext[0]


def test_documents_that_are_not_in_the_first_list_are_grey_and_relevant_ones_are_thick_and_ticked() -> None:
    figure = moves({"one": [0, 1], "two": [0, 2]}, 2, TITLES, {0}, colours=COLOURS)
    by_title = {trace.text[0]: trace for trace in names(figure)}
    assert by_title["third"].marker.color == NEUTRAL
    assert by_title["&lt;b&gt;second&lt;/b&gt;"].marker.color != NEUTRAL
    assert "✓ first %{x}" in by_title
    assert sorted(trace.line.width for trace in lines(figure)) == [2, 2, 4]


def test_a_single_list_and_an_empty_one_are_drawn() -> None:
    assert moves({"one": [0]}, 1, TITLES, colours=COLOURS).data
    assert moves({"one": [0], "two": []}, 1, TITLES, colours=COLOURS).data
