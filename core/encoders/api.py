"""Models behind OpenAI's API, compatible servers (vLLM, text-embeddings-inference) and the dialects of other APIs."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from core.encoders.base import Kind, Usage, Vectors, replace_surrogates
from core.encoders.endpoint import OPENAI, Endpoint, TooLargeError
from core.errors import DeviceError, InputError, ModelUnavailableError
from core.models import ModelSpec
from core.models.dialects import OPENAI as OPENAI_DIALECT
from core.models.files import availability
from core.progress import Progress, silent

# OpenAI takes 2,048 texts and 300,000 tokens a request. Fewer texts give finer progress and faster cancelling. Its
# tokenizer is not on this machine, but it is a byte-level one: no text has more tokens than bytes.
MOST_TEXTS = 256
MOST_BYTES = 300_000
PROBE_PATIENCE_SECONDS = 10


class RemoteEncoder:
    """A model behind an API: OpenAI's, or a server in secrets.toml.

    Parameters
    ----------
    dimensions : int, optional
        Length of vectors to ask for, if the model can shorten them; for servers by default the section's. If there is
        none, the server is asked for the vector of one word to find out its length.

    Raises
    ------
    ModelUnavailableError
        There is no key, or the server does not answer.
    InputError
        The model has no vectors of that length.
    """

    device = "remote"
    precision = "float32"
    reason = ""
    memory_bytes = 0

    def __init__(self, spec: ModelSpec, dimensions: int | None = None) -> None:
        state = availability(spec)
        if not state.is_ready:
            raise ModelUnavailableError(state.sentence)
        _check_dimensions(spec, dimensions)
        self.spec = spec
        self.max_tokens = spec.max_tokens
        self.engine = spec.server.dialect if spec.server else OPENAI_DIALECT
        self._endpoint = Endpoint(spec)
        self._most_texts = min(MOST_TEXTS, self._endpoint.dialect.most_texts or MOST_TEXTS)
        self._asked_dimensions = dimensions or (spec.server.dimensions if spec.server else None)
        self.revision = _revision(spec, self._endpoint.address)
        self.dimensions = self._asked_dimensions or spec.dimensions or self._probe()

    def encode(self, texts: Sequence[str], kind: Kind = "document", on_progress: Progress = silent) -> Vectors:
        """Vectors of the texts: (n, d) float32, in the order given; errors as of `encode_with_usage`.

        Rows have unit length where the cosine compares them, and else the API's own.
        """
        return self.encode_with_usage(texts, kind, on_progress)[0]

    def encode_with_usage(
        self, texts: Sequence[str], kind: Kind = "document", on_progress: Progress = silent
    ) -> tuple[Vectors, Usage]:
        """Vectors as `encode` gives them, and the usage of this call.

        A request refused as too large is halved, and so are those after it. `on_progress` is called at every request
        and every wait before a retry; if it raises, the rest is cancelled.

        Raises
        ------
        ModelUnavailableError
            The API cannot be reached, refuses, or does not answer with vectors of this model.
        InputError
            A text is longer than the model's limit.
        """
        asked = [replace_surrogates(self.spec.prompt(kind) + text) for text in texts]
        usage = Usage(0, 0.0)
        rows = [np.zeros((0, self.dimensions), np.float32)]
        most, done = self._most_texts, 0

        def report(what: str) -> None:
            on_progress(what, done, len(asked))

        while done < len(asked):
            report(f"Embedding with {self.spec.name}")
            part = asked[done : done + _fitting(asked[done : done + most])]
            try:
                answer = self._endpoint.embed(
                    part, self._asked_dimensions, lambda why: report(f"Waiting: {why}"), kind=kind
                )
            except TooLargeError as error:
                if len(part) == 1:
                    raise _too_long(texts[done], error) from None
                most = len(part) // 2
                continue
            rows.append(self._rows(answer.vectors))
            usage += _usage(answer.tokens, self.spec.usd_per_million_tokens)
            done += len(part)
        self._most_texts = most
        return np.concatenate(rows), usage

    def count_tokens(self, texts: Sequence[str]) -> list[int]:  # noqa: ARG002
        """Not offered: the model's tokenizer is not on this machine."""
        raise DeviceError(f"{self.spec.name} is tokenized by its API: its tokens can't be counted on this machine.")

    def may_be_unknown(self, text: str) -> bool:  # noqa: ARG002
        """Never: the model's tokenizer is not on this machine, so nothing is known of its words."""
        return False

    def count_known_tokens(self, texts: Sequence[str]) -> list[int]:
        """Not offered, as for `count_tokens`."""
        return self.count_tokens(texts)

    def shorten(self, dimensions: int) -> None:
        """Ask for vectors of that length; InputError if the model has none."""
        _check_dimensions(self.spec, dimensions)
        self._asked_dimensions = self.dimensions = dimensions

    def _probe(self) -> int:
        """The length of the server's vectors."""
        answer = self._endpoint.embed(["dimensions"], None, lambda _: None, PROBE_PATIENCE_SECONDS)
        return answer.vectors.shape[1]

    def _rows(self, vectors: npt.NDArray[np.float64]) -> Vectors:
        """The vectors, scaled to unit length for the cosine, in float64 so that no norm overflows."""
        if vectors.shape[1] != self.dimensions:
            is_told = self._asked_dimensions or self.spec.dimensions
            raise ModelUnavailableError(
                f"{self._endpoint.address} returned vectors of {vectors.shape[1]} dimensions, but {self.spec.name} "
                + (
                    f"should have {self.dimensions}. Check the model and the dimensions."
                    if is_told
                    else f"had {self.dimensions} before. Restart the dashboard if the server has another model now."
                )
            )
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        with np.errstate(over="ignore", divide="ignore", invalid="ignore"):  # what is not finite is refused below
            rows = np.asarray(vectors / lengths if self.spec.similarity == "cosine" else vectors, np.float32)
        if not (np.isfinite(rows).all() and lengths.all()):
            raise ModelUnavailableError(
                f"{self._endpoint.address} returned a vector of {self.spec.name} that is zero or not a number, so "
                "it can't be compared with others. Check the server."
            )
        return rows


def _check_dimensions(spec: ModelSpec, dimensions: int | None) -> None:
    if dimensions is None:
        return
    if not spec.server and not spec.id.startswith("text-embedding-3-"):
        raise InputError(f"{spec.name} cannot shorten its vectors: they always have {spec.dimensions} dimensions.")
    if dimensions < 1 or (not spec.server and dimensions > (spec.dimensions or 0)):
        upper = " or more" if spec.server else f" to {spec.dimensions}"
        raise InputError(f"{spec.name} has no vectors of {dimensions} dimensions: choose 1{upper}.")


def _revision(spec: ModelSpec, address: str) -> str:
    """What is known of the version: a server's model may change behind its address, so the address is part of it."""
    if spec.server:
        return spec.id
    return spec.released if address == OPENAI else f"{spec.released} at {address}"


def _fitting(texts: list[str]) -> int:
    """How many of the texts fit into a request, at least one."""
    ends = np.cumsum([len(text.encode()) for text in texts])
    return max(1, int(np.searchsorted(ends, MOST_BYTES, side="right")))


def _too_long(text: str, error: TooLargeError) -> InputError:
    beginning = " ".join(replace_surrogates(text).split())[:50]
    return InputError(f"The text beginning “{beginning}” is too long: shorten or split it. {error}")


def _usage(tokens: int | None, usd_per_million_tokens: float | None) -> Usage:
    if tokens is None or usd_per_million_tokens is None:
        return Usage(tokens, None)
    return Usage(tokens, tokens * usd_per_million_tokens / 1e6)
