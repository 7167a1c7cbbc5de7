"""What pages remember is remembered under the model that computed it, whatever the model is called."""

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest

from core import corpus, models
from core.encoders.pool import Pool
from core.jobs.shared import SharedWork
from core.models import ModelSpec, Server
from core.progress import silent
from core.retrieval import Task
from pages.shared import cache
from pages.shared.cache import Memory
from tests.conftest import FakeEncoder

TEXTS, QUERIES = corpus.from_paste("one\ntwo\nthree"), corpus.from_paste("four")
GPU = "http://gpu.example/v1"


class Scripted(FakeEncoder):
    """Vectors that depend on the text and on all that tells models apart."""

    def encode(self, texts, kind="document", on_progress=silent):
        mark = f"{self.spec.id} {self.precision}"
        return super().encode([f"{mark} {text}" for text in texts], kind, on_progress)


def server(model: str, url: str = GPU, dimensions: int | None = None) -> ModelSpec:
    """What a section [servers.gpu] of secrets.toml describes."""
    found = Server("gpu", url, model, dimensions)
    return replace(models.get("wordllama-256"), name="server:gpu", id=f"{model}@{url}", server=found)


@pytest.fixture(autouse=True)
def fake_models(home: object, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server of its own, in which the models are fake."""
    pools = [Pool()]
    memory = Memory()
    monkeypatch.setattr("core.encoders.load", lambda spec, **_: Scripted(spec))
    monkeypatch.setattr("core.embedding.shared_pool", lambda: pools[-1])
    monkeypatch.setattr(cache, "memory", lambda: memory)
    monkeypatch.setattr("core.embedding.availability", lambda _: type("Ready", (), {"is_ready": True}))


def vectors_of(spec: ModelSpec) -> np.ndarray:
    return cache.embed_corpus(TEXTS, spec, silent).vectors


@pytest.mark.parametrize(
    "other",
    [server("another"), server("own", "http://other.example/v1"), replace(server("own"), query_prompt="query: ")],
    ids=["model", "address", "prompt"],
)
def test_a_server_that_comes_to_hold_another_model_does_not_serve_the_vectors_of_the_one_before(
    other: ModelSpec,
) -> None:
    one = server("own")
    keys = {cache.identity(spec) for spec in (one, other)}
    assert len(keys) == 2
    if other.id != one.id:
        assert not np.array_equal(vectors_of(one), vectors_of(other))
    np.testing.assert_array_equal(vectors_of(one), vectors_of(server("own")))


def test_rankings_follow_the_model_behind_the_name() -> None:
    task = Task(TEXTS, QUERIES)
    one, other = (
        cache.rankings(task, {spec.name: cache.embeddings(task, spec, silent)}, silent)
        for spec in (server("own"), server("another"))
    )
    for system in ("server:gpu", "Hybrid"):
        assert one[system].key != other[system].key
    assert not np.array_equal(one["server:gpu"].hits.scores, other["server:gpu"].hits.scores)


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Embedding takes a moment for each text; gives the texts that were computed."""
    computed: list[str] = []

    def encode(self, texts, kind="document", on_progress=silent):
        rows = []
        for place, text in enumerate(texts):
            on_progress("Embedding", place, len(texts))
            time.sleep(0.01)
            computed.append(text)
            rows.append(FakeEncoder.encode(self, [text], kind)[0])
        return np.array(rows)

    shared = SharedWork()
    monkeypatch.setattr(Scripted, "encode", encode)
    monkeypatch.setattr(cache, "work", lambda: shared)
    return computed


MANY = corpus.from_paste("\n".join(f"text {number}" for number in range(60)))


def test_ten_sessions_that_want_one_cold_corpus_have_it_computed_once(slow: list[str]) -> None:
    with ThreadPoolExecutor(10) as threads:
        results = list(threads.map(lambda _: cache.embed_corpus(MANY, server("own"), silent), range(10)))
    assert sorted(slow) == sorted(MANY.documents)
    for result in results:
        np.testing.assert_array_equal(result.vectors, results[0].vectors)


def test_who_leaves_the_page_and_comes_back_finds_the_work_going_on(slow: list[str]) -> None:
    class LeftError(Exception):
        pass

    def leave(*_: object) -> None:
        raise LeftError

    with pytest.raises(LeftError):
        cache.embed_corpus(MANY, server("left"), leave)
    assert len(cache.embed_corpus(MANY, server("left"), silent).vectors) == 60
    assert sorted(slow) == sorted(MANY.documents)
