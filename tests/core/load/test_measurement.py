"""What a step measures of a server: its answers, its errors, and what it says of its phases."""

import json
import socket
from collections.abc import Iterator

import numpy as np
import pytest

from core.encoders.endpoint import Endpoint, Request
from core.errors import ModelUnavailableError
from core.load import client, measurement
from core.load.client import Client, Reply, read_phases
from core.load.measurement import offer, prepare, summarise
from core.load.result import Settings, Unloaded
from core.load.sender import Outcome
from core.models import ModelSpec, Server
from core.models.dialects import DIALECTS
from tests.servers.queueing import TOKENS, QueueingServer, queueing_server

QUICK = Settings(seconds=0.2, least_requests=20)

pytestmark = pytest.mark.usefixtures("no_secrets_and_short_waits")


@pytest.fixture
def server() -> Iterator[QueueingServer]:
    """Twenty workers, each of which takes a millisecond."""
    with queueing_server(workers=20, service_seconds=0.001) as running:
        yield running


def spec_of(server: QueueingServer, **more: str) -> ModelSpec:
    about = Server("double", server.url, "m")
    return ModelSpec("server:double", f"m@{server.url}", "openai", None, server=about, **more)  # type: ignore[arg-type]


@pytest.fixture
def sending(server: QueueingServer) -> Iterator[Client]:
    """A client that sends one text to the server."""
    endpoint = Endpoint(spec_of(server))
    made = Client([endpoint.request(["a text"], None)], 1, endpoint.dialect)
    yield made
    made.close()


@pytest.fixture(autouse=True)
def _connections_are_closed() -> Iterator[None]:
    yield
    measurement.close()


def test_a_step_counts_texts_and_tokens_of_what_was_answered(server: QueueingServer) -> None:
    settings = Settings(seconds=0.2, least_requests=20, texts_per_request=3)
    unloaded = prepare(spec=spec_of(server), texts=["a", "b", "c", "d"], settings=settings)
    step = offer(rate=100, seed=0, unloaded=Unloaded(1000, 1000, 1), name="it", settings=settings)
    assert unloaded.requests == measurement.UNLOADED_REQUESTS
    assert 1 <= unloaded.p50_ms <= unloaded.p95_ms
    assert (step.requests, step.offered, step.answered, step.errors) == (20, 100, 1, {})
    assert step.completed == step.offered
    assert step.texts_per_second == 3 * step.completed
    assert step.tokens_per_second == TOKENS * step.texts_per_second
    assert step.p50_ms
    assert step.p50_ms >= 1
    assert step.p99_ms is None  # of 20 requests


def test_the_texts_are_sent_in_turn_behind_their_prompt(server: QueueingServer) -> None:
    settings = Settings(texts_per_request=2)
    prepare(spec=spec_of(server, document_prompt="passage: "), texts=["a", "b", "c"], settings=settings)
    sent = [request["input"] for request in server.requests]
    assert sent[:3] == [["passage: a", "passage: b"], ["passage: a", "passage: b"], ["passage: c", "passage: a"]]


def test_a_share_of_errors_is_counted_by_reason_and_has_no_latency(server: QueueingServer) -> None:
    unloaded = prepare(spec=spec_of(server), texts=["a"], settings=QUICK)
    before = len(server.requests)
    server.refuses_each = 4
    step = offer(rate=200, seed=0, unloaded=unloaded, name="it", settings=QUICK)
    refused = sum(number % 4 == 0 for number in range(before + 1, before + 41))
    assert step.errors == {"500": refused}
    assert step.error_share == refused / 40


def test_the_phases_of_the_servers_headers_are_read_where_it_sends_them(
    server: QueueingServer, sending: Client
) -> None:
    assert sending.post(0).phases == {}
    server.phases = {"x-queue-time": "12", "x-tokenization-time": "0.25", "x-inference-time": "30", "x-total-time": "?"}
    assert sending.post(0).phases == {"queue": 12.0, "tokenization": 0.25, "inference": 30.0}
    unloaded = prepare(spec=spec_of(server), texts=["a"], settings=QUICK)
    assert unloaded.phases == {"queue": 12.0, "tokenization": 0.25, "inference": 30.0}
    assert read_phases({"x-total-time": "-3", "x-queue-time": "nan"}) == {}


