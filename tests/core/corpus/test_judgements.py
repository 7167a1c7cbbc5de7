"""Labels made by clicking: kept, taken back, apart from each other's, and never a path."""

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from core.corpus import from_paste, judgements
from core.errors import InputError

TEXTS = from_paste("one\ntwo\nthree")


def test_marks_come_back_and_can_be_changed_and_taken_back(home: Path) -> None:
    token = judgements.new_token()
    judgements.mark(token, TEXTS.fingerprint, "first", "1", 1)
    judgements.mark(token, TEXTS.fingerprint, "first", "2", 0)
    judgements.mark(token, "another corpus", "first", "2", 1)
    assert judgements.marks(token, TEXTS.fingerprint) == {"first": {"1": 1, "2": 0}}
    judgements.mark(token, TEXTS.fingerprint, "first", "1", None)
    assert judgements.marks(token, TEXTS.fingerprint) == {"first": {"2": 0}}
    judgements.mark(token, TEXTS.fingerprint, "first", "2", None)
    assert judgements.marks(token, TEXTS.fingerprint) == {}
    assert judgements.marks(token, "another corpus") == {"first": {"2": 1}}


def test_marks_are_labels_of_the_queries_that_have_a_relevant_document(home: Path) -> None:
    token = judgements.new_token()
    assert judgements.labels(token, TEXTS.fingerprint) is None
    judgements.mark(token, TEXTS.fingerprint, "nothing fits", "1", 0)
    assert judgements.labels(token, TEXTS.fingerprint) is None
    judgements.mark(token, TEXTS.fingerprint, "what is  two?", "2", 1)
    labels = judgements.labels(token, TEXTS.fingerprint)
    assert labels is not None
    assert labels.queries.texts == ("what is two?",)
    assert labels.qrels == {labels.queries.ids[0]: {"2": 1}}
    assert judgements.of_query(judgements.marks(token, TEXTS.fingerprint), "what is  two?") == {"2": 1}
    assert labels.left_out == {"judged queries without a relevant document": 1}


def test_nobody_sees_anothers_marks(home: Path) -> None:
    one, other = judgements.new_token(), judgements.new_token()
    judgements.mark(one, TEXTS.fingerprint, "q", "1", 1)
    assert judgements.marks(other, TEXTS.fingerprint) == {}


@pytest.mark.parametrize(
    "token", ["", "../../etc/passwd", "a" * 31, "A" * 32, "a" * 32 + "\n", "٠" * 32, "/" + "a" * 31]
)
def test_what_is_no_token_is_refused_and_touches_no_file(home: Path, token: str) -> None:
    assert not judgements.is_token(token)
    with pytest.raises(InputError, match="not a valid token"):
        judgements.mark(token, TEXTS.fingerprint, "q", "1", 1)
    with pytest.raises(InputError, match="not a valid token"):
        judgements.marks(token, TEXTS.fingerprint)
    assert not home.exists()


def test_two_windows_that_mark_at_once_lose_nothing(home: Path) -> None:
    token = judgements.new_token()
    with ThreadPoolExecutor(4) as pool:
        list(
            pool.map(
                lambda number: judgements.mark(token, TEXTS.fingerprint, f"q{number % 5}", str(number), 1), range(60)
            )
        )
    kept = judgements.marks(token, TEXTS.fingerprint)
    assert sorted(int(name) for grades in kept.values() for name in grades) == list(range(60))


@pytest.mark.parametrize(
    "content",
    [
        *(b"", b"\xff\xfe", b"[]", b'{"version": 1}', b'{"version": 1, "marks": {"c": {"q": {"d": "x"}}}}'),
        *(b"{" * 100_000, b'{"version": 2, "marks": {}}', b'{"version": 1, "marks": {"c": {"q": {"d": true}}}}'),
    ],
)
def test_a_damaged_file_counts_as_empty_and_can_be_marked_anew(home: Path, content: bytes) -> None:
    token = judgements.new_token()
    (home / "marks").mkdir(parents=True)
    (home / "marks" / f"{token}.json").write_bytes(content)
    assert judgements.marks(token, TEXTS.fingerprint) == {}
    judgements.mark(token, TEXTS.fingerprint, "q", "1", 1)
    assert judgements.marks(token, TEXTS.fingerprint) == {"q": {"1": 1}}


def test_marks_are_bounded(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(judgements, "MOST_MARKS", 3)
    token = judgements.new_token()
    for number in range(3):
        judgements.mark(token, TEXTS.fingerprint, "q", str(number), 1)
    with pytest.raises(InputError, match="3 documents are judged already"):
        judgements.mark(token, TEXTS.fingerprint, "q", "4", 1)
    judgements.mark(token, TEXTS.fingerprint, "q", "1", None)
    monkeypatch.setattr(judgements, "MOST_BYTES", 60)
    with pytest.raises(InputError, match="bytes"):
        judgements.mark(token, TEXTS.fingerprint, "a longer query", "4", 1)
    assert judgements.marks(token, TEXTS.fingerprint) == {"q": {"0": 1, "2": 1}}


def test_the_number_of_files_is_bounded_by_deleting_the_oldest(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(judgements, "MOST_FILES", 2)
    tokens = [judgements.new_token() for _ in range(4)]
    for token in tokens:
        judgements.mark(token, TEXTS.fingerprint, "q", "1", 1)
    assert len(list((home / "marks").glob("*.json"))) == 2
    assert judgements.marks(tokens[-1], TEXTS.fingerprint) == {"q": {"1": 1}}


def test_a_folder_that_cannot_be_written_is_a_sentence(home: Path) -> None:
    home.write_text("a file where the folder should be")
    with pytest.raises(InputError, match="EMBEDSCOPE_HOME"):
        judgements.mark(judgements.new_token(), TEXTS.fingerprint, "q", "1", 1)


def test_the_file_holds_nothing_but_marks(home: Path) -> None:
    token = judgements.new_token()
    judgements.mark(token, "print", "q", "1", 1)
    assert json.loads((home / "marks" / f"{token}.json").read_text()) == {
        "version": 1,
        "marks": {"print": {"q": {"1": 1}}},
    }
