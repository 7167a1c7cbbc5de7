"""A server on this machine that speaks OpenAI's embeddings API and answers with the app's own model.

It refuses what OpenAI, vLLM and text-embeddings-inference refuse, in the shapes in which they do.
"""

import base64
import json
import socket
import struct
import threading
from collections import deque
from collections.abc import Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import Enum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np

from core import embedding, models

KEY = "sk-test-0123456789abcdef"
OWN = "wordllama-256"


@dataclass(frozen=True)
class Reply:
    """A scripted reply instead of vectors; `content` is JSON, or a web page where it is a text."""

    status: int = 200
    content: object = None
    headers: dict[str, str] = field(default_factory=dict)


class Fault(Enum):
    """A scripted step that is no reply."""

    SILENCE = "the request is read and not answered before the server is closed"
    RESET = "the connection is reset in the middle of the answer"


class RefusalError(Exception):
    def __init__(self, status, content):
        self.reply = Reply(status, content)


def served(model: str, texts: Sequence[str], dimensions: int | None = None) -> np.ndarray:
    """What the server answers: the own model's vectors, as unit rows.

    Catalogue models of OpenAI have longer vectors than the own model: theirs are filled up with zeros, which leaves
    every cosine as it is. Fewer dimensions are the first of them, brought to unit length again, as OpenAI does it.
    """
    own = embedding.encoder(models.get(OWN), device="cpu").encode(texts)
    full = next((spec.dimensions for spec in models.catalogue() if spec.id == model), None) or own.shape[1]
    rows = np.pad(own, ((0, 0), (0, full - own.shape[1])))[:, :dimensions]
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def count_tokens(texts: Sequence[str]) -> int:
    return sum(embedding.encoder(models.get(OWN), device="cpu").count_tokens(texts))


def openai_refusal(message, kind="invalid_request_error", code=None):
    return {"error": {"message": message, "type": kind, "param": None, "code": code}}


def vllm_refusal(message):
    return {"object": "error", "message": message, "type": "BadRequestError", "param": None, "code": 400}


def tei_refusal(message, status=413, kind="Validation"):
    return {"message": message, "code": status, "type": kind}