def test_phases_are_medians_over_the_answers() -> None:
    replies = [Reply(0.1, "", 1, {"queue": value}) for value in (1.0, 2.0, 90.0)]
    step = summarise([Outcome(0, 0, 0.1, reply) for reply in replies], 4, 1.0, Unloaded(1, 1, 1), 1)
    assert step.phases == {"queue": 2.0}
    assert (step.answered, step.late) == (0.75, 1)  # one was never sent


def test_percentiles_are_numpys_of_the_latencies_from_when_they_were_due() -> None:
    moments = np.linspace(0.1, 1.0, 150)
    outcomes = [Outcome(0.0, 0.05, ended, Reply(ended)) for ended in moments]
    step = summarise(outcomes, 150, 0.5, Unloaded(1, 20, 1), 1)
    assert [step.p50_ms, step.p95_ms, step.p99_ms] == pytest.approx(1000 * np.percentile(moments, [50, 95, 99]))
    assert step.sent_p95_ms == pytest.approx(1000 * np.percentile(moments - 0.05, 95))
    assert step.answered == (moments <= 0.52).mean()  # by the end and the unloaded 95th percentile more
    assert step.late == 150  # by more than 20 ms


def test_a_step_without_an_answer_has_no_latency() -> None:
    step = summarise([Outcome(0, 0, 1, Reply(1, "503"))] * 3, 3, 1.0, Unloaded(1, 1, 1), 1)
    assert (step.p50_ms, step.completed, step.errors, step.tokens_per_second) == (None, 0, {"503": 3}, 0)


def test_connections_stay_open_and_a_closed_one_is_replaced(server: QueueingServer, sending: Client) -> None:
    for number in range(5):
        assert not sending.post(number).error
    assert server.connections == 1
    assert sending._free[0].sock
    sending._free[0].sock.shutdown(socket.SHUT_RDWR)  # as if the server had closed it
    assert not sending.post(5).error
    assert server.connections == 2


def test_an_answer_without_embeddings_is_an_error(server: QueueingServer, sending: Client) -> None:
    server.content = {"data": []}
    assert sending.post(0).error == "no embeddings in the answer"


def test_a_server_that_is_silent_or_gone_is_an_error(server: QueueingServer, monkeypatch: pytest.MonkeyPatch) -> None:
    server.service_seconds = 0.5
    monkeypatch.setattr(client, "ANSWER_SECONDS", 0.05)
    impatient = Client([Endpoint(spec_of(server)).request(["a"], None)], 1, DIALECTS["openai"])
    assert impatient.post(0).error == "no answer in 0.05 s"
    nobody = Request("http://127.0.0.1:9/v1/embeddings", {}, b"{}")
    assert Client([nobody], 1, DIALECTS["openai"]).post(0).error == "connection failed"


def test_the_key_is_sent_to_its_server_and_shown_nowhere(
    server: QueueingServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.models.servers.key", lambda section: "sk-secret" if section == "double" else None)
    prepare(spec=spec_of(server), texts=["a"], settings=QUICK)
    assert {headers["Authorization"] for headers in server.headers} == {"Bearer sk-secret"}
    assert "sk-secret" not in repr(Endpoint(spec_of(server)).request(["a"], None))


def test_a_request_asks_for_what_the_client_of_openai_asks_for(server: QueueingServer) -> None:
    endpoint = Endpoint(spec_of(server))
    endpoint.embed(["a"], 3, lambda _: None)
    assert json.loads(endpoint.request(["a"], 3).body) == server.requests[-1]


def test_a_server_that_cannot_be_reached_is_a_sentence() -> None:
    spec = ModelSpec("server:off", "m@off", "openai", None, server=Server("off", "http://127.0.0.1:9/v1", "m"))
    with pytest.raises(ModelUnavailableError, match="cannot be reached"):
        prepare(spec=spec, texts=["a"], settings=QUICK)
