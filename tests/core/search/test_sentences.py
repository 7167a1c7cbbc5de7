"""Sentences put together are the text; the one that is marked is the best of all, found by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.search import sentences as module
from core.search.sentences import nearest_sentence, sentences, sentences_by_words


@given(st.text(max_size=200))
def test_sentences_put_together_are_the_text(text: str) -> None:
    assert "".join(sentences(text)) == text


def test_an_abbreviation_ends_no_sentence() -> None:
    assert [part.strip() for part in sentences("Dr. Smith went home. It rained! Why?")] == [
        "Dr. Smith went home.", "It rained!", "Why?",
    ]  # fmt: skip


def test_of_a_text_of_many_sentences_the_rest_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_SENTENCES", 2)
    text = "One is. Two is. Three is. Four is."
    assert [part.strip() for part in sentences(text)] == ["One is.", "Two is.", "Three is. Four is."]


def test_the_nearest_sentence_has_the_highest_cosine_and_nan_is_passed_over() -> None:
    vectors = np.array([[0, 1], [np.nan, 0], [0.6, 0.8], [-1, 0]], np.float32)
    assert nearest_sentence(np.array([1, 0], np.float32), vectors) == 2


def test_by_words_the_sentence_with_the_rarest_common_words_is_the_best() -> None:
    passages = [
        ("The cat sleeps. ", "The volcano erupts near the cat."),
        ("A cat purrs.", "Dogs bark."),
        ("Nothing here.",),
    ]
    assert sentences_by_words("cats and a volcano", passages) == [1, 0, None]
    assert sentences_by_words("cat", []) == []
