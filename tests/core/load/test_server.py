"""A local model behind a server: the vectors it has here, in OpenAI's shape, on this machine alone."""

import base64
import http.client
import json
import threading
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from openai import OpenAI

from core.load.server import PATH, EmbeddingServer
from tests.conftest import FakeEncoder

TEXTS = ["an owl at night", "a heron"]


@pytest.fixture
def server(fake_encoder: FakeEncoder) -> Iterator[EmbeddingServer]:
    encoder: Any = fake_encoder
    with EmbeddingServer(encoder, "own") as running:
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield running
        running.shutdown()
        thread.join()


def post(server: EmbeddingServer, body: bytes, path: str = PATH, **headers: str) -> tuple[int, dict[str, Any]]:
    connection = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=10)
    connection.request("POST", path, body, headers)
    response = connection.getresponse()
    content = json.loads(response.read())
    connection.close()
    return response.status, content


@pytest.mark.parametrize("encoding", ["float", "base64"])
def test_openais_client_gets_the_vectors_and_tokens_of_the_encoder(
    server: EmbeddingServer, fake_encoder: FakeEncoder, encoding: Any
) -> None:
    with OpenAI(api_key="none", base_url=f"http://127.0.0.1:{server.server_port}/v1", max_retries=0) as client:
        given = client.embeddings.with_raw_response.create(model="own", input=TEXTS, encoding_format=encoding)
        answer = given.parse()
    vectors = [
        np.frombuffer(base64.b64decode(item.embedding), "<f4")  # type: ignore[arg-type]
        if encoding == "base64"
        else np.array(item.embedding, np.float32)
        for item in answer.data
    ]
    assert np.array_equal(np.array(vectors), fake_encoder.encode(TEXTS))
    assert answer.usage.total_tokens == sum(fake_encoder.count_tokens(TEXTS))
    assert float(given.headers["x-total-time"]) > 0


def test_it_listens_on_this_machine_alone(server: EmbeddingServer) -> None:
    assert server.server_address[0] == "127.0.0.1"


@pytest.mark.parametrize(
    ("body", "path", "status", "message"),
    [
        (b"not JSON", PATH, 400, "not JSON"),
        (b"[]", PATH, 400, "a text or a list of texts"),
        (b'{"input": []}', PATH, 400, "a text or a list of texts"),
        (b'{"input": [1]}', PATH, 400, "a text or a list of texts"),
        (b'{"input": "an owl"}', "/", 404, "There is only /v1/embeddings"),
    ],
)
def test_what_is_no_request_for_embeddings_is_refused_and_the_server_goes_on(
    server: EmbeddingServer, body: bytes, path: str, status: int, message: str
) -> None:
    refused, content = post(server, body, path)
    assert refused == status
    assert message in content["error"]["message"]
    assert post(server, b'{"input": "an owl"}')[0] == 200


def test_a_request_that_is_too_large_is_refused_before_it_is_read(server: EmbeddingServer) -> None:
    assert post(server, b"", **{"Content-Length": str(10**9)})[0] == 413
