"""Models behind an API: OpenAI's real client against a local server that answers with the app's own model."""

import base64
import logging
import socket
import threading
import time
import traceback
from concurrent.futures import ThreadPoolExecutor
from email.utils import formatdate

import numpy as np
import pytest

from core import embedding, encoders, models
from core.encoders import endpoint
from core.encoders.api import MOST_BYTES, MOST_TEXTS, RemoteEncoder
from core.encoders.base import Metered, Usage
from core.errors import DeviceError, EmbedscopeError, InputError, ModelUnavailableError
from core.models.files import availability
from core.storage.vectors import Store
from tests.servers.openai import KEY, OWN, Fault, Reply, openai_refusal, openai_server, served

SMALL = models.get("text-embedding-3-small")
TEXTS = ["Hello World", "Grüße 👋", "a"]
BUSY = Reply(429, openai_refusal("Rate limit reached.", "requests", "rate_limit_exceeded"), {"retry-after-ms": "10"})
DOWN = Reply(503, "<html>Service Unavailable</html>")
WORDS = "The quick brown fox jumps over the lazy dog. "

pytestmark = pytest.mark.usefixtures("no_secrets_and_short_waits")


@pytest.fixture
def server(monkeypatch):
    with openai_server() as running:
        monkeypatch.setenv("OPENAI_BASE_URL", running.url)
        monkeypatch.setenv("OPENAI_API_KEY", KEY)
        yield running


@pytest.fixture
def remote(server):
    return encoders.load(SMALL)


@pytest.fixture
def add_server(tmp_path):
    """Write a section of secrets.toml, as the host would, and give the model it makes."""

    def add(name, server, **lines):
        lines = {"url": server.url, "model": OWN} | lines
        (tmp_path / ".streamlit").mkdir(exist_ok=True)
        content = "\n".join(f"{line} = {value!r}" for line, value in lines.items())
        (tmp_path / ".streamlit" / "secrets.toml").write_text(f"[servers.{name}]\n{content}\n")
        return models.get(f"server:{name}")

    return add


def heard_by(encoder, texts):
    heard = []
    encoder.encode(texts, on_progress=lambda what, done, total: heard.append((what, done, total)))
    return heard


def refusal_of(encoder, texts=("Hello World",)):
    with pytest.raises(EmbedscopeError) as raised:
        encoder.encode(texts)
    assert_is_a_sentence(str(raised.value))
    return raised.value


def assert_is_a_sentence(message):
    assert message.endswith(".")
    assert not set("\n{}<>") & set(message), "not a sentence for a person"


def assert_equal(vectors, expected):
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(vectors, expected, rtol=0, atol=1e-6)


def test_the_apps_own_model_behind_an_api_gives_the_vectors_it_gives_here(wordllama, add_server):
    with openai_server("vllm") as server:
        encoder = encoders.load(add_server("own", server, key=KEY))
        assert_equal(encoder.encode(TEXTS), wordllama.encode(TEXTS))
    assert encoder.dimensions == wordllama.dimensions


def test_vectors_are_the_apis_brought_to_unit_length(server, remote):
    server.scale = 3.0
    assert_equal(remote.encode(TEXTS), served(SMALL.id, TEXTS))
    assert server.received[0]["model"] == "text-embedding-3-small"


def test_a_server_compared_by_another_function_keeps_its_vectors_lengths(server, add_server):
    server.scale = 3.0
    encoder = encoders.load(add_server("dotted", server, key=KEY, similarity="dot"))
    assert_equal(encoder.encode(TEXTS), 3 * served(OWN, TEXTS))
    source = embedding.embed_with(encoder, TEXTS).provenance
    assert source.comparison == "compared by dot product"


def test_vectors_come_in_the_order_of_the_texts_however_they_arrive(server, remote):
    server.reversed = True
    texts = [f"text {number}" for number in range(300)]
    assert_equal(remote.encode(texts), served(SMALL.id, texts))
    assert [text for request in server.received for text in request["input"]] == texts


def test_an_index_that_is_missing_where_it_is_zero_is_its_place(server, remote):
    server.omits_index_of_zero = True
    assert_equal(remote.encode(TEXTS), served(SMALL.id, TEXTS))


def test_items_without_any_index_are_in_the_order_of_the_texts(server, remote):
    rows = served(SMALL.id, TEXTS)
    server.script.append(Reply(200, {"data": [{"embedding": row.tolist()} for row in rows]}))
    assert_equal(remote.encode(TEXTS), rows)


