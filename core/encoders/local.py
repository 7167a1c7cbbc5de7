"""Models computed on this machine: sentence-transformers around a network optimised for its CPU or GPU."""

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from core.devices import DEVICE, free_cache
from core.encoders import batches
from core.encoders.agreement import amendment, longest_input, pooling_modes
from core.encoders.base import Kind, Trace, Vectors, replace_surrogates
from core.encoders.checkpoint import counting_tokenizer
from core.encoders.choice import Choice
from core.encoders.vocabulary import vocabulary_of
from core.errors import DeviceError, InputError
from core.jobs import limits
from core.jobs.queue import Turn
from core.jobs.worker import Worker
from core.models import ModelSpec
from core.progress import Progress, silent

if TYPE_CHECKING:
    import torch
    from sentence_transformers import SentenceTransformer

WINDOW, SHARED_WINDOW = 256, 32  # texts tokenised at once: as many as are quick, and fewer while others may wait
STATIC_WINDOW, SHARED_STATIC_WINDOW = 4096, 256
TOKEN_BUDGET = {name: device.token_budget for name, device in DEVICE.items()}
SHARED_PART = 8  # of a CPU's budget of tokens, while others may wait
POOLING_TOKEN = {"cls": 0, "lasttoken": -1}
BYTES = {"float32": 4, "float16": 2, "bfloat16": 2, "int8": 1}

NO_ROWS: batches.Rows = np.empty(0, np.intp)

Features = dict[str, Any]


