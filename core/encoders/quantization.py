"""int8 for a converted network: its weights and the inputs of its linear layers are rounded to 8 bits after training.

Weights get a symmetric scale for each output, inputs one range for all, found on calibration texts. Ahead of that,
SmoothQuant (Xiao et al. 2023, https://arxiv.org/abs/2211.10438) divides each input channel by a factor and multiplies
the weights by it, because a few channels are so large that the others would be rounded to nothing. OpenVINO turns the
rounding marked here into integer arithmetic. Attention, norms and embeddings stay in float32.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from core.encoders.runtime import openvino

MIGRATION = 0.7  # the paper's alpha: how much of an input's unevenness is shifted into the weights
CALIBRATION_VERSION = 1  # raised when the same network and texts would give another one
WEIGHT_LEVELS, INPUT_LEVELS = 255, 256
TINY = 1e-5

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True)
class _Group:
    """Linear layers with one input, and that input's range on the calibration texts.

    Attributes
    ----------
    layers : tuple of MatMul operations, each with constant weights, (outputs, inputs)
    least, most : (inputs,) arrays, of each channel
    """

    layers: tuple[Any, ...]
    least: Floats
    most: Floats


def quantize(network: openvino.Model, examples: Iterable[list[np.ndarray]]) -> openvino.Model:
    """A copy of the network with its linear layers in int8.

    Parameters
    ----------
    examples : iterable of lists of arrays
        The inputs of the network for each calibration text.
    """
    copied = network.clone()
    for group in _calibrate(copied, examples):
        _quantize_group(group)
    copied.validate_nodes_and_infer_types()
    return copied


def _calibrate(network: openvino.Model, examples: Iterable[list[np.ndarray]]) -> list[_Group]:
    """The linear layers, by their common input, with the ranges of those inputs."""
    layers: dict[Any, list[Any]] = {}
    for operation in network.get_ordered_ops():
        if operation.get_type_name() == "MatMul" and _weights(operation) is not None:
            source = operation.input_value(0)
            layers.setdefault((source.get_node().get_friendly_name(), source.get_index()), []).append(operation)
    watched = network.clone()
    nodes = {node.get_friendly_name(): node for node in watched.get_ops()}
    results = watched.add_outputs([nodes[name].output(index) for name, index in layers])
    request = openvino.Core().compile_model(watched, "CPU", {"INFERENCE_PRECISION_HINT": "f32"}).create_infer_request()
    places = [watched.get_result_index(result) for result in results]
    least: list[Any] = [np.inf] * len(places)
    most: list[Any] = [-np.inf] * len(places)
    for example in examples:
        request.infer(example)
        for number, place in enumerate(places):
            values = request.get_output_tensor(place).data
            rows = values.reshape(-1, values.shape[-1])
            least[number], most[number] = np.minimum(least[number], rows.min(0)), np.maximum(most[number], rows.max(0))
    return [_Group(tuple(group), *ranges) for group, *ranges in zip(layers.values(), least, most, strict=True)]


def _weights(layer: Any) -> Floats | None:
    """A linear layer's weights, (outputs, inputs); None if both of its factors are computed."""
    source = layer.input_value(1).get_node()
    if source.get_type_name() != "Constant" or not layer.get_attributes()["transpose_b"] or len(source.shape) != 2:
        return None
    weights: Floats = source.data
    return weights


def _quantize_group(group: _Group) -> None:
    """Put the marks of rounding before the group's layers."""
    from openvino import opset13 as operations

    weights = [_weights(layer) for layer in group.layers]
    factors = _smoothing(group, np.max([np.abs(each).max(0) for each in weights if each is not None], axis=0))
    source = group.layers[0].input_value(0)
    smooth = operations.multiply(source, operations.constant((1 / factors).astype(np.float32)))
    low, high = min((group.least / factors).min(), 0.0), max((group.most / factors).max(), 0.0)
    rounded = operations.fake_quantize(smooth, *map(np.float32, (low, high, low, high)), INPUT_LEVELS)
    for layer, each in zip(group.layers, weights, strict=True):
        if each is not None:
            scaled = each * factors
            scale = np.maximum(np.abs(scaled).max(1, keepdims=True), TINY).astype(np.float32)
            constant = operations.constant(scaled.astype(np.float32))
            marked = operations.fake_quantize(constant, -scale, scale, -scale, scale, WEIGHT_LEVELS)
            layer.set_arguments([rounded.output(0), marked.output(0)])


def _smoothing(group: _Group, heaviest: Floats) -> Floats:
    """SmoothQuant's factor of each input channel, (inputs,); 1 where a channel is always zero.

    Parameters
    ----------
    heaviest : (inputs,) array
        The largest absolute weight of each channel.
    """
    largest = np.maximum(np.abs(group.least), np.abs(group.most))
    factors = np.maximum(largest, TINY) ** MIGRATION / np.maximum(heaviest, TINY) ** (1 - MIGRATION)
    return np.where(largest > TINY, np.maximum(factors, TINY), 1.0).astype(np.float32)
