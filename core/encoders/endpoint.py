"""A client for an embeddings API, OpenAI's or a dialect of it: one request, retried while the problem may pass."""

import base64
import json
import os
import random
import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt

from core import wording
from core.encoders.base import Kind
from core.errors import ModelUnavailableError
from core.models import ModelSpec, servers
from core.models.dialects import DIALECTS, Dialect
from core.models.dialects import OPENAI as OPENAIS
from core.progress import HEARTBEAT_SECONDS
from core.settings import openai_address, openai_key

if TYPE_CHECKING:
    from openai import APIError, OpenAI

OPENAI = "https://api.openai.com/v1"
NO_KEY = "none"
CONNECT_SECONDS = 5
ANSWER_SECONDS = 60
MOST_TRIES = 6
TRIES_TO_CONNECT = 3
PATIENCE_SECONDS = 120
FIRST_WAIT_SECONDS = 0.5
LONGEST_MESSAGE = 200
LONGEST_NAME = 80
SIZE = re.compile(r"token|batch|too (long|large|many)|length|at most|no more than|exceed", re.IGNORECASE)
TOO_LARGE = re.compile(r"\b(request|input|batch|prompt)\b[^.]*\btoo (large|long|big)", re.IGNORECASE)
LIMIT_AND_REQUEST = re.compile(r"\blimit:? *([\d,]+).*\brequested:? *([\d,]+)", re.IGNORECASE)
ADVICE = {
    401: "Check the key.",
    403: "Check the key.",
    404: "Check the address, which usually ends in /v1, and the model's name.",
}


class TooLargeError(ModelUnavailableError):
    """The request has more texts or tokens than the API accepts at once."""


@dataclass(frozen=True)
class Answer:
    """Vectors as sent, (n, d) float64, in the order of the texts; the number of tokens and the model's name if sent."""

    vectors: npt.NDArray[np.float64]
    tokens: int | None
    model: str = ""


@dataclass(frozen=True)
class Request:
    """A request as it is sent: its address, its headers with the key, and its JSON."""

    url: str
    headers: Mapping[str, str] = field(repr=False)
    body: bytes


@dataclass(frozen=True)
class Trouble:
    """Why a request failed: the client's exception without the request, because its headers hold the key."""

    kind: Literal["unreachable", "slow", "broken", "refused"]
    status: int = 0
    message: str = ""
    code: str = ""
    retry_after: float | None = None

    @property
    def may_pass(self) -> bool:
        """Whether the same request may succeed later; an exhausted quota does not recover in minutes."""
        if self.kind != "refused":
            return True
        if self.is_about_size:
            return False
        return (self.status in (408, 409, 429) or self.status >= 500) and self.code != "insufficient_quota"

    @property
    def is_about_size(self) -> bool:
        """Whether a smaller request may succeed."""
        if self.status == 429:
            return _is_above_limit(self.message)
        is_refused = self.status in (400, 422) and "dimension" not in self.message.lower()
        return self.status == 413 or (is_refused and bool(SIZE.search(self.message)))

    @property
    def is_about_encoding(self) -> bool:
        """Whether the server only accepts requests for vectors as numbers."""
        return self.status in (400, 422) and bool(re.search("encoding_format|base64", self.message))