@pytest.mark.parametrize("indices", [[None, 1, 1], [None, 2, 1], [1, None, 2], [0, 1, 3], [0, 0, 1], [None, None, 3]])
def test_indices_that_are_no_order_of_the_texts_are_refused(server, remote, indices):
    row = [1.0] * 1536
    data = [{"embedding": row} | ({} if index is None else {"index": index}) for index in indices]
    server.script.append(Reply(200, {"data": data}))
    assert "one embedding" in str(refusal_of(remote, TEXTS))


def test_a_rate_limit_that_the_request_alone_exceeds_is_met_by_smaller_requests(server, remote):
    server.tokens_a_minute = 500
    texts = [f"{number} {WORDS * 2}" for number in range(100)]
    assert_equal(remote.encode(texts), served(SMALL.id, texts))
    sizes = [len(request["input"]) for request in server.received]
    assert sizes[:4] == [100, 50, 25, 12], "the same request was repeated"


@pytest.mark.parametrize(
    "message",
    [
        "Rate limit reached on tokens per min (TPM): Limit 30000, Used 20000, Requested 15000. Try again in 10s.",
        "Request too large for us now: limit 30,000, requested 15,000.",
    ],
)
def test_a_rate_limit_that_passes_is_waited_for(server, remote, message):
    server.script.append(Reply(429, openai_refusal(message), {"retry-after-ms": "1"}))
    assert_equal(remote.encode(TEXTS), served(SMALL.id, TEXTS))
    assert [len(request["input"]) for request in server.received] == [3, 3]


def test_a_single_text_above_the_rate_limit_is_named(server, remote):
    server.tokens_a_minute = 5
    with pytest.raises(InputError, match=r"The quick brown.*Requested 11"):
        remote.encode([WORDS])


def test_a_limit_told_as_a_list_of_faults_is_understood(server, remote):
    fault = {"type": "too_long", "loc": ["body", "input"], "msg": "List should have at most 2 items, not 3"}
    server.script.append(Reply(422, {"detail": [fault]}))
    assert_equal(remote.encode(TEXTS), served(SMALL.id, TEXTS))
    assert [len(request["input"]) for request in server.received] == [3, 1, 1, 1]


def test_a_model_that_was_replaced_under_the_same_name_is_told_and_not_mixed(server, remote, tmp_path):
    store = Store(tmp_path / "vectors")
    embedding.embed_with(remote, TEXTS, store=store)
    server.answers_as = "another-model"
    with pytest.raises(
        ModelUnavailableError, match="now answers as another-model, and before as text-embedding-3-small"
    ):
        embedding.embed_with(remote, ["new"], store=store)
    server.answers_as = ""
    assert embedding.embed_with(remote, ["new"], store=store).provenance.remembered == 0


def test_vectors_of_another_length_than_before_are_told_and_not_stored(add_server, tmp_path):
    store = Store(tmp_path / "vectors")
    with openai_server(key="") as server:
        encoder = encoders.load(add_server("own", server))
        embedding.embed_with(encoder, TEXTS, store=store)
        server.script.append(Reply(200, {"data": [{"index": 0, "embedding": [1.0] * 128}]}))
        with pytest.raises(ModelUnavailableError, match="128 dimensions, but server:own had 256 before"):
            embedding.embed_with(encoder, ["new"], store=store)
        assert embedding.embed_with(encoder, ["new"], store=store).provenance.remembered == 0


def test_numbers_instead_of_base64_are_understood(server, remote):
    server.always_floats = True
    assert_equal(remote.encode(TEXTS), served(SMALL.id, TEXTS))


def test_a_server_that_refuses_base64_is_asked_for_numbers_from_then_on(server, remote):
    server.refuses_base64 = True
    assert_equal(remote.encode(TEXTS), served(SMALL.id, TEXTS))
    remote.encode(["again"])
    assert [request["encoding_format"] for request in server.received] == ["base64", "float", "float"]


def test_broken_unicode_reaches_the_api_mended(server, remote):
    remote.encode(["half \ud83d", "smile \ud83d\ude00"])
    assert server.received[0]["input"] == ["half \ufffd", "smile 😀"]


def test_no_texts_ask_the_api_nothing(server, remote):
    vectors, usage = remote.encode_with_usage([])
    assert vectors.shape == (0, 1536)
    assert usage == Usage(0, 0.0)
    assert server.received == []


