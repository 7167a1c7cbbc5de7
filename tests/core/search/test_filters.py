"""What a corpus can be filtered by, and which rows are left, against a loop by hand."""

from core.search.filters import Choices, Span, filters, matching

FIELDS = {
    "title": tuple(f"title {row}" for row in range(60)),
    "kind": tuple("ab"[row % 2] for row in range(60)),
    "year": tuple(str(1990 + row % 20) if row % 7 else "" for row in range(60)),
    "source": ("one",) * 60,
}


def test_fields_of_few_values_and_fields_of_numbers_can_be_filtered_by() -> None:
    assert filters(FIELDS) == [Choices("kind", {"a": 30, "b": 30}), Span("year", 1990, 2009)]


def test_a_few_numbers_are_choices_and_what_is_not_a_number_everywhere_is_no_span() -> None:
    cells = {"stars": ("1", "2", "3") * 20, "odd": (*map(str, range(59)), "nan")}
    assert filters(cells) == [Choices("stars", {"1": 20, "2": 20, "3": 20})]


def test_numbers_that_no_slider_can_hold_are_no_span() -> None:
    cells = tuple(str(10**30 + row) for row in range(40))
    assert filters({"huge": cells, "infinite": (*cells[:39], "inf"), "odd": (*map(str, range(39)), "1_0")}) == []


def test_rows_that_meet_every_condition_are_left() -> None:
    rows = matching(FIELDS, {"kind": ["a"], "source": []}, {"year": (1995, 2000)})
    expected = [
        row for row in range(60)
        if FIELDS["kind"][row] == "a" and FIELDS["year"][row] and 1995 <= int(FIELDS["year"][row]) <= 2000
    ]  # fmt: skip
    assert rows.tolist() == expected
    assert expected


def test_conditions_can_leave_nothing_and_none_leave_everything() -> None:
    assert matching(FIELDS, {"kind": ["c"]}, {}).tolist() == []
    assert matching(FIELDS, {}, {}).tolist() == list(range(60))
    assert matching({}, {}, {}).tolist() == []