class Endpoint:
    """The endpoint of a model; thread-safe, as is OpenAI's client.

    `address` never holds a secret. The key is passed to the client and stored nowhere else.

    Raises
    ------
    ModelUnavailableError
        The key cannot be sent.
    """

    def __init__(self, spec: ModelSpec) -> None:
        server = spec.server
        self.address = server.url if server else (openai_address() or OPENAI).rstrip("/")
        self.model = server.model if server else spec.id
        self.dialect = DIALECTS[server.dialect if server else OPENAIS]
        self._name = spec.name
        self._takes_base64 = self.dialect.takes_base64
        self._answers_as = ""
        key = servers.key(server.section) if server else openai_key()
        self._client = _client(self.address, key, self.dialect, own=not server)

    def embed(
        self,
        texts: list[str],
        dimensions: int | None,
        on_wait: Callable[[str], None],
        patience_seconds: float = PATIENCE_SECONDS,
        *,
        kind: Kind = "document",
    ) -> Answer:
        """Request the vectors of some texts.

        Parameters
        ----------
        dimensions : int, optional
            Length of vectors to ask for; by default the model's own.
        on_wait : callable
            Called repeatedly while waiting for a retry, with the reason; may raise to give up.
        patience_seconds : float
            Time for all tries together.
        kind : "query" or "document"
            Sent to APIs that distinguish them.

        Raises
        ------
        TooLargeError
            The request is larger than the API accepts; a part of it may be accepted.
        ModelUnavailableError
            The API cannot be reached, refuses, does not send embeddings, or answers with another model than before.
        """
        deadline = time.monotonic() + patience_seconds
        tries = 0
        while True:
            is_base64 = self._takes_base64
            result = self._try(self._body(texts, dimensions, kind), len(texts), deadline - time.monotonic())
            if isinstance(result, Answer):
                return self._same_model(result)
            if result.is_about_encoding and is_base64:
                self._takes_base64 = False
                continue
            tries += 1
            wait = _wait_before(result, tries)
            if wait is None or time.monotonic() + wait >= deadline:
                raise self._error(result)
            _pause(wait, partial(on_wait, self._reason(result)))

    def request(self, texts: Sequence[str], dimensions: int | None, *, kind: Kind = "document") -> Request:
        """The request that `embed` sends, for senders of their own; the encoding is the one that it has found out."""
        key, name = self._client.api_key, self.dialect.key_header
        return Request(
            f"{self.address}{self.dialect.path.format(model=self.model)}",
            {"Content-Type": "application/json", name: f"Bearer {key}" if name == "Authorization" else key},
            json.dumps(self._body(texts, dimensions, kind)).encode(),
        )

    def _body(self, texts: Sequence[str], dimensions: int | None, kind: Kind) -> dict[str, Any]:
        body = self.dialect.body(self.model, texts, kind, dimensions)
        return body | (
            {"encoding_format": "base64" if self._takes_base64 else "float"} if self.dialect.takes_base64 else {}
        )

    def _try(self, body: Mapping[str, Any], count: int, seconds: float) -> Answer | Trouble:
        """One request; the exception is turned into data here, so that nothing it holds can leak."""
        from openai import APIError, Timeout, omit

        without_bearer: dict[str, Any] = {} if self.dialect.key_header == "Authorization" else {"Authorization": omit}
        timeout = Timeout(min(ANSWER_SECONDS, seconds), connect=min(CONNECT_SECONDS, seconds))
        try:
            answer = self._client.post(
                self.dialect.path.format(model=self.model),
                cast_to=object,
                body=body,
                options={"timeout": timeout, "headers": without_bearer, "security": {"bearer_auth": True}},
            )
            return decode(answer, count, self.dialect)
        except APIError as error:
            return _trouble(error, self._client.api_key)
        except (AttributeError, KeyError, TypeError, ValueError):
            pass  # not JSON, or not the API's JSON
        raise ModelUnavailableError(
            f"{self.address} did not return one embedding of {self.model} per text. Check the address."
        )

    def _same_model(self, answer: Answer) -> Answer:
        """The answer, if it comes from the model that answered before, by the name that the server gives it."""
        self._answers_as = self._answers_as or answer.model
        if answer.model and answer.model != self._answers_as:
            raise ModelUnavailableError(
                f"{self.address} now answers as {wording.shorten(answer.model, LONGEST_NAME)}, and before as "
                f"{wording.shorten(self._answers_as, LONGEST_NAME)}: vectors of two models can't be compared. Check "
                "the server; if its model was replaced, delete the stored vectors and restart."
            )
        return answer

    def _reason(self, trouble: Trouble) -> str:
        reasons = {
            "unreachable": "cannot be reached",
            "slow": "did not answer in time",
            "broken": "closed the connection",
            "refused": "is limiting requests" if trouble.status == 429 else f"answered with error {trouble.status}",
        }
        return f"{self.address} {reasons[trouble.kind]}"

    def _error(self, trouble: Trouble) -> ModelUnavailableError:
        if trouble.kind != "refused":
            return ModelUnavailableError(
                f"{self._reason(trouble)}. Check the network and the address, or pick a model that is ready on this "
                "machine."
            )
        detail = f": {trouble.message.rstrip('.')}" if trouble.message else ""
        sentence = f"{self.address} refused {self._name} with error {trouble.status}{detail}."
        kind = TooLargeError if trouble.is_about_size else ModelUnavailableError
        return kind(f"{sentence} {_advice(trouble)}".rstrip())


def _client(address: str, key: str | None, dialect: Dialect, *, own: bool) -> "OpenAI":
    """A client for OpenAI's own service (or OPENAI_BASE_URL), or for a server of the host."""
    from openai import OpenAI

    if key and not (key.isascii() and key.isprintable()):
        raise ModelUnavailableError(
            f"The API key for {address} contains a character that no key can have, such as a line break. Copy it again."
        )
    return OpenAI(
        api_key=key or NO_KEY,
        base_url=address,
        max_retries=0,
        default_headers=None if own else _headers(key or NO_KEY, dialect.key_header),
    )


def _headers(key: str, key_header: str) -> Mapping[str, Any]:
    """Headers with a server's key that withhold the environment's OpenAI settings, which it must not see."""
    from openai import omit

    lines = os.environ.get("OPENAI_CUSTOM_HEADERS", "").split("\n")
    names = (line.partition(":")[0].strip() for line in lines)
    private = ("OpenAI-Organization", "OpenAI-Project", "Authorization", *names)
    value = f"Bearer {key}" if key_header == "Authorization" else key
    return {**dict.fromkeys(filter(None, private), omit), key_header: value}


