"""A model's architecture with random weights, only for timing a model before its weights are downloaded.

Imported only when needed, because it loads torch. The network replaces another model's, so that texts take the same
path as with trained weights. Its vectors mean nothing and are never returned.
"""

import inspect
from collections.abc import Callable, Sequence
from typing import Any

import psutil
import torch
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import Pooling, StaticEmbedding
from transformers import AutoConfig, AutoModel, PreTrainedModel
from transformers.utils import logging

from core import wording
from core.devices import DEVICE
from core.encoders.assembly import (
    TOO_LARGE,
    half_for_large,
    load_local,
    network_builder,
    resolve_device,
    static_choice,
    too_large_to_compare,
)
from core.encoders.checkpoint import counting_tokenizer, load_model
from core.encoders.choice import Choice, build_or_fall_back, candidates, recall
from core.encoders.local import BYTES, LocalEncoder
from core.errors import DeviceError, ModelUnavailableError
from core.machine import this_machine
from core.models import ModelSpec, get
from core.models.files import locate

STAND_IN = "all-MiniLM-L6-v2"  # comes with Embedscope; no network of the catalogue has a smaller vocabulary
REVISION = "random weights"
POOLING: dict[str | None, Any] = {
    "mean": "mean",
    "cls": "cls",
    "last token": "lasttoken",
    None: "mean",
}  # any costs alike
SPREAD = 0.02
NOISE_NUMBERS = 1_000_003  # a prime, so that no two rows of a matrix are equal


class RandomWeights:
    """A model with random weights, for timing only: it computes vectors and never returns them.

    It uses the tokenizer of all-MiniLM-L6-v2 instead of its own.

    Parameters
    ----------
    device : "auto" or one of `encoders.DEVICES`
    engine : "auto", "torch", "openvino" or "static"
    precision : "auto", "float32", "float16" or "bfloat16"
        "auto" uses the engine and precision of all-MiniLM-L6-v2 on this machine: random weights do not show how far an
        engine strays from float32.

    Attributes
    ----------
    device, engine, precision : str
        What is used; none of them is "auto".
    reason : str
        Why these were chosen; empty if there was no choice.
    revision : str
        "random weights".
    parameters : int
        Number of the published model's weights.
    memory_bytes : int
        Their memory on this machine.
    max_tokens : int or None
        Longest input in tokens; longer texts are truncated.

    Raises
    ------
    ModelUnavailableError
        Its architecture is unknown, or it does not fit into free memory; nothing is allocated then.
    DeviceError
        It runs behind an API, or not on this device with this engine and precision.
    """

    def __init__(self, spec: ModelSpec, device: str = "cpu", engine: str = "auto", precision: str = "auto") -> None:
        self.spec = spec
        self.device = resolve_device(device)
        self.parameters = sum(weights.numel() for weights in outline(spec).parameters())
        choice = self._choice(engine, precision)
        self._require_memory(choice)
        self._encoder = self._make(choice)
        self.engine = self._encoder.engine
        self.precision = self._encoder.precision
        self.reason = self._encoder.reason
        self.revision = self._encoder.revision
        self.memory_bytes = self._encoder.memory_bytes
        self.max_tokens = self._encoder.max_tokens

    def encode(self, texts: Sequence[str]) -> None:
        """Compute vectors of the texts as with trained weights, and drop them.

        Raises
        ------
        DeviceError
            A single text is too long for the GPU's memory.
        """
        self._encoder.encode(texts)

    def prepare_forward(self, texts: Sequence[str]) -> Callable[[], None]:
        """The forward pass of these texts alone, as `LocalEncoder.prepare_forward` gives it."""
        return self._encoder.prepare_forward(texts)

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """How many tokens each text has here, before truncation, special tokens included."""
        return self._encoder.count_tokens(texts)

    def _choice(self, engine: str, precision: str) -> Choice:
        """The engine and precision, from the request and the stand-in's choice."""
        if self.spec.is_static:
            return static_choice(self.spec, engine, precision)
        open_ones = candidates(self.device, engine, precision)
        if in_half := half_for_large(self.spec, self.device, precision):
            return Choice("torch", in_half, note=TOO_LARGE)
        if len(open_ones) == 1:
            return Choice(*open_ones[0])
        if too_large_to_compare(self.parameters, self.device):
            return Choice(*open_ones[0], note=TOO_LARGE)
        stand_in = get(STAND_IN)
        known = recall((stand_in.id, str(stand_in.revision), self.device), open_ones)
        fastest = known or load_local(stand_in, self.device, engine, precision)
        note = (
            f"same engine as {STAND_IN} on this machine; to be checked against float32 once the weights are downloaded"
        )
        return Choice(fastest.engine, fastest.precision, note=note)

    def _require_memory(self, choice: Choice) -> None:
        free = _free_bytes(self.device)
        # OpenVINO compiles its own copy in addition to torch's float32 weights
        needed = self.parameters * (BYTES[choice.precision] + (BYTES["float32"] if choice.engine == "openvino" else 0))
        if needed > free:
            where = "the GPU" if DEVICE[self.device].has_own_memory else "this machine"
            raise ModelUnavailableError(
                f"{self.spec.name} needs {wording.size(needed)} of memory in {choice.precision}, and {where} has "
                f"{wording.size(free)} free. Pick a smaller model, or run Embedscope on a larger machine."
            )

    def _make(self, choice: Choice) -> LocalEncoder:
        """The architecture, with its network converted for the engine."""
        model = assemble(self.spec, self.device, "float32" if choice.engine == "openvino" else choice.precision)
        if not self.spec.is_static:
            transformer: Any = model[0]
            choice, transformer.model = build_or_fall_back(choice, network_builder(model, self.device))
        return LocalEncoder(self.spec, model, REVISION, choice)


