"""The bundled models with numpy alone, against torch."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core import corpus, embedding, models
from core.encoders import light
from core.encoders.base import with_options_of
from core.encoders.local import LocalEncoder
from core.encoders.pool import Pool
from core.errors import InputError
from core.models import ModelSpec
from tests.conftest import ROOT, FakeEncoder

TEXTS = [
    "Hello World",
    "An OWL hunts at night, naïvely: 東京 🦉 \ud800",
    "qwzx",
    corpus.sample().documents[0],
    "The fox sleeps in its den. " * 60,
    "",
]


@pytest.fixture(params=models.DEFAULT_PICKS)
def both(
    request: pytest.FixtureRequest, minilm: LocalEncoder, wordllama: LocalEncoder
) -> tuple[light.LightEncoder, LocalEncoder]:
    local = {minilm.spec.name: minilm, wordllama.spec.name: wordllama}[request.param]
    return light.load(local.spec), local


def test_vectors_counts_and_traces_are_those_of_torch(both: tuple[light.LightEncoder, LocalEncoder]) -> None:
    little, local = both
    np.testing.assert_allclose(little.encode(TEXTS), local.encode(TEXTS), atol=2e-5)
    assert little.count_tokens(TEXTS) == local.count_tokens(TEXTS)
    assert little.count_known_tokens(TEXTS) == local.count_known_tokens(TEXTS)
    assert [little.may_be_unknown(text) for text in TEXTS] == [local.may_be_unknown(text) for text in TEXTS]
    for name in ("revision", "dimensions", "max_tokens"):
        assert getattr(little, name) == getattr(local, name)
    for text in TEXTS[:-1]:
        mine, its = little.trace(text), local.trace(text)
        assert (mine.tokens, mine.pooling, mine.truncated) == (its.tokens, its.pooling, its.truncated)
        for name in ("vectors", "pooled", "weights"):
            np.testing.assert_allclose(getattr(mine, name), getattr(its, name), atol=1e-4)


def test_prompts_and_fewer_dimensions_are_those_of_the_spec(wordllama: LocalEncoder) -> None:
    spec = wordllama.spec.with_prompts("find: ", "").with_dimensions(64)
    mine, its = light.load(spec), with_options_of(wordllama, spec)
    np.testing.assert_allclose(mine.encode(["an owl"], "query"), its.encode(["an owl"], "query"), atol=1e-5)
    with pytest.raises(InputError, match="64"):
        mine.shorten(65)


def test_a_text_without_tokens_has_no_trace() -> None:
    with pytest.raises(InputError, match="no tokens"):
        light.load(models.get("wordllama-256")).trace("")


@pytest.fixture
def pool(home: Path, monkeypatch: pytest.MonkeyPatch) -> list[ModelSpec]:
    """What a pool without a loaded model was asked to load soon."""
    soon: list[ModelSpec] = []
    monkeypatch.setattr(embedding, "shared_pool", Pool)
    monkeypatch.setattr(Pool, "load_soon", lambda _, spec, _device: soon.append(spec))
    monkeypatch.setattr(Pool, "get", lambda *_, **__: pytest.fail("a model is loaded"))
    return soon


@pytest.mark.usefixtures("light_answers")
@pytest.mark.parametrize("name", models.DEFAULT_PICKS)
def test_a_first_short_text_of_ones_own_is_answered_while_the_model_loads(name: str, pool: list[ModelSpec]) -> None:
    spec = models.get(name)
    source = embedding.embed(["a text of one's own"], spec, at_once=True).provenance
    assert (source.engine, source.precision, source.device) == ("numpy", "float32", "cpu")
    assert embedding.trace("a text of one's own", spec, at_once=True) is not None
    assert pool == [spec, spec]


@pytest.mark.usefixtures("light_answers")
@pytest.mark.parametrize(
    ("texts", "how"),
    [(["a word"], {}), (["a word " * 600], {"at_once": True}), (["a word"], {"at_once": True, "engine": "torch"})],
    ids=["not at once", "many", "torch"],
)
def test_whatever_else_waits_for_the_model(
    texts: list[str],
    how: dict[str, Any],
    pool: list[ModelSpec],
    monkeypatch: pytest.MonkeyPatch,
    fake_encoder: FakeEncoder,
) -> None:
    monkeypatch.setattr(embedding, "encoder", lambda *_, **__: fake_encoder)
    source = embedding.embed(texts, models.get("wordllama-256"), **how).provenance
    assert source.engine == fake_encoder.engine
    assert pool == []


def test_it_needs_neither_torch_nor_transformers() -> None:
    code = (
        "import sys; from core import models; from core.encoders import light;"
        "[light.load(models.get(name)).encode(['an owl']) for name in models.DEFAULT_PICKS];"
        "print({'torch', 'transformers', 'sentence_transformers', 'sklearn'} & set(sys.modules))"
    )
    ran = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "set()"
