"""Models computed on this machine by sentence-transformers, on the CPU or a CUDA GPU."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from core.encoders.base import Kind, Trace, Vectors, well_formed
from core.encoders.files import locate
from core.errors import DeviceError, InputError
from core.jobs import Progress, silent
from core.models import ModelSpec

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

SLICE = 64
PRECISIONS = {"cpu": ("float32",), "cuda": ("float32", "float16", "bfloat16")}
POOLING_TOKEN = {"cls": 0, "lasttoken": -1}


class LocalEncoder:
    """A SentenceTransformer with one owner thread: many callers may share it, since tokenizers are not thread-safe.

    A request is served in slices, first come first served, so that a large one does not keep small ones waiting.
    """

    def __init__(self, spec: ModelSpec, device: str, precision: str) -> None:
        folder = locate(spec)
        self.spec = spec
        self.device = _resolve_device(device)
        self.precision = _resolve_precision(precision, "cpu" if spec.is_static else self.device)
        self.engine = "static" if spec.is_static else "torch"
        self.revision = spec.revision or f"sha256:{_weights_digest(spec)[:12]}"
        self._owner = ThreadPoolExecutor(max_workers=1, thread_name_prefix=spec.name)
        self._model = _load(spec, folder, self.device, self.precision)
        self.dimensions = int(self._model.get_embedding_dimension() or 0)
        self._counter = _counting_tokenizer(self._model)
        self.max_tokens = None if spec.is_static else self._model.max_seq_length

    def encode(self, texts: Sequence[str], kind: Kind = "document", on_progress: Progress = silent) -> Vectors:
        """Vectors of the texts: (n, d) float32, unit rows, in the order given.

        Texts of like length share a batch. `on_progress` hears of every slice, and by raising cancels the rest.
        """
        texts = [well_formed(text) for text in texts]
        vectors = np.zeros((len(texts), self.dimensions), np.float32)
        order = sorted(range(len(texts)), key=lambda row: len(texts[row]), reverse=True)
        for start in range(0, len(order), SLICE):
            on_progress(f"Embedding with {self.spec.name}", start, len(order))
            rows = order[start : start + SLICE]
            vectors[rows] = self._owner.submit(self._encode_slice, [texts[row] for row in rows], kind).result()
        return vectors

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """How many tokens each text has for this model, before truncation, special tokens included."""
        encodings = self._counter.encode_batch([well_formed(text) for text in texts], **self._special_tokens)
        return [len(encoding.ids) for encoding in encodings]

    def trace(self, text: str) -> Trace:
        """The text's way through the model.

        Raises
        ------
        InputError
            The text has no token that the model knows.
        """
        text = well_formed(text)
        encoding = self._counter.encode(text, **self._special_tokens)
        if not encoding.ids:
            raise InputError("This text has no tokens: write a word or two.")
        limit = self.max_tokens or len(encoding.ids)
        vectors = self._owner.submit(self._token_vectors, text, encoding.ids).result()
        tokens = encoding.tokens if len(encoding.tokens) <= limit else _truncated(encoding.tokens, limit)
        return Trace(
            tokens=tuple(tokens[: len(vectors)]),
            vectors=vectors,
            pooled=self.encode([text])[0],
            weights=_pooling_weights(self._pooling, len(vectors)),
            pooling=self._pooling,
            truncated=max(0, len(encoding.ids) - limit),
        )

    @property
    def _special_tokens(self) -> dict[str, bool]:
        return {"add_special_tokens": not self.spec.is_static}

    @property
    def _pooling(self) -> str:
        return "mean" if self.spec.is_static else str(self._model[1].pooling_mode)

    def _encode_slice(self, texts: list[str], kind: Kind) -> Vectors:
        vectors = self._model.encode(
            texts,
            prompt=self.spec.prompt(kind) or None,
            normalize_embeddings=True,
            convert_to_numpy=True,
            show_progress_bar=False,
        )
        return np.asarray(vectors, np.float32)

    def _token_vectors(self, text: str, ids: list[int]) -> Vectors:
        """(t, d) vectors of the tokens that the model sees."""
        if self.spec.is_static:
            static: Any = self._model[0]
            table = static.embedding.weight
            return np.asarray(table.detach()[ids].cpu().float().numpy(), np.float32)
        rows: Any = self._model.encode(text, output_value="token_embeddings", show_progress_bar=False)
        return np.asarray(rows.cpu().float().numpy(), np.float32)


def _resolve_device(device: str) -> str:
    if device == "auto":
        import torch

        return "cuda" if torch.cuda.is_available() else "cpu"
    if device == "cuda":
        import torch

        if not torch.cuda.is_available():
            raise DeviceError("This machine has no CUDA GPU that torch can use: choose the device cpu.")
    return device


def _resolve_precision(precision: str, device: str) -> str:
    if precision == "auto":
        return "float32"
    if precision not in PRECISIONS[device]:
        choices = ", ".join(PRECISIONS[device])
        raise DeviceError(f"Precision {precision!r} is not offered on {device}: choose auto or {choices}.")
    return precision


def _load(spec: ModelSpec, folder: Path, device: str, precision: str) -> "SentenceTransformer":
    from sentence_transformers import SentenceTransformer
    from transformers.utils import logging

    logging.disable_progress_bar()
    if spec.bundled and spec.is_static:
        return _load_static(spec, folder, device)
    return SentenceTransformer(
        str(folder),
        device=device,
        local_files_only=True,
        trust_remote_code=False,
        model_kwargs={"dtype": precision, "use_safetensors": True},
    )


def _load_static(spec: ModelSpec, folder: Path, device: str) -> "SentenceTransformer":
    """A static model from its two data files: a table of token vectors and a tokenizer."""
    from safetensors.numpy import load_file
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import StaticEmbedding
    from tokenizers import Tokenizer

    assert spec.bundled
    weights, tokenizer = spec.bundled.sha256
    (table,) = load_file(folder / weights).values()
    static = StaticEmbedding(Tokenizer.from_file(str(folder / tokenizer)), embedding_weights=table.astype(np.float32))
    return SentenceTransformer(modules=[static], device=device)


def _counting_tokenizer(model: "SentenceTransformer") -> Any:
    """A copy of the model's tokenizer that neither truncates nor pads and is never changed again."""
    from tokenizers import Tokenizer

    original: Any = model.tokenizer
    copy = Tokenizer.from_str(getattr(original, "backend_tokenizer", original).to_str())
    copy.no_truncation()
    copy.no_padding()
    return copy


def _truncated(tokens: list[str], limit: int) -> list[str]:
    """The tokens a model sees when a text is too long: the beginning, then the closing special token."""
    return [*tokens[: limit - 1], tokens[-1]]


def _pooling_weights(pooling: str, tokens: int) -> Vectors:
    weights = np.zeros(tokens, np.float32)
    if pooling in POOLING_TOKEN:
        weights[POOLING_TOKEN[pooling]] = 1
    else:
        weights[:] = 1 / tokens
    return weights


def _weights_digest(spec: ModelSpec) -> str:
    return next(iter(spec.bundled.sha256.values())) if spec.bundled else "unknown"
