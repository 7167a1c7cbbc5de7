"""A model's architecture with random weights: to time a model before its weights are here, and for nothing else.

Imported when it is needed, since it brings torch. What is computed here means nothing, and is never handed out.
"""

from typing import Any

import psutil
import torch
from sentence_transformers.sentence_transformer.modules import Pooling
from transformers import AutoConfig, AutoModel, PreTrainedModel
from transformers.utils import logging

from core.encoders.choice import candidates
from core.encoders.cuda import GraphedModule
from core.encoders.local import resolve_device, static_choice
from core.encoders.memory import gigabytes
from core.errors import DeviceError, InputError, ModelUnavailableError
from core.machine import this_machine
from core.models import ModelSpec

POOLING: dict[str | None, Any] = {"mean": "mean", "cls": "cls", "last token": "lasttoken"}
SPREAD = 0.02
NOISE_NUMBERS = 1_000_003  # a prime, so that no two rows of a matrix are alike
EXAMPLE_SHAPE = (2, 8)


class RandomWeights:
    """A model with random weights, for timing only: it computes, and keeps what it has computed to itself.

    Parameters
    ----------
    device : "auto", "cpu" or "cuda"
    engine : "auto", "torch", "openvino" or "static"
        "auto" is "static" for tables of token vectors and "torch" for the rest.
    precision : "auto", "float32", "float16" or "bfloat16"
        "auto" is float32.

    Attributes
    ----------
    device, engine, precision : str
        What computes, none of them "auto" any more.
    parameters : int
        Number of its weights.
    memory_bytes : int
        Memory that they take in this precision.

    Raises
    ------
    ModelUnavailableError
        Its architecture is not known, or it does not fit into the memory that is free; nothing was allocated then.
    DeviceError
        It runs behind an API, or not on this device with this engine and precision.
    """

    def __init__(self, spec: ModelSpec, device: str = "cpu", engine: str = "auto", precision: str = "auto") -> None:
        self.spec = spec
        self.device = resolve_device(device)
        self.parameters = sum(weights.numel() for weights in outline(spec).parameters())
        self.engine, self.precision = _engine_and_precision(spec, self.device, engine, precision)
        self.memory_bytes = self.parameters * _dtype(self.precision).itemsize
        self._require_memory()
        self._network = self._fitted()
        self._pooling = None if spec.is_static else Pooling(spec.architecture["hidden_size"], POOLING[spec.pooling])

    def forward(self, batch_size: int, tokens: int) -> None:
        """Compute a batch of random token ids as far as the unit vectors, and wait until the device is done.

        Parameters
        ----------
        batch_size : int
            Number of texts.
        tokens : int
            Tokens of each text, special tokens included.

        Raises
        ------
        InputError
            There is nothing to compute, or a text is longer than the model takes.
        """
        limit = self.spec.max_tokens
        if batch_size < 1 or tokens < 1 or (limit and tokens > limit):
            most = f"1 to {limit:,} tokens each" if limit else "1 token each or more"
            raise InputError(f"{self.spec.name} is timed with 1 text or more, of {most}.")
        with torch.inference_mode():
            vectors = self._vectors(_random_features(self.spec, batch_size, tokens))
            vectors.cpu()  # as real vectors are; it also waits for the device

    def _vectors(self, features: dict[str, torch.Tensor]) -> torch.Tensor:
        features = {name: values.to(self.device) for name, values in features.items()}
        if self._pooling is None:
            pooled = self._network(features["input_ids"])
        else:
            embedded = {"token_embeddings": self._network(**features)[0], **features}
            pooled = self._pooling(embedded)["sentence_embedding"]
        return torch.nn.functional.normalize(pooled.float(), dim=1)

    def _fitted(self) -> torch.nn.Module:
        """The network as the engine computes it, just as for a model with its own weights."""
        if self.engine == "openvino":
            from core.encoders.openvino import Converted

            return Converted(build(self.spec), _random_features(self.spec, *EXAMPLE_SHAPE)).compile(self.precision)
        network = build(self.spec, device=self.device, precision=self.precision)
        return GraphedModule(network) if self.device == "cuda" and self.engine == "torch" else network

    def _require_memory(self) -> None:
        free = _free_bytes(self.device)
        # OpenVINO compiles its own copy beside torch's float32 weights
        needed = self.memory_bytes + (self.parameters * 4 if self.engine == "openvino" else 0)
        if needed > free:
            where = "the GPU" if self.device == "cuda" else "this machine"
            raise ModelUnavailableError(
                f"{self.spec.name} takes {gigabytes(needed)} of memory as {self.precision} and {where} has "
                f"{gigabytes(free)} free. Pick a smaller model, or run Embedscope on a larger machine."
            )


