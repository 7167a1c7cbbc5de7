"""A local model behind a server on this machine that speaks OpenAI's embeddings API, as long as its process lives.

It listens on 127.0.0.1 alone and answers `POST /v1/embeddings` with the vectors of the encoder that the pages use.
"""

import base64
import json
import threading
import time
from dataclasses import dataclass
from functools import lru_cache
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from core import embedding
from core.encoders import Encoder, Vectors
from core.errors import EmbedscopeError, InputError
from core.models import ModelSpec
from core.progress import Progress, silent

PATH = "/v1/embeddings"
MOST_BYTES = 50_000_000
TEXTS_REMEMBERED = 10_000  # whose tokens are counted once


@dataclass(frozen=True)
class Served:
    """Where a model is served, and what computes it."""

    url: str
    revision: str
    device: str
    engine: str
    precision: str


def serve(*, spec: ModelSpec, device: str = "auto", precision: str = "auto", on_progress: Progress = silent) -> Served:
    """Load a model and serve it from a thread of this process, on a free port.

    Raises
    ------
    ModelUnavailableError, DeviceError
        The model cannot be loaded.
    """
    encoder = embedding.encoder(spec, device=device, precision=precision, on_progress=on_progress)
    server = EmbeddingServer(encoder, spec.name)
    threading.Thread(target=server.serve_forever, name="serving", daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}{PATH.removesuffix('/embeddings')}"
    return Served(url, encoder.revision, encoder.device, encoder.engine, encoder.precision)


class EmbeddingServer(ThreadingHTTPServer):
    """Answers with the vectors of one encoder; each connection has a thread."""

    daemon_threads = True
    request_queue_size = 1024

    def __init__(self, encoder: Encoder, model: str) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.encoder = encoder
        self.model = model
        self.count = lru_cache(TEXTS_REMEMBERED)(lambda text: encoder.count_tokens([text])[0])

    def answer(self, request: Any) -> dict[str, Any]:
        """The answer to a request.

        Raises
        ------
        InputError
            It is not a request for embeddings.
        """
        texts = _texts(request)
        vectors = self.encoder.encode(texts)
        tokens = sum(map(self.count, texts))
        as_base64 = request.get("encoding_format") == "base64"
        return {
            "object": "list",
            "model": self.model,
            "data": [
                {"object": "embedding", "index": index, "embedding": row}
                for index, row in enumerate(_rows(vectors, as_base64=as_base64))
            ],
            "usage": {"prompt_tokens": tokens, "total_tokens": tokens},
        }


class _Handler(BaseHTTPRequestHandler):
    server: EmbeddingServer
    protocol_version = "HTTP/1.1"  # connections stay open
    disable_nagle_algorithm = True
    wbufsize = -1  # an answer leaves in one piece

    def do_POST(self) -> None:
        """Answer a request for embeddings, or say what is wrong with it."""
        began = time.perf_counter()
        size = int(self.headers.get("Content-Length") or 0)
        if size > MOST_BYTES:
            self.close_connection = True
            self._refuse(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "The request is too large.")
            return
        body = self.rfile.read(size)
        if self.path != PATH:
            self._refuse(HTTPStatus.NOT_FOUND, f"There is only {PATH}.")
            return
        try:
            answer = self.server.answer(json.loads(body))
        except ValueError:
            self._refuse(HTTPStatus.BAD_REQUEST, "The request is not JSON.")
        except EmbedscopeError as error:
            self._refuse(HTTPStatus.BAD_REQUEST, str(error))
        else:
            self._send(HTTPStatus.OK, answer, {"x-total-time": f"{1000 * (time.perf_counter() - began):.3f}"})

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  the standard library's name
        """Requests are not logged: their texts are nobody's business."""

    def _refuse(self, status: HTTPStatus, message: str) -> None:
        self._send(status, {"error": {"message": message, "type": "invalid_request_error"}}, {})

    def _send(self, status: HTTPStatus, content: dict[str, Any], headers: dict[str, str]) -> None:
        body = json.dumps(content).encode()
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", "Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()


def _texts(request: Any) -> list[str]:
    """The texts of a request."""
    given = request.get("input") if isinstance(request, dict) else None
    texts = [given] if isinstance(given, str) else given
    if not isinstance(texts, list) or not texts or not all(isinstance(text, str) for text in texts):
        raise InputError("The field input must be a text or a list of texts.")
    return texts


def _rows(vectors: Vectors, *, as_base64: bool) -> list[Any]:
    """Each vector as the API sends it: base64 of float32, or numbers."""
    if as_base64:
        return [base64.b64encode(row.astype("<f4").tobytes()).decode() for row in vectors]
    rows: list[Any] = vectors.tolist()
    return rows
