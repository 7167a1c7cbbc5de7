"""Which texts are computed together."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from core.encoders import batches

TEXTS = st.lists(st.text(max_size=30), max_size=60)
SIZES = st.integers(1, 20)
LENGTHS = st.lists(st.integers(0, 300), min_size=1, max_size=80).map(np.array)
BUDGETS = st.integers(1, 1000)


@given(TEXTS, SIZES)
def test_every_text_stands_in_one_window(texts, size):
    rows = [row for window in batches.windows(texts, lambda: size) for row in window]
    assert sorted(rows) == list(range(len(texts)))


@given(TEXTS, SIZES)
def test_only_the_last_window_may_be_smaller_than_asked(texts, size):
    sizes = [len(window) for window in batches.windows(texts, lambda: size)]
    assert all(found == size for found in sizes[:-1])
    assert all(1 <= found <= size for found in sizes[-1:])


@given(TEXTS, SIZES)
def test_the_longest_texts_come_first_and_equal_ones_in_their_order(texts, size):
    rows = [row for window in batches.windows(texts, lambda: size) for row in window]
    assert rows == sorted(range(len(texts)), key=lambda row: -len(texts[row]))


def test_no_texts_make_no_window():
    assert list(batches.windows([], lambda: 8)) == []


@given(LENGTHS, BUDGETS)
def test_every_text_of_a_window_stands_in_one_batch(lengths, budget):
    places = np.concatenate(list(batches.by_tokens(lengths, budget)))
    assert sorted(places) == list(range(len(lengths)))


@given(LENGTHS, BUDGETS)
def test_a_batch_holds_the_budget_padding_included_unless_it_is_one_text(lengths, budget):
    for batch in batches.by_tokens(lengths, budget):
        assert len(batch) == 1 or len(batch) * lengths[batch].max() <= budget


@given(LENGTHS, BUDGETS)
def test_a_batch_is_as_large_as_the_budget_allows(lengths, budget):
    for batch in list(batches.by_tokens(lengths, budget))[:-1]:
        assert (len(batch) + 1) * max(1, lengths[batch].max()) > budget


@given(LENGTHS, BUDGETS)
def test_several_batches_go_from_long_to_short_and_one_keeps_the_order(lengths, budget):
    found = list(batches.by_tokens(lengths, budget))
    places = np.concatenate(found) if found else np.array([], int)
    if len(found) == 1 and len(lengths) > 1:
        assert places.tolist() == list(range(len(lengths)))
    else:
        assert (np.diff(lengths[places]) <= 0).all()
