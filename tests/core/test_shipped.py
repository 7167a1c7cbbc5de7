"""Vectors that come with Embedscope, against a fresh computation."""

from dataclasses import replace

import numpy as np
import pytest

from core import corpus, embedding, models
from core.encoders import pool
from core.errors import ModelUnavailableError
from core.models import DEFAULT_PICKS
from core.shipped import shipped, texts_to_ship

SPECS = [models.get(name) for name in DEFAULT_PICKS]


@pytest.fixture
def no_model_is_loaded(home, monkeypatch):
    monkeypatch.setattr(pool.Pool, "get", lambda *_, **__: pytest.fail("a model is loaded"))


@pytest.fixture(params=SPECS, ids=lambda spec: spec.name)
def spec(request):
    return request.param


def test_every_row_is_what_the_model_gives(spec, minilm, wordllama):
    encoder = {minilm.spec.name: minilm, wordllama.spec.name: wordllama}[spec.name]
    texts = texts_to_ship()
    known = shipped(spec)
    assert known
    fresh = encoder.encode(texts)
    np.testing.assert_allclose(np.linalg.norm(known.vectors, axis=1), 1, atol=1e-6)
    for kind in ("document", "query"):
        rows = known.find(texts, kind)
        assert rows is not None
        assert np.sum(known.vectors[rows] * fresh, axis=1).min() > 0.9999
        assert known.tokens[rows].tolist() == encoder.count_tokens(texts)
    assert list(known.traces) == [corpus.EXPLAINED[0], *corpus.sample_sentences().splitlines()]
    for text, trace in known.traces.items():
        computed = encoder.trace(text)
        assert (trace.tokens, trace.pooling, trace.truncated) == (computed.tokens, computed.pooling, 0)
        for name in ("vectors", "pooled", "weights"):
            np.testing.assert_allclose(getattr(trace, name), getattr(computed, name), atol=1e-4)


@pytest.mark.usefixtures("no_model_is_loaded")
def test_the_sample_needs_no_model(spec):
    documents = embedding.embed(corpus.sample().documents, spec)
    queries = embedding.embed(corpus.sample_queries().texts, spec, kind="query")
    source = documents.provenance
    assert (source.computed, source.remembered, source.texts) == (0, 648, 648)
    assert source.shipped
    counts = embedding.count_tokens(corpus.sample().documents, spec)
    assert counts
    assert source.truncated_texts == sum(count > (source.max_tokens or np.inf) for count in counts)
    assert queries.vectors.shape == (192, documents.vectors.shape[1])
    for text in (corpus.EXPLAINED[0], *corpus.sample_sentences().splitlines()):
        assert embedding.trace(text, spec) is not None
    assert documents.identity.precision == "float32"


def test_a_missing_package_is_missed_all_the_same(monkeypatch):
    monkeypatch.setattr("core.models.files._package_folder", lambda _: None)
    with pytest.raises(ModelUnavailableError):
        embedding.embed(corpus.EXPLAINED, SPECS[0])


@pytest.mark.parametrize(
    ("texts", "changed", "how"),
    [
        (("a text of one's own", *corpus.EXPLAINED), {}, {}),
        (corpus.EXPLAINED, {"document_prompt": "passage: "}, {}),
        (corpus.EXPLAINED, {"revision": "another"}, {}),
        (corpus.EXPLAINED, {}, {"precision": "float32"}),
        (corpus.EXPLAINED, {}, {"engine": "static"}),
    ],
    ids=["text", "prompt", "revision", "precision", "engine"],
)
def test_everything_else_is_computed(home, monkeypatch, fake_encoder, texts, changed, how):
    spec = replace(models.get("wordllama-256"), **changed)
    monkeypatch.setattr(embedding, "encoder", lambda *_, **__: fake_encoder)
    source = embedding.embed(texts, spec, **how).provenance
    assert (source.shipped, source.engine) == ("", "fake")
