"""The tables of values that a screen reader reads in the place of a chart."""

import re

import numpy as np
import plotly.graph_objects as go
import pytest

from core.charts.values import MOST_ROWS, to_tables


def cells(content: str) -> list[list[str]]:
    return [re.findall(r"<t[hd]>(.*?)</t[hd]>", row) for row in re.findall(r"<tr>(.*?)</tr>", content)]


def test_points_have_the_words_of_their_ticks_and_their_text():
    figure = go.Figure(go.Bar(x=[0.74, None, 12345.6], y=[0, 1, 2], text=["<b>0.740</b>", "", "&lt;i&gt;"], name="a<b"))
    figure.update_xaxes(title_text="nDCG@10").update_yaxes(tickvals=[0, 2], ticktext=["MiniLM", "BM25"])
    content = to_tables(figure, "Ranking")
    assert "<caption>Ranking: a&lt;b</caption>" in content
    assert cells(content) == [
        ["nDCG@10", "y", "Text"],
        ["0.74", "MiniLM", "0.740"],
        ["1.235e+04", "BM25", "&lt;i&gt;"],
    ]


def test_what_has_no_values_to_point_at_is_no_table():
    assert to_tables(go.Figure([go.Scatter(x=[1], y=[2], hoverinfo="skip"), go.Scatter(x=[], y=[])]), "Lines") == ""


def test_a_small_heatmap_is_a_table_and_a_large_one_its_ranges():
    figure = go.Figure(go.Heatmap(z=np.array([[1, np.nan], [0.25, -1]]), x=["a", "b"], y=["c", "d"]))
    assert cells(to_tables(figure, "Similarity")) == [["Row", "a", "b"], ["c", "1", ""], ["d", "0.25", "-1"]]
    figure = go.Figure(go.Heatmap(z=np.arange(1000.0).reshape(2, 500)))
    assert cells(to_tables(figure, "Barcode"))[1:] == [["0", "500", "0", "499"], ["1", "500", "500", "999"]]


@pytest.mark.parametrize(("count", "rows"), [(MOST_ROWS, MOST_ROWS + 1), (MOST_ROWS + 5, MOST_ROWS + 2)])
def test_many_points_are_cut_and_the_rest_is_counted(count, rows):
    table = cells(to_tables(go.Figure(go.Scatter(x=np.arange(count), y=np.arange(count))), "Points"))
    assert len(table) == rows
    assert (table[-1] == ["5 more"]) == (count > MOST_ROWS)