def assemble(spec: ModelSpec, device: str, precision: str) -> SentenceTransformer:
    """The stand-in model with this model's network or table in random weights.

    Raises
    ------
    DeviceError, ModelUnavailableError
        See `outline`.
    """
    stand_in = get(STAND_IN)
    device = DEVICE[device].torch
    model = load_model(stand_in, locate(stand_in), device, "float32")
    if spec.is_static:
        return _table(spec, model, device)
    _replace_network(model, spec, device, precision)
    return model


def outline(spec: ModelSpec, precision: str = "float32") -> torch.nn.Module:
    """The model's network on torch's meta device, without memory: only shapes, and parameters to count.

    Raises
    ------
    DeviceError
        The model runs behind an API.
    ModelUnavailableError
        Its architecture is not known.
    """
    if spec.provider == "openai":
        raise DeviceError(f"{spec.name} runs behind an API, so it can only be timed with its own weights.")
    with torch.device("meta"):
        if spec.is_static:
            return torch.nn.EmbeddingBag(*_table_shape(spec), dtype=_dtype(precision))
        if not spec.architecture:
            raise _unknown(spec)
        config = AutoConfig.for_model(**spec.architecture, use_cache=False)
        return AutoModel.from_config(config, dtype=_dtype(precision)).eval()


def build(spec: ModelSpec, *, device: str = "cpu", precision: str = "float32") -> torch.nn.Module:
    """The model's network with random weights, ready for inference.

    The weights repeat a short piece of noise: drawing seven billion numbers would take minutes. Each continues where
    the last one ended, because engines compute equal weights only once.

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
        return torch.nn.EmbeddingBag.from_pretrained(_fill(network.weight.shape, noise))
    network = _without_weights(network)
    start = 0
    for weights in network.parameters():
        weights.data = _fill(weights.shape, noise, start)
        start = (start + weights.numel()) % len(noise)
    return network.to(device).eval().requires_grad_(False)


def _without_weights(network: PreTrainedModel) -> PreTrainedModel:
    """The network on the CPU with everything its checkpoint lacks; all its weights share one number."""
    logging.disable_progress_bar()
    zero = torch.zeros((), dtype=network.dtype)
    weights = {name: zero.expand(outlined.shape) for name, outlined in network.named_parameters()}
    return type(network).from_pretrained(None, config=network.config, state_dict=weights, dtype=network.dtype)


def _fill(shape: torch.Size, noise: torch.Tensor, start: int = 0) -> torch.Tensor:
    """Weights taken from the noise, starting at `start` and repeating it."""
    weights = torch.empty(shape, dtype=noise.dtype, device=noise.device)
    numbers, beginning = weights.view(-1), noise[start:]
    numbers[: len(beginning)] = beginning[: len(numbers)]
    for part in numbers[len(beginning) :].split(len(noise)):
        part.copy_(noise[: len(part)])
    return weights


def _replace_network(model: SentenceTransformer, spec: ModelSpec, device: str, precision: str) -> None:
    """Put the spec's network and pooling into the model and adapt its tokenizer's outputs."""
    transformer: Any = model[0]
    transformer.model = None  # free its own weights first
    network: Any = build(spec, device=device, precision=precision)
    transformer.model = network
    model[1] = Pooling(network.config.hidden_size, POOLING[spec.pooling])
    model.max_seq_length = spec.max_tokens
    tokenizer: Any = model.tokenizer
    network.config.pad_token_id = tokenizer.pad_token_id  # recordings on a GPU pad with it, too
    inputs = inspect.signature(network.forward).parameters
    tokenizer.model_input_names = [name for name in tokenizer.model_input_names if name in inputs]


def _table(spec: ModelSpec, stand_in: SentenceTransformer, device: str) -> SentenceTransformer:
    """A static model of the spec's table; if it is smaller than the stand-in's vocabulary, its rows repeat."""
    tokenizer = counting_tokenizer(stand_in)
    table: Any = build(spec).weight
    rows = torch.arange(max(len(table), tokenizer.get_vocab_size())) % len(table)
    static = StaticEmbedding(tokenizer, embedding_weights=table[rows])
    return SentenceTransformer(modules=[static], device=device)


def _free_bytes(device: str) -> int:
    """The free memory of the device."""
    if DEVICE[device].has_own_memory:
        return torch.cuda.mem_get_info()[0]
    return min(psutil.virtual_memory().available, this_machine().memory_bytes)


def _dtype(precision: str) -> torch.dtype:
    dtype: torch.dtype = getattr(torch, precision)
    return dtype


def _table_shape(spec: ModelSpec) -> tuple[int, int]:
    """Rows and columns of a static model's table."""
    if not spec.parameters or not spec.dimensions:
        raise _unknown(spec)
    return spec.parameters // spec.dimensions, spec.dimensions


def _unknown(spec: ModelSpec) -> ModelUnavailableError:
    return ModelUnavailableError(
        f"The architecture of {spec.name} is unknown, so it cannot be timed with random weights. Time it with its own."
    )
