"""Builds an encoder from a model's files: device, engine and precision."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cache, partial
from typing import TYPE_CHECKING, Any

import numpy as np

from core.corpus import sample
from core.devices import DEVICE, free_cache, require
from core.encoders.base import DEVICES, Vectors, require_offered
from core.encoders.checkpoint import load_model
from core.encoders.choice import Build, Choice, Pair, candidates, choose, recall
from core.encoders.local import LocalEncoder
from core.errors import DeviceError, ModelUnavailableError
from core.models import ModelSpec, memory, revisions
from core.models.files import locate
from core.progress import Progress, silent

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

    from core.encoders.openvino import Converted

CALIBRATION_TEXTS = 100  # about so many, from all parts of the sample
MEASURING_BYTES = 10  # per weight, in all precisions compared at once
TOO_LARGE = "It is too large to compare with float32 on this machine."


def load_local(
    spec: ModelSpec,
    device: str = "auto",
    engine: str = "auto",
    precision: str = "auto",
    dimensions: int | None = None,
    on_progress: Progress = silent,
) -> LocalEncoder:
    """Load a model from its files with the engine asked for, or the fastest accurate one.

    Raises
    ------
    ModelUnavailableError, DamagedModelError, DeviceError
    """
    folder = locate(spec)
    device = resolve_device(device)
    is_network = spec.dimensions is not None and not spec.is_static  # else its files tell
    open_ones = candidates(device, engine, precision) if is_network and engine != "static" else ()
    on_progress(f"Loading {spec.name}", 0, 1)
    revision = revisions.of(spec, folder)
    with _explain_lack_of_memory(spec, device):
        in_half = half_for_large(spec, device, precision)
        model = load_model(spec, folder, DEVICE[device].torch, in_half or "float32")
        if not hasattr(model[0], "model"):
            choice = static_choice(spec, engine, precision)
        elif engine == "static":
            raise DeviceError(f"{spec.name} is a network, not a table of token vectors: choose engine auto.")
        elif in_half:
            choice = Choice("torch", in_half, note=TOO_LARGE)
            from core.encoders.cuda import GraphedModule

            _fit(model, GraphedModule(model[0].model))
        else:
            open_ones = open_ones or candidates(device, engine, precision)
            choice = _choose(spec, model, device, revision, open_ones, on_progress)
        return LocalEncoder(spec, model, revision, choice, dimensions)


def must_choose(spec: ModelSpec, device: str, engine: str, precision: str) -> bool:
    """Whether loading a model on the CPU would first measure engines: several are open, none is known as the best."""
    if device != "cpu" or spec.is_static or spec.provider == "openai":
        return False
    open_ones = candidates(device, engine, precision)
    if len(open_ones) == 1 or too_large_to_compare(spec.parameters or 0, device):
        return False
    revision = revisions.look_up(spec)
    return revision is None or recall((spec.id, revision, device), open_ones) is None


def _choose(
    spec: ModelSpec,
    model: "SentenceTransformer",
    device: str,
    revision: str,
    open_ones: tuple[Pair, ...],
    on_progress: Progress,
) -> Choice:
    """Use the only engine left, or the fastest; a model too large to be loaded several times is not measured."""
    parameters = sum(weights.numel() for weights in model.parameters())
    is_too_large = len(open_ones) > 1 and too_large_to_compare(parameters, device)
    identity = (spec.id, revision, device)
    choice, network = choose(
        identity,
        open_ones[:1] if is_too_large else open_ones,
        network_builder(model, device, identity[:2]),
        partial(_encode_probe, model),
        on_progress,
    )
    _fit(model, network)
    return replace(choice, note=f"{TOO_LARGE} {choice.note}".strip()) if is_too_large else choice


@contextmanager
def _explain_lack_of_memory(spec: ModelSpec, device: str) -> Iterator[None]:
    """Explain in a sentence that the GPU's memory was too small to load a model."""
    import torch

    try:
        yield
    except torch.OutOfMemoryError:
        free_cache(device)
        raise ModelUnavailableError(
            f"{spec.name} does not fit in the GPU's free memory. Try again when other jobs have finished, pick a "
            "smaller model, or choose device cpu."
        ) from None


def static_choice(spec: ModelSpec, engine: str, precision: str) -> Choice:
    """What computes a table of token vectors.

    Raises
    ------
    DeviceError
        Another engine or precision was asked for.
    """
    if engine in ("auto", "static") and precision in ("auto", "float32"):
        return Choice("static", "float32")
    raise DeviceError(f"{spec.name} is a table of float32 vectors: choose engine auto and precision auto.")


def resolve_device(device: str) -> str:
    """The device that "auto" stands for here, or the one given.

    Raises
    ------
    DeviceError
        There is no such device, or this machine does not have it.
    """
    require_offered("device", device, DEVICES)
    if device == "auto":
        return "cuda" if DEVICE["cuda"].is_there() else "cpu"
    if device != "cpu":
        require(device)
    return device


def too_large_to_compare(parameters: int, device: str) -> bool:
    """Whether this machine's memory is too small for a model in all of the CPU's engines at once."""
    return device == "cpu" and parameters * MEASURING_BYTES > memory.budgets()["cpu"]


def half_for_large(spec: ModelSpec, device: str, precision: str) -> str | None:
    """The half precision for a model too large for the GPU in float32 and half at once; None for others."""
    if not DEVICE[device].has_own_memory or precision == "float32":
        return None
    import torch

    if (spec.parameters or 0) * MEASURING_BYTES <= torch.cuda.mem_get_info()[0]:
        return None
    wanted = spec.checkpoint_dtype if precision == "auto" else precision
    return wanted if wanted in ("float16", "bfloat16") else "bfloat16"


def network_builder(model: "SentenceTransformer", device: str, made_from: tuple[object, ...] = ()) -> Build:
    """A function from engine and precision to a replacement for the model's own network.

    `made_from` are the model's id and revision: with them, what OpenVINO converts is stored on disk.
    """
    transformer: Any = model[0]
    original = transformer.model
    converted = cache(lambda: _convert(model, made_from))

    def build(engine: str, precision: str) -> Any:
        if engine == "openvino":
            return converted().compile(precision, device)
        if DEVICE[device].torch == "cpu":
            return original
        from core.encoders.cuda import GraphedModule, half

        module = original if precision == "float32" else half(original, precision)
        return GraphedModule(module, can_record=DEVICE[device].records)

    return build


def _convert(model: "SentenceTransformer", made_from: tuple[object, ...]) -> "Converted":
    from core.encoders.openvino import Converted

    features: dict[str, Any] = dict(model.preprocess(["Hello World", "Two texts, of unlike length"]))
    transformer: Any = model[0]
    tensors = {name: value for name, value in features.items() if hasattr(value, "shape")}
    return Converted(transformer.model, tensors, made_from, partial(_calibration, model))


def _calibration(model: "SentenceTransformer") -> Iterator[dict[str, Any]]:
    """The features of passages of the sample, one at a time."""
    for text in sample().documents[:: len(sample()) // CALIBRATION_TEXTS]:
        yield dict(model.preprocess([text]))


def _fit(model: "SentenceTransformer", network: Any) -> None:
    transformer: Any = model[0]
    transformer.model = network


def _encode_probe(model: "SentenceTransformer", network: Any, texts: list[str]) -> Vectors:
    """Vectors of the texts with the model's network replaced."""
    _fit(model, network)
    vectors = model.encode(texts, normalize_embeddings=True, show_progress_bar=False)
    return np.asarray(vectors, np.float32)
