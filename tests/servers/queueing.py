"""A double of an embeddings server whose capacity is known: some workers, each busy for a fixed time with a request."""

import base64
import heapq
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np

VECTOR = base64.b64encode(np.ones(4, "<f4").tobytes()).decode()
TOKENS = 7  # of each text


class QueueingServer(ThreadingHTTPServer):
    """Listens on 127.0.0.1; requests wait for the worker that is free first, first come, first served.

    Every `refuses_each`-th request gets a 500; `phases` are sent as the headers of text-embeddings-inference.
    """

    daemon_threads = True
    request_queue_size = 1024

    def __init__(self, workers: int, service_seconds: float) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.url = f"http://127.0.0.1:{self.server_port}/v1"
        self.service_seconds = service_seconds
        self.refuses_each = 0
        self.phases: dict[str, str] = {}
        self.content: object = None
        self.requests: list[dict[str, object]] = []
        self.headers: list[Message] = []
        self.connections = 0
        self._free = [0.0] * workers
        self._lock = threading.Lock()

    @property
    def capacity(self) -> float:
        """Requests a second with which all workers are busy."""
        return len(self._free) / self.service_seconds

    def take(self, request: dict[str, object], headers: Message) -> tuple[int, float]:
        """The request's number, and when it will have been served on the clock of `time.perf_counter`."""
        with self._lock:
            self.requests.append(request)
            self.headers.append(headers)
            begin = max(time.perf_counter(), heapq.heappop(self._free))
            heapq.heappush(self._free, begin + self.service_seconds)
            return len(self.requests), begin + self.service_seconds

    def process_request(self, *arguments: object) -> None:
        self.connections += 1
        super().process_request(*arguments)  # type: ignore[arg-type]

    def handle_error(self, *_: object) -> None:
        """A client that has been killed is no news."""


class _Handler(BaseHTTPRequestHandler):
    server: QueueingServer
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1

    def do_POST(self) -> None:
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        number, done = self.server.take(request, self.headers)
        time.sleep(max(0.0, done - time.perf_counter()))
        each = self.server.refuses_each
        if each and number % each == 0:
            self.answer(500, {"error": {"message": "out of memory"}})
        else:
            self.answer(200, self.server.content or self.embeddings(request))

    def embeddings(self, request: dict[str, list[str]]) -> dict[str, object]:
        texts = request["input"]
        rows = [{"object": "embedding", "index": index, "embedding": VECTOR} for index in range(len(texts))]
        return {"object": "list", "model": "m", "data": rows, "usage": {"total_tokens": TOKENS * len(texts)}}

    def answer(self, status: int, content: object) -> None:
        body = json.dumps(content).encode()
        self.send_response(status)
        headers = {"Content-Type": "application/json", "Content-Length": str(len(body)), **self.server.phases}
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()

    def log_message(self, format: str, *_: object) -> None:  # noqa: A002  the standard library's name
        pass


@contextmanager
def queueing_server(workers: int = 1, service_seconds: float = 0.02) -> Iterator[QueueingServer]:
    """A running double."""
    with QueueingServer(workers, service_seconds) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
