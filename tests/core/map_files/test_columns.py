"""Columns to colour by: what kind each is, and its values."""

import datetime

import numpy as np
import pytest

from core.map_files import column, column_kind


def shown(parsed):
    """Each row's category by name."""
    assert parsed.codes.dtype == np.uint8
    return [parsed.categories[code] for code in parsed.codes]


@pytest.mark.parametrize(
    ("cells", "kind"),
    [
        (["1", "2.5", "-3e4", ""], "number"),
        (["1999", "2024"], "number"),
        (["007", "nan", "NA", "-"], "number"),
        (["2020-01-31", "2021-05-06T10:00:00Z", ""], "date"),
        (["31.12.2020", "01.02.2020"], "date"),
        (["May 3, 2020"], "date"),
        (["owl", "1"], "category"),
        (["NA", "owl"], "category"),
        (["True", "False"], "category"),
        (["2020-13-01"], "category"),
        (["1_000"], "category"),
        (["1,000"], "category"),
        (["0x10"], "category"),
        (["1"] * 500 + ["one"], "category"),
        (["2020-01-01"] * 500 + ["soon"], "category"),
        (["", ""], "category"),
        ([], "category"),
    ],
)
def test_the_kind_of_a_column_is_what_all_its_cells_are(cells, kind):
    assert column_kind(cells) == kind
    assert column("c", cells).kind == kind


def test_numbers_are_parsed_and_missing_ones_counted():
    parsed = column("c", ["1", "", "-2.5e3", "nan", "inf"])
    np.testing.assert_array_equal(parsed.values, [1, np.nan, -2500, np.nan, np.nan])
    assert parsed.missing == 3
    assert parsed.codes is None
    assert parsed.categories == ()


@pytest.mark.parametrize(
    ("cell", "moment"),
    [
        ("2020-02-29", (2020, 2, 29)),
        ("2020-02-29T10:11:12.5+02:00", (2020, 2, 29, 8, 11, 12, 500_000)),
        ("2020/02/29", (2020, 2, 29)),
        ("29.02.2020", (2020, 2, 29)),
        ("02/29/2020", (2020, 2, 29)),
        ("29/02/2020", (2020, 2, 29)),
        ("29 February 2020", (2020, 2, 29)),
        ("Feb 29, 2020", (2020, 2, 29)),
        ("Sat, 29 Feb 2020 10:11:12 -0500", (2020, 2, 29, 15, 11, 12)),
        ("Sat Feb 29 10:11:12 +0000 2020", (2020, 2, 29, 10, 11, 12)),
        ("0001-01-01", (1, 1, 1)),
        ("9999-12-31", (9999, 12, 31)),
    ],
)
def test_dates_become_seconds_since_1970(cell, moment):
    parsed = column("c", [cell, ""])
    since = datetime.datetime(*moment) - datetime.datetime(1970, 1, 1)
    np.testing.assert_array_equal(parsed.values, [since.total_seconds(), np.nan])
    assert parsed.missing == 1


def test_one_form_of_date_holds_for_a_whole_column():
    day_first = column("c", ["03/02/2020", "31/01/2020"])
    assert np.diff(np.array(day_first.values)).tolist() == [-3 * 86_400]


def test_categories_are_counted_and_the_most_frequent_come_first():
    parsed = column("c", ["b", "a", "a", "", "c", "a", "c"])
    assert parsed.categories == ("a", "c", "b", "(blank)")
    assert shown(parsed) == ["b", "a", "a", "(blank)", "c", "a", "c"]
    assert parsed.missing == 1
    assert parsed.values is None


def test_beyond_fifty_categories_the_rest_are_other():
    cells = [str(number) + "x" for number in range(60) for _ in range(100 - number)]
    parsed = column("c", cells)
    assert parsed.categories == (*(f"{number}x" for number in range(50)), "other")
    assert shown(parsed) == [cell if int(cell[:-1]) < 50 else "other" for cell in cells]
    assert parsed.missing == 0


def test_fifty_categories_need_no_other():
    assert "other" not in column("c", [f"{number}x" for number in range(50)]).categories


def test_a_category_that_is_called_other_takes_the_rest_in():
    parsed = column("c", ["other"] * 2 + [f"{number}x" for number in range(60)])
    assert len(parsed.categories) == len(set(parsed.categories)) == 50
    assert shown(parsed).count("other") == 2 + 60 - 49


def test_a_hundred_thousand_categories_are_fifty_and_other():
    parsed = column("c", [f"n{number}" for number in range(100_000)])
    assert len(parsed.categories) == 51
    assert shown(parsed).count("other") == 100_000 - 50


def test_another_kind_can_be_asked_for():
    assert column("c", ["1", "2", "1"], "category").categories == ("1", "2")
    assert column("c", ["owl", "1"], "number").missing == 2
    np.testing.assert_array_equal(column("c", ["2020", "1999"], "date").values, [1577836800, 915148800])
