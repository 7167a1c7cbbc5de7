"""Models computed on this machine: sentence-transformers around the fastest network for its CPU or GPU."""

import hashlib
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from core.encoders import batches, layout, memory
from core.encoders.base import Kind, Trace, Vectors, well_formed
from core.encoders.choice import Build, Choice, Pair, candidates, choose
from core.encoders.files import locate
from core.encoders.loading import counting_tokenizer, load_model
from core.errors import DeviceError, InputError, ModelUnavailableError
from core.jobs import Progress, silent
from core.models import ModelSpec

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

    from core.encoders.openvino import Converted

WINDOW = 256
STATIC_WINDOW = 4096
TOKEN_BUDGET = {"cpu": 2048, "cuda": 32768}
POOLING_TOKEN = {"cls": 0, "lasttoken": -1}
MEASURING_BYTES = 10  # a weight, in all the precisions that are compared at once
TOO_LARGE = "It is too large to be compared with float32 here."
BYTES = {"float32": 4, "float16": 2, "bfloat16": 2}

Features = dict[str, Any]


class LocalEncoder:
    """A SentenceTransformer with one owner thread that computes for many callers.

    A request is computed batch by batch, first come first served, so that a large one does not keep small ones waiting;
    while a batch is computed, its caller tokenises the next window of texts.
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
        self.revision = revision
        self.device = str(model.device).partition(":")[0]
        self.engine = choice.engine
        self.precision = choice.precision
        self.reason = choice.reason
        self.is_static = choice.engine == "static"
        self.max_tokens = None if self.is_static else model.max_seq_length
        self.dimensions = _checked_dimensions(spec, dimensions, int(model.get_embedding_dimension() or 0))
        self.memory_bytes = _memory_bytes(model, choice)
        self._truncated = dimensions
        self._model = model
        self._counter = counting_tokenizer(model)
        self._tokenizing = threading.Lock()
        self._owner = ThreadPoolExecutor(max_workers=1, thread_name_prefix=spec.name)

    def encode(self, texts: Sequence[str], kind: Kind = "document", on_progress: Progress = silent) -> Vectors:
        """Vectors of the texts: (n, d) float32, unit rows, in the order given.

        Texts of like length share a batch. `on_progress` hears of every batch, and by raising cancels the rest.

        Raises
        ------
        DeviceError
            A single text is too long for the GPU's memory.
        """
        texts = [well_formed(text) for text in texts]
        vectors = np.zeros((len(texts), self.dimensions), np.float32)
        windows = batches.windows(texts, STATIC_WINDOW if self.is_static else WINDOW)
        done, following = 0, self._features_of_first(windows, texts, kind)
        for number, rows in enumerate(windows, start=1):
            features, following = following, {}
            for batch in self._batches(features, len(rows)):
                on_progress(f"Embedding with {self.spec.name}", done, len(texts))
                computing = self._owner.submit(self._compute, features, batch)
                following = following or self._features_of_first(windows[number:], texts, kind)
                vectors[rows[batch]] = computing.result()
                done += len(batch)
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
        features = None if self.is_static else self._features([text], "document")
        vectors = self._owner.submit(self._token_vectors, features, encoding.ids).result()
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
        return {"add_special_tokens": not self.is_static}

    @property
    def _pooling(self) -> str:
        return "mean" if self.is_static else str(self._model[1].pooling_mode)

    def _features_of_first(self, windows: list[batches.Rows], texts: list[str], kind: Kind) -> Features:
        """The first window's features; none where no window is left."""
        return self._features([texts[row] for row in windows[0]], kind) if windows else {}

    def _features(self, texts: list[str], kind: Kind) -> Features:
        """What sentence-transformers makes of a window of texts; one caller at a time, as tokenizers want it."""
        with self._tokenizing:
            return dict(self._model.preprocess(texts, prompt=self.spec.prompt(kind) or None))

    def _batches(self, features: Features, texts: int) -> list[batches.Rows]:
        if self.is_static:
            return [np.arange(texts)]
        lengths = features["attention_mask"].sum(dim=1).numpy()
        return list(batches.by_tokens(lengths, TOKEN_BUDGET[self.device]))

    def _compute(self, features: Features, batch: batches.Rows) -> Vectors:
        """Vectors of some of a window's texts; where the GPU's memory does not suffice, of half as many at a time."""
        import torch

        try:
            return self._forward(_bags(features, batch) if self.is_static else _part(features, batch))
        except torch.OutOfMemoryError:
            _free_gpu()
        if len(batch) == 1:
            raise DeviceError(
                f"The GPU's memory does not suffice for one text with {self.spec.name}. Shorten the text, wait until "
                "others are done, or choose the device cpu."
            )
        middle = len(batch) // 2
        return np.concatenate([self._compute(features, part) for part in (batch[:middle], batch[middle:])])

    def _forward(self, features: Features) -> Vectors:
        import torch
        from sentence_transformers.util import batch_to_device, truncate_embeddings

        with torch.inference_mode():
            vectors = self._model(batch_to_device(features, self._model.device))["sentence_embedding"].float()
            vectors = torch.nn.functional.normalize(truncate_embeddings(vectors, self._truncated), dim=1)
            rows = np.asarray(vectors.cpu().numpy(), np.float32)
        if not np.isfinite(rows).all():
            raise DeviceError(
                f"{self.spec.name} leaves the range of {self.precision} with one of these texts: choose the precision "
                "float32."
            )
        return rows

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


