"""Full-text search in a collection, against bm25s."""

import json
from pathlib import Path

import bm25s
import numpy as np
import pytest

from core import collections
from core.collections import ByWords, Collection
from core.errors import InputError
from core.tables import parts
from tests.core.collections.conftest import stop_after

SIZE = 200


def create_and_index(folder: Path, texts: list[str], titles: list[str] | None = None) -> Collection:
    path = folder / "rows.jsonl"
    rows = [{"id": f"d{row}", "text": text} for row, text in enumerate(texts)]
    for row, title in zip(rows, titles or [], strict=False):
        row["title"] = title
    path.write_text("\n".join(map(json.dumps, rows)))
    return collections.index_words(collections.create("rows", [path]))


def test_scores_are_those_of_bm25_up_to_a_factor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "MOST_ROWS", 100)
    draw = np.random.default_rng(0)
    words = [[f"w{number}" for number in draw.zipf(1.5, draw.integers(3, 30))] for _ in range(SIZE)]
    made = create_and_index(tmp_path, list(map(" ".join, words)))
    numbers = bm25s.BM25(method="lucene", k1=1.2, b=0.75)
    numbers.index(words, show_progress=False)
    for query in (["w2"], ["w7", "w3"], ["w40"]):
        expected = numbers.get_scores(query)
        hits = ByWords(made).find([" ".join(query)], 20)
        rows = hits.rows_of()
        assert len(rows) == min(20, (expected > 0).sum())
        np.testing.assert_allclose(hits.scores[0][: len(rows)], 2.2 * expected[rows], rtol=1e-2)
    assert ByWords(made).find(["nowhere"], 5).rows_of().tolist() == []


def test_words_are_taken_in_the_language_of_the_texts(tmp_path: Path) -> None:
    german = ["Die Häuser stehen an der Straße und sind nicht alt.", "Das ist ein Haus, und es ist für die Familie."]
    found = ByWords(create_and_index(tmp_path, german * 4)).find(["und Haus", "und die"], 8)
    assert sorted(found.rows_of(0).tolist()) == list(range(8))
    assert found.rows_of(1).tolist() == []


def test_words_written_without_blanks_are_found(tmp_path: Path) -> None:
    found = ByWords(create_and_index(tmp_path, ["東京は日本の首都です", "京都の寺"])).find(["首都", "寺"], 2)
    assert [found.rows_of(query).tolist() for query in range(2)] == [[0], [1]]


def test_a_title_counts_beside_its_text_and_equal_scores_are_in_row_order(tmp_path: Path) -> None:
    texts, titles = ["a fox runs", "a dog runs", "a fox runs", "a cat sleeps"], ["", "fox hunting", "fox", ""]
    found = ByWords(create_and_index(tmp_path, texts, titles)).find(["fox", "runs"], 4)
    assert set(found.rows_of(0).tolist()) == {0, 1, 2}
    assert found.rows_of(0)[0] == 2
    assert found.rows_of(1).tolist() == [0, 1, 2]


def test_texts_that_come_after_the_index_are_found_and_counted(texts: Path) -> None:
    with pytest.raises(StopIteration):
        collections.create("texts", [texts], on_progress=stop_after(2))
    so_far = collections.index_words(collections.open_collection("texts"))
    made = collections.create("texts", [texts])
    assert collections.words_in(made) == collections.words_in(so_far)
    assert collections.rows_without_words(made) == len(made) - len(so_far) > 0
    assert ByWords(made).find(["24"], 3).rows_of().tolist() == [24]


def test_conditions_are_met_by_what_words_find(texts: Path) -> None:
    made = collections.index_words(collections.create("texts", [texts]))
    condition = collections.sql(made, {"kind": ["1"]}, {})
    assert sorted(ByWords(made).find(["fox"], 25, condition).rows_of().tolist()) == [1, 5, 13, 17]


def test_words_that_are_not_indexed_are_refused_with_what_to_do(texts: Path) -> None:
    made = collections.create("texts", [texts])
    with pytest.raises(InputError, match=r"run `python -m core collection index texts --words`"):
        ByWords(made).find(["fox"], 5)
