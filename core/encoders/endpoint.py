"""A client for an embeddings API compatible with OpenAI's: one request, retried while the problem may pass."""

import base64
import os
import random
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt

from core import wording
from core.errors import ModelUnavailableError
from core.models import ModelSpec, servers
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
SIZE = re.compile(r"token|batch|too (long|large|many)|length", re.IGNORECASE)
ADVICE = {
    401: "Check the key.",
    403: "Check the key.",
    404: "Check the address, which usually ends in /v1, and the model's name.",
}


class TooLargeError(ModelUnavailableError):
    """The request has more texts or tokens than the API accepts at once."""


@dataclass(frozen=True)
class Answer:
    """Vectors as sent, (n, d) float64, in the order of the texts, and the number of tokens if counted."""

    vectors: npt.NDArray[np.float64]
    tokens: int | None


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
        return (self.status in (408, 409, 429) or self.status >= 500) and self.code != "insufficient_quota"

    @property
    def is_about_size(self) -> bool:
        """Whether a smaller request may succeed."""
        return self.status == 413 or (self.status in (400, 422) and bool(SIZE.search(self.message)))

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
        self._name = spec.name
        self._encoding: Literal["base64", "float"] = "base64"
        self._client = _client(self.address, servers.key(server.section) if server else openai_key(), own=not server)

    def embed(
        self,
        texts: list[str],
        dimensions: int | None,
        on_wait: Callable[[str], None],
        patience_seconds: float = PATIENCE_SECONDS,
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

        Raises
        ------
        TooLargeError
            The request is larger than the API accepts; a part of it may be accepted.
        ModelUnavailableError
            The API cannot be reached, refuses, or does not send embeddings.
        """
        deadline = time.monotonic() + patience_seconds
        tries = 0
        while True:
            encoding = self._encoding
            result = self._try(texts, dimensions, encoding, deadline - time.monotonic())
            if isinstance(result, Answer):
                return result
            if result.is_about_encoding and encoding == "base64":
                self._encoding = "float"
                continue
            tries += 1
            wait = _wait_before(result, tries)
            if wait is None or time.monotonic() + wait >= deadline:
                raise self._error(result)
            _pause(wait, partial(on_wait, self._reason(result)))

    def _try(
        self, texts: list[str], dimensions: int | None, encoding: Literal["base64", "float"], seconds: float
    ) -> Answer | Trouble:
        """One request; the exception is turned into data here, so that nothing it holds can leak."""
        from openai import APIError, Timeout, omit

        try:
            answer = self._client.embeddings.create(
                model=self.model,
                input=texts,
                encoding_format=encoding,
                dimensions=dimensions or omit,
                timeout=Timeout(min(ANSWER_SECONDS, seconds), connect=min(CONNECT_SECONDS, seconds)),
            )
            return _decode(answer, len(texts))
        except APIError as error:
            return _trouble(error, self._client.api_key)
        except (AttributeError, TypeError, ValueError):
            pass  # not JSON, or not the API's JSON
        raise ModelUnavailableError(
            f"{self.address} did not return one embedding of {self.model} per text. Check the address."
        )

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


def _client(address: str, key: str | None, *, own: bool) -> "OpenAI":
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
        default_headers=None if own else _without_openais(key or NO_KEY),
    )


def _without_openais(key: str) -> Mapping[str, Any]:
    """Headers that withhold the environment's OpenAI settings, which other servers must not see."""
    from openai import omit

    lines = os.environ.get("OPENAI_CUSTOM_HEADERS", "").split("\n")
    private = ("OpenAI-Organization", "OpenAI-Project", *(line.partition(":")[0].strip() for line in lines))
    return {**dict.fromkeys(filter(None, private), omit), "Authorization": f"Bearer {key}"}


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
    """The readable part of a refusal's body: OpenAI's and vLLM's `message`, FastAPI's `detail`, or a text."""
    if isinstance(body, dict):
        body = body.get("message") or body.get("detail")
    return body if isinstance(body, str) and not body.startswith("<") else ""


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


def _decode(answer: Any, count: int) -> Answer:
    """The vectors of an answer; AttributeError, TypeError and ValueError mean that it is not a valid answer."""
    rows = sorted(answer.data, key=lambda item: item.index)
    if [item.index for item in rows] != list(range(count)):
        raise ValueError("not one embedding for each text")
    vectors = np.array([_numbers(item.embedding) for item in rows], np.float64)
    if vectors.ndim != 2:
        raise ValueError("an embedding is a list of numbers")
    tokens = getattr(getattr(answer, "usage", None), "total_tokens", None)
    return Answer(vectors, tokens if isinstance(tokens, int) else None)


def _numbers(embedding: str | list[float]) -> npt.NDArray[np.float64]:
    """A vector as the API sends it: base64, or numbers from servers without base64."""
    if isinstance(embedding, str):
        return np.frombuffer(base64.b64decode(embedding), "<f4").astype(np.float64)
    return np.asarray(embedding, np.float64)