class OpenAIServer(ThreadingHTTPServer):
    """Listens on 127.0.0.1; what it is sent is kept in `received`, the next replies can be put into `script`."""

    daemon_threads = True

    def __init__(self, kind="openai", key=KEY):
        super().__init__(("127.0.0.1", 0), _Handler)
        self.url = f"http://127.0.0.1:{self.server_port}/v1"
        self.kind = kind
        self.key = key
        self.received = []
        self.headers = []
        self.script: deque[Reply | Fault] = deque()
        self.scale = 1.0
        self.always_floats = False
        self.refuses_base64 = False
        self.counts = True
        self.reversed = False
        self.omits_index_of_zero = False
        self.answers_as = ""
        self.tokens_a_minute = 10**9
        self.most_texts = {"openai": 2048, "vllm": 10**6, "tei": 32}[kind]
        self.most_tokens_a_text = {"openai": 8192, "vllm": 512, "tei": 512}[kind]
        self.most_tokens = 300_000 if kind == "openai" else 10**9
        self.closing = threading.Event()

    def embeddings(self, request):
        self.check(request)
        rows = served(request["model"], request["input"], request.get("dimensions")) * np.float32(self.scale)
        as_floats = self.always_floats or request.get("encoding_format") != "base64"
        content = [row.tolist() if as_floats else base64.b64encode(row.tobytes()).decode() for row in rows]
        data = [{"object": "embedding", "index": index, "embedding": row} for index, row in enumerate(content)]
        if self.omits_index_of_zero:
            del data[0]["index"]
        tokens = count_tokens(request["input"])
        answer = {
            "object": "list",
            "model": self.answers_as or request["model"],
            "data": data[::-1] if self.reversed else data,
        }
        return answer | ({"usage": {"prompt_tokens": tokens, "total_tokens": tokens}} if self.counts else {})

    def check(self, request):
        texts = request["input"]
        if self.refuses_base64 and request.get("encoding_format") == "base64":
            raise RefusalError(400, vllm_refusal("encoding_format must be float."))
        if (size := sum(map(len, texts)) // 4) > self.tokens_a_minute:
            message = (
                "Request too large for this model in organization org-1 on tokens per min (TPM): Limit "
                f"{self.tokens_a_minute}, Requested {size}. The input or output tokens must be reduced in order to "
                "run successfully."
            )
            raise RefusalError(429, openai_refusal(message, "tokens", "rate_limit_exceeded"))
        lengths = [count_tokens([text]) for text in texts] if sum(map(len, texts)) > self.most_tokens_a_text else [0]
        {"openai": self.check_as_openai, "vllm": self.check_as_vllm, "tei": self.check_as_tei}[self.kind](
            request, len(texts), lengths
        )

    def check_as_openai(self, request, count, lengths):
        if count > self.most_texts:
            message = f"Invalid 'input': array too long. Expected an array with maximum length {self.most_texts}"
            raise RefusalError(400, openai_refusal(message, code="array_above_max_length"))
        if max(lengths) > self.most_tokens_a_text:
            message = (
                f"This model's maximum context length is {self.most_tokens_a_text} tokens, however you requested "
                f"{max(lengths)} tokens. Please reduce your prompt."
            )
            raise RefusalError(400, openai_refusal(message))
        if sum(lengths) > self.most_tokens:
            message = f"Requested {sum(lengths)} tokens, max {self.most_tokens} tokens per request"
            raise RefusalError(400, openai_refusal(message, "max_tokens_per_request", "max_tokens_per_request"))
        if "dimensions" in request and request["model"] == "text-embedding-ada-002":
            raise RefusalError(400, openai_refusal("This model does not support specifying dimensions."))

    def check_as_vllm(self, request, count, lengths):
        if max(lengths) > self.most_tokens_a_text:
            message = (
                f"This model's maximum context length is {self.most_tokens_a_text} tokens. However, you requested "
                f"{max(lengths)} tokens in the input for embedding generation. Please reduce the length of the input."
            )
            raise RefusalError(400, vllm_refusal(message))
        if "dimensions" in request and request["model"] == "not-matryoshka":
            message = (
                'Model "not-matryoshka" does not support matryoshka representation, changing output dimensions will '
                "lead to poor results."
            )
            raise RefusalError(400, vllm_refusal(message))

    def check_as_tei(self, request, count, lengths):
        if count > self.most_texts:
            raise RefusalError(413, tei_refusal(f"batch size {count} > maximum allowed batch size {self.most_texts}"))
        if max(lengths) > self.most_tokens_a_text:
            message = f"`inputs` must have less than {self.most_tokens_a_text} tokens. Given: {max(lengths)}"
            raise RefusalError(413, tei_refusal(message))


class _Handler(BaseHTTPRequestHandler):
    server: OpenAIServer

    def do_POST(self):
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.received.append(request)
        self.server.headers.append(self.headers)
        step = self.server.script.popleft() if self.server.script else None
        if step is Fault.SILENCE:
            self.server.closing.wait()
        elif step is Fault.RESET:
            self.break_off()
        else:
            self.send(step or self.reply(request))

    def reply(self, request):
        if self.server.key and self.headers["Authorization"] != f"Bearer {self.server.key}":
            return Reply(401, openai_refusal("Incorrect API key provided.", code="invalid_api_key"))
        if self.path != "/v1/embeddings":
            return Reply(404, {"detail": "Not Found"})
        try:
            return Reply(200, self.server.embeddings(request))
        except RefusalError as refusal:
            return refusal.reply

    def send(self, reply):
        page = isinstance(reply.content, str)
        body = reply.content.encode() if page else json.dumps(reply.content).encode()
        self.send_response(reply.status)
        self.send_header("Content-Type", "text/html" if page else "application/json")
        self.send_header("Content-Length", str(len(body)))
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def break_off(self):
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", "1000")
        self.end_headers()
        self.wfile.write(b'{"object": "list", "data": [')
        self.wfile.flush()
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()
        self.close_connection = True

    def log_message(self, format, *args):  # noqa: A002  the standard library's name
        pass


@contextmanager
def openai_server(kind="openai", key=KEY):
    """A running server of one kind ("openai", "vllm" or "tei"); without a key it asks for none."""
    with OpenAIServer(kind, key) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield server
        finally:
            server.closing.set()
            server.shutdown()
            thread.join()
