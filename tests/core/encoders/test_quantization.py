"""int8: the arithmetic against numpy, and a model of each kind against its float32."""

import numpy as np
import pytest
from openvino import opset13 as operations

from core import encoders, models
from core.encoders import choice, quantization
from core.encoders.base import identity_of
from core.encoders.runtime import openvino
from tests.core.encoders.architectures import FAMILIES

TEXTS = ["Hello World", "Two texts, of unlike length", "A sentence that goes on and on and on and on and on"]
ROWS = np.random.default_rng(0).normal(size=(64, 16)).astype(np.float32)
ROWS[:, 3] *= 100  # one channel is far larger than the others, as in trained networks
WEIGHTS = np.random.default_rng(1).normal(size=(8, 16)).astype(np.float32)


def linear():
    rows = operations.parameter([-1, 16], np.float32)
    return openvino.Model([operations.matmul(rows, operations.constant(WEIGHTS), False, True)], [rows])


def outputs(network):
    compiled = openvino.Core().compile_model(network, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    return compiled([ROWS])[0]


def rounded(values, low, high, levels):
    step = (high - low) / (levels - 1)
    return low + np.round((np.clip(values, low, high) - low) / step) * step


def test_a_linear_layer_is_rounded_as_smoothquant_says():
    factors = np.abs(ROWS).max(0) ** 0.7 / np.abs(WEIGHTS).max(0) ** 0.3
    inputs, weights = ROWS / factors, WEIGHTS * factors
    scales = np.abs(weights).max(1, keepdims=True)
    expected = rounded(inputs, inputs.min(), inputs.max(), 256) @ rounded(weights, -scales, scales, 255).T
    found = outputs(quantization.quantize(linear(), [[ROWS]]))
    scale = np.abs(expected).max()
    np.testing.assert_allclose(found, expected, rtol=0, atol=0.01 * scale)  # OpenVINO makes zero a level
    assert np.abs(found - outputs(linear())).max() > 1e-5 * scale


def test_a_large_channel_costs_the_others_less_than_without_smoothing(monkeypatch):
    expected = outputs(linear())
    smooth = np.abs(outputs(quantization.quantize(linear(), [[ROWS]])) - expected).mean()
    monkeypatch.setattr(quantization, "_smoothing", lambda group, heaviest: np.ones(16, np.float32))
    plain = np.abs(outputs(quantization.quantize(linear(), [[ROWS]])) - expected).mean()
    assert smooth < plain / 2


@pytest.mark.usefixtures("models_directory", "one_thread", "home")
@pytest.mark.parametrize("family", FAMILIES)
def test_every_architecture_is_quantised_and_its_vectors_are_never_those_of_float32(family, monkeypatch):
    monkeypatch.setattr(choice, "computes_int8", lambda: True)
    monkeypatch.setattr(choice, "ROUNDS", 1)
    monkeypatch.setattr("core.encoders.assembly.CALIBRATION_TEXTS", 20)
    exact, rough = (
        encoders.load(models.get(f"folder:{family}"), device="cpu", engine="openvino", precision=precision)
        for precision in ("float32", "int8")
    )
    assert (rough.engine, rough.precision) == ("openvino", "int8")
    assert np.sum(exact.encode(TEXTS) * rough.encode(TEXTS), axis=1).min() > 0.9
    assert "times as fast as torch in float32, at cosine" in rough.reason or "about as fast" in rough.reason
    assert identity_of(rough).precision == "openvino int8"