class LocalEncoder:
    """A SentenceTransformer with one thread that computes for many callers.

    A request is computed batch by batch, and visitors take turns, so that a large one does not hold up small ones;
    meanwhile its caller tokenises the next window of texts. Windows and batches are smaller while there are others.
    """

    def __init__(
        self,
        spec: ModelSpec,
        model: "SentenceTransformer",
        revision: str,
        choice: Choice,
        dimensions: int | None = None,
    ) -> None:
        self.spec = spec
        self.revision = " ".join(filter(None, (revision, amendment(model))))
        self.device = _device(model)
        self.engine = choice.engine
        self.precision = choice.precision
        self.reason = choice.reason
        self.is_static = choice.engine == "static"
        self.max_tokens = None if self.is_static else longest_input(model)
        self.dimensions = _check_dimensions(spec, dimensions, int(model.get_embedding_dimension() or 0))
        self.memory_bytes = _memory_bytes(model, choice)
        self._model = model
        self._counter = counting_tokenizer(model)
        self.vocabulary = vocabulary_of(self._counter)
        self._tokenizing = Turn(f"tokenizing with {spec.name}")
        self._owner = Worker(spec.name) if self.device == "cpu" else Worker(spec.name, limits.GPU_SECONDS.charge)

    def encode(self, texts: Sequence[str], kind: Kind = "document", on_progress: Progress = silent) -> Vectors:
        """Vectors of the texts: (n, d) float32, in the order given; unit rows where the cosine compares them.

        Texts of similar length share a batch. If `on_progress`, called at every batch, raises, the rest is cancelled.

        Raises
        ------
        DeviceError
            A single text is too long for the GPU's memory.
        """
        texts = [replace_surrogates(text) for text in texts]
        vectors = np.zeros((len(texts), self.dimensions), np.float32)
        windows, done = self._windows(texts), 0

        def report(what: str) -> None:
            on_progress(what, done, len(texts))

        rows, features = self._next_window(windows, texts, kind)
        while features:
            following = None
            for batch in self._batches(features, len(rows)):
                report(f"Embedding with {self.spec.name}")
                computing = self._owner.submit(self._compute, features, batch, cost=self._cost(features, batch))
                following = following or self._next_window(windows, texts, kind)
                vectors[rows[batch]] = self._owner.result(computing, report)
                done += len(batch)
            rows, features = following or self._next_window(windows, texts, kind)
        return vectors

    @property
    def is_busy(self) -> bool:
        """Whether somebody's texts are computed or wait."""
        return not self._owner.is_free()

    def prepare_forward(self, texts: Sequence[str], kind: Kind = "document") -> Callable[[], None]:
        """The forward pass of these texts by itself: each call computes their vectors again and discards them.

        Texts are tokenised now, batched as in `encode`, and moved to the device. A call leaves the vectors there and
        does not wait for a GPU. It computes in the calling thread, so nobody else may use this encoder.

        Raises
        ------
        DeviceError
            When called: a batch is too large for the GPU's memory; none is halved here.
        """
        import torch

        texts = [replace_surrogates(text) for text in texts]
        ready: list[Features] = []
        for rows in self._windows(texts):
            features = self._features([texts[row] for row in rows], kind)
            ready += [self._on_device(features, batch) for batch in self._batches(features, len(rows))]

        def forward() -> None:
            try:
                for features in ready:
                    self._vectors(dict(features))  # a copy, since a forward pass writes into it
            except torch.OutOfMemoryError:
                free_cache(self.device)
                raise DeviceError(
                    f"The GPU does not have enough memory for these texts with {self.spec.name}: use fewer or "
                    "shorter ones."
                ) from None

        return forward

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """How many tokens each text has for this model, before truncation, special tokens included."""
        encodings = self._counter.encode_batch([replace_surrogates(text) for text in texts], **self._special_tokens)
        return [len(encoding.ids) for encoding in encodings]

    def may_be_unknown(self, text: str) -> bool:
        """Whether the model may know none of a text's tokens; found without tokenizing it."""
        return self.vocabulary.may_lack(text)

    def count_known_tokens(self, texts: Sequence[str]) -> list[int]:
        """How many tokens of each text the model knows, special tokens left out."""
        encodings = self._counter.encode_batch([replace_surrogates(text) for text in texts], add_special_tokens=False)
        return [self.vocabulary.count_known(encoding.ids) for encoding in encodings]

    def shorten(self, dimensions: int) -> None:
        """Keep only the first dimensions of the vectors; InputError if there are not as many."""
        self.dimensions = _check_dimensions(self.spec, dimensions, self.dimensions)

    def trace(self, text: str, kind: Kind = "document") -> Trace:
        """The text's way through the model, behind the prompt that the model puts before such a text.

        Raises
        ------
        InputError
            The text has no token that the model knows.
        """
        text = replace_surrogates(text)
        encoding = self._counter.encode(self.spec.prompt(kind) + text, **self._special_tokens)
        if not encoding.ids:
            raise InputError("This text has no tokens: write a word or two.")
        limit = self.max_tokens or len(encoding.ids)
        features = None if self.is_static else self._features([text], kind)
        vectors = self._owner.result(
            self._owner.submit(self._token_vectors, features, encoding.ids, cost=len(encoding.ids))
        )
        vectors = vectors[:, : self.spec.truncate_dim]
        tokens = encoding.tokens if len(encoding.tokens) <= limit else _truncate(encoding.tokens, limit)
        return Trace(
            tokens=tuple(tokens[: len(vectors)]),
            vectors=vectors,
            pooled=self.encode([text], kind)[0],
            weights=_pooling_weights(self._pooling, vectors),
            pooling=self._pooling,
            truncated=max(0, len(encoding.ids) - limit),
        )

    @property
    def _special_tokens(self) -> dict[str, bool]:
        return {"add_special_tokens": not self.is_static}

    @property
    def _pooling(self) -> str:
        return "mean" if self.is_static else " and ".join(pooling_modes(self._model))

    def _windows(self, texts: list[str]) -> Iterator[batches.Rows]:
        return batches.windows(texts, self._window)

    def _window(self) -> int:
        """How many texts are tokenised at once."""
        if self._owner.is_shared():
            return SHARED_STATIC_WINDOW if self.is_static else SHARED_WINDOW
        return STATIC_WINDOW if self.is_static else WINDOW

    def _next_window(
        self, windows: Iterator[batches.Rows], texts: list[str], kind: Kind
    ) -> tuple[batches.Rows, Features]:
        """The rows of the next window and their features; none if no window is left."""
        rows = next(windows, NO_ROWS)
        return rows, self._features([texts[row] for row in rows], kind) if len(rows) else {}

    def _features(self, texts: list[str], kind: Kind) -> Features:
        """The tokenised window of texts; one caller at a time, since tokenizers require it."""
        with self._tokenizing.hold(cost=len(texts)):
            return dict(self._model.preprocess(texts, prompt=self.spec.prompt(kind) or None))

    def _batches(self, features: Features, texts: int) -> list[batches.Rows]:
        if self.is_static:
            return [np.arange(texts)]
        lengths = features["attention_mask"].sum(dim=1).numpy()
        part = SHARED_PART if self.device == "cpu" and self._owner.is_shared() else 1
        return list(batches.by_tokens(lengths, TOKEN_BUDGET[self.device] // part))

    def _cost(self, features: Features, batch: batches.Rows) -> float:
        """How much of the model's time a batch takes: by its tokens, those of a table by its texts."""
        if self.is_static:
            return len(batch)
        return len(batch) * int(features["attention_mask"][batch].sum(dim=1).max())

    def _compute(self, features: Features, batch: batches.Rows) -> Vectors:
        """Vectors of some of a window's texts; in halves if the GPU's memory is too small."""
        import torch

        try:
            return self._forward(self._on_device(features, batch))
        except torch.OutOfMemoryError:
            free_cache(self.device)
        if len(batch) == 1:
            raise DeviceError(
                f"The GPU does not have enough memory for one text with {self.spec.name}. Shorten the text, wait "
                "for other jobs to finish, or choose device cpu."
            )
        middle = len(batch) // 2
        return np.concatenate([self._compute(features, part) for part in (batch[:middle], batch[middle:])])

    def _on_device(self, features: Features, batch: batches.Rows) -> Features:
        """The features of some of a window's texts, moved to the device."""
        from sentence_transformers.util import batch_to_device

        part = _bags(features, batch) if self.is_static else _part(features, batch)
        return dict(batch_to_device(part, self._model.device))

    def _forward(self, features: Features) -> Vectors:
        rows = np.asarray(self._vectors(features).cpu().numpy(), np.float32)
        if not np.isfinite(rows).all():
            raise DeviceError(
                f"{self.spec.name} overflows {self.precision} on one of these texts: choose precision float32."
            )
        return rows

    def _vectors(self, features: Features) -> "torch.Tensor":
        """(n, d) float32 vectors, left on the device: unit rows for the cosine, else of the model's own lengths."""
        import torch
        from sentence_transformers.util import truncate_embeddings

        with torch.inference_mode():
            vectors = self._model(features)["sentence_embedding"].float()
            vectors = truncate_embeddings(vectors, self.dimensions)
            return torch.nn.functional.normalize(vectors, dim=1) if self.spec.similarity == "cosine" else vectors

    def _token_vectors(self, features: Features | None, ids: list[int]) -> Vectors:
        """(t, d) vectors of the tokens that the model sees."""
        import torch
        from sentence_transformers.util import batch_to_device

        first: Any = self._model[0]
        with torch.inference_mode():
            if features is None:
                rows = first.embedding.weight[ids]
            else:
                rows = first(batch_to_device(features, self._model.device))["token_embeddings"][0]
            return np.asarray(rows.float().cpu().numpy(), np.float32)


def _device(model: "SentenceTransformer") -> str:
    """The device that computes: OpenVINO's where it does not compute where torch keeps the tensors."""
    network: Any = getattr(model[0], "model", None)
    return str(getattr(network, "device_name", "") or model.device).partition(":")[0]


def _part(features: Features, batch: batches.Rows) -> Features:
    """Some texts of a window, without the columns needed only by longer texts."""
    import torch

    if len(batch) == len(features["attention_mask"]):
        return dict(features)  # by_tokens preserves their order
    rows = torch.from_numpy(batch)
    mask = features["attention_mask"][rows].any(dim=0)
    return {
        name: value[rows][:, mask] if torch.is_tensor(value) and value.ndim == 2 else value
        for name, value in features.items()
    }


def _bags(features: Features, batch: batches.Rows) -> Features:
    """Consecutive texts of a static model's window, with all tokens in one row, text after text."""
    offsets, ids = features["offsets"], features["input_ids"]
    end = batch[-1] + 1
    first, last = offsets[batch[0]], offsets[end] if end < len(offsets) else len(ids)
    return {"input_ids": ids[first:last], "offsets": offsets[batch[0] : end] - first}


def _check_dimensions(spec: ModelSpec, wanted: int | None, whole: int) -> int:
    if wanted is not None and not 1 <= wanted <= whole:
        raise InputError(f"{spec.name} has {whole:,} dimensions: choose 1 to {whole:,} of them.")
    return wanted or whole


def _memory_bytes(model: "SentenceTransformer", choice: Choice) -> int:
    """Memory of the weights: OpenVINO holds them in float32 and, packed for its kernels, in its precision."""
    if choice.engine == "openvino":
        network: Any = model[0].model
        return int(network.weights * (4 + BYTES[choice.precision]))
    return sum(weight.nbytes for weight in model.parameters())


def _truncate(tokens: list[str], limit: int) -> list[str]:
    """The tokens a model sees when a text is too long: the beginning, then the closing special token."""
    return [*tokens[: limit - 1], tokens[-1]]


def _pooling_weights(pooling: str, vectors: Vectors) -> Vectors:
    """Each token's share: by its place in a weighted mean, by the dimensions in which it is the greatest for a maximum.

    Of several poolings one after another, the mean of their shares.
    """
    tokens = len(vectors)
    shares = []
    for mode in pooling.split(" and "):
        weights = np.zeros(tokens, np.float32)
        if mode in POOLING_TOKEN:
            weights[POOLING_TOKEN[mode]] = 1
        elif mode == "max":
            weights += np.bincount(vectors.argmax(axis=0), minlength=tokens) / vectors.shape[1]
        elif mode == "weightedmean":
            weights += np.arange(1, tokens + 1) / (tokens * (tokens + 1) / 2)
        else:
            weights[:] = 1 / tokens
        shares.append(weights)
    return np.asarray(np.mean(shares, axis=0), np.float32)
