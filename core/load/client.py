"""Requests to a server, sent by many threads over connections that stay open."""

import json
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from email.message import Message
from functools import partial
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from urllib.parse import SplitResult, urlsplit

from core.encoders.endpoint import Request, decode
from core.models.dialects import Dialect

ANSWER_SECONDS = 30.0
OK = 200
PHASES = ("queue", "tokenization", "inference", "total")  # in the order in which a request goes through them
HEADER = "x-{}-time"  # as text-embeddings-inference names them, in milliseconds


@dataclass(frozen=True)
class Reply:
    """What came back for a request.

    Attributes
    ----------
    ended : float
        When all of it was here, on the clock of `time.perf_counter`.
    error : str
        What went wrong, such as "503" or "no answer in 30 s"; empty if embeddings came back.
    tokens : int or None
        Tokens of its texts, as the server counted them.
    phases : dict of str to float
        Milliseconds of each of PHASES, as far as the server names them.
    """

    ended: float
    error: str = ""
    tokens: int | None = None
    phases: Mapping[str, float] = field(default_factory=dict)


class Client:
    """Sends requests, each of which asks for the embeddings of `texts_per_request` texts; thread-safe.

    They go to the server directly, through no proxy. A connection that has become free is the next to be used.
    """

    def __init__(self, requests: Sequence[Request], texts_per_request: int, dialect: Dialect) -> None:
        self._requests = requests
        self._texts = texts_per_request
        self._dialect = dialect
        self._address = urlsplit(requests[0].url)
        self._free: deque[HTTPConnection] = deque()
        self._connect = _connector(self._address)

    def post(self, number: int) -> Reply:
        """Send the request of that number, beginning anew behind the last one, and wait for its answer."""
        request = self._requests[number % len(self._requests)]
        try:
            status, headers, body = self._exchange(request)
        except TimeoutError:
            return Reply(time.perf_counter(), f"no answer in {ANSWER_SECONDS:g} s")
        except (OSError, HTTPException):
            return Reply(time.perf_counter(), "connection failed")
        ended = time.perf_counter()
        return self._read(ended, body, headers) if status == OK else Reply(ended, str(status))

    def close(self) -> None:
        """Close the connections that are free."""
        while self._free:
            self._free.pop().close()

    def _exchange(self, request: Request) -> tuple[int, Message, bytes]:
        """One request and its answer; again on a new connection if the server has closed the one that was open."""
        try:
            connection = self._free.pop()
        except IndexError:
            return self._send(self._connect(), request)
        try:
            return self._send(connection, request)
        except (ConnectionError, HTTPException):
            return self._send(self._connect(), request)

    def _send(self, connection: HTTPConnection, request: Request) -> tuple[int, Message, bytes]:
        try:
            connection.request("POST", self._address.path, request.body, dict(request.headers))
            response: HTTPResponse = connection.getresponse()
            body = response.read()
        except BaseException:
            connection.close()
            raise
        self._free.append(connection)
        return response.status, response.headers, body

    def _read(self, ended: float, body: bytes, headers: Message) -> Reply:
        try:
            answer = decode(json.loads(body), self._texts, self._dialect)
        except (AttributeError, KeyError, TypeError, ValueError):
            return Reply(ended, "no embeddings in the answer")
        return Reply(ended, "", answer.tokens, read_phases(headers))


def read_phases(headers: Message | Mapping[str, str]) -> dict[str, float]:
    """The milliseconds of the phases that a server names in its headers; what is not a number is skipped."""
    given = {phase: headers.get(HEADER.format(phase)) for phase in PHASES}
    return {phase: float(value) for phase, value in given.items() if value and value.replace(".", "", 1).isdecimal()}


def _connector(address: SplitResult) -> Callable[[], HTTPConnection]:
    """What opens a connection to the address; for https with the certificates that other requests trust."""
    host, port = address.hostname or "", address.port
    if address.scheme != "https":
        return partial(HTTPConnection, host, port, timeout=ANSWER_SECONDS)
    from httpx2 import create_ssl_context

    return partial(HTTPSConnection, host, port, timeout=ANSWER_SECONDS, context=create_ssl_context())
