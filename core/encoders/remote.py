"""Models behind OpenAI's API, through its own client."""

import base64
import os
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from core.encoders.base import Kind, Vectors, well_formed
from core.encoders.files import availability
from core.errors import DeviceError, ModelUnavailableError
from core.jobs import Progress, silent
from core.models import ModelSpec

SLICE = 256
TIMEOUT_SECONDS = 9


class RemoteEncoder:
    """A model that OpenAI computes; endpoint and key come from OPENAI_BASE_URL and OPENAI_API_KEY."""

    engine = "openai"
    device = "remote"
    precision = "float32"

    def __init__(self, spec: ModelSpec) -> None:
        from openai import OpenAI

        state = availability(spec)
        if not state.is_ready:
            raise ModelUnavailableError(state.sentence)
        self.spec = spec
        self.revision = spec.released
        self.dimensions = spec.dimensions or 0
        self.max_tokens = spec.max_tokens
        self._client: Any = OpenAI(timeout=TIMEOUT_SECONDS, max_retries=0)

    def encode(self, texts: Sequence[str], kind: Kind = "document", on_progress: Progress = silent) -> Vectors:  # noqa: ARG002
        """Vectors of the texts: (n, d) float32, unit rows, in the order given; OpenAI's models know no kinds.

        Raises
        ------
        ModelUnavailableError
            The API cannot be reached, or refuses.
        """
        slices = [np.zeros((0, self.dimensions), np.float32)]
        for start in range(0, len(texts), SLICE):
            on_progress(f"Embedding with {self.spec.name}", start, len(texts))
            slices.append(self._request([well_formed(text) for text in texts[start : start + SLICE]]))
        return np.concatenate(slices)

    def count_tokens(self, texts: Sequence[str]) -> list[int]:  # noqa: ARG002
        """Not offered: OpenAI's tokenizer is not on this machine."""
        raise DeviceError(f"{self.spec.name} is tokenized at OpenAI: its tokens cannot be counted here.")

    def _request(self, texts: list[str]) -> Vectors:
        from openai import APIConnectionError, APIStatusError

        try:
            answer = self._client.embeddings.create(model=self.spec.id, input=texts, encoding_format="base64")
        except APIConnectionError:
            raise ModelUnavailableError(
                f"{_address()} cannot be reached from here. Check the network, or pick a model that is ready here."
            ) from None
        except APIStatusError as error:
            message = error.message.replace(os.environ.get("OPENAI_API_KEY") or "\0", "…")
            raise ModelUnavailableError(f"{self.spec.name} was refused by the API: {message}") from None
        try:
            rows = sorted(answer.data, key=lambda item: item.index)
            vectors = np.array([_decoded(item.embedding) for item in rows], np.float32)
        except (AttributeError, TypeError, ValueError):
            vectors = np.zeros((0, 0), np.float32)
        if vectors.shape != (len(texts), self.dimensions):
            raise ModelUnavailableError(f"{_address()} did not answer with embeddings of {self.spec.name}.")
        return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), np.float32)


def _address() -> str:
    return os.environ.get("OPENAI_BASE_URL") or "OpenAI's API"


def _decoded(embedding: str | list[float]) -> npt.NDArray[np.float32]:
    """A vector as the API sends it: base64, or numbers from servers that know nothing else."""
    if isinstance(embedding, str):
        return np.frombuffer(base64.b64decode(embedding), "<f4")
    return np.asarray(embedding, np.float32)
