"""A double of the embeddings APIs of Cohere, Voyage, Mistral, Jina and Gemini: answers in the shapes they document."""

import hashlib
import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np

FULL = 8
MOST_TEXTS = {"cohere": 96, "gemini": 100, "voyage": 1000}
PATHS = {"cohere": "/embed", "gemini": "/models/own:batchEmbedContents"}


def vector(text, mark="", dimensions=None):
    """What the double answers: numbers from a text and the input type, so that a mix-up of either shows."""
    seed = int.from_bytes(hashlib.sha256(f"{mark} {text}".encode()).digest()[:4], "big")
    return np.random.default_rng(seed).normal(size=FULL)[:dimensions].round(6).tolist()


def answer_as_cohere(body):
    rows = [vector(text, body["input_type"], body.get("output_dimension")) for text in body["texts"]]
    billed = {"input_tokens": 3 * len(rows)}
    meta = {"api_version": {"version": "2"}, "billed_units": billed}
    return {"id": "da6e531f", "embeddings": {"float": rows}, "texts": body["texts"], "meta": meta}


def answer_as_gemini(body):
    rows = [
        vector(one["content"]["parts"][0]["text"], one["taskType"], one.get("outputDimensionality"))
        for one in body["requests"]
    ]
    return {"embeddings": [{"values": row} for row in rows]}


def answer_as_openai(mark, dimensions):
    def answer(body):
        rows = [vector(text, body.get(mark, ""), body.get(dimensions)) for text in body["input"]]
        data = [{"object": "embedding", "index": index, "embedding": row} for index, row in enumerate(rows)]
        usage = {"total_tokens": 3 * len(rows), "prompt_tokens": 3 * len(rows)}
        return {"object": "list", "data": data, "model": body["model"], "usage": usage}

    return answer


ANSWERS = {
    "cohere": answer_as_cohere,
    "gemini": answer_as_gemini,
    "voyage": answer_as_openai("input_type", "output_dimension"),
    "mistral": answer_as_openai("", "output_dimension"),
    "jina": answer_as_openai("task", "dimensions"),
}


def refusal(dialect, message):
    """A refusal in the shape of the API."""
    return {
        "cohere": {"id": "da6e531f", "message": message},
        "voyage": {"detail": message},
        "mistral": {"object": "error", "message": {"detail": [{"type": "too_long", "msg": message}]}, "code": None},
        "jina": {"detail": message},
        "gemini": {"error": {"code": 400, "message": message, "status": "INVALID_ARGUMENT"}},
    }[dialect]


class DialectServer(ThreadingHTTPServer):
    """Listens on 127.0.0.1; `received` has the path, the headers and the body of each request."""

    daemon_threads = True

    def __init__(self, dialect, key):
        super().__init__(("127.0.0.1", 0), _Handler)
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.dialect = dialect
        self.key = key
        self.most_texts = MOST_TEXTS.get(dialect, 10**6)
        self.received = []

    def reply(self, path, headers, body):
        name, value = (
            ("x-goog-api-key", self.key) if self.dialect == "gemini" else ("Authorization", f"Bearer {self.key}")
        )
        if headers.get(name) != value:
            return 401, refusal(self.dialect, f"invalid api token {headers.get(name)}")
        if path != PATHS.get(self.dialect, "/embeddings"):
            return 404, refusal(self.dialect, "not found")
        count = len(body.get("texts") or body.get("input") or body["requests"])
        if count > self.most_texts:
            return 400, refusal(self.dialect, f"at most {self.most_texts} texts can be in one request, not {count}")
        return 200, ANSWERS[self.dialect](body)


class _Handler(BaseHTTPRequestHandler):
    server: DialectServer

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.received.append((self.path, self.headers, body))
        status, content = self.server.reply(self.path, self.headers, body)
        content = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format, *args):  # noqa: A002  the standard library's name
        pass


@contextmanager
def dialect_server(dialect, key):
    """A running double of one API."""
    with DialectServer(dialect, key) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