def test_prompts_go_before_queries_and_documents(add_server):
    with openai_server(key="") as server:
        spec = add_server("own", server, query_prompt="query: ", document_prompt="passage: ", dimensions=256)
        encoder = encoders.load(spec)
        encoder.encode(["fox"], "query")
        encoder.encode(["fox"], "document")
    assert [request["input"] for request in server.received] == [["query: fox"], ["passage: fox"]]


def test_a_request_keeps_below_the_apis_limits(server, remote):
    texts = [f"{number} {WORDS * 60}" for number in range(300)]
    vectors = remote.encode(texts)
    sizes = [(len(request["input"]), len("".join(request["input"]).encode())) for request in server.received]
    assert sum(count for count, _ in sizes) == len(vectors) == 300
    assert max(size for _, size in sizes) <= MOST_BYTES <= server.most_tokens
    assert len(sizes) == -(-sum(size for _, size in sizes) // MOST_BYTES), "requests are not filled"


def test_many_short_texts_go_in_slices_whose_progress_is_told(server, remote):
    heard = heard_by(remote, [f"text {number}" for number in range(600)])
    assert [len(request["input"]) for request in server.received] == [MOST_TEXTS, MOST_TEXTS, 600 - 2 * MOST_TEXTS]
    assert [(done, total) for _, done, total in heard] == [(0, 600), (MOST_TEXTS, 600), (2 * MOST_TEXTS, 600)]


def test_a_text_beyond_the_models_limit_is_named_by_its_beginning(server, remote):
    with pytest.raises(InputError, match=r"“It is too long: The .*” is too long: shorten or split it.* 8192") as raised:
        remote.encode([*TEXTS, "It is too long: " + WORDS * 1000, *TEXTS])
    assert_is_a_sentence(str(raised.value))
    server.received.clear()
    remote.encode([f"text {number}" for number in range(MOST_TEXTS)])
    assert len(server.received) == 1, "one long text made all later requests small"


def test_a_server_that_takes_fewer_texts_is_asked_for_fewer_from_then_on(add_server):
    with openai_server("tei") as server:
        encoder = encoders.load(add_server("tei", server, key=KEY, dimensions=256))
        texts = [f"text {number}" for number in range(100)]
        assert_equal(encoder.encode(texts), served(OWN, texts))
        server.received.clear()
        assert_equal(encoder.encode(texts), served(OWN, texts))
        sizes = [len(request["input"]) for request in server.received]
    assert sum(sizes) == 100
    assert max(sizes) <= server.most_texts


@pytest.mark.parametrize(("kind", "limit"), [("vllm", "context length is 512"), ("tei", "less than 512 tokens")])
def test_a_text_beyond_a_servers_limit_is_named_with_what_the_server_says(add_server, kind, limit):
    with openai_server(kind) as server:
        encoder = encoders.load(add_server("own", server, key=KEY))
        with pytest.raises(InputError, match=f"The quick brown.*{limit}"):
            encoder.encode([*TEXTS, WORDS * 100])


def test_a_server_that_is_silent_when_asked_how_long_its_vectors_are_is_told_in_a_sentence(monkeypatch, add_server):
    monkeypatch.setattr("core.encoders.api.PROBE_PATIENCE_SECONDS", 0.3)
    with openai_server(key="") as server:
        server.script.extend([Fault.SILENCE] * 100)
        with pytest.raises(ModelUnavailableError, match="did not answer in time"):
            encoders.load(add_server("own", server))


def test_dimensions_are_asked_for_only_when_given(server):
    assert_equal(RemoteEncoder(SMALL).encode(TEXTS), served(SMALL.id, TEXTS))
    assert "dimensions" not in server.received[0]
    short = RemoteEncoder(SMALL, 64)
    assert_equal(short.encode(TEXTS), served(SMALL.id, TEXTS, 64))
    assert (short.dimensions, server.received[1]["dimensions"]) == (64, 64)


@pytest.mark.parametrize("dimensions", [0, -1, 1537])
def test_dimensions_that_the_model_does_not_have_are_refused(server, dimensions):
    with pytest.raises(InputError, match="choose 1 to 1536"):
        RemoteEncoder(SMALL, dimensions)


def test_a_model_that_cannot_shorten_its_vectors_says_so(server):
    with pytest.raises(InputError, match="cannot shorten"):
        RemoteEncoder(models.get("text-embedding-ada-002"), 256)


def test_a_server_is_asked_once_how_long_its_vectors_are(add_server):
    with openai_server(key="") as server:
        encoder = encoders.load(add_server("own", server))
        encoder.encode(TEXTS)
    assert encoder.dimensions == 256
    assert [len(request["input"]) for request in server.received] == [1, len(TEXTS)]


def test_a_servers_section_may_ask_for_shorter_vectors(add_server):
    with openai_server(key="") as server:
        encoder = encoders.load(add_server("own", server, dimensions=128))
        assert_equal(encoder.encode(TEXTS), served(OWN, TEXTS, 128))
    assert [request["dimensions"] for request in server.received] == [128]


def test_a_servers_model_that_cannot_shorten_its_vectors_is_told_in_its_words(add_server):
    with openai_server("vllm") as server:
        encoder = encoders.load(add_server("own", server, key=KEY, model="not-matryoshka", dimensions=128))
        assert "does not support matryoshka" in str(refusal_of(encoder))


def test_vectors_of_another_length_than_asked_for_are_not_taken(server, remote):
    server.script.append(Reply(200, {"data": [{"index": 0, "embedding": [1.0, 0.0]}]}))
    assert "vectors of 2 dimensions" in str(refusal_of(remote))


@pytest.mark.parametrize(
    "failures",
    [
        [BUSY],
        [Reply(500, openai_refusal("The server had an error.", "server_error")), DOWN],
        [Reply(502, "<html>Bad Gateway</html>")] * 5,
        [Fault.RESET, Fault.RESET],
        [Fault.SILENCE],
        [Reply(429, openai_refusal("Slow down."), {"Retry-After": formatdate(0, usegmt=True)})],
        [Reply(429, openai_refusal("Slow down."), {"Retry-After": "soon"})],
    ],
    ids=["rate limit", "500 and 503", "502 five times", "reset", "silence", "a date in the past", "an odd header"],
)
def test_what_may_pass_is_tried_again_and_told(monkeypatch, server, failures):
    monkeypatch.setattr(endpoint, "ANSWER_SECONDS", 2)
    remote = encoders.load(SMALL)
    server.script.extend(failures)
    heard = []
    vectors = remote.encode(TEXTS, on_progress=lambda what, done, total: heard.append(what))
    assert_equal(vectors, served(SMALL.id, TEXTS))
    assert len(server.received) == len(failures) + 1
    waiting = [what for what in heard if what.startswith(f"Waiting: {server.url}")]
    assert waiting or failures[0].headers.get("Retry-After", "").endswith("GMT"), "nobody was told of the wait"


def test_the_wait_that_the_api_asks_for_is_kept(server, remote):
    server.script.append(Reply(429, openai_refusal("Slow down."), {"retry-after-ms": "400"}))
    started = time.monotonic()
    remote.encode(TEXTS)
    assert time.monotonic() - started >= 0.4


def test_waits_grow_from_try_to_try(monkeypatch, server, remote):
    waits = []
    monkeypatch.setattr(endpoint, "FIRST_WAIT_SECONDS", 0.5)
    monkeypatch.setattr(endpoint, "_pause", lambda seconds, tell: waits.append(seconds))
    server.script.extend([DOWN] * 5)
    remote.encode(TEXTS)
    assert len(waits) == 5
    for wait, centre in zip(waits, [0.5, 1, 2, 4, 8], strict=True):
        assert wait == pytest.approx(centre, rel=0.25)


def test_tries_have_an_end(server, remote):
    server.script.extend([DOWN] * 100)
    message = str(refusal_of(remote))
    assert "503" in message
    assert "Try again" in message
    assert len(server.received) == endpoint.MOST_TRIES


def test_a_wait_beyond_all_patience_is_told_instead_of_begun(server, remote):
    server.script.append(Reply(429, openai_refusal("Daily limit reached."), {"Retry-After": "3600"}))
    assert "Daily limit reached. Try again in 60 min." in str(refusal_of(remote))
    assert len(server.received) == 1


def test_cancelling_does_not_wait_for_the_next_try(server, remote):
    server.script.append(Reply(429, openai_refusal("Slow down."), {"Retry-After": "60"}))

    def cancel(what, done, total):
        if what.startswith("Waiting"):
            raise KeyboardInterrupt

    started = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        remote.encode(TEXTS, on_progress=cancel)
    assert time.monotonic() - started < 30
    assert len(server.received) == 1


@pytest.mark.parametrize(
    ("status", "code", "message"),
    [
        (401, "invalid_api_key", "Incorrect API key provided: sk-test-********cdef."),
        (403, None, "Country, region, or territory not supported."),
        (404, "model_not_found", "The model does not exist or you do not have access to it."),
        (429, "insufficient_quota", "You exceeded your current quota, please check your plan and billing details."),
    ],
)
def test_what_will_not_pass_is_told_at_once_in_a_sentence(server, remote, status, code, message):
    server.script.append(Reply(status, openai_refusal(message, code=code)))
    error = refusal_of(remote)
    assert isinstance(error, ModelUnavailableError)
    assert message in str(error)
    assert len(server.received) == 1


def test_an_address_without_v1_says_what_is_missing(add_server):
    with openai_server(key="") as server:
        spec = add_server("own", server, url=server.url.removesuffix("/v1"))
        with pytest.raises(ModelUnavailableError, match="ends in /v1"):
            encoders.load(spec)


@pytest.mark.parametrize(
    "content",
    [
        "<html>Welcome</html>",
        {"object": "list", "data": []},
        {"data": [{"index": 1, "embedding": [1.0] * 1536}]},
        {"data": [{"index": 0, "embedding": [1.0] * 1536}] * 2},
        {"data": [{"index": "0", "embedding": [1.0] * 1536}]},
        {"data": [{"index": 0, "embedding": [["1.0"]]}]},
        {"data": [{"index": 0, "embedding": "not base64"}]},
        {"data": [{"index": 0, "embedding": [0.0] * 1536}]},
        {"data": [{"index": 0, "embedding": [None] * 1536}]},
        {"data": [{"index": 0, "embedding": [float("inf")] * 1536}]},
        {"data": [{"index": 0, "embedding": base64.b64encode(np.full(1536, np.nan, "<f4").tobytes()).decode()}]},
        None,
    ],
    ids=[
        *(
            "a web page",
            "no vectors",
            "another index",
            "one index twice",
            "an index that is no number",
            "no list",
            "no base64",
            "zeros",
            "nulls",
            "infinite",
        ),
        *("NaN", "null"),
    ],
)
def test_an_answer_that_is_not_this_models_vectors_is_told_in_a_sentence(server, remote, content):
    server.script.append(Reply(200, content))
    assert isinstance(refusal_of(remote), ModelUnavailableError)


def test_numbers_too_large_for_float32_are_brought_to_unit_length(server, remote):
    server.script.append(Reply(200, {"data": [{"index": 0, "embedding": [3e100, 4e100] + [0.0] * 1534}]}))
    np.testing.assert_allclose(remote.encode(["large"])[0, :3], [0.6, 0.8, 0], atol=1e-6)


def test_an_address_that_cannot_be_reached_is_told_in_a_sentence(monkeypatch):
    with socket.socket() as taken:  # bound but not listening: connections are refused
        taken.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{taken.getsockname()[1]}/v1"
        monkeypatch.setenv("OPENAI_BASE_URL", address)
        monkeypatch.setenv("OPENAI_API_KEY", KEY)
        assert f"{address} cannot be reached" in str(refusal_of(encoders.load(SMALL)))


def test_tokens_and_dollars_are_those_of_this_call(wordllama, server, remote):
    assert isinstance(remote, Metered)
    texts = [f"text {number}" for number in range(300)]
    tokens = sum(wordllama.count_tokens(texts))
    vectors, usage = remote.encode_with_usage(texts)
    assert_equal(vectors, served(SMALL.id, texts))
    assert usage.tokens == tokens
    assert usage.dollars == pytest.approx(tokens * 0.02 / 1e6)
    assert remote.encode_with_usage(["a"])[1].tokens == wordllama.count_tokens(["a"])[0]


def test_tokens_that_the_server_does_not_count_and_prices_that_nobody_knows_are_none(add_server):
    with openai_server(key="") as server:
        encoder = RemoteEncoder(add_server("own", server))
        assert encoder.encode_with_usage(["a"])[1].dollars is None
        server.counts = False
        assert encoder.encode_with_usage(["a"])[1] == Usage(None, None)


def test_a_servers_price_is_counted(wordllama, add_server):
    with openai_server(key="") as server:
        encoder = RemoteEncoder(add_server("own", server, usd_per_million_tokens=5))
        assert encoder.encode_with_usage(TEXTS)[1].dollars == pytest.approx(sum(wordllama.count_tokens(TEXTS)) * 5e-6)


def test_eight_threads_at_once_each_get_their_own_vectors_and_tokens(wordllama, remote):
    everyone = threading.Barrier(8)

    def work(number):
        texts = [f"{number} {'word ' * row}" for row in range(20)]
        everyone.wait()
        return texts, remote.encode_with_usage(texts)

    with ThreadPoolExecutor(8) as threads:
        for texts, (vectors, usage) in threads.map(work, range(8)):
            assert_equal(vectors, served(SMALL.id, texts))
            assert usage.tokens == sum(wordllama.count_tokens(texts))


def test_what_the_store_knows_is_not_paid_for_again(server, remote, tmp_path):
    store = Store(tmp_path / "vectors")
    first = embedding.embed_with(remote, TEXTS, store=store)
    again = embedding.embed_with(remote, TEXTS, store=store)
    assert_equal(again.vectors, first.vectors)
    assert len(server.received) == 1


def test_the_address_that_stands_in_openais_place_is_part_of_the_revision(server, remote):
    assert remote.revision == f"{SMALL.released} at {server.url}"


def test_the_key_goes_to_the_api_and_into_no_message_log_or_exception(server, remote, caplog):
    with caplog.at_level(logging.DEBUG):
        remote.encode(["Hello World"])
        server.script.append(Reply(401, openai_refusal(f"Incorrect API key provided: {KEY}.")))
        error = refusal_of(remote)
        server.script.extend([Fault.RESET] * endpoint.MOST_TRIES)
        broken = refusal_of(remote)
    assert server.headers[0]["Authorization"] == f"Bearer {KEY}"
    assert KEY not in "".join(traceback.format_exception(error) + traceback.format_exception(broken))
    assert error.__context__ is broken.__context__ is None, "the client's exception holds the request's headers"
    assert caplog.records
    assert KEY not in caplog.text
    assert KEY not in repr(vars(remote)) + repr(remote.spec)


def test_a_server_is_never_given_what_is_meant_for_openai(monkeypatch, add_server):
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setenv("OPENAI_ADMIN_KEY", "admin-secret")
    monkeypatch.setenv("OPENAI_ORG_ID", "organisation-secret")
    monkeypatch.setenv("OPENAI_PROJECT_ID", "project-secret")
    monkeypatch.setenv("OPENAI_CUSTOM_HEADERS", "Authorization: Bearer custom-secret\nX-Gateway: gateway-secret")
    with openai_server(key="") as server:
        encoders.load(add_server("own", server)).encode(TEXTS)
    for headers in server.headers:
        assert "secret" not in str(headers)
        assert KEY not in str(headers)
        assert headers["Authorization"] == "Bearer none"


def test_a_server_is_given_the_key_of_its_section(monkeypatch, add_server):
    monkeypatch.setenv("OPENAI_CUSTOM_HEADERS", "Authorization: Bearer custom")
    with openai_server(key="its-own-key") as server:
        assert encoders.load(add_server("own", server, key="its-own-key")).encode(TEXTS).shape == (3, 256)


@pytest.mark.parametrize("key", ["sk-secret\nnext", "sk-secret-ü"])
def test_a_key_that_cannot_be_sent_is_told_without_it(monkeypatch, key):
    monkeypatch.setenv("OPENAI_API_KEY", key)
    with pytest.raises(ModelUnavailableError, match="Copy it again") as raised:
        encoders.load(SMALL)
    assert "secret" not in "".join(traceback.format_exception(raised.value))


def test_an_address_with_a_password_is_refused_and_not_shown(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setenv("OPENAI_BASE_URL", "https://me:secret@gateway.example/v1")
    state = availability(SMALL)
    assert not state.is_ready
    assert "OPENAI_BASE_URL" in state.sentence
    assert "secret" not in state.sentence
    with pytest.raises(ModelUnavailableError, match="without user name"):
        encoders.load(SMALL)


def test_tokens_of_a_model_behind_an_api_are_not_counted_here(remote):
    with pytest.raises(DeviceError, match="text-embedding-3-small"):
        remote.count_tokens(["Hello World"])


def test_a_model_behind_an_api_without_a_key_says_which_variable_to_set():
    with pytest.raises(ModelUnavailableError, match="OPENAI_API_KEY"):
        encoders.load(SMALL)


@pytest.mark.parametrize(
    "options", [{"device": "tpu"}, {"engine": "onnx"}, {"precision": "int3"}], ids=["device", "engine", "precision"]
)
def test_an_unknown_device_engine_or_precision_is_refused_by_name(monkeypatch, options):
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    (wrong,) = options.values()
    with pytest.raises(DeviceError, match=wrong):
        encoders.load(SMALL, **options)