def load_local(
    spec: ModelSpec,
    device: str = "auto",
    engine: str = "auto",
    precision: str = "auto",
    dimensions: int | None = None,
    on_progress: Progress = silent,
) -> LocalEncoder:
    """Load a model from its files and fit the engine that was asked for, or the fastest faithful one.

    Raises
    ------
    ModelUnavailableError, DamagedModelError, DeviceError
    """
    folder = locate(spec)
    device = resolve_device(device)
    open_ones = () if spec.is_static or engine == "static" else candidates(device, engine, precision)
    on_progress(f"Loading {spec.name}", 0, 1)
    revision = _revision(spec, folder)
    with _want_of_memory_told(spec):
        in_half = half_for_large(spec, device, precision)
        model = load_model(spec, folder, device, in_half or "float32")
        if not hasattr(model[0], "model"):
            choice = static_choice(spec, engine, precision)
        elif engine == "static":
            raise DeviceError(f"{spec.name} is a network, not a table of token vectors: choose the engine auto.")
        elif in_half:
            choice = Choice("torch", in_half, note=TOO_LARGE)
            from core.encoders.cuda import GraphedModule

            _fit(model, GraphedModule(model[0].model))
        else:
            choice = _chosen(spec, model, revision, open_ones, on_progress)
        return LocalEncoder(spec, model, revision, choice, dimensions)


def _chosen(
    spec: ModelSpec, model: "SentenceTransformer", revision: str, open_ones: tuple[Pair, ...], on_progress: Progress
) -> Choice:
    """Fit the engine that is left, or the fastest; a model too large to be held several times is not measured."""
    device = str(model.device).partition(":")[0]
    needed = sum(weights.numel() for weights in model.parameters()) * MEASURING_BYTES
    is_too_large = device == "cpu" and len(open_ones) > 1 and needed > memory.budgets()["cpu"]
    identity = (spec.id, revision, device)
    choice, network = choose(
        identity,
        open_ones[:1] if is_too_large else open_ones,
        _builder(model, device),
        partial(_probed, model),
        on_progress,
    )
    _fit(model, network)
    return replace(choice, note=f"{TOO_LARGE} {choice.note}".strip()) if is_too_large else choice


@contextmanager
def _want_of_memory_told(spec: ModelSpec) -> Iterator[None]:
    """Tell in a sentence that the GPU's memory did not suffice for loading a model."""
    import torch

    try:
        yield
    except torch.OutOfMemoryError:
        _free_gpu()
        raise ModelUnavailableError(
            f"{spec.name} does not fit into what is free of the GPU's memory. Try again when others are done, pick a "
            "smaller model, or choose the device cpu."
        ) from None


def _free_gpu() -> None:
    from core.encoders.cuda import free_cache

    free_cache()


def static_choice(spec: ModelSpec, engine: str, precision: str) -> Choice:
    """What computes a table of token vectors.

    Raises
    ------
    DeviceError
        Another engine or precision is demanded.
    """
    if engine in ("auto", "static") and precision in ("auto", "float32"):
        return Choice("static", "float32")
    raise DeviceError(f"{spec.name} is a table of float32 vectors: choose the engine auto and the precision auto.")


