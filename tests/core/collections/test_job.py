"""Jobs: collections made from uploaded files, completed, cancelled and resumed by the server."""

import time
from pathlib import Path
from typing import Any

import pytest

from core import collections, models
from core.collections import Jobs, Reading, Request, Step, completion, job, uploads
from core.corpus import from_path
from core.errors import InputError
from tests.core.collections.test_creation import assert_same
from tests.jobs import Steps

WORDLLAMA, ABSENT = models.get("wordllama-256"), models.get("all-mpnet-base-v2")
READING = Reading()
PATIENCE_SECONDS = 60


@pytest.fixture
def uploaded(texts: Path, home: Path) -> Path:
    """The texts as uploaded files of a collection; returns the folder in which such files lie."""
    uploads.store("texts", [(texts.name, texts.read_bytes())])
    return home / "uploads"


@pytest.fixture
def no_maps(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if no collection lacked a map, which takes seconds."""
    monkeypatch.setattr(completion, "_lacks_map", lambda *_: ())


def request(*specs: models.ModelSpec, reading: Reading | None = READING) -> Request:
    return Request("texts", specs, reading=reading)


def finish(jobs: Jobs, asked: Request) -> job.Job:
    started = jobs.start(asked)
    started.wait(PATIENCE_SECONDS)
    assert started.state != "running"
    return started


def test_a_job_reads_indexes_embeds_and_maps(texts: Path, uploaded: Path, steps: Steps, wordllama: object) -> None:
    made = finish(Jobs(), request(WORDLLAMA))
    assert (made.state, made.failures) == ("ended", [])
    assert made.done == [
        "Reading the files",
        "Indexing the words",
        "Embedding with wordllama-256",
        "Mapping with wordllama-256",
    ]
    found = collections.open_collection("texts")
    assert_same(found, from_path(texts))
    assert collections.missing(found, [WORDLLAMA]) == []
    assert list(uploaded.iterdir()) == []


def test_what_a_large_collection_lacks_is_an_index_too(
    numbers: Path, encoder: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(completion, "LARGE", 2000)
    found = collections.create("numbers", [numbers])
    lacking = collections.missing(found, [encoder.spec, ABSENT])
    assert [(step.kind, step.spec) for step in lacking] == [
        ("words", None),
        ("vectors", encoder.spec),
        ("vectors", ABSENT),
        ("index", encoder.spec),
        ("index", ABSENT),
        ("map", encoder.spec),
    ]
    assert [step.command("numbers") for step in lacking[::3]] == [
        "python -m core collection index numbers --words",
        "python -m core collection index numbers --model wordllama-256 --recall 0.98",
    ]
    monkeypatch.setattr(completion, "LARGE", 2001)
    assert not [step for step in collections.missing(found, [encoder.spec]) if step.kind == "index"]


def test_an_index_that_finds_too_little_is_a_sentence_and_not_built_again(
    numbers: Path, encoder: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(completion, "LARGE", 2000)
    monkeypatch.setattr(completion, "RECALL", 1.1)
    made = collections.create("numbers", [numbers])
    monkeypatch.setattr(completion, "vectors_by", lambda found, _: collections.models_of(found)[0])
    collections.embed_with(made, encoder)
    with pytest.raises(InputError, match=r"No setting of the index finds 110% of the nearest; the best finds \d"):
        completion.compute("numbers", Step("index", encoder.spec))
    found = collections.open_collection("numbers")
    assert not [step for step in collections.missing(found, [encoder.spec]) if step.kind == "index"]


@pytest.mark.usefixtures("no_maps")
def test_a_step_that_fails_is_a_sentence_and_the_others_are_done(
    uploaded: Path, steps: Steps, wordllama: object
) -> None:
    made = finish(Jobs(), request(ABSENT, WORDLLAMA))
    (failure,) = made.failures
    assert failure.startswith("Embedding with all-mpnet-base-v2 failed: all-mpnet-base-v2 is not ")
    assert made.done == ["Reading the files", "Indexing the words", "Embedding with wordllama-256"]


@pytest.mark.usefixtures("no_maps")
def test_a_cancelled_job_is_killed_and_resumed_where_it_was(
    tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a process of its own, which reads parts of few rows."""
    monkeypatch.setenv("EMBEDSCOPE_MOST_ROWS", "5")
    text = "id,text\n" + "".join(f"d{row},text {row}\n" for row in range(600))
    uploads.store("texts", [("texts.csv", text.encode())])
    jobs = Jobs()
    first = jobs.start(request())
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline and not ("texts" in collections.names() and parts("texts")):
        time.sleep(0.01)
    first.cancel()
    first.wait(PATIENCE_SECONDS)
    assert (first.state, first.failures, first.is_reading) == ("cancelled", [], True)
    before = parts("texts")
    assert 0 < len(before) < 120
    assert collections.reading_of("texts") == Reading()

    assert finish(jobs, request(reading=collections.reading_of("texts"))).failures == []
    found = collections.open_collection("texts")
    assert parts("texts")[: len(before)] == before
    assert found.data.to_table(columns=["id"])["id"].to_pylist() == [f"d{row}" for row in range(600)]
    assert collections.reading_of("texts") is None


def parts(name: str) -> list[int]:
    return [part.id for part in collections.open_collection(name).fragments]


@pytest.mark.usefixtures("no_maps")
def test_who_asks_again_gets_the_job_under_way_and_others_wait(uploaded: Path, steps: Steps) -> None:
    release, jobs = steps.hold("Reading"), Jobs()
    first = jobs.start(request())
    assert steps.reached.wait(PATIENCE_SECONDS)
    assert jobs.start(request(WORDLLAMA)) is first
    other = jobs.start(Request("others", (), reading=Reading()))
    deadline = time.monotonic() + PATIENCE_SECONDS
    while "Waiting" not in other.doing.what and time.monotonic() < deadline:
        time.sleep(0.01)
    assert other.doing.what.startswith("Waiting: place 1 in the queue for collections")
    assert jobs.running() == [first, other]
    other.cancel()
    other.wait(PATIENCE_SECONDS)
    release.set()
    first.wait(PATIENCE_SECONDS)
    assert (first.state, other.state) == ("ended", "cancelled")


@pytest.mark.parametrize("content", [b"id,text\na,\n", b"id,kind\na,b\n"], ids=["no text", "no column of texts"])
def test_files_that_hold_no_text_leave_nothing(content: bytes, home: Path, steps: Steps) -> None:
    uploads.store("texts", [("texts.csv", content)])
    made = finish(Jobs(), request())
    assert len(made.failures) == 1
    assert "texts.csv" in made.failures[0]
    assert (collections.names(), uploads.paths("texts")) == ([], [])


def test_files_that_cannot_be_read_to_their_end_leave_what_was_read(home: Path, steps: Steps) -> None:
    uploads.store("texts", [("a.csv", b"id,text\na,one\n"), ("b.parquet", b"no Parquet")])
    made = finish(Jobs(), request())
    assert "b.parquet" in made.failures[0]
    found = collections.open_collection("texts")
    assert (len(found), found.facts.is_complete) == (1, False)


def test_a_failure_that_nobody_foresaw_is_a_sentence(uploaded: Path, steps: Steps, monkeypatch: Any) -> None:
    monkeypatch.setattr(job, "missing", lambda *_: 1 / 0)
    made = finish(Jobs(), request())
    assert made.failures == ["Reading the files failed: ZeroDivisionError: division by zero"]


def test_a_job_is_cancelled_before_its_collection_is_deleted(uploaded: Path, steps: Steps) -> None:
    steps.hold("Indexing")
    jobs = Jobs()
    jobs.start(request())
    assert steps.reached.wait(PATIENCE_SECONDS)
    jobs.delete("texts")
    assert (collections.names(), jobs.of("texts"), jobs.running()) == ([], None, [])


def test_uploaded_files_keep_their_names_and_their_order(home: Path) -> None:
    given = [("b.csv", b"1"), ("a.csv", b"2"), ("a.csv", b"3")]
    uploads.store("texts", [("old.csv", b"")])
    uploads.store("texts", given)
    assert [(path.name, path.read_bytes()) for path in uploads.paths("texts")] == given
    uploads.remove("texts")
    assert uploads.paths("texts") == []
    assert list((home / "uploads").iterdir()) == []


def test_uploads_that_cannot_be_written_are_a_sentence(home: Path) -> None:
    home.mkdir()
    (home / "uploads").write_text("a file")
    with pytest.raises(InputError, match="Cannot write the uploaded files to"):
        uploads.store("texts", [("a.csv", b"")])


def test_a_new_collection_needs_a_name_of_its_own_and_files(texts: Path) -> None:
    with pytest.raises(InputError, match="A collection cannot be called 'my texts': use up to 64 letters"):
        collections.check_new("my texts", ["a file"])
    with pytest.raises(InputError, match="A collection needs at least one file"):
        collections.check_new("texts", [])
    collections.create("texts", [texts])
    with pytest.raises(InputError, match="There is a collection texts already: delete it, or use another name"):
        collections.check_new("texts", ["a file"])