def _trouble(error: "APIError", key: str) -> Trouble:
    from openai import APIConnectionError, APIStatusError, APITimeoutError

    cause = type(error.__cause__).__name__
    if isinstance(error, APIConnectionError) and cause in ("ConnectError", "ConnectTimeout"):
        return Trouble("unreachable")
    if isinstance(error, APITimeoutError):
        return Trouble("slow")
    if not isinstance(error, APIStatusError):
        return Trouble("broken")
    detail = _refusal(error.body) if key == NO_KEY else _refusal(error.body).replace(key, "…")
    message = wording.one_line(detail)
    return Trouble(
        "refused",
        status=error.status_code,
        message=wording.shorten(message, LONGEST_MESSAGE),
        code=error.code or "",
        retry_after=_retry_after(error.response.headers),
    )


def _refusal(body: object) -> str:
    """The readable part of a refusal's body: OpenAI's and vLLM's `message`, FastAPI's `detail`, a text or a list."""
    if isinstance(body, list):
        return "; ".join(filter(None, map(_refusal, body)))
    if isinstance(body, dict):
        return _refusal(next(filter(None, map(body.get, ("message", "detail", "msg", "error"))), ""))
    return body if isinstance(body, str) and not body.startswith("<") else ""


def _is_above_limit(message: str) -> bool:
    """Whether a rate limit says that the request alone is above it, so that waiting does not help."""
    numbers = LIMIT_AND_REQUEST.search(message)
    if numbers:
        limit, requested = (int(number.replace(",", "") or 0) for number in numbers.groups())
        return requested > limit
    return bool(TOO_LARGE.search(message))


def _advice(trouble: Trouble) -> str:
    if not trouble.may_pass:
        return ADVICE.get(trouble.status, "")
    return f"Try again in {wording.wait(trouble.retry_after)}." if trouble.retry_after else "Try again later."


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """The seconds that the API asks to wait, given as milliseconds, seconds or a date."""
    try:
        if "retry-after-ms" in headers:
            return max(0.0, float(headers["retry-after-ms"]) / 1000)
        value = headers.get("retry-after", "")
        if value.strip().isdigit():
            return float(value)
        return max(0.0, parsedate_to_datetime(value).timestamp() - time.time())
    except (TypeError, ValueError):
        return None


def _wait_before(trouble: Trouble, tries: int) -> float | None:
    """Seconds to wait before the next try, given the tries so far; None to give up."""
    most = TRIES_TO_CONNECT if trouble.kind == "unreachable" else MOST_TRIES
    if not trouble.may_pass or tries >= most:
        return None
    if trouble.retry_after is not None:
        return trouble.retry_after
    return FIRST_WAIT_SECONDS * 2 ** (tries - 1) * random.uniform(0.75, 1.25)  # noqa: S311  not for secrets


def _pause(seconds: float, report: Callable[[], None]) -> None:
    """Wait, reporting all the while."""
    until = time.monotonic() + seconds
    while (left := until - time.monotonic()) > 0:
        report()
        time.sleep(min(left, HEARTBEAT_SECONDS))


def decode(answer: Any, count: int, dialect: Dialect) -> Answer:
    """The vectors of an answer; AttributeError, KeyError, TypeError and ValueError mean that it is not a valid one."""
    items = answer
    for name in dialect.vectors:
        items = items[name]
    rows = [items[place] for place in _places(items, count)]
    vectors = np.array([_numbers(row[dialect.vector] if dialect.vector else row) for row in rows], np.float64)
    if vectors.ndim != 2:
        raise ValueError("an embedding is a list of numbers")
    model = answer.get("model")
    return Answer(vectors, _tokens(answer, dialect.tokens), model if isinstance(model, str) else "")


def _places(items: Sequence[Any], count: int) -> list[int]:
    """Where each text's item is. Some servers leave out an index, or only that of 0: such an item is in its place."""
    sent = [item.get("index") if isinstance(item, dict) else None for item in items]
    if None in sent and any(index not in (None, place) for place, index in enumerate(sent)):
        raise ValueError("an index that differs from its place beside one that is missing")
    places = {place if index is None else index: place for place, index in enumerate(sent)}
    if len(sent) != count or places.keys() != set(range(count)):
        raise ValueError("not one embedding for each text")
    return [places[index] for index in range(count)]


def _tokens(answer: Any, path: Sequence[str]) -> int | None:
    """The number of tokens that the API counted; None if it did not."""
    for name in path:
        answer = answer.get(name) if isinstance(answer, dict) else None
    return int(answer) if isinstance(answer, (int, float)) else None


def _numbers(embedding: str | list[float]) -> npt.NDArray[np.float64]:
    """A vector as the API sends it: base64, or numbers from servers without base64."""
    if isinstance(embedding, str):
        return np.frombuffer(base64.b64decode(embedding), "<f4").astype(np.float64)
    return np.asarray(embedding, np.float64)