def _revision(spec: ModelSpec, folder: Path) -> str:
    """The commit that the files are of; where there is none, a digest of the weights and settings."""
    if spec.revision:
        return spec.revision
    if spec.bundled:
        return f"sha256:{next(iter(spec.bundled.sha256.values()))[:12]}"
    digest = hashlib.sha256()
    for path in sorted(
        path for path in folder.rglob("*") if path.suffix in (".safetensors", *layout.SUFFIXES) and path.is_file()
    ):
        digest.update(str(path.relative_to(folder)).encode())
        with path.open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return f"sha256:{digest.hexdigest()[:12]}"


def resolve_device(device: str) -> str:
    """The device that "auto" stands for here, or the one given.

    Raises
    ------
    DeviceError
        It is "cuda", and torch has no GPU.
    """
    if device == "cpu":
        return device
    import torch

    if torch.cuda.is_available():
        return "cuda"
    if device == "cuda":
        raise DeviceError("This machine has no CUDA GPU that torch can use: choose the device cpu.")
    return "cpu"


def half_for_large(spec: ModelSpec, device: str, precision: str) -> str | None:
    """The half precision to load a model in that a GPU cannot hold in float32 and in half at once; None for others."""
    if device != "cuda" or precision == "float32":
        return None
    import torch

    if (spec.parameters or 0) * MEASURING_BYTES <= torch.cuda.mem_get_info()[0]:
        return None
    wanted = spec.checkpoint_dtype if precision == "auto" else precision
    return wanted if wanted in ("float16", "bfloat16") else "bfloat16"


def _builder(model: "SentenceTransformer", device: str) -> Build:
    """From engine and precision to what takes the place of the model's own network."""
    transformer: Any = model[0]
    original = transformer.model
    converted = cache(lambda: _converted(model))

    def build(engine: str, precision: str) -> Any:
        if engine == "openvino":
            return converted().compile(precision)
        if device == "cpu":
            return original
        from core.encoders.cuda import GraphedModule, half

        return GraphedModule(original if precision == "float32" else half(original, precision))

    return build


def _converted(model: "SentenceTransformer") -> "Converted":
    from core.encoders.openvino import Converted

    features: Features = dict(model.preprocess(["Hello World", "Two texts, of unlike length"]))
    transformer: Any = model[0]
    return Converted(transformer.model, {name: value for name, value in features.items() if hasattr(value, "shape")})


def _fit(model: "SentenceTransformer", network: Any) -> None:
    transformer: Any = model[0]
    transformer.model = network


def _probed(model: "SentenceTransformer", network: Any, texts: list[str]) -> Vectors:
    """Vectors of the texts with a network in the model's place."""
    _fit(model, network)
    vectors = model.encode(texts, normalize_embeddings=True, show_progress_bar=False)
    return np.asarray(vectors, np.float32)


def _part(features: Features, batch: batches.Rows) -> Features:
    """Some texts of a window, without the columns that only the window's longer texts need."""
    import torch

    if len(batch) == len(features["attention_mask"]):
        return dict(features)  # by_tokens leaves them in their order
    rows = torch.from_numpy(batch)
    mask = features["attention_mask"][rows].any(dim=0)
    return {
        name: value[rows][:, mask] if torch.is_tensor(value) and value.ndim == 2 else value
        for name, value in features.items()
    }


def _bags(features: Features, batch: batches.Rows) -> Features:
    """Consecutive texts of a static model's window, in which all tokens stand in one row, text after text."""
    offsets, ids = features["offsets"], features["input_ids"]
    end = batch[-1] + 1
    first, last = offsets[batch[0]], offsets[end] if end < len(offsets) else len(ids)
    return {"input_ids": ids[first:last], "offsets": offsets[batch[0] : end] - first}


def _checked_dimensions(spec: ModelSpec, wanted: int | None, whole: int) -> int:
    if wanted is not None and not 1 <= wanted <= whole:
        raise InputError(f"{spec.name} has {whole:,} dimensions: ask for 1 to {whole:,} of them.")
    return wanted or whole


def _memory_bytes(model: "SentenceTransformer", choice: Choice) -> int:
    """What the weights take: OpenVINO keeps them in float32 and, packed for its kernels, in its precision."""
    if choice.engine == "openvino":
        network: Any = model[0].model
        return int(network.weights * (4 + BYTES[choice.precision]))
    return sum(weight.nbytes for weight in model.parameters())


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
