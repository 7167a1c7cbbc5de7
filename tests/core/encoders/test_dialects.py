"""Models behind APIs that are not quite OpenAI's, against a double that answers in the shapes they document."""

from typing import Any

import numpy as np
import pytest

from core import embedding, encoders, examples, models
from core.encoders.api import RemoteEncoder
from core.encoders.base import Kind
from core.errors import ModelUnavailableError
from core.models import servers
from core.models.dialects import DIALECTS
from core.similarity.functions import SIMILARITIES, score_matrix
from core.storage.vectors import Store
from tests.servers.dialects import dialect_server, vector

KEY = "sk-dialect-0123456789"
TEXTS = ["Hello World", "Grüße 👋", "a"]
MARKS: dict[str, dict[Kind, str]] = {
    "cohere": {"query": "search_query", "document": "search_document"},
    "voyage": {"query": "query", "document": "document"},
    "mistral": {"query": "", "document": ""},
    "jina": {"query": "retrieval.query", "document": "retrieval.passage"},
    "gemini": {"query": "RETRIEVAL_QUERY", "document": "RETRIEVAL_DOCUMENT"},
}

pytestmark = [pytest.mark.parametrize("dialect", MARKS), pytest.mark.usefixtures("no_secrets_and_short_waits")]


@pytest.fixture
def server(dialect):
    with dialect_server(dialect, KEY) as running:
        yield running


@pytest.fixture
def add(tmp_path, dialect, server):
    """Write the dialect's section of secrets.toml and give the model it makes."""

    def write(**lines):
        lines = {"dialect": dialect, "url": server.url, "model": "own", "key": KEY} | lines
        (tmp_path / ".streamlit").mkdir(exist_ok=True)
        content = "\n".join(f"{line} = {value!r}" for line, value in lines.items())
        (tmp_path / ".streamlit" / "secrets.toml").write_text(f"[servers.own]\n{content}\n")
        return models.get("server:own")

    return write


def assert_equal(vectors, rows):
    np.testing.assert_allclose(vectors, rows, rtol=0, atol=1e-6)


def expected(texts, mark, dimensions=None):
    rows = np.array([vector(text, mark, dimensions) for text in texts])
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def test_queries_and_documents_are_marked_as_the_api_wants_it(dialect, add):
    encoder = encoders.load(add())
    for kind, mark in MARKS[dialect].items():
        assert_equal(encoder.encode(TEXTS, kind), expected(TEXTS, mark))


def test_queries_and_documents_are_stored_apart_where_their_vectors_differ(dialect, add, tmp_path):
    encoder, store = encoders.load(add()), Store(tmp_path / "vectors")
    for kind, mark in MARKS[dialect].items():
        found = embedding.embed_with(encoder, TEXTS, kind=kind, store=store).vectors
        assert_equal(found, expected(TEXTS, mark))


def test_shorter_vectors_are_asked_for_by_the_apis_own_name(dialect, add):
    encoder = encoders.load(add(dimensions=4))
    mark = MARKS[dialect]["document"]
    assert_equal(encoder.encode(TEXTS), expected(TEXTS, mark, 4))
    assert encoder.dimensions == 4


@pytest.mark.parametrize("dimensions", [None, 4])
def test_the_code_shown_calls_the_api(dialect, add, dimensions):
    spec = add(**({"dimensions": dimensions} if dimensions else {}))
    for kind, mark in MARKS[dialect].items():
        space: dict[str, Any] = {}
        exec(examples.embed(spec, TEXTS, kind).replace('key = "..."', f"key = {KEY!r}"), space)
        assert_equal(space["vectors"], expected(TEXTS, mark, dimensions))
    exec(examples.benchmark(spec, "a").replace('key = "..."', f"key = {KEY!r}"), {})


@pytest.mark.parametrize("similarity", SIMILARITIES)
def test_the_code_shown_compares_as_the_section_says(dialect, add, similarity):
    spec, space = add(similarity=similarity), dict[str, Any]()
    exec(examples.search(spec, "Hello", TEXTS).replace('key = "..."', f"key = {KEY!r}"), space)
    encoder = encoders.load(spec)
    scores = score_matrix(encoder.encode(["Hello"], "query"), encoder.encode(TEXTS), similarity)[0]
    assert_equal(space["scores"], scores)


def test_the_provenance_names_the_dialect(dialect, add):
    assert embedding.embed_with(encoders.load(add(), engine="openai"), TEXTS).provenance.engine == dialect


def test_requests_hold_no_more_texts_than_the_api_takes(dialect, add, server):
    encoder = encoders.load(add())
    texts = [f"text {number}" for number in range(250)]
    assert_equal(encoder.encode(texts), expected(texts, MARKS[dialect]["document"]))
    requests = len(server.received)
    assert requests == 1 + -(-250 // (DIALECTS[dialect].most_texts or 256)), "a request was refused as too large"


def test_a_limit_that_nobody_knew_of_is_learnt_from_the_refusal(dialect, add, server):
    server.most_texts = 20
    texts = [f"text {number}" for number in range(50)]
    vectors = encoders.load(add()).encode(texts)
    assert_equal(vectors, expected(texts, MARKS[dialect]["document"]))


def test_tokens_and_a_declared_price_are_counted_where_the_api_counts_them(dialect, add):
    usage = RemoteEncoder(add(usd_per_million_tokens=5)).encode_with_usage(TEXTS)[1]
    counted = None if dialect == "gemini" else 9
    assert (usage.tokens, usage.dollars) == (counted, counted and pytest.approx(9 * 5e-6))


def test_the_key_is_in_its_header_and_in_no_message(dialect, add, server, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-openai-secret")
    encoders.load(add()).encode(TEXTS)
    assert "sk-openai-secret" not in str([str(headers) for _, headers, _ in server.received])
    spec = add(key="sk-another-secret")
    with pytest.raises(ModelUnavailableError, match="Check the key") as refused:
        encoders.load(spec)
    assert "secret" not in str(refused.value).replace("secrets.toml", "")


def test_the_address_is_the_providers_own_unless_another_is_named(dialect, add):
    spec = add(url="")
    assert spec.server.url == DIALECTS[dialect].url
    assert servers.problems() == ()
