"""The sentence about what each system puts first."""

import pytest

from core.search.leaders import leaders

TITLES = ("Soup", "Snakes", "Sun")


def test_systems_that_agree_are_counted() -> None:
    assert leaders({"a": 0, "b": 0}, TITLES) == "Both systems put “Soup” first."
    assert leaders({"a": 1, "b": 1, "BM25": 1}, TITLES) == "All three systems put “Snakes” first."


def test_most_and_the_others_are_named() -> None:
    said = leaders({"a": 0, "b": 1, "BM25": 0, "Hybrid": 0}, TITLES)
    assert said == "Three of four systems put “Soup” first; b puts “Snakes”."


def test_systems_that_disagree_are_named_with_what_they_put_first() -> None:
    said = leaders({"a": 0, "b": 1, "BM25": 2, "Hybrid": 2}, TITLES)
    assert said == "The systems disagree: a puts “Soup” first; b puts “Snakes”; BM25 and Hybrid put “Sun”."


@pytest.mark.parametrize(
    ("firsts", "relevant", "said"),
    [
        ({"a": 0, "b": 0}, {0}, "It is relevant."),
        ({"a": 0, "b": 0}, set(), "It is not relevant."),
        ({"a": 0, "b": 1}, {0, 1}, "Each of these is relevant."),
        ({"a": 0, "b": 1}, set(), "None of these is relevant."),
        ({"a": 0, "b": 1, "BM25": 2}, {1}, "Only that of b is relevant."),
        ({"a": 0, "b": 1, "BM25": 2}, {1, 2}, "Only those of b and BM25 are relevant."),
        ({"a": 0, "BM25": None}, {0}, "It is relevant. BM25 finds nothing."),
    ],
)
def test_of_a_labelled_query_it_is_said_what_is_relevant(
    firsts: dict[str, int | None], relevant: set[int], said: str
) -> None:
    assert leaders(firsts, TITLES, relevant).endswith(said)
    assert "relevant" not in leaders(firsts, TITLES)


def test_a_system_that_finds_nothing_is_named() -> None:
    assert leaders({"a": 0, "BM25": None}, TITLES) == "a puts “Soup” first. BM25 finds nothing."
    assert leaders({"a": 0, "BM25": None, "Hybrid": 0}, TITLES) == (
        "a and Hybrid put “Soup” first. BM25 finds nothing."
    )
    assert leaders({"BM25": None}, TITLES) == "Nothing is found."