def outline(spec: ModelSpec, precision: str = "float32") -> torch.nn.Module:
    """The model's network without memory, on torch's meta device: it has shapes, and parameters to count.

    Raises
    ------
    DeviceError
        The model runs behind an API.
    ModelUnavailableError
        Its architecture is not known.
    """
    if spec.provider == "openai":
        raise DeviceError(f"{spec.name} runs behind an API: it can only be timed there, with its own weights.")
    with torch.device("meta"):
        if spec.is_static:
            return torch.nn.EmbeddingBag(*_table_shape(spec), dtype=_dtype(precision))
        if not spec.architecture:
            raise _unknown(spec)
        config = AutoConfig.for_model(**spec.architecture, use_cache=False)
        return AutoModel.from_config(config, dtype=_dtype(precision)).eval()


def build(spec: ModelSpec, *, device: str = "cpu", precision: str = "float32") -> torch.nn.Module:
    """The model's network with random weights, ready for inference.

    The weights repeat a short piece of noise: drawing seven billion numbers would take minutes.

    Raises
    ------
    DeviceError
        The model runs behind an API.
    ModelUnavailableError
        Its architecture is not known.
    """
    noise = SPREAD * torch.randn(NOISE_NUMBERS, dtype=_dtype(precision), device=device)
    network: Any = outline(spec, precision)
    if spec.is_static:
        return torch.nn.EmbeddingBag.from_pretrained(_filled(network.weight.shape, noise))
    network = _without_weights(network)
    for weights in network.parameters():
        weights.data = _filled(weights.shape, noise)
    return network.to(device).eval().requires_grad_(False)


def _without_weights(network: PreTrainedModel) -> PreTrainedModel:
    """The network on the CPU with all that its checkpoint does not hold; each of its weights is the same one number."""
    logging.disable_progress_bar()
    zero = torch.zeros((), dtype=network.dtype)
    weights = {name: zero.expand(outlined.shape) for name, outlined in network.named_parameters()}
    return type(network).from_pretrained(None, config=network.config, state_dict=weights, dtype=network.dtype)


def _filled(shape: torch.Size, noise: torch.Tensor) -> torch.Tensor:
    weights = torch.empty(shape, dtype=noise.dtype, device=noise.device)
    for part in weights.view(-1).split(len(noise)):
        part.copy_(noise[: len(part)])
    return weights


def _random_features(spec: ModelSpec, batch_size: int, tokens: int) -> dict[str, torch.Tensor]:
    ids = torch.randint(_vocabulary(spec), (batch_size, tokens))
    return {"input_ids": ids, "attention_mask": torch.ones_like(ids)}


def _engine_and_precision(spec: ModelSpec, device: str, engine: str, precision: str) -> tuple[str, str]:
    if not spec.is_static:
        return candidates(device, engine, precision)[0]
    choice = static_choice(spec, engine, precision)
    return choice.engine, choice.precision


def _free_bytes(device: str) -> int:
    """Memory that is free on the device."""
    if device == "cuda":
        return torch.cuda.mem_get_info()[0]
    return min(psutil.virtual_memory().available, this_machine().memory_bytes)


def _dtype(precision: str) -> torch.dtype:
    dtype: torch.dtype = getattr(torch, precision)
    return dtype


def _vocabulary(spec: ModelSpec) -> int:
    """Number of tokens that the model knows."""
    return _table_shape(spec)[0] if spec.is_static else int(spec.architecture["vocab_size"])


def _table_shape(spec: ModelSpec) -> tuple[int, int]:
    """Rows and columns of a static model's table."""
    if not spec.parameters or not spec.dimensions:
        raise _unknown(spec)
    return spec.parameters // spec.dimensions, spec.dimensions


def _unknown(spec: ModelSpec) -> ModelUnavailableError:
    return ModelUnavailableError(
        f"The architecture of {spec.name} is not known here, so it cannot be timed without its weights. "
        "Time it with its own."
    )
